"""The answers that can be clicked: their words on the page, and where they lead."""

from __future__ import annotations

from functools import partial

from nicegui import ui

from ...graph.actions.catalog import ShowRecords
from ...graph.offers.offer import Offer, Option, PlanOffer, ProceedOffer, ResumeOffer, same_items
from ...graph.offers.reply import Approve, Proceed, Stop
from ...graph.wording.markdown import unescape
from ...tools.coverage.plans import PlanItem
from .conversations import PageConversation
from .elements import address, button, link


def draw_answers(conversation: PageConversation, offer: Offer, workflow_id: str, *, on_plan: bool) -> None:
    """Draw them under their numbers, one as that which is meant.

    A plan is approved where it stands with its figures, and records are read where they can be judged: answers that
    mean these are the way there.

    Args:
        conversation: what is answered.
        offer: the question.
        workflow_id: the dataset.
        on_plan: they are drawn on the screen of the plan itself.
    """
    is_first = on_plan
    # Going on without what was asked for is never the answer that is meant, unless nothing is left to do.
    leaves = () if isinstance(offer, ProceedOffer) else (Proceed, Stop)
    shown: list[Option] = []
    for number, option in enumerate(offer.numbered, 1):
        if option.items and any(same_items(option.items, other.items) for other in shown):
            continue  # the plan for all topics is that for the one
        shown.append(option)
        is_meant = is_first and not isinstance(option.deed, leaves)
        if isinstance(option.deed, ShowRecords):
            _way(number, "Read the records", address(workflow_id, "review"), is_meant)
        elif isinstance(option.deed, Approve) and option.shown:
            if on_plan:
                continue
            _way(number, _plan_words(conversation, option.deed.items), address(workflow_id, "plan"), is_meant)
        else:
            give = partial(_give, conversation, number, option, offer, workflow_id)
            button(f"{number} · {_words(option, offer)}", give, quiet=not is_meant).classes("small")
        is_first = is_first and not is_meant


def _plan_words(conversation: PageConversation, items: list[PlanItem]) -> str:
    """What the way to a plan says; the one that is edited is shown there as it was changed."""
    table = conversation.table
    if table is None or not table.is_edited or not same_items(items, table.offer.items):
        return f"See the plan: {sum(item.count for item in items):,} records"
    return f"See the plan as you changed it: {table.count:,} records"


def _way(number: int, words: str, to: str, is_first: bool) -> None:
    link(f"{number} · {words}", to, "act small" if is_first else "act quiet small")


def _give(
    conversation: PageConversation, number: int, option: Option, offer: Offer, workflow_id: str
) -> None:
    conversation.answer(str(number), offer)
    if isinstance(option.deed, Proceed) and conversation.is_busy:
        ui.navigate.to(address(workflow_id, "export"))


def _words(option: Option, offer: Offer) -> str:
    if isinstance(option.deed, Proceed):
        if isinstance(offer, ResumeOffer):
            return "Leave the rest, finish and export"
        return "Generate nothing, finish and export" if isinstance(offer, PlanOffer) else "Finish and export"
    if isinstance(option.deed, Stop):
        return "Stop for now"
    if isinstance(option.deed, Approve):
        records = sum(item.count for item in option.items)
        return f"Show the plan for every topic that is low: {records:,} records"
    return unescape(option.label)
