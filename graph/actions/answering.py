"""Answers in words: questions, what was not understood, a no."""

from __future__ import annotations

from typing import Any

from ...tools.generation.approvals.plans import decline_plan
from ...tools.store.store import Store
from ..offers.offer import ChoiceOffer, DatasetOffer, Offer
from ..offers.pending import asks_something, beside
from ..offers.reply import AskBack, Deed, Told, Unclear
from ..scope import ServicesSource
from ..state import State, the_offer
from ..wording.plan_words import brief_reminder, numbered_lines, reminder
from .catalog import Decline, ShowTable
from .messages import said_beside, shown

_LOST = "I did not understand that."


def respond(source: ServicesSource, state: State, deed: Deed) -> dict[str, Any]:
    """Say what was answered, or ask back; the pending plan stays, except after a no."""
    offer = the_offer(state)
    match deed:
        case Unclear() if isinstance(offer, DatasetOffer):
            return shown(f"{deed.note} {offer.text}".strip(), offer)
        case ShowTable():
            return shown(reminder(offer), offer)
        case Decline():
            return _decline(source().store, offer)
        case Told():
            offer = beside(source().store, offer, asks=asks_something(deed.note))
            return shown(f"{deed.note}\n\n{brief_reminder(offer)}", offer)
        case AskBack():
            text = _confirmation(deed.means, offer)
        case _:
            text = (deed.note if isinstance(deed, Unclear) else "") or _LOST
    asks = isinstance(deed, Unclear) and deed.was_read
    return said_beside(beside(source().store, offer, asks=asks), text)


_IT_WOULD = {
    "resume": ("carry on with the approved plan", "“continue”"),
    "proceed": ("go on to the grader configuration", "“skip”"),
    "stop": ("stop here for now", "“stop”"),
}
"""What it would do, and what to answer where no option stands for it."""


def _confirmation(means: str, offer: Offer) -> str:
    """What was more than a bare answer, asked once more: only a bare answer has a consequence."""
    if means == "approve":
        number = next((n for n, option in enumerate(offer.options, 1) if option.items == offer.items), 1)
        how = f"“yes” or {number}" if offer.yes() else f"{number}"
        return f"I read that as a yes to the plan. To be sure that nothing starts by a misreading, please answer {how}."
    it_would, bare = _IT_WOULD.get(means, ("do what I asked about", "“yes”"))
    options = enumerate(offer.options, 1)
    answer, it_would = next(
        ((str(n), option.label) for n, option in options if option.deed.kind == means), (bare, it_would)
    )
    return f"I read that as: {it_would}. If that is right, please answer {answer}."


def _decline(store: Store, offer: Offer) -> dict[str, Any]:
    """A no is a no: the plan is declined, and a later yes has nothing to be a yes to."""
    if offer.plan_id is not None:
        decline_plan(store, offer.plan_id)
    declined = offer.instead(ChoiceOffer, plan_id=None, items=[])
    also = " What was to come after it is left too." if offer.then else ""
    said = (
        f"All right, I generate nothing.{also} What would you like instead? You can name a topic, a number and a "
        "strategy, or:"
    )
    return shown(numbered_lines(declined, said), declined)
