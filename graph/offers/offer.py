"""What lies on the table: the plan a yes would start, the numbered options, and what was said about them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from ...tools.coverage.recommendation import PlanItem
from .kinds import Action, Effect
from .reply import YES_TO

OFFER_VERSION = 2
"""Raised whenever an offer that was stored before would be read otherwise."""


class Option(BaseModel):
    """One numbered answer that the person can choose.

    Attributes:
        label: as it is shown, without the number.
        effect: what choosing it does.
        items: for ``generate``: exactly what it generates.
        shown: whether items and cost stand in the text that the person read; if not, choosing the option
            shows them first.
        letter: of a further plan, which has no number: it stands in a table of its own and comes after the others.
        note: for a further plan what it reaches and costs, for others what else is to be known before choosing it.
    """

    label: str
    effect: Effect
    items: list[PlanItem] = Field(default_factory=list)
    shown: bool = True
    letter: str = ""
    note: str = ""


class Removal(BaseModel):
    """What a person named to be taken out or merged, and is asked about first.

    Attributes:
        what: shown records, a rule, or topics that another takes up.
        numbers: of the records as they were shown when it was asked, or of the one rule.
        topics: that end.
        into: the topic that they become.
        record_ids: these records; other ones may be shown under the numbers by the time of the yes.
        reason: why, if the person said it.
    """

    what: Literal["records", "rule", "topics"]
    numbers: list[int] = Field(default_factory=list)
    topics: list[str] = Field(default_factory=list)
    into: str = ""
    record_ids: list[str] = Field(default_factory=list)
    reason: str = ""


class Offer(BaseModel):
    """What the person is asked, complete enough to read the answer without anything else.

    It is kept in the conversation's state and beside the pending plan in the store, so that a reply is read the
    same way wherever it comes in.

    Attributes:
        version: of this model; one of another version that was stored is asked anew.
        action: what a plain approval means here.
        workflow_id: the dataset it is about; ``None`` while that is what is asked.
        plan_id: the pending plan in the store that holds exactly ``items``.
        items: the plan that a yes starts; empty when a yes starts no generation.
        options: what can be chosen: the numbered options, then the further plans.
        text: all that the person reads, as Markdown.
        topics: the names that a reply may use.
        suggestions: for a topic named without count or strategy: what is suggested for it.
        counts: records of each topic now, for "bring it up to 100".
        shown_records: ids of the records shown in a review, the first is number 1.
        review: what the shown records are: a topic, or the synthetic ones.
        approval_id: for ``resume_generation``: the approval whose work is unfinished.
        workflows: for ``choose_workflow``: the ids to choose from.
        round_jobs: for ``undo_round``: the jobs of the round that a yes takes back.
        round_title: for ``undo_round``: which round that is.
        round_effect: for ``undo_round``: what it changes, in words.
        is_pilot: whether ``items`` is the pilot of a plan, whose rest is ``onward``.
        onward: what is left to ask for once the pilot was shown.
        rule: for ``add_rule``: kind and value of the rule that was understood, and the topic of the record.
        removal: for ``remove``: what a yes takes out.
        everything: the plan for all topics that need records.
        more: what "generate more" would propose.
        doubtful: ids of records that a review should begin with.
        cap_tokens: the most tokens that the plan may use, as the text says; ``None`` is no cap.
        cap_usd: the most money that it may cost, likewise.
        model: the language model that the plan was priced for, if the run named one.
        asked_at: when it was laid on the table, in milliseconds; 0 when it holds nothing that a yes would start.
        heard: ids of the person's messages from before this offer: none of them can be an answer to it.
        decided: decisions without a name that were carried out in this conversation before it, as `unnamed` gives them.
        asks_beside: whether the last answer asks something itself: a bare yes could be one to that.
        asked_again_at: when one of them came a second time and was asked back, in milliseconds; 0 when none did.
    """

    version: int = OFFER_VERSION
    action: Action
    workflow_id: str | None = None
    plan_id: str | None = None
    items: list[PlanItem] = Field(default_factory=list)
    options: list[Option] = Field(default_factory=list)
    text: str = ""
    topics: list[str] = Field(default_factory=list)
    suggestions: dict[str, PlanItem] = Field(default_factory=dict)
    counts: dict[str, int] = Field(default_factory=dict)
    shown_records: list[str] = Field(default_factory=list)
    review: ReviewScope | None = None
    approval_id: str | None = None
    workflows: list[str] = Field(default_factory=list)
    round_jobs: list[str] = Field(default_factory=list)
    round_title: str = ""
    round_effect: str = ""
    is_pilot: bool = False
    onward: list[PlanItem] = Field(default_factory=list)
    rule: dict[str, str] | None = None
    removal: Removal | None = None
    everything: list[PlanItem] = Field(default_factory=list)
    more: list[PlanItem] = Field(default_factory=list)
    doubtful: list[str] = Field(default_factory=list)
    cap_tokens: int | None = None
    cap_usd: float | None = None
    model: str | None = None
    asked_at: int = 0
    heard: list[str] = Field(default_factory=list)
    decided: list[str] = Field(default_factory=list)
    asked_again_at: int = 0
    asks_beside: bool = False

    @property
    def yes_is_plain(self) -> bool:
        """Whether a bare "yes" can mean one thing only: the first option, which is the plan shown."""
        if self.action in ("proceed_to_grader", "resume_generation", *YES_TO):
            return True
        first = self.options[0] if self.options else None
        return bool(
            self.plan_id and first and first.effect == "generate" and same_items(first.items, self.items)
        )

    @property
    def numbered(self) -> list[Option]:
        """The options of the one numbered list in a message, the first is number 1."""
        return [option for option in self.options if not option.letter]

    @property
    def generations(self) -> list[list[PlanItem]]:
        """The different plans among the options that were offered with their items; further plans are not."""
        plans: list[list[PlanItem]] = []
        for option in self.options:
            known = any(same_items(option.items, plan) for plan in plans)
            if option.effect == "generate" and not option.letter and not known:
                plans.append(option.items)
        return plans


class ReviewScope(BaseModel):
    """Which records are being reviewed.

    Attributes:
        topic: only this topic; ``None`` is all.
        origin: only real ones, or only synthetic ones, the newest of this conversation first.
        uncategorized: only those without a topic.
        page: counted from 0.
        size: records of a page; None for the usual number.
    """

    topic: str | None = None
    origin: Literal["real", "synthetic"] | None = None
    uncategorized: bool = False
    page: int = 0
    size: int | None = None


def stored_offer(stored: Any) -> Offer | None:
    """An offer as it was kept; ``None`` for none, and for one of another version."""
    known = isinstance(stored, dict) and stored.get("version") == OFFER_VERSION
    return Offer.model_validate(stored) if known else None


def same_items(some: list[PlanItem], others: list[PlanItem]) -> bool:
    """Whether two plans generate exactly the same, in whatever order."""

    def key(item: PlanItem) -> tuple[str, int, str]:
        return (item.topic, item.count, item.strategy)

    return sorted(map(key, some)) == sorted(map(key, others))


Offer.model_rebuild()
