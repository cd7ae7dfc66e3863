"""What a bare answer does under an offer, and what is done with everything that only sounds like one.

Approving, resuming, going on to the grader, ending the conversation, taking a round back and making a rule happen on
a bare answer (`bare_answers`) or the full wording of an option, and on nothing else that is typed. Whatever else is
read as one of them by a model is asked back first.
"""

from __future__ import annotations

import re
import unicodedata

from ..actions.catalog import ProposeMore, ShowDetails, ShowRecords, proposed
from ..offers.offer import Offer, Option, ProceedOffer, ResumeOffer, same_items
from ..offers.reply import (
    CONSEQUENCES,
    Approve,
    AskBack,
    Deed,
    Proceed,
    Reply,
    Resume,
    ReviewOutside,
    Stop,
    Unclear,
    Unread,
)
from ..wording.markdown import topic_title
from .bare_answers import bare_answer, bare_number

# As it is shown, whatever language the rest of the conversation is in; what it names is shown, and nothing more.
_LETTER = re.compile(r"(?:plan )?(?P<letter>[a-z])")


def read_reply(text: str, offer: Offer) -> Reply:
    """What ``text`` does as a bare answer; all else is ``unread``, and a model reads it."""
    deed = read_exact(text, offer) or (Unread() if text.strip() else Unclear(note="I got an empty answer."))
    return Reply(deed=deed, text=text.strip())


def read_exact(text: str, offer: Offer) -> Deed | None:
    """What ``text`` does as a bare answer to ``offer``; ``None`` when it is more or something else."""
    written = _written(text)
    for option in offer.options:
        # Its own quotation marks and all: the wording that was shown, and nothing added.
        if written == _written(option.label):
            return _chosen(option)
    if lettered := _LETTER.fullmatch(written):
        for option in offer.options:
            if option.letter.lower() == lettered["letter"]:
                return _chosen(option)
    numbered = bare_number(text)
    if numbered is not None:
        return _numbered(*numbered, offer)
    match bare_answer(text):
        case "yes" | "go" if offer.asks_beside:
            return None  # it may be one to what was asked in words; whoever reads it has the turns before
        case "yes":
            return offer.yes() or Unclear(
                note="I am not sure what your yes is to. Please answer with a number."
            )
        case "no":
            return offer.no()
        case "go":
            return _go(offer)
        case "resume" if isinstance(offer, ResumeOffer) and not offer.shown_records:
            return Resume()
        case "proceed":
            return Proceed()
        case "yes_proceed" if isinstance(offer, ProceedOffer):
            return Proceed()
        case "stop":
            return Stop()
        case "outside":
            return ReviewOutside()
        case "more" if offer.review is not None and offer.review.listed:
            return ShowRecords(next=True)
        case "more" | "details":
            return ShowDetails()
    return None


def asked_first(deed: Deed) -> Deed:
    """The deed, or a question back where it would have a consequence that no bare answer asked for."""
    return AskBack(means=deed.kind) if isinstance(deed, CONSEQUENCES) else deed


def _go(offer: Offer) -> Deed:
    """A bare "generate": a yes only where one single plan is on the table."""
    shown = [option.items for option in offer.numbered if option.items and option.shown]
    yes = offer.yes()
    if isinstance(yes, Approve | Resume) and all(same_items(items, offer.items) for items in shown):
        return yes
    if isinstance(offer, ProceedOffer):
        return ProposeMore()
    if not shown and not offer.items:
        return Unclear(
            note="There is no plan to start. Name topics and how many records, or answer with a number."
        )
    return Unclear(note="There is more than one plan to choose from. Please answer with a number.")


def _numbered(number: int, is_named: bool, offer: Offer) -> Deed | None:
    if 1 <= number <= len(offer.numbered):
        return _chosen(offer.numbered[number - 1])
    if number >= 10 and not is_named and len(offer.items) == 1:
        return None  # "20" is a count rather than an option
    if number < 10 or not offer.items:
        return Unclear(note=f"There is no option {number}.")
    topic = topic_title(offer.items[0].topic)
    return Unclear(
        note=f"There is no option {number}; for so many records name the topic, as in “{number} for {topic}”."
    )


def _chosen(option: Option) -> Deed:
    # What was not shown with its items and cost cannot be approved yet; it is shown first.
    return option.deed if option.shown else proposed(option.items)


def _written(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).lower().split()).rstrip(" .!")
