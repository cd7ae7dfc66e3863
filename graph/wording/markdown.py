"""Text of the dataset made safe to show: topic names and records are other people's words."""

from __future__ import annotations

import re

from ...tools.text.hidden_characters import replace_hidden
from ...tools.text.middle_cut import cut_middle

_MARKUP = re.compile(r"([\\`*\[\]<>|#~$])|(?<!\w)(_)|(_)(?!\w)")
_MOST = 80


def escape(text: str) -> str:
    """One line without hidden characters, in which nothing is taken for Markdown, HTML or a formula.

    An address stays what can be read: without brackets it is no image, and no link under another name.
    """
    text = replace_hidden(text, lambda _: " ")
    text = re.sub(r"\s+", " ", text).strip()
    return _MARKUP.sub(lambda match: "\\" + match.group(0), text)


def plain_markdown(text: str, *, known: str) -> str:
    """What a model said, as Markdown without images, links and HTML: a page would fetch an image unasked, from whom
    the model names, with what the model puts into its address. Headings, lists, tables and emphasis stay.

    Args:
        text: the model's words.
        known: what the code said; an address that stands there may stay, as text.
    """
    text = replace_hidden(text, lambda _: " ")
    text = _ADDRESS.sub(lambda match: match.group() if match.group() in known else "(address left out)", text)
    text = text.replace("\\$", "$")  # it escapes dollars itself, as the code's words that it read do
    # A backslash before a bracket would undo ours, and a bracket or a colon may come as an entity. A bracket is
    # escaped everywhere: parsers differ in what is a link.
    text = re.sub(r"[\\\[\]<>$&]", lambda match: "\\" + match.group(), text)
    return re.sub(r"(?<=\S)\n(?=\S)", "  \n", text)  # its lines stay lines


_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,30}:)?//[^\s<>()\[\]\"'`|]+|\bwww\.[^\s<>()\[\]\"'`|]+"
    r"|\b(?:mailto|javascript|data|vbscript|file|tel|sms|xmpp):[^\s<>()\[\]\"'`|]+"
    r"|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+",
    re.IGNORECASE,
)


def code(text: str) -> str:
    """Text as Markdown shows code: one line of what stands there, to be copied; hidden characters become "?"."""
    text = re.sub(r"\s", " ", replace_hidden(text, lambda _: "?"))
    if "`" not in text:
        return f"`{text}`"
    marks = "`" * (max(map(len, re.findall("`+", text))) + 1)
    return f"{marks} {text} {marks}"


def shorten_around(text: str, most: int, sought: str) -> str:
    """About ``most`` characters in which what was looked for stands, in whatever capitals, if it does at all."""
    text = re.sub(r"\s+", " ", text).strip()
    place = text.casefold().find(sought.casefold())
    if place + len(sought) <= most - 1:
        return shorten(text, most)
    begin = max(0, place - most // 3)
    return "…" + shorten(text[begin:], most - 1)


def shorten(text: str, most: int) -> str:
    """At most ``most`` characters, cut with an ellipsis; between words where one ends not far before."""
    text = re.sub(r"\s+", " ", text).strip()
    if len(text) <= most:
        return text
    words = text[:most].rpartition(" ")[0]
    return (words if len(words) > most // 2 else text[: most - 1]).rstrip() + "…"


def sentence(text: str, most: int) -> str:
    """A remark of a job as a sentence of at most so many characters, escaped."""
    said = shorten(text, most)
    return escape(said[:1].upper() + said[1:].rstrip(".") + ("" if said.endswith("…") else "."))


def topic_title(topic: str, most: int = _MOST) -> str:
    """``technical_issues`` as "Technical Issues", escaped, in at most so many cells of a terminal."""
    words = re.sub(r"[_\s]+", " ", topic).strip() or topic
    title = words.title() if words == words.lower() and words.isascii() else words
    return escape(cut_middle(title, most))


def topic_name(topic: str) -> str:
    """A topic's name as it is written, in quotation marks: "Yelp" and "yelp" are told apart, as titles are not."""
    return f'"{escape(cut_middle(topic, _MOST))}"'


def score_words(score: float | None, status: str | None) -> str:
    """``0.45 (Poor)``, or that there is none."""
    return "not measurable yet" if score is None else f"{score:.2f} ({(status or '').capitalize()})"


def plural(number: int, noun: str) -> str:
    """``1 record``, ``2,400 records``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def plural_were(number: int, noun: str) -> str:
    """``1 record was``, ``2,400 records were``."""
    return f"{plural(number, noun)} {'was' if number == 1 else 'were'}"


def plural_have(number: int, noun: str) -> str:
    """``1 record has``, ``2,400 records have``."""
    return f"{plural(number, noun)} {'has' if number == 1 else 'have'}"


def unescape(text: str) -> str:
    """What `escape` guarded, for where nothing is taken for markup; a table's bars stay guarded."""
    return re.sub(r"\\([\\`*\[\]<>#~$_])", r"\1", text)
