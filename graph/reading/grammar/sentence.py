"""Reads what a person types: the grammar that turns a sentence and the offer it answers into a `Reply`.

The one rule above all others: only a bare answer has a consequence (`exact`). A sentence can change what lies on the
table, ask, or show; where it sounds like a yes, a resumption or a farewell, that is asked back.

Reading takes time that grows with the length of the text and no faster: patterns see short texts only, a longer one is
left to the model, and no pattern repeats a group that it could divide in several ways.
"""

from __future__ import annotations

import re
from itertools import pairwise

from ...offers.kinds import NO_TO
from ...offers.offer import Offer, Reply
from ..bare_answers import bare_answer, bare_number
from ..exact import asked_first, read_exact
from .aims import FILE_NOTE, names_a_file, read_aims
from .branches import read_fork
from .foreign_words import read_foreign
from .mentions import find_mentions
from .normalized import normalize
from .phrases import (
    ASKS,
    BACK,
    CHOOSES,
    CHOOSING,
    DOUBT,
    DROP,
    ENGLISH,
    LEADING_NO,
    LEADING_YES,
    MORE,
    NEXT,
    NO,
    OPTION_WITH_CHANGE,
    PLEASANTRY,
    POLITE,
    PROCEED,
    QUOTED,
    QUOTES,
    REQUEST,
    STOP,
    YES,
)
from .pilot import read_pilot
from .plan_change import read_change
from .questions import read_demand, read_question
from .record_changes import in_digits, read_review_change
from .review import read_review
from .rounds import read_undo

_LONGEST = 1000
"""Nobody types more than that as an answer; it is pasted."""
SENTENCE = 200
"""Characters that the grammar looks at; twice the longest answer that we have seen."""

TARGETS_ASKED = "I change targets only when I am told to; say it without the question mark and I do."

_ROLE = re.compile(
    r"^[^\S\n]*(?:system|user|assistant|human|ai|tool)[^\S\n]*:|[{}]|<\w|\"role\"",
    re.IGNORECASE | re.MULTILINE,
)
_ORDER = frozenset({"ignore", "disregard", "forget"})
_ORDERED = frozenset({"rule", "rules", "instruction", "instructions", "above", "previous"})


def read_reply(text: str, offer: Offer) -> Reply:
    """What ``text`` means as an answer to ``offer``; ``unclear`` with a note when it is not understood."""
    exact = read_exact(text, offer)
    reply = asked_first(_read_text(text, offer)) if exact is None else exact
    # An edit brings a text of its own.
    read_by = "grammar" if exact is None else "exact"
    return reply.model_copy(update={"text": reply.text or text.strip()[:_LONGEST], "read_by": read_by})


def _read_text(text: str, offer: Offer) -> Reply:
    if len(text) > _LONGEST or _is_pasted(text):
        return Reply(kind="unclear", note=_PASTED_NOTE)
    if not text.lstrip().startswith(QUOTES):
        changed = read_review_change(text, offer)
        if changed is not None:
            return changed
    if len(text) > SENTENCE:
        return Reply(kind="unclear", note=_LONG_NOTE, is_open=True)
    plain = normalize(text)
    asks = plain.endswith("?")
    plain = plain.rstrip("? ")
    reply = _read(plain, offer, asks=asks)
    deletes = reply.kind in ("drop", "drop_rule") and text.lstrip().startswith(QUOTES)
    if deletes or (reply.is_open and _is_doubtful(text, plain)):
        reply = _unsure()
    return (read_foreign(text) or reply) if reply.is_open else reply


def _is_pasted(text: str) -> bool:
    """A conversation, markup, or an order to the agent that stands in a text rather than in an answer."""
    if _ROLE.search(text):
        return True
    for line in text.lower().splitlines():
        words = re.findall(r"\w+", line)
        orders = next((place for place, word in enumerate(words) if word in _ORDER), len(words))
        if not _ORDERED.isdisjoint(words[orders + 1 :]):
            return True
        if any(a.count("_") > 1 and b in ("now", "immediately") for a, b in pairwise(words)):
            return True
    return False


def _is_doubtful(text: str, plain: str) -> bool:
    """A yes in quotation marks, or one with a doubt or anything else in English beside it: ours to ask back."""
    says_yes = re.search(rf"(?:^|\W){YES}(?:$|\W)", plain) is not None
    return says_yes and bool(DOUBT.search(plain) or QUOTED.search(text) or _is_english(plain))


def _read(plain: str, offer: Offer, *, asks: bool) -> Reply:
    if not plain:
        return Reply(kind="unclear", note="I got an empty answer.")
    if asks:
        return _read_question(plain, offer)
    command = _read_command(plain, offer)
    if command is not None:
        return command
    for pattern, negative in ((LEADING_YES, False), (LEADING_NO, True)):
        opening = pattern.fullmatch(plain)
        if opening:
            return _read_rest(opening["rest"].strip(), offer, after_no=negative)
    if ASKS.match(plain):
        return _read_question(plain, offer)
    return read_demand(plain, offer.topics) or _read_change(plain, offer)


def _read_command(plain: str, offer: Offer) -> Reply | None:
    """Answers that stand alone. The order matters only where two readings could both apply."""
    if offer.shown_records:
        dropped = DROP.fullmatch(in_digits(plain))
        if dropped:
            return Reply(kind="drop", numbers=[int(n) for n in re.findall(r"\d+", dropped["numbers"])])
        if NEXT.fullmatch(plain) and offer.review is not None:
            scope = offer.review
            return Reply(kind="review", review=scope.model_copy(update={"page": scope.page + 1}))
    if offer.action in NO_TO and NO.fullmatch(plain):
        return Reply(kind=NO_TO[offer.action])
    number = _number_chosen(plain, offer)
    if number is not None:
        note = f"If that is your choice, please answer with its number alone: {number}."
        return Reply(kind="unclear", note=note)
    fork = read_fork(plain, offer)
    if fork is not None:
        return fork
    if STOP.fullmatch(plain):
        return Reply(kind="stop")
    if NO.fullmatch(plain):
        return Reply(kind="reject")
    undo = read_undo(plain)
    if undo is not None:
        return undo
    if PLEASANTRY.fullmatch(plain):
        return Reply(kind="unclear", note="Gladly. Nothing starts without a yes to the plan.")
    if PROCEED.fullmatch(plain):
        return Reply(kind="proceed")
    if BACK.fullmatch(plain):
        return Reply(kind="back")
    if MORE.fullmatch(plain):
        return Reply(kind="more")
    pilot = read_pilot(plain) if offer.items else None
    return pilot or read_review(plain, offer)


def _number_chosen(plain: str, offer: Offer) -> int | None:
    """The option in "I'd go with 2" and "yes, the first one": its number, with words beside it that only choose."""
    words = plain.replace(",", " ").split()
    others = [word for word in words if word not in CHOOSING]
    numbered = bare_number(others[0]) if len(others) == 1 else None
    if numbered is None or CHOOSES.isdisjoint(words) or not 1 <= numbered[0] <= len(offer.options):
        return None
    return numbered[0]


def _read_rest(rest: str, offer: Offer, *, after_no: bool) -> Reply:
    """What follows a yes or no and a comma: it may change or redirect, but a yes with more is no yes."""
    if bare_number(rest) is not None and read_exact(rest, offer) is not None:
        return _unsure()  # "no, 2" may be a number and may be a no
    command = read_exact(rest, offer) or _read_command(rest, offer)
    if command is not None and command.kind in (
        "stop",
        "reject",
        "undo",
        "review",
        "review_outside",
        "more",
        "pilot",
    ):
        # "yes, stop" contradicts itself; "no, stop" does not.
        clear = after_no or command.kind in ("review", "review_outside", "pilot")
        return command if clear else _unsure()
    if command is not None and command.kind == "proceed":
        return command if after_no or offer.action == "proceed_to_grader" else _unsure()
    if command is not None:
        return _unsure()
    if ASKS.match(rest):
        return _read_question(rest, offer)
    reply = read_demand(rest, offer.topics) or _read_change(rest, offer)
    # An English yes with something beside it that is not understood is a doubt, whatever the model thinks of it.
    return _unsure() if reply.is_open and not after_no and _is_english(rest) else reply


def _is_english(plain: str) -> bool:
    """Whether there are English words; a plain "ok" stands before words of any language."""
    return ENGLISH.search(plain) is not None


def _read_question(plain: str, offer: Offer) -> Reply:
    """A question never starts anything; one that names a change ("can you do 20?") shows the changed plan."""
    if read_exact(plain, offer) is not None:
        return _unsure()
    if not ASKS.match(plain) or re.match(r"(?:what|how) about\b", plain):
        change = _read_change(plain, offer)
        if change.kind == "change" and (REQUEST.match(plain) or find_mentions(plain, offer.topics).counts):
            return change
        if change.kind == "targets":
            asked = re.match(r"(?:can|could|would|will) you\b", plain)
            return change if asked else Reply(kind="unclear", note=TARGETS_ASKED)
    command = _read_command(plain, offer)
    if command is not None and command.kind in ("review", "pilot"):
        return command
    if command is not None or bare_answer(POLITE.sub("", plain)) is not None:
        return _unsure()
    return read_question(plain, offer.topics)


def _read_change(plain: str, offer: Offer) -> Reply:
    base = offer.items
    option = OPTION_WITH_CHANGE.fullmatch(plain)
    if option and 1 <= int(option["number"]) <= len(offer.numbered):
        chosen = offer.numbered[int(option["number"]) - 1]
        if chosen.effect == "generate":
            base, plain = chosen.items, option["rest"]
    while (polite := POLITE.match(plain)) and polite.end() < len(plain):
        plain = plain[polite.end() :]
    aims = read_aims(plain, offer.topics)
    if aims:
        return Reply(kind="targets", aims=aims)
    if names_a_file(plain):
        return Reply(kind="unclear", note=FILE_NOTE)
    return read_change(plain, offer, base)


_PASTED_NOTE = "That looks like pasted text. Please tell me in your own words what to do."
_LONG_NOTE = "I did not understand that. Could you say it in a sentence or two?"


def _unsure() -> Reply:
    return Reply(kind="unclear", note="I am not sure how to take that, and I do nothing on a guess.")
