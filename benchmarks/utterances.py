"""The labelled utterances of the tests, the offers that they answer, and whether a reading of one is right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from finetune_coverage.graph.offers.offer import Offer, Option, Reply, ReviewScope, same_items
from finetune_coverage.tools.coverage.recommendation import PlanItem
from pydantic import BaseModel, ConfigDict, Field, field_validator

FOLDER = Path(__file__).parent.parent / "tests" / "graph"
TUNING, HELD_OUT = FOLDER / "utterances.yaml", FOLDER / "utterances_held_out.yaml"
FRESH, FOURTH = FOLDER / "utterances_fresh.yaml", FOLDER / "utterances_fourth.yaml"
FIFTH, SIXTH = FOLDER / "utterances_fifth.yaml", FOLDER / "utterances_sixth.yaml"

TOPICS = ["billing_questions", "technical_issues", "account_management"]
COUNTS = {"billing_questions": 45, "technical_issues": 15, "account_management": 90}


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


def _offer(**fields: Any) -> Offer:
    known: dict[str, Any] = {
        "workflow_id": "wf-1",
        "topics": TOPICS,
        "suggestions": SUGGESTIONS,
        "counts": COUNTS,
    }
    return Offer.model_validate(known | fields)


def after_analysis(**changes: Any) -> Offer:
    """The offer of the specification's example: a plan, a second one, skip, review."""
    offer = _offer(
        action="generate_synthetic_data",
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


def after_generation() -> Offer:
    """After a round that was enough: proceed, more, review."""
    options = [
        Option(label="Proceed to grader configuration", effect="proceed"),
        Option(label="Generate more data to further balance", effect="more"),
        Option(label="Review the synthetic records", effect="review"),
    ]
    return _offer(action="proceed_to_grader", options=options)


def still_poor() -> Offer:
    """After a round that was not enough: a plan is pending, and it is not the first option."""
    offer = after_generation()
    more = Option(label="Generate more data to further balance", effect="generate", items=WORST)
    options = [offer.options[0], more, offer.options[2]]
    return offer.model_copy(
        update={"action": "generate_synthetic_data", "plan_id": "plan-2", "items": WORST, "options": options}
    )


def interrupted() -> Offer:
    """An approved generation that is not finished."""
    options = [
        Option(label="Carry on with the approved plan", effect="resume"),
        Option(label="Skip the rest and proceed to grader config", effect="proceed"),
        Option(label="Stop here", effect="stop"),
    ]
    return after_analysis(action="resume_generation", approval_id="approval-1", options=options)


OFFERS: dict[str, Callable[[], Offer]] = {
    "plan": after_analysis,
    "poor": still_poor,
    "done": after_generation,
    "resume": interrupted,
    "declined": lambda: after_analysis(plan_id=None, items=[], action="choose_next_step"),
    "shown": lambda: after_analysis(shown_records=["a", "b", "c", "d"], review=ReviewScope()),
}


class Utterance(BaseModel):
    """A sentence and how a careful colleague would take it; the keys are explained in ``utterances.yaml``."""

    model_config = ConfigDict(extra="forbid")

    at: str
    say: str
    kind: list[str]
    items: list[PlanItem] = Field(default_factory=list)
    about: list[str] = Field(default_factory=list)
    topic: str | None = None
    number: float | None = None
    numbers: list[int] = Field(default_factory=list)
    usd: float | None = None
    tokens: int | None = None
    lang: str = "en"

    @field_validator("kind", "about", mode="before")
    @classmethod
    def _as_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("items", mode="before")
    @classmethod
    def _parts(cls, value: list[str]) -> list[PlanItem]:
        return [item(topic, int(count), strategy) for topic, count, strategy in map(str.split, value)]

    @property
    def offer(self) -> Offer:
        """What lies on the table when it is said."""
        return OFFERS[self.at]()


def load_utterances(path: Path) -> list[Utterance]:
    """All utterances of a file."""
    return [Utterance.model_validate(entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


def mistake(said: Utterance, reply: Reply) -> str | None:
    """What is wrong with a reading, ``None`` if intent and arguments are right.

    A yes in another language counts as read when the person is asked to confirm it; an English one does not. What
    leads out of the conversation may be asked back in any language.
    """
    kind: str = reply.kind
    if kind == "confirm" and reply.means is not None and (said.lang != "en" or reply.means != "approve"):
        kind = reply.means
    if kind not in said.kind:
        return f"{reply.kind}{f' ({reply.means})' if reply.means else ''} instead of {' or '.join(said.kind)}"
    if kind in ("approve", "change") and reply.kind != "confirm" and not same_items(reply.items, said.items):
        return f"items {reply.items}"
    if kind == "change" and (reply.cap_usd, reply.cap_tokens) != (said.usd, said.tokens):
        return f"cap {reply.cap_usd} USD, {reply.cap_tokens} tokens"
    if kind == "question" and said.about and reply.about not in said.about:
        return f"about {reply.about} instead of {' or '.join(said.about)}"
    if kind in ("question", "review") and said.topic != reply.topic and said.topic is not None:
        return f"topic {reply.topic}"
    if kind == "question" and said.number is not None and said.number != reply.number:
        return f"number {reply.number}"
    if kind == "drop" and said.numbers != reply.numbers:
        return f"numbers {reply.numbers}"
    return None


def is_false_yes(said: Utterance, reply: Reply) -> bool:
    """Whether it starts a generation that the person did not ask for."""
    if reply.kind not in ("approve", "resume"):
        return False
    return reply.kind not in said.kind or (
        reply.kind == "approve" and not same_items(reply.items, said.items)
    )
