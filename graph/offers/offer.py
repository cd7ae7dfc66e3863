"""What lies on the table: one model for each kind of question, with what its plain yes and its plain no do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, Field, TypeAdapter

from ...tools.coverage.recommendation import PlanItem
from ...tools.errors import InvalidInput
from ...tools.generation.lessons.rules import Rule
from ...tools.inspection.record_filter import RecordFilter
from ..actions.catalog import Decline, Merge
from .reply import (
    AcceptTopics,
    AddRule,
    Approve,
    Deed,
    KeepRound,
    KeptDeed,
    LeaveIn,
    Proceed,
    Resume,
    SkipRule,
    TakeBack,
    TakeOut,
)

OFFER_VERSION = 5
"""Raised whenever an offer that was stored before would be read otherwise."""
Way = Literal["approve", "edit", "reject", "respond"]
"""How a form may answer."""
Kind = TypeVar("Kind", bound="Offer")


class Option(BaseModel):
    """One numbered answer that the person can choose.

    Attributes:
        label: as it is shown, without the number.
        deed: what choosing it does.
        shown: of a plan, whether its items and cost stand in the text that the person read; if not, choosing the
            option shows them first.
        letter: of a further plan, which has no number: it stands in a table of its own and comes after the others.
        note: what else is to be known before choosing it.
    """

    label: str
    deed: KeptDeed
    shown: bool = True
    letter: str = ""
    note: str = ""

    @property
    def items(self) -> list[PlanItem]:
        """Exactly what it generates; nothing, where it is no plan."""
        return self.deed.items if isinstance(self.deed, Approve) else []


class Review(BaseModel):
    """The records that are shown, and which they are.

    Attributes:
        records: ids of all that were shown, the first is number 1: a record keeps the number that it was shown under.
        on_screen: numbers of those that the person sees now.
        which: they are.
        page: counted from 0.
        size: records of a page; None for the usual number.
        in_full: whether each is shown whole.
        listed: how many of these were shown.
    """

    records: list[str] = Field(default_factory=list)
    on_screen: list[int] = Field(default_factory=list)
    which: RecordFilter = Field(default_factory=RecordFilter)
    page: int = 0
    size: int | None = None
    in_full: bool = False
    listed: int = 0

    def show(self, record_ids: Sequence[str]) -> None:
        """Give those numbers that have none, and have them on the screen."""
        self.records = list(dict.fromkeys([*self.records, *record_ids]))
        self.on_screen = self.numbers_of(record_ids)
        self.listed += len(record_ids)

    def numbers_of(self, record_ids: Sequence[str]) -> list[int]:
        """The numbers of records: those that they have, else the next ones."""
        numbers = {known: number for number, known in enumerate(self.records, 1)}
        return [numbers.setdefault(one, len(numbers) + 1) for one in record_ids]


class Offer(BaseModel):
    """What every question has in common, complete enough to read the answer without anything else.

    It is kept in the conversation's state and beside the pending plan in the store, so that a reply is read the
    same way wherever it comes in.

    Attributes:
        version: of this model; one of another version that was stored is asked anew.
        action: the kind, as forms are told it.
        workflow_id: the dataset it is about; empty while that is what is asked.
        plan_id: the pending plan in the store that holds exactly ``items``.
        items: the plan that a yes starts; empty when a yes starts no generation.
        options: what can be chosen: the numbered options, then the further plans.
        text: all that the person reads, as Markdown.
        topics: the names that a reply may use.
        suggestions: for a topic named without count or strategy: what is suggested for it.
        everything: the plan for all topics that need records.
        more: what "generate more" would propose.
        is_pilot: whether ``items`` is the pilot of a plan, whose rest is ``onward``.
        onward: what is left to ask for once the pilot was shown.
        review: the records that are shown, if any are.
        left_out: topics that the person does not want records for; nothing here generates for them.
        cap_tokens: the most tokens that the plan may use, as the text says; ``None`` is no cap.
        cap_usd: the most money that it may cost, likewise.
        model: the language model that the plan was priced for, if the run named one.
        dataset_version: of the dataset when it was laid on the table; None of older code.
        asked_at: when it was laid on the table, in milliseconds; 0 when it holds nothing that a yes would start.
        heard: ids of the person's messages from before this offer: none of them can be an answer to it.
        decided: decisions without a name that were carried out in this conversation before it, as `unnamed` gives them.
        asked_again_at: when one of them came a second time and was asked back, in milliseconds; 0 when none did.
        asks_beside: whether the last answer asks something itself: a bare yes could be one to that.
        then: what the person asked for in the same breath, and what comes once this is answered.
    """

    plain_yes: ClassVar[type[Deed] | None] = None
    plain_no: ClassVar[type[Deed]] = Decline
    goes_by_figures: ClassVar[bool] = False

    version: int = OFFER_VERSION
    action: str
    workflow_id: str = ""
    plan_id: str | None = None
    items: list[PlanItem] = Field(default_factory=list)
    options: list[Option] = Field(default_factory=list)
    text: str = ""
    topics: list[str] = Field(default_factory=list)
    suggestions: dict[str, PlanItem] = Field(default_factory=dict)
    everything: list[PlanItem] = Field(default_factory=list)
    more: list[PlanItem] = Field(default_factory=list)
    is_pilot: bool = False
    onward: list[PlanItem] = Field(default_factory=list)
    review: Review | None = None
    left_out: list[str] = Field(default_factory=list)
    cap_tokens: int | None = None
    cap_usd: float | None = None
    model: str | None = None
    dataset_version: int | None = None
    asked_at: int = 0
    heard: list[str] = Field(default_factory=list)
    decided: list[str] = Field(default_factory=list)
    asked_again_at: int = 0
    asks_beside: bool = False
    then: list[KeptDeed] = Field(default_factory=list)

    def yes(self) -> Deed | None:
        """What a plain yes does; ``None`` where it could be one to more than one thing."""
        return self.plain_yes() if self.plain_yes else None

    def no(self) -> Deed:
        """What a plain no does."""
        return self.plain_no()

    @property
    def decisions(self) -> list[Way]:
        """How a form may answer it."""
        return ["approve", "reject", "respond"] if self.plain_yes else ["respond"]

    @property
    def numbered(self) -> list[Option]:
        """The options of the one numbered list in a message, the first is number 1."""
        return [option for option in self.options if not option.letter]

    @property
    def shown_records(self) -> list[str]:
        """Ids of the records that are shown, the first is number 1."""
        return self.review.records if self.review is not None else []

    def shown_under(self, numbers: Sequence[int]) -> list[str]:
        """The ids of the records that are shown under these numbers.

        Raises:
            InvalidInput: no records are shown, or none under one of the numbers.
        """
        shown = self.shown_records
        if numbers and not shown:
            raise InvalidInput(
                "No records are shown.", hint="Show them first, so that numbers mean something."
            )
        if wrong := [number for number in numbers if not 1 <= number <= len(shown)]:
            raise InvalidInput(
                f"There is no record {wrong[0]} among those shown.",
                hint=f"They have the numbers 1 to {len(shown)}.",
            )
        return [shown[number - 1] for number in numbers]

    def listing(self, records: Sequence[str], numbered: Sequence[str]) -> Self:
        """The same question beside the records that a page lists, if any.

        Args:
            records: that are listed.
            numbered: all that have a number, the first is number 1.
        """
        if not records:
            return self
        review = Review(records=list(numbered))
        review.show(records)
        return self.model_copy(update={"review": review})

    def is_outdated(self, version: int) -> bool:
        """Whether what is asked goes by figures that are others by now.

        Args:
            version: of the dataset now.
        """
        return self.goes_by_figures and self.dataset_version not in (None, version)

    @property
    def waits_for_yes(self) -> set[Any]:
        """What of the dataset a yes would change: the parts of it, of which a later question may name more."""
        return set()

    def instead(self, kind: type[Kind], **changes: Any) -> Kind:
        """Another question in place of this one; what both have stays, unless it is changed.

        What was to come after this one comes only where the other is of its kind: a plan that was changed.
        """
        own = {"action"} if isinstance(self, kind) else {"action", "then"}
        common = {name: getattr(self, name) for name in Offer.model_fields if name not in own}
        return kind(**(common | changes))


class PlanOffer(Offer):
    """Whether to generate a plan: whole, its pilot, or what a pilot left."""

    goes_by_figures = True
    action: Literal["generate_synthetic_data"] = "generate_synthetic_data"

    def yes(self) -> Deed | None:
        """An approval, where the first option is the plan shown."""
        first = self.options[0] if self.options else None
        is_plain = self.plan_id and first and same_items(first.items, self.items)
        return Approve(items=self.items) if is_plain else None

    @property
    def decisions(self) -> list[Way]:
        """One for each part; a plan that a plain yes would not start is not one click away either."""
        return ["approve", "edit", "reject"] if self.yes() else ["edit", "respond"]


class ResumeOffer(Offer):
    """Whether to go on with an approved plan that is not carried out yet."""

    plain_yes = Resume
    action: Literal["resume_generation"] = "resume_generation"


class ProceedOffer(Offer):
    """Whether to go on to the grader, which is what is recommended."""

    plain_yes = Proceed
    goes_by_figures = True
    action: Literal["proceed_to_grader"] = "proceed_to_grader"

    @property
    def decisions(self) -> list[Way]:
        """To go on is no loss, and a no asks for nothing: what else is wanted is typed."""
        return ["approve", "respond"]


class ChoiceOffer(Offer):
    """What to do next: a choice among the options, none of which a plain yes stands for."""

    goes_by_figures = True
    action: Literal["choose_next_step"] = "choose_next_step"


class DatasetOffer(Offer):
    """Which dataset to work on.

    Attributes:
        workflows: the ids to choose from.
    """

    action: Literal["choose_workflow"] = "choose_workflow"
    workflows: list[str]

    @property
    def decisions(self) -> list[Way]:
        """The name is filled in, or typed."""
        return ["edit", "respond"]


class UndoOffer(Offer):
    """Whether to take rounds of generation back.

    Attributes:
        jobs: of the rounds.
        done: what is said once they were taken back.
    """

    plain_yes, plain_no = TakeBack, KeepRound
    action: Literal["undo_round"] = "undo_round"
    jobs: list[str]
    done: str

    @property
    def waits_for_yes(self) -> set[Any]:
        """The rounds' jobs."""
        return set(self.jobs)


class RuleOffer(Offer):
    """Whether the reason for which a record was taken out becomes a rule.

    Attributes:
        rule: as it was understood, with the topic of the record.
    """

    plain_yes, plain_no = AddRule, SkipRule
    action: Literal["add_rule"] = "add_rule"
    rule: Rule

    @property
    def waits_for_yes(self) -> set[Any]:
        """The rule."""
        return {self.rule}


class Removal(BaseModel):
    """What a person named to be taken out or merged.

    Attributes:
        what: shown records, a rule, or topics that others take up.
        numbers: of the records as they were shown when it was asked, or of the one rule.
        merges: of the topics.
        record_ids: these records; other ones may be shown under the numbers by the time of the yes.
        reason: why, if the person said it.
        is_rule: whether it could be a rule for all records.
    """

    what: Literal["records", "rule", "topics"]
    numbers: list[int] = Field(default_factory=list)
    merges: list[Merge] = Field(default_factory=list)
    record_ids: list[str] = Field(default_factory=list)
    reason: str = ""
    is_rule: bool = False

    @property
    def becomes(self) -> dict[str, str]:
        """For each topic that ends the one that it becomes."""
        return {topic: merge.into for merge in self.merges for topic in merge.topics}


class RemovalOffer(Offer):
    """Whether to take out, or to merge, what was named."""

    plain_yes, plain_no = TakeOut, LeaveIn
    action: Literal["remove"] = "remove"
    removal: Removal

    @property
    def waits_for_yes(self) -> set[Any]:
        """The records, the rule, or the topics with what they become."""
        asked = self.removal
        return {(asked.what, one) for one in (asked.record_ids or asked.becomes.items() or asked.numbers)}


class TopicsOffer(Offer):
    """Whether records shall get topics, or those back that they had.

    Attributes:
        how: as in `GiveTopics`.
        count: how many topics were asked for.
        sizes: records of each topic that was found.
        run: which giving of topics is taken back.
        ended: of a merge, the topics that come back.
    """

    plain_yes, plain_no = AcceptTopics, LeaveIn
    action: Literal["give_topics"] = "give_topics"
    how: Literal["find", "sort", "take_back"]
    count: int | None = None
    sizes: dict[str, int] = Field(default_factory=dict)
    run: int | None = None
    ended: list[str] = Field(default_factory=list)

    @property
    def waits_for_yes(self) -> set[Any]:
        """The topics, or what is done with them."""
        return {(self.how, self.run, *self.ended, *sorted(self.sizes.items()))}


_OFFERS: TypeAdapter[Offer] = TypeAdapter(
    Annotated[
        PlanOffer
        | ResumeOffer
        | ProceedOffer
        | ChoiceOffer
        | DatasetOffer
        | UndoOffer
        | RuleOffer
        | RemovalOffer
        | TopicsOffer,
        Field(discriminator="action"),
    ]
)


def read_offer(kept: Any) -> Offer:
    """An offer from what is kept of it."""
    return _OFFERS.validate_python(kept)


def stored_offer(kept: Any) -> Offer | None:
    """An offer as it was kept; ``None`` for none, and for one of another version."""
    return read_offer(kept) if isinstance(kept, dict) and kept.get("version") == OFFER_VERSION else None


def same_items(some: list[PlanItem], others: list[PlanItem]) -> bool:
    """Whether two plans generate exactly the same, in whatever order."""

    def key(item: PlanItem) -> tuple[str, int, str, int]:
        return (item.topic, item.count, item.strategy, item.pilot or 0)

    return sorted(map(key, some)) == sorted(map(key, others))
