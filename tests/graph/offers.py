"""What can lie on the table when something is typed, for tests of its reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from finetune_coverage.graph.offers.offer import (
    ChoiceOffer,
    Kind,
    Offer,
    Option,
    PlanOffer,
    ProceedOffer,
    Removal,
    RemovalOffer,
    ResumeOffer,
    Review,
    RuleOffer,
    UndoOffer,
)
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.generation.lessons.rules import Rule

TOPICS = ["billing_questions", "technical_issues", "account_management"]


def item(topic: str = "technical_issues", count: int = 30, strategy: str = "message_variation") -> PlanItem:
    """A part of a plan; by default the one that the offers hold."""
    return PlanItem.model_validate({"topic": topic, "count": count, "strategy": strategy})


WORST = [item()]
ALL = [item(), item("billing_questions", 10, "few_shot")]
SUGGESTIONS = {
    "billing_questions": item("billing_questions", 55, "few_shot"),
    "technical_issues": item("technical_issues", 85),
    "account_management": item("account_management", 10),
}


def _offer(kind: type[Kind], **fields: Any) -> Kind:
    known: dict[str, Any] = {"workflow_id": "wf-1", "topics": TOPICS, "suggestions": SUGGESTIONS}
    return kind.model_validate(known | fields)


def after_analysis(**changes: Any) -> PlanOffer:
    """The offer of the specification's example: a plan, a second one, skip, review."""
    offer = _offer(
        PlanOffer,
        plan_id="plan-1",
        items=WORST,
        options=[
            Option(label='Generate synthetic data for "Technical Issues"', effect="generate", items=WORST),
            Option(label="Generate for all under-represented topics", effect="generate", items=ALL),
            Option(label="Skip generation and proceed to grader config", effect="proceed"),
            Option(label="Review existing records first", effect="review"),
        ],
        everything=ALL,
    )
    return offer.model_copy(update=changes)


def after_generation() -> ProceedOffer:
    """After a round that was enough: proceed, more, review."""
    options = [
        Option(label="Proceed to grader configuration", effect="proceed"),
        Option(label="Generate more data to further balance", effect="more"),
        Option(label="Review the synthetic records", effect="review_new"),
    ]
    return _offer(ProceedOffer, options=options)


def still_poor() -> Offer:
    """After a round that was not enough: a plan is pending, and it is not the first option."""
    offer = after_generation()
    more = Option(label="Generate more data to further balance", effect="generate", items=WORST)
    options = [offer.options[0], more, offer.options[2]]
    return offer.instead(PlanOffer, plan_id="plan-2", items=WORST, options=options)


def interrupted() -> Offer:
    """An approved generation that is not finished."""
    options = [
        Option(label="Carry on with the approved plan", effect="resume"),
        Option(label="Skip the rest and proceed to grader config", effect="proceed"),
        Option(label="Stop here", effect="stop"),
    ]
    return after_analysis().instead(ResumeOffer, options=options)


def _question(kind: type[Kind], yes: str, no: str, **fields: Any) -> Kind:
    """One of the questions that a yes deletes by."""
    options = [
        Option.model_validate({"label": "Do it", "effect": yes}),
        Option.model_validate({"label": "Leave it", "effect": no}),
    ]
    return declined().instead(kind, options=options, **fields)


def declined() -> ChoiceOffer:
    """A plan that the person did not want."""
    return after_analysis().instead(ChoiceOffer, plan_id=None, items=[])


OFFERS: dict[str, Callable[[], Offer]] = {
    "plan": after_analysis,
    "poor": still_poor,
    "done": after_generation,
    "resume": interrupted,
    "declined": declined,
    "shown": lambda: after_analysis(review=Review(records=["a", "b", "c", "d"])),
    "undo": lambda: _question(UndoOffer, "take_back", "keep_round", jobs=["job-1"], done="", change=""),
    "rule": lambda: _question(RuleOffer, "add_rule", "skip_rule", rule=Rule("max_words", "9")),
    "removal": lambda: _question(
        RemovalOffer, "take_out", "leave_in", removal=Removal(what="rule", numbers=[1])
    ),
}
