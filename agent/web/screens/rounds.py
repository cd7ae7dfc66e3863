"""The rounds of generation so far: what each brought, and of what fell short why, with drafts that were refused."""

from __future__ import annotations

from collections.abc import Callable

from ....graph.wording.check_words import refusal_words
from ....graph.wording.plan_words import strategy_words
from ....tools.generation.jobs.shortfall import likely_cause
from ....tools.inspection.rejections import refused_drafts
from ....tools.inspection.rounds import Round, RoundItem, inspect_rounds
from ....tools.services import Services
from ..elements import address, box, button, link, text, topic_name
from ..plain_words import without_commands

_ROUNDS = 5
_REASONS = 3
_ABOUT_TOPIC = frozenset({"topic", "review_rule"})
"""Checks that go by what is kept on the screen of topics."""
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
    with box("section", "card", aria_label="Rounds so far"):
        text("Rounds so far", "h2")
        for entry in reversed(rounds.shown):
            for item in entry.items:
                _draw_item(services, workflow_id, entry, item)
        with box("div", "acts"):
            if rounds.accepted:
                link("Read the generated records", address(workflow_id, "review"), "act quiet")
            if on_plan_again is not None:
                button("Propose a plan again", on_plan_again, quiet=True)


def _draw_item(services: Services, workflow_id: str, entry: Round, item: RoundItem) -> None:
    worth = "" if item.worth is None or not item.accepted else f", worth {item.worth:g}"
    undone = " (undone)" if item.is_undone else ""
    with box("div", "listed"):
        with box("p"):
            text(f"Round {entry.round}: {item.accepted:,} of {item.requested:,} for ")
            topic_name(item.topic)
            text(f", {strategy_words(item.strategy)}{worth}{undone}")
        if item.accepted >= item.requested or item.is_undone or item.status == "running":
            return
        _draw_shortfall(services, workflow_id, item)


def _draw_shortfall(services: Services, workflow_id: str, item: RoundItem) -> None:
    """Why it is short, what would help, and what was refused."""
    often = sorted(item.rejected, key=lambda check: -item.rejected[check])[:_REASONS]
    if not often:
        text(_sentence(without_commands(item.stop_reason or "it was stopped")), "p", "warn")
        return
    first = often[0]
    share = f"{item.rejected[first]:,} of {item.rejected_total:,} drafts refused: {refusal_words(first)}."
    text(share, "p", "warn")
    text(without_commands(_sentence(likely_cause(first))), "p")
    with box("div", "acts"):
        if first in _ABOUT_TOPIC:
            link(f"Describe {item.topic}", address(workflow_id, "topics"), "act small")
    with box("details"):
        text("What was refused", "summary")
        for check in often:
            text(f"{item.rejected[check]:,} {refusal_words(check)}", "h3")
            for draft in refused_drafts(services.store, item.job_id, check, _LOOKED_AT):
                with box("p", "small"):
                    text(f"{draft.evidence}: ", "span", "soft")
                    text(draft.text or "(nothing)", "q")


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:].rstrip('.')}."
