"""An approved plan that is not carried out yet: the question whether to go on with it."""

from __future__ import annotations

from ...tools.store.store import Store
from ..state import State
from ..wording.markdown import plural
from ..wording.plan_words import option_lines
from .offer import Offer, Option
from .pending import accepted_of, keep_with_plan, put

INTERRUPTED = "The generation was interrupted."


def ask_to_resume(
    store: Store, offer: Offer, approval_id: str, state: State, said: str = INTERRUPTED
) -> Offer:
    """The question whether to go on with an approved plan that is not carried out yet.

    It is kept with the plan, since the answer may come with an empty state, and an answer to the plan is none to it.

    Args:
        store: knows how far it came.
        offer: that of the plan.
        approval_id: of the plan.
        state: of the conversation.
        said: what happened.
    """
    held = put(offer, state).model_copy(
        update={
            "action": "resume_generation",
            "approval_id": approval_id,
            "options": [
                Option(label="Carry on with the approved plan", effect="resume"),
                Option(label="Skip the rest and proceed to grader config", effect="proceed"),
                Option(label="Stop here", effect="stop"),
            ],
            "shown_records": [],
            "review": None,
        }
    )
    accepted, wanted = accepted_of(store, approval_id), sum(item.count for item in offer.items)
    kept = f" {accepted:,} of its {plural(wanted, 'record')} are finished." if accepted else ""
    lines = [f"{number}. {line}" for number, line in enumerate(option_lines(held), 1)]
    held.text = "\n".join([f"{said}\n\nNothing that was accepted is lost.{kept} Would you like to:", *lines])
    if offer.plan_id is not None:
        keep_with_plan(store, offer.plan_id, offer=held.model_dump(mode="json"))
    return held
