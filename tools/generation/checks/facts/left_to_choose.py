"""What users leave to the assistant: "whatever is free", "anybody but Mark", "at most 500", "when will it be nice?".

Where a user leaves something open, a value that nobody said is no invention but the choice that was asked for. And a
value that a user ruled out was said, but not for the call: whoever passes another one did not pass it over.
"""

from __future__ import annotations

import math
import re
from typing import Literal

from .spoken_times import SHORT_ANSWER, is_time
from .spoken_values import Value, values_of

_KINDS = "food|cuisine|venue|apartment|airport|room|seat|kind|type|sort|brand|colou?r"
_ANY_OF_KIND = re.compile(
    rf"\bany (?P<kind>\w+) ({_KINDS}|place|restaurant|hotel|flight|airline|doctor)s?\b", re.IGNORECASE
)
"""Any one of a class, which is no choice itself: "any Asian food" asks for Chinese as much as for Thai."""
_YOUR_CHOICE = re.compile(
    r"\b(what|which|who|when|where)ever\b|\bkeep (trying|looking|searching|checking)\b"
    r"|\b(any|some)where\b|\bany(thing|one|body)\b|\bany of (them|those|these|the)\b|\beither( one| of| is| works?)\b"
    r"|\b(works|best|good|fine) for you\b|\byour call\b|\byou tell me\b|\brandom\w*\b|\ball the same\b"
    r"|\b(a|some) (nice|good|cheap|different) (one|place)\b|\bsomething (nice|good|cheap|different|else|similar)\b"
    r"|\bno idea (who|which|what|where)\b|\bhaven['’]?t decided\b"
    r"|\byou(r|rs)?\s+(\w+\s+)?(choose|choice|pick|decide)\b|\b(suggest|recommend)\w*|\bjust pick\b"
    r"|\bsurprise me\b|\bup to you\b|\bno preference|\bnot picky\b|\b(i'?m|i am|be) (flexible|open)\b"
    r"|\b(do not|don'?t|doesn'?t|does not)\s+(really\s+)?(care|mind|matter)\b"
    r"|\bany\w*\s+(\w+\s+)?(is|are|will|would|works?|do(es)?)\b"
    r"|\bany (other )?(day|time|date|hour|one|driver|doctor|airline|flight|place|restaurant|hotel)s?\b"
    rf"|\bany (\w+ )?({_KINDS})s?\b",
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
_AGAIN = re.compile(r"\b(try|check|look|search|book)( \w+){0,2} (again|once more)\b|\bretry\b", re.IGNORECASE)
"""What was wanted before is wanted once more."""
_FROM_NOW = re.compile(
    r"\bin (an?|one|half an|\d+|\w+) (hour|minute)s?( from now)?\b|\b(hour|minute)s? from now\b|\bright (now|away)\b"
    r"|\basap\b|\b(the )?next (half )?hour\b",
    re.IGNORECASE,
)
"""A time that counts from the moment, which the assistant may know."""
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
    r"|instead of|than|no|last (time|ride|drive|driver)|cancel\w*|dont|isnt|cant|wont|doesnt)\b|\b\w+n['’]t\b",
    re.IGNORECASE,
)
_WITHDRAWN = re.compile(
    r"\b(got|have|had|has|forgot|remember\w*|reali[sz]e\w*)\b[^.!?]{0,200}\b(date|interview|appointment|meeting|conflict|class|exam)\b"
    r"|\b(away|busy|conflict\w*|unavailable|not available|can'?t make)\b",
    re.IGNORECASE,
)
"""The user is kept from what was said: then the day or hour is ruled out."""
_OTHER_TIME = re.compile(
    r"\b(an?other|(a )?different|some other) (day|time|hour|date)\b|\binstead\b(?! of)", re.IGNORECASE
)
"""What was said before it is not what is wanted: "on Thursday I have a party, so another time"."""
_THEN = re.compile(r"\b(then|(that|the same) (time|day))\b", re.IGNORECASE)
_LIMIT = re.compile(
    r"(\bnot|n['’]t|\bnothing|\bno) (under|below|less than)\s+\D{0,3}(?P<least>\d[\d,]*(\.\d+)?)"
    r"|(?P<most>less than|under|below|at most|no more than|not more than|up to|cheaper than|within|max\w*( of)?)"
    r"\s+\D{0,3}(?P<high>\d[\d,]*(\.\d+)?)"
    r"|(more than|over|above|at least|no less than|min\w*( of)?)\s+\D{0,3}(?P<low>\d[\d,]*(\.\d+)?)",
    re.IGNORECASE,
)
_DAYS_FROM = re.compile(
    r"\b(after|later than|past) the (?P<after>\d{1,2})(st|nd|rd|th)\b"
    r"|\b(before|earlier than) the (?P<before>\d{1,2})(st|nd|rd|th)\b"
    r"|\b(from )?(the )?(?P<since>\d{1,2})(st|nd|rd|th) (on\b|onwards?\b|or (later|after)\b)",
    re.IGNORECASE,
)
"""Days of a month that are bounded on one side: "any time after the 24th"."""
LAST_DAY = 31
_BETWEEN = re.compile(
    r"\bbetween( the)? \$?(?P<least>\d[\d,]*)(st|nd|rd|th)? (and|to|until)( the)? \$?(?P<greatest>\d[\d,]*)",
    re.IGNORECASE,
)
Offered = Literal["time", "name"]
_TIMES = ("time", "day", "date", "slot", "hour")
_ANOTHER = re.compile(r"\b(?:another|a different)(?: \w+)??\s(time|day|date|slot|hour|\w+)\b", re.IGNORECASE)
_INTRODUCED = re.compile(
    r"\b([Mm]y name is|[Mm]y name['’]?s|I['’]?m|I am|[Tt]his is|[Cc]all me)\s+(?P<name>[A-Z]\w+( [A-Z]\w+)?)"
)
_ASKS_NAME = re.compile(r"\byour (full |first |last )?name\b", re.IGNORECASE)
_TRY_OTHER = re.compile(r"\btry (an?other|a different)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"(?<![.!?;])[.!?;]++\s|\n")
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


def offered_by(result: str) -> frozenset[Offered]:
    """What a tool's result has the caller try another of: "try another time or another venue"."""
    if not _TRY_OTHER.search(result):
        return frozenset()
    return frozenset("time" if what.lower() in _TIMES else "name" for what in _ANOTHER.findall(result))


def own_name(text: str, asked: str) -> str:
    """What a user calls themselves, as an introduction or as the answer to the assistant's question for a name."""
    if introduced := _INTRODUCED.search(text):
        return introduced["name"]
    return text if _ASKS_NAME.search(asked) and len(values_of(text)) <= SHORT_ANSWER else ""


def wants_again(text: str) -> bool:
    """Whether it asks to try once more: what was left open before is open again."""
    return _AGAIN.search(text) is not None


def counts_from_now(text: str) -> bool:
    """Whether it gives a time by the clock of the moment only: "in an hour", and no hour or day besides."""
    return _FROM_NOW.search(text) is not None and all(not is_time(one) for one in values_of(text))


def takes_back_time(text: str) -> bool:
    """Whether a turn of a user gives another time for the one that was said: "make it the 5th instead"."""
    instead = _OTHER_TIME.search(text)
    return instead is not None and any(is_time(one) for one in values_of(text))


def ruled_out(text: str) -> list[Value]:
    """What a turn of a user excludes: "anywhere but East", "not with Delta", "at 4, oh, I have a date then".

    So is what names a class only: who may have any Asian food has not chosen "Asian".
    """
    found: list[Value] = []
    for clause in _CLAUSE.split(text):
        if _WITHDRAWN.search(clause):
            found += values_of(clause)
        if (other := _OTHER_TIME.search(clause)) and "instead" not in other.group().lower():
            found += values_of(clause[: other.start()])
        for match in _ANY_OF_KIND.finditer(clause):
            found += values_of(match["kind"])
        for match in _RULED_OUT.finditer(clause):
            found += values_of(clause[match.end() :])[:REACH]
    return found


def withdraws_time(text: str) -> bool:
    """Whether a user is kept from the day or hour that was said: "I have a date then"."""
    return any(_WITHDRAWN.search(clause) and _THEN.search(clause) for clause in _CLAUSE.split(text))


def bounds_of(text: str) -> list[tuple[float, float]]:
    """The ranges that a text leaves for a number: "at most 500" is 0 to 500, "not under 2" has no upper end.

    "between the 21st and the 30th" is 21 to 30, and "after the 24th" 24 to the end of the month.
    """
    found = []
    for match in _LIMIT.finditer(text):
        high = float(match["high"].replace(",", "")) if match["high"] else math.inf
        least = match["low"] or match["least"]
        low = float(least.replace(",", "")) if least else 0.0
        found.append((low, high))
    for match in _DAYS_FROM.finditer(text):
        first = int(match["after"]) if match["after"] else int(match["since"] or 1) - 1
        found.append((float(first), float(match["before"] or LAST_DAY + 1)))
    for match in _BETWEEN.finditer(text):
        low, high = (float(match[end].replace(",", "")) for end in ("least", "greatest"))
        found.append((low, high))
    return found
