"""What users leave to the assistant: "whatever is free", "anybody but Mark", "at most 500", "when will it be nice?".

Where a user leaves something open, a value that nobody said is no invention but the choice that was asked for. And a
value that a user ruled out was said, but not for the call: whoever passes another one did not pass it over.
"""

from __future__ import annotations

import math
import re

from .spoken_values import Value, values_of

_YOUR_CHOICE = re.compile(
    r"\b(what|which|who|when|where)ever\b"
    r"|\byou(r|rs)?\s+(\w+\s+)?(choose|choice|pick|decide)\b|\b(suggest|recommend)\w*|\bjust pick\b"
    r"|\bsurprise me\b|\bup to you\b|\bno preference|\bnot picky\b|\b(i'?m|i am|be) (flexible|open)\b"
    r"|\b(do not|don'?t|doesn'?t|does not)\s+(really\s+)?(care|mind|matter)\b"
    r"|\bany\w*\s+(\w+\s+)?(is|are|will|would|works?|do(es)?)\b"
    r"|\bany (other )?(day|time|date|hour|one|driver|doctor|airline|flight|place|restaurant|hotel)s?\b",
    re.IGNORECASE,
)
"""The user has the assistant choose."""
_OTHER = re.compile(
    r"\b(other|another|different|alternative\w*|instead|else|chang(e|ing)|switch|compare)\b"
    r"|\b(cheap|near|clos|soon|earli|lat|fast|quick|bett|high|low|nic|big|larg|small|long|short|warm)i?er\b"
    r"|\b(cheap|near|clos|soon|earli|lat|fast|quick|be|high|low|nic|warm)i?e?st\b",
    re.IGNORECASE,
)
"""The user wants something else than before, and does not say which."""
_WHEN = re.compile(
    r"\b(when (will|is|are|can|could|do|does|would|might)|(what|which) (\w+ )?(day|time|date|hour)s?\b|how soon|when'?s"
    r"|asap|as soon as|(first|next) (available|free|open)|right (now|away)|whenever|in an? (hour|minute|bit|while)"
    r"|in (\w+ )?\w+ (hour|minute)s|any ?time"
    r"|(another|different|other|chang(e|ing)( the| my)?) (day|time|hour|date))",
    re.IGNORECASE,
)
"""The user leaves the time open, or says it by the clock of the moment."""
_RULED_OUT = re.compile(
    r"\b(but|except\w*|not|never|avoid\w*|rather than|besides|without|hate\w*|unless|other than|aside from"
    r"|instead of|than|no|last (time|ride|drive|driver)|cancel\w*|dont|isnt|cant|wont|doesnt)\b|\w+n['’]t\b",
    re.IGNORECASE,
)
_WITHDRAWN = re.compile(
    r"\b(got|have|had|has|forgot|remember\w*|reali[sz]e\w*)\b[^.!?]*\b(date|interview|appointment|meeting|conflict|class|exam)\b"
    r"|\b(away|busy|conflict\w*|unavailable|not available|can'?t make)\b",
    re.IGNORECASE,
)
"""The user is kept from what was said: then the day or hour is ruled out."""
_THEN = re.compile(r"\b(then|(that|the same) (time|day))\b", re.IGNORECASE)
_LIMIT = re.compile(
    r"(?P<most>less than|under|below|at most|no more than|not more than|up to|cheaper than|within|max\w*( of)?)"
    r"\s+\D{0,3}(?P<high>\d[\d,]*(\.\d+)?)"
    r"|(more than|over|above|at least|no less than|min\w*( of)?)\s+\D{0,3}(?P<low>\d[\d,]*(\.\d+)?)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.!?;]+\s|\n")
REACH = 6
"""Words after "not" or "but" that may be what is ruled out."""


def leaves_choice(text: str) -> bool:
    """Whether a turn of a user has the assistant choose."""
    return _YOUR_CHOICE.search(text) is not None


def wants_another(text: str) -> bool:
    """Whether it asks for something else than before."""
    return _OTHER.search(text) is not None


def leaves_time(text: str) -> bool:
    """Whether it leaves a day or an hour open."""
    return _WHEN.search(text) is not None


def ruled_out(text: str) -> list[Value]:
    """What a turn of a user excludes: "anywhere but East", "not with Delta", "at 4, oh, I have a date then"."""
    found: list[Value] = []
    for clause in _CLAUSE.split(text):
        if _WITHDRAWN.search(clause):
            found += values_of(clause)
        for match in _RULED_OUT.finditer(clause):
            found += values_of(clause[match.end() :])[:REACH]
    return found


def withdraws_time(text: str) -> bool:
    """Whether a user is kept from the day or hour that was said: "I have a date then"."""
    return any(_WITHDRAWN.search(clause) and _THEN.search(clause) for clause in _CLAUSE.split(text))


def bounds_of(text: str) -> list[tuple[float, float]]:
    """The ranges that a text leaves for a number: "at most 500" is 0 to 500."""
    found = []
    for match in _LIMIT.finditer(text):
        high = float(match["high"].replace(",", "")) if match["high"] else math.inf
        low = float(match["low"].replace(",", "")) if match["low"] else 0.0
        found.append((low, high))
    return found
