"""From a person's reason to a rule that a check can check, where the reason is one; most reasons are not."""

from __future__ import annotations

import re

from .rules import Rule, RuleKind

_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10}
_N = rf"(?P<n>\d{{1,5}}|{'|'.join(_NUMBERS)})"
_NOT = r"(?:no|not|never|mustn'?t|shouldn'?t|don'?t|cannot|can'?t)"
_MORE = r"(?:over|above|more than|longer than|exceed(?:s|ing)?)"
_LESS = r"(?:under|below|fewer than|less than|shorter than)"
_MOST = r"(?:at most|max(?:imum)?(?: of)?|up to|no more than)"
_LEAST = r"(?:at least|min(?:imum)?(?: of)?)"
_TURNS = r"(?:turns|exchanges|user (?:turns|messages))"
# The first that fits; what is added to the number makes "under 100" a most of 99.
_COUNTS: tuple[tuple[re.Pattern[str], RuleKind, int], ...] = (
    (re.compile(rf"\b{_NOT}\b.{{0,200}}\b{_MORE} {_N} {_TURNS}"), "max_turns", 0),
    (re.compile(rf"\b{_MOST} {_N} {_TURNS}"), "max_turns", 0),
    (re.compile(rf"\b{_NOT}\b.{{0,200}}\b{_LESS} {_N} words"), "min_words", 0),
    (re.compile(rf"\b{_LEAST} {_N} words"), "min_words", 0),
    (re.compile(rf"\b{_MOST} {_N} words"), "max_words", 0),
    (re.compile(rf"\b{_MORE} {_N} words"), "max_words", 0),
    (
        re.compile(rf"\b(?:stay|keep\w*|must|should|be|always)\b.{{0,200}}\b{_LESS} {_N} words"),
        "max_words",
        -1,
    ),
)
_TOOL = re.compile(
    rf"\b{_NOT}(?: be)? (?:call|use|using|calling)(?:ed|d)?(?: the)?(?: (?P<tool>tool))? "
    r"[`'\"]?(?P<name>[a-z][\w.-]*+)[`'\"]?(?P<after> tool)?\W*$",
    re.IGNORECASE,
)
_VERB = r"(?:mention|say|ask for|promise|contain|include|talk about|offer|use the (?:word|phrase))"
_ARTICLE = r"(?:(?:the|a|an|any|their|your|his|her|our|its) )?(?:(?:word|phrase) )?"
_FORBIDDEN = re.compile(
    rf"\bno mention of {_ARTICLE}(?P<mention>.+)"
    rf"|(?:\b(?:must|should|may|can|do|does|to) ?(?:not|never)\b|\b{_NOT}\b) (?:ever )?{_VERB} {_ARTICLE}(?P<phrase>.+)"
    r"|^(?:it |this |the (?:reply|answer|assistant|record) |they )?"
    rf"(?:mentions|says|asks for|promises|talks about|offers|contains|includes) {_ARTICLE}(?P<complaint>.+)",
    re.IGNORECASE,
)
_REQUIRED = re.compile(
    r"\b(?:must|should|always|has to|needs to)(?: always)? (?:mention|say|include|contain|name)s? "
    rf"{_ARTICLE}(?P<phrase>.+)",
    re.IGNORECASE,
)
_NO_SINGLE_PHRASE = re.compile(
    r"[,;:.?!()]|\b(?:or|and|when|if|unless|without|that|which|because|is|are|something|anything|things?)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\A[\"“'](.+)[\"”']\Z")
_LONGEST_PHRASE = 4
"""Words: a longer one is a description, which no text repeats word for word."""


def read_rule(reason: str) -> Rule | None:
    """The rule that a reason such as "never mention discounts" states; None when it is none of the known kinds."""
    text = " ".join(reason.replace("’", "'").split()).rstrip(" .!")
    plain = text.lower()
    for pattern, kind, added in _COUNTS:
        counted = pattern.search(plain)
        if counted:
            number = _NUMBERS.get(counted["n"]) or int(counted["n"])
            return Rule(kind, str(number + added)) if number + added > 0 else None
    tool = _TOOL.search(text)
    if tool and ("_" in tool["name"] or tool["tool"] or tool["after"]):
        return Rule("forbidden_tool", tool["name"])
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        return _about("forbidden_phrase", next(group for group in forbidden.groups() if group))
    required = _REQUIRED.search(text)
    return _about("required_phrase", required["phrase"]) if required else None


def _about(kind: RuleKind, phrase: str) -> Rule | None:
    quoted = _QUOTED.match(phrase.strip())
    phrase = quoted[1] if quoted else phrase.strip()
    if not quoted and (_NO_SINGLE_PHRASE.search(phrase) or len(phrase.split()) > _LONGEST_PHRASE):
        return None
    return Rule(kind, phrase)
