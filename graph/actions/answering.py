"""Answers in words: questions, what was not understood, a no."""

from __future__ import annotations

from typing import Any

from ...tools.generation.approvals.plans import decline_plan
from ...tools.services import Services
from ..offers.offer import Offer
from ..offers.reply import YES_TO, AskBack, Deed, Told, Unclear
from ..scope import ServicesSource, scoped
from ..state import State, the_offer
from ..wording.plan_words import brief_reminder, option_lines, reminder
from .beside_the_offer import said_beside, shown
from .catalog import Decline, ShowTable

_LOST = "I did not understand that."
_QUESTION_MARKS = "?\uff1f\u061f\u037e\u055e\u1367"
"""Of every script that marks questions; the Greek one looks like a semicolon."""


def respond(source: ServicesSource, state: State, deed: Deed) -> dict[str, Any]:
    """Say what was answered, or ask back; the pending plan stays, except after a no."""
    offer = the_offer(state)
    match deed:
        case Unclear() if offer.action == "choose_workflow":
            return shown(f"{deed.note} {offer.text}".strip(), offer)
        case ShowTable():
            return shown(reminder(offer), offer)
        case Decline():
            return _decline(scoped(source(), state), offer)
        case Told():
            asks = any(mark in deed.note for mark in _QUESTION_MARKS)
            offer = offer.model_copy(update={"asks_beside": asks})
            return shown(f"{deed.note}\n\n{brief_reminder(offer)}", offer)
        case AskBack():
            text = _confirmation(deed.means, offer)
        case _:
            text = (deed.note if isinstance(deed, Unclear) else "") or _LOST
    return said_beside(offer.model_copy(update={"asks_beside": False}), text)


_IT_WOULD = {
    "resume": "carry on with the approved plan",
    "proceed": "go on to the grader configuration",
    "stop": "stop here for now",
    "review_outside": "you look at the records outside, and come back",
    "take_back": "take the round back",
    "add_rule": "make it a rule",
    "take_out": "do what I asked about",
}
_BARE = {"stop": "“stop”", "review_outside": "“outside”", "proceed": "“skip”", "resume": "“continue”"}
"""What to answer where no option stands for it."""


def _confirmation(means: str, offer: Offer) -> str:
    """What was more than a bare answer, asked once more: only a bare answer has a consequence."""
    if means == "approve" and offer.action not in YES_TO:
        number = next((n for n, option in enumerate(offer.options, 1) if option.items == offer.items), 1)
        how = f"“yes” or {number}" if offer.yes_is_plain else f"{number}"
        return f"I read that as a yes to the plan. To be sure that nothing starts by a misreading, please answer {how}."
    means = YES_TO[offer.action].kind if means == "approve" else means
    numbers = (str(n) for n, option in enumerate(offer.options, 1) if option.effect == means)
    answer = next(numbers, _BARE.get(means, "“yes”"))
    return f"I read that as: {_IT_WOULD[means]}. If that is right, please answer {answer}."


def _decline(services: Services, offer: Offer) -> dict[str, Any]:
    """A no is a no: the plan is declined, and a later yes has nothing to be a yes to."""
    if offer.plan_id is not None:
        decline_plan(services.store, offer.plan_id)
    declined = offer.model_copy(update={"action": "choose_next_step", "plan_id": None, "items": []})
    lines = [f"{number}. {line}" for number, line in enumerate(option_lines(declined), 1)]
    said = (
        "All right, I generate nothing. What would you like instead? You can name a topic, a number and a "
        "strategy, or:"
    )
    return shown("\n".join([said, *lines]), declined)
