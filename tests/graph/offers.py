"""What can lie on the table when something is typed, for tests of its reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from finetune_coverage.graph.actions.catalog import ProposeMore, ShowRecords
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
    TopicsOffer,
    UndoOffer,
)
from finetune_coverage.graph.offers.reply import Approve, Proceed, Resume, Stop
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
            Option(label='Generate synthetic data for "Technical Issues"', deed=Approve(items=WORST)),
            Option(label="Generate for all under-represented topics", deed=Approve(items=ALL)),
            Option(label="Skip generation and proceed to grader config", deed=Proceed()),
            Option(label="Review existing records first", deed=ShowRecords()),
        ],
        everything=ALL,
    )
    return offer.model_copy(update=changes)


def after_generation() -> ProceedOffer:
    """After a round that was enough: proceed, more, review."""
    options = [
        Option(label="Proceed to grader configuration", deed=Proceed()),
        Option(label="Generate more data to further balance", deed=ProposeMore()),
        Option(label="Review the synthetic records", deed=ShowRecords(origin="synthetic")),
    ]
    return _offer(ProceedOffer, options=options)


def still_poor() -> Offer:
    """After a round that was not enough: a plan is pending, and it is not the first option."""
    offer = after_generation()
    more = Option(label="Generate more data to further balance", deed=Approve(items=WORST))
    options = [offer.options[0], more, offer.options[2]]
    return offer.instead(PlanOffer, plan_id="plan-2", items=WORST, options=options)


def interrupted() -> Offer:
    """An approved generation that is not finished."""
    options = [
        Option(label="Carry on with the approved plan", deed=Resume()),
        Option(label="Skip the rest and proceed to grader config", deed=Proceed()),
        Option(label="Stop here", deed=Stop()),
    ]
    return after_analysis().instead(ResumeOffer, options=options)


def _question(kind: type[Kind], **fields: Any) -> Kind:
    """One of the questions that a yes deletes by."""
    asked = declined().instead(kind, **fields)
    yes = asked.yes()
    assert yes is not None
    return asked.model_copy(
        update={"options": [Option(label="Do it", deed=yes), Option(label="Leave it", deed=asked.no())]}
    )


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
    "undo": lambda: _question(UndoOffer, jobs=["job-1"], done=""),
    "rule": lambda: _question(RuleOffer, rule=Rule("max_words", "9")),
    "removal": lambda: _question(RemovalOffer, removal=Removal(what="rule", numbers=[1])),
    "topics": lambda: _question(TopicsOffer, how="sort"),
}
