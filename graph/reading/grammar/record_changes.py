"""What people say to change the records that a review shows, and about the rules that rejections became.

Read from the sentence as it was typed: a reason and a new text keep their capitals.
"""

from __future__ import annotations

import re
from typing import Literal

from ...offers.offer import Offer, Reply
from ..bare_answers import bare_answer
from .mentions import find_mentions

_TOPIC = 200
"""Characters in which a topic is looked for."""
_NUMBERS = r"(?P<numbers>#?\d+(?:(?:\s*,\s*and\s+|\s*,\s*|\s+and\s+|\s+)#?\d+)*)"
_OF = r"(?:(?:the )?(?:records?|numbers?|nos?\.?) )?"
_OUT = r"(?:drop|remove|reject|delete|discard|throw out|get rid of)"
_ORDINALS = ["first", "second", "third", "fourth", "fifth"]
_ORDINAL = re.compile(
    rf"\b({_OUT}) (?:the )?({'|'.join(_ORDINALS)})(?: (?:one|record))?\b(?! (?:round|topic))", re.IGNORECASE
)
_REASON = (
    r"(?:\s*(?P<mark>[,;:–—-]+)\s*(?P<why>because (?:of )?|since |as )?|\s+(?:because (?:of )?|since |as ))"
    r"(?P<reason>(?!#?\d|and\b)\S.*)"
)
_TAKEN_BACK = re.compile(
    r"(?:no|not|never|don'?t|do not|wait|hold|actually|sorry|keep|rather|but|if|unless)\b", re.IGNORECASE
)
_DROP = re.compile(rf"(?:please )?{_OUT} {_OF}{_NUMBERS}{_REASON}", re.IGNORECASE | re.DOTALL)
_BAD = re.compile(
    rf"{_OF}{_NUMBERS} (?:is|are|looks?|sounds?|reads?) (?P<reason>[^,;:]+)[,;:–—-]+ ?(?:so |please )*"
    rf"{_OUT} (?:it|them|those)",
    re.IGNORECASE,
)
_ACCEPT = re.compile(
    rf"(?:please )?(?:accept|keep|restore|take back in|put back(?: in)?) {_OF}{_NUMBERS}(?: please)?",
    re.IGNORECASE,
)
_RELABEL = re.compile(
    rf"(?:please )?(?:move|relabel|set|change)? ?(?:the )?(?:topic of )?{_OF}{_NUMBERS} "
    r"(?:to|as|is|are|belongs? (?:to|in|under)|should be)(?: about)? (?P<topic>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_EDIT = re.compile(
    rf"(?:please )?(?:edit|change|replace|rewrite) (?:the )?(?P<role>reply|answer|question|user|assistant)"
    rf"(?: message| turn)?(?: of| in)? {_OF}(?P<numbers>#?\d+)\s*(?::|\bto\b:?)\s*(?P<text>\S.*)",
    re.IGNORECASE | re.DOTALL,
)
_RULES = re.compile(
    r"(?:please )?(?:(?:show|list)(?: me)?|which|what are)(?: (?:the|all|my))? rules(?: (?:apply|hold|are there))?",
    re.IGNORECASE,
)
_DROP_RULE = re.compile(
    rf"(?:please )?(?:{_OUT}|forget|cancel) (?:the )?rule #?(?P<number>\d+)", re.IGNORECASE
)


_ASK_BACK = (
    "I am not sure whether to take that out. Please say “drop” with the number alone, or with “because …” and the "
    "reason."
)


def read_review_change(text: str, offer: Offer) -> Reply | None:
    """The change of shown records, or the request about rules, that ``text`` is; ``None`` when it is none."""
    said = in_digits(" ".join(text.split()).rstrip(" .!?"))
    if _RULES.fullmatch(said):
        return Reply(kind="rules", text=said)
    rule = _DROP_RULE.fullmatch(said)
    if rule:
        return Reply(kind="drop_rule", number=int(rule["number"]), text=said)
    if not offer.shown_records:
        return None
    edited = _EDIT.fullmatch(text.strip())
    if edited:
        role: Literal["user", "assistant"] = "assistant"
        if edited["role"].lower() in ("question", "user"):
            role = "user"
        return Reply(kind="edit", numbers=_numbers(edited["numbers"]), text=edited["text"].strip(), role=role)
    return None if text.rstrip().endswith("?") else _read(said, offer)


def _read(said: str, offer: Offer) -> Reply | None:
    dropped = _DROP.fullmatch(said) or _BAD.fullmatch(said)
    if dropped and _is_taken_back(dropped.groupdict()):
        return Reply(kind="unclear", note=_ASK_BACK, text=said)
    if dropped:
        return Reply(kind="drop", numbers=_numbers(dropped["numbers"]), note=dropped["reason"], text=said)
    accepted = _ACCEPT.fullmatch(said)
    if accepted:
        return Reply(kind="restore", numbers=_numbers(accepted["numbers"]), text=said)
    moved = _RELABEL.fullmatch(said)
    if moved is None:
        return None
    topics = find_mentions(moved["topic"][:_TOPIC].lower(), offer.topics).topics
    if len(topics) != 1:
        return None
    return Reply(kind="relabel", numbers=_numbers(moved["numbers"]), topic=topics[0], text=said)


def _is_taken_back(found: dict[str, str | None]) -> bool:
    """Whether what follows "drop 2," is no reason but a second thought: "no, wait", "never mind"."""
    reason, mark = found["reason"] or "", found.get("mark") or ""
    if mark in ("", ":") or found.get("why"):
        return False
    return _TAKEN_BACK.match(reason) is not None or bare_answer(reason.split(",")[0]) in ("no", "stop")


def in_digits(said: str) -> str:
    """The sentence with a digit for "the third one" of what shall be dropped."""
    return _ORDINAL.sub(lambda found: f"{found[1]} {_ORDINALS.index(found[2].lower()) + 1}", said)


def _numbers(written: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", written)]
