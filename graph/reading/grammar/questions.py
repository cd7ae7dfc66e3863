"""What an English question is about: which of the tools has the answer, for which topic, how many or which score."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...offers.kinds import About
from ...offers.offer import Reply
from .mentions import find_mentions

_SCORE = re.compile(r"(?<![\w.])(?:0?\.\d+|1\.0|[1-9]\d?(?=\s?(?:%|percent)))")
_LOW = (
    r"low|few|fewer|under.?represented|weak|small|little|missing|need|behind|not enough|too|pick|picked|chose|"
    r"chosen|this topic"
)
# The first that fits, so the narrow ones come before the wide ones.
_PATTERNS: tuple[tuple[re.Pattern[str], About], ...] = (
    (re.compile(r"\b(?:which|what) (?:language )?model\b|\bllm\b|\b(?:run|runs|running) locally\b"), "model"),
    (
        re.compile(
            r"\b(?:rounds?|runs?)\b|\b(?:added|add) (?:last|so far)|\bwhat (?:did you|have you|was) "
            r"(?:just )?(?:add|generate)|"
            r"\bhistory\b|\bhow did (?:it|that|this) go\b|"
            r"\b(?:did|have) (?:you|we|it) (?:already )?(?:start|begin|begun)"
        ),
        "rounds",
    ),
    (
        re.compile(
            r"reject|refus|fail|discard|thr(?:ew|own?) (?:out|away)|did not pass|didn'?t pass|\bdrafts?\b"
        ),
        "rejected",
    ),
    (re.compile(r"strateg|few.?shot|variation|description|scenario|tool.?chain|edge case"), "strategies"),
    (
        re.compile(
            r"\bcosts?\b|\bhow much (?!data|records)|price|token|expens|model calls|budget|how long|\bdamage\b"
        ),
        "cost",
    ),
    (
        re.compile(
            r"looks? like|\b(?:an? |some |few )?(?:examples?|samples?) (?:of|for|from)\b|\bwhat kind "
            r"of\b|\bwhat'?s? in\b"
        ),
        "look",
    ),
    (re.compile(r"\bwhy\b.*\b\d+\b"), "plan"),
    (
        re.compile(
            rf"\b(?:why|how come|reason)\b.*\b(?:{_LOW})\b|"
            r"\b(?:wrong|the (?:problem|matter|issue|trouble)) with\b"
        ),
        "why_low",
    ),
    (re.compile(r"\bwhy (?:so )?(?:many|much|this|that|these|those)\b"), "plan"),
    (re.compile(r"under.?represented|weakest|lowest|worst|smallest|fewest|least|behind"), "worst"),
    (
        re.compile(
            r"score|balanced?\b|poor|excellent|\bgood\b|\bstatus\b|"
            r"\bwhere (?:do|are) (?:we|things?|i)\b|\bhow (?:are|do) (?:we|things|it) (?:doing|look|stand)"
        ),
        "score",
    ),
    (re.compile(r"\bplan\b|what (?:will|would|do) you|what happens|safe|approve|say yes"), "plan"),
    (re.compile(r"\bhelp\b|what can|\boptions\b|\bcommands\b"), "help"),
    (
        re.compile(
            r"how (?:many|big|large)|records|topics|dataset|synthetic|distribution|coverage|minimum|\b100\b|hundred"
        ),
        "topics",
    ),
)
_SHOWS = re.compile(r"(?:please )?(?:show|give|list|name|tell)(?: me| us)?\b")
_SHOWN: frozenset[About] = frozenset({"worst", "score", "rounds", "rejected", "strategies", "cost"})


def read_question(plain: str, topics: Sequence[str]) -> Reply:
    """The question that a sentence in lower case asks; ``about`` is ``None`` when that is not recognized."""
    mentions = find_mentions(plain, topics)
    topic = mentions.topics[0] if mentions.topics else None
    score = _SCORE.search(plain)
    if score and (value := _share(score[0])) is not None:
        return Reply(kind="question", about="reach", number=value, topic=topic)
    about = next((about for pattern, about in _PATTERNS if pattern.search(plain)), None)
    known = about is not None or (topic is not None and not mentions.rest)
    if about is None and topic is not None:
        about = "topics"
    number = float(mentions.counts[0]) if about in ("worst", "look") and mentions.counts else None
    return Reply(kind="question", about=about, topic=topic, number=number, is_open=not known)


def read_demand(plain: str, topics: Sequence[str]) -> Reply | None:
    """A question in the form of a demand, "show me the worst three"; ``None`` for any other."""
    if not _SHOWS.match(plain):
        return None
    question = read_question(plain, topics)
    return question if question.about in _SHOWN else None


def _share(written: str) -> float | None:
    value = float(written)
    value = value / 100 if value > 1 else value
    return value if 0 < value <= 1 else None
