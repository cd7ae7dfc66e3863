"""Reads what a person types: the grammar that turns a sentence and the offer it answers into a `Reply`.

The one rule above all others: only a plain yes, or the number or full wording of an option, may become an
approval. A yes with anything beside it, a doubt, a question mark, or words that merely contain "approved" never do.
"""

from __future__ import annotations

import re

from .aims import FILE_NOTE, names_a_file, read_aims
from .change import read_change
from .foreign_words import read_foreign
from .fork_phrases import read_fork
from .mentions import find_mentions
from .normalized import normalize
from .offer import Offer, Reply, same_items
from .offer_kinds import NO_TO, YES_TO
from .option_reply import read_option
from .phrases import (
    ASKS,
    BACK,
    DOUBT,
    DROP,
    ENGLISH,
    GO,
    LEADING_NO,
    LEADING_YES,
    MORE,
    NEXT,
    NO,
    OPTION_WITH_CHANGE,
    PASTED,
    PLAIN_YES,
    PLEASANTRY,
    POLITE,
    PREFERS,
    PROCEED,
    QUOTED,
    QUOTES,
    REQUEST,
    RESUME,
    STOP,
    YES,
    YES_PROCEED,
)
from .pilot_phrases import read_pilot
from .questions import read_demand, read_question
from .review_phrases import in_digits, read_review_change
from .review_request import read_review
from .round_phrases import read_undo

_LONGEST = 1000
"""Nobody types more than that as an answer; it is pasted."""

TARGETS_ASKED = "I change targets only when I am told to; say it without the question mark and I do."


def read_reply(text: str, offer: Offer) -> Reply:
    """What ``text`` means as an answer to ``offer``; ``unclear`` with a note when it is not understood."""
    if len(text) > _LONGEST or PASTED.search(text):
        return Reply(kind="unclear", text=text.strip()[:_LONGEST], note=_PASTED_NOTE)
    changed = read_review_change(text, offer)
    if changed is not None:
        return changed
    plain = normalize(text)
    asks = plain.endswith("?")
    plain = plain.rstrip("? ")
    reply = _read(plain, offer, asks=asks)
    is_quoted = reply.kind in ("approve", "resume") and text.lstrip().startswith(QUOTES)
    if is_quoted or (reply.is_open and _is_doubtful(text, plain)):
        reply = _unsure()
    if reply.is_open:
        reply = read_foreign(text, offer) or reply
    return reply.model_copy(update={"text": text.strip()})


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
    if offer.action == "resume_generation" and RESUME.fullmatch(plain):
        return Reply(kind="resume")
    if PLAIN_YES.fullmatch(plain):
        return _yes(offer)
    if GO.fullmatch(plain):
        return _go(offer)
    chosen = read_option(plain, offer)
    if chosen is not None:
        return chosen
    if PREFERS.fullmatch(plain):
        return Reply(kind="unclear", note="If that is your choice, please answer with its number alone.")
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
    if offer.action == "proceed_to_grader" and YES_PROCEED.fullmatch(plain):
        return Reply(kind="proceed")
    if BACK.fullmatch(plain):
        return Reply(kind="back")
    if MORE.fullmatch(plain):
        return Reply(kind="more")
    pilot = read_pilot(plain) if offer.items else None
    return pilot or read_review(plain, offer)


def _yes(offer: Offer) -> Reply:
    """A bare yes: to exactly the plan shown, where there is one and only one thing it can mean."""
    if offer.action == "proceed_to_grader":
        return Reply(kind="proceed")
    if offer.action == "resume_generation":
        return Reply(kind="resume")
    if offer.action in YES_TO:
        return Reply(kind=YES_TO[offer.action])
    if offer.yes_is_plain:
        return Reply(kind="approve", items=offer.items)
    return Reply(kind="unclear", note="I am not sure what your yes is to. Please answer with a number.")


def _go(offer: Offer) -> Reply:
    """A bare "generate": a yes only where one single plan is on the table."""
    if offer.plan_id and len(offer.generations) == 1 and same_items(offer.generations[0], offer.items):
        return Reply(kind="approve", items=offer.items)
    if offer.action == "proceed_to_grader":
        return Reply(kind="more")
    return Reply(
        kind="unclear", note="There is more than one plan to choose from. Please answer with a number."
    )


def _read_rest(rest: str, offer: Offer, *, after_no: bool) -> Reply:
    """What follows a yes or no and a comma: it may change or redirect, but a yes with more is no yes."""
    command = _read_command(rest, offer)
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
    if read_option(plain, offer) is not None:
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
    if command is not None or PLAIN_YES.fullmatch(POLITE.sub("", plain)):
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


def _unsure() -> Reply:
    return Reply(kind="unclear", note="I am not sure how to take that, and I do nothing on a guess.")
