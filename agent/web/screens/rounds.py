"""The rounds of generation so far: what each brought, and of what fell short why, with drafts that were refused."""

from __future__ import annotations

from collections.abc import Callable

from ....tools.generation.jobs.shortfall import likely_cause
from ....tools.inspection.rejections import Rejection, inspect_rejections
from ....tools.inspection.rounds import Round, RoundItem, inspect_rounds
from ....tools.services import Services
from ..elements import address, box, button, link, text, topic_name
from ..plain_words import refusal_words, strategy_title, without_commands

_ROUNDS = 5
_REASONS = 3
_LOOKED_AT = 2
"""Refused drafts of each reason."""


def draw_rounds(services: Services, workflow_id: str, on_plan_again: Callable[[], object] | None) -> None:
    """Draw the latest rounds where it is called; nothing where there are none.

    Args:
        services: the store.
        workflow_id: whose rounds.
        on_plan_again: asks for a new plan; None where one is in question already.
    """
    rounds = inspect_rounds(services, workflow_id, last=_ROUNDS)
    if not rounds.shown:
        return
    refused = inspect_rejections(services, workflow_id, each=_LOOKED_AT * _ROUNDS).examples
    with box("section", "card", aria_label="Rounds so far"):
        text("Rounds so far", "h2")
        for entry in reversed(rounds.shown):
            for item in entry.items:
                _draw_item(workflow_id, entry, item, refused)
        with box("div", "acts"):
            if rounds.accepted:
                link("Read the generated records", address(workflow_id, "review"), "act quiet")
            if on_plan_again is not None:
                button("Propose a plan again", on_plan_again, quiet=True)


def _draw_item(workflow_id: str, entry: Round, item: RoundItem, refused: list[Rejection]) -> None:
    worth = "" if item.worth is None or not item.accepted else f", worth {item.worth:g}"
    undone = " (undone)" if item.is_undone else ""
    with box("div", "listed"):
        with box("p"):
            text(f"Round {entry.round}: {item.accepted:,} of {item.requested:,} for ")
            topic_name(item.topic)
            text(f", {strategy_title(item.strategy)}{worth}{undone}")
        if item.accepted >= item.requested or item.is_undone or item.status == "running":
            return
        _draw_shortfall(workflow_id, item, [one for one in refused if one.job_id == item.job_id])


def _draw_shortfall(workflow_id: str, item: RoundItem, refused: list[Rejection]) -> None:
    """Why it is short, what would help, and what was refused."""
    often = sorted(item.rejected, key=lambda check: -item.rejected[check])[:_REASONS]
    if not often:
        text(without_commands(item.stop_reason or "It was stopped."), "p", "warn")
        return
    first = often[0]
    share = f"{item.rejected[first]:,} of {item.rejected_total:,} drafts refused: {refusal_words(first)}."
    text(share, "p", "warn")
    text(without_commands(_sentence(likely_cause(first))), "p")
    if first == "topic":
        link(f"Describe {item.topic}", address(workflow_id, "topics"), "act quiet small")
    with box("details", "small"):
        text("What was refused", "summary")
        for check in often:
            text(f"{item.rejected[check]:,} {refusal_words(check)}", "h3")
            for one in [one for one in refused if one.check == check][:_LOOKED_AT]:
                text(one.evidence or "No more is known.", "p", "soft")


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:].rstrip('.')}."
