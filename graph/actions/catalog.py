"""Every thing that a person can ask for, as a model whose words a language model reads as the tool's description.

None of them approves: what sounds like a yes is `SoundsLikeAYes`, which is asked back. Adding an action is a class
here and a line: for a question in `questions.ANSWERS`, else in `ACTIONS` and in what `nodes/talk.py` has carried out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field, model_validator

from ...tools.bounds import MOST_TOKENS, MOST_USD
from ...tools.coverage.caps import MAX_PER_ITEM
from ...tools.coverage.recommendation import PlanItem
from ...tools.coverage.strategy_choice import StrategyName
from ...tools.coverage.targets import Aim
from ...tools.inspection.record_filter import Ending, Order, RecordFilter
from ...tools.inspection.topics import TopicCount
from ..offers.reply import Deed


class Action(Deed):
    """One thing that was asked for."""


class PlannedItem(BaseModel):
    """So many records for one topic."""

    topic: str = Field(description="The topic's name, exactly as in the state.")
    count: int = Field(ge=1, le=MAX_PER_ITEM)
    strategy: StrategyName | None = Field(
        default=None,
        description="Only if the person named one, or the plan on the table has one for the topic; few_shot where they "
        "want single exchanges, as message_variation writes conversations of several turns.",
    )
    pilot: int | None = Field(
        default=None,
        ge=1,
        le=MAX_PER_ITEM,
        description="So many of the count first, and the rest by itself only if these are good: 'first 10 each, then "
        "the rest if they are any good'. Keep that of the plan on the table.",
    )


class ProposePlan(Action):
    """Put a plan on the table: what to generate. For every wish about topics, numbers, strategies or limits, in
    whatever words: "20 alarms", "5 each", "swap the numbers", "without billing", "half of it", "no cap", "under 2 $".
    State the whole plan that results, all items of it, never a difference. It starts nothing: the person sees it with
    its cost and is asked for a yes.
    """

    items: list[PlannedItem] = Field(
        default_factory=list,
        description="The whole plan. Empty only for a limit while no plan is on the table: the next one has it.",
    )
    max_tokens: int | None = Field(
        default=None,
        ge=1,
        le=MOST_TOKENS,
        description="A limit on tokens, if the person wants one; null keeps an earlier one.",
    )
    max_usd: float | None = Field(
        default=None, gt=0, le=MOST_USD, allow_inf_nan=False, description="A limit in US dollars, likewise."
    )
    of_everything: bool = Field(
        default=False,
        description="Whether that limit is one of all that they have generated here, plan after plan: '2 $ for "
        "everything today'. Each plan then has what is left of it.",
    )
    remove_limits: bool = Field(
        default=False, description="Whether the person wants the limits that they named before taken away."
    )
    leave_out: list[str] = Field(
        default_factory=list,
        description="Topics that the person said to leave out or ignore: nothing is recommended for them either, until "
        "they take that back. Empty where a plan merely does not name them.",
    )
    not_in_it: str = Field(
        default="",
        max_length=400,
        description="What of their wish no plan can hold, and what this one has instead: one short sentence to them. A "
        "limit is none of a topic or of the time it takes. Empty where it holds all of it.",
    )


class LeaveOut(Action):
    """Leave topics out, of the plan on the table and of everything that is recommended from now on: "ignore X", "leave
    out X", "forget about X". Or take some in again that are left out: "X again", "with X after all". Where numbers or
    strategies change as well, that is `ProposePlan`, which takes in again what it generates for.
    """

    topics: list[str] = Field(default_factory=list, description="To leave out from now on.")
    again: list[str] = Field(default_factory=list, description="To take in again.")


class ProposePilot(Action):
    """Show a small sample of what the plan on the table would write before the whole of it: "first show me three". The
    sample needs a yes of its own. Where no plan is on the table, propose a small one instead. Where the person does not
    want to be asked again, that is `ProposePlan` with a ``pilot`` in each item.
    """

    count: int = Field(default=3, ge=1, le=50)
    topics: list[str] = Field(default_factory=list, description="Only of these topics of the plan.")


class ProposeMore(Action):
    """Propose the next plan, without a number or topic named: "generate more", "what else"."""


class _OfRecords(Action):
    """Which records it is about, and in which order."""

    origin: Literal["synthetic", "real", "any"] = Field(
        default="any", description="synthetic: what was generated (the new ones)."
    )
    topic: str | None = Field(default=None, description="Only of this topic.")
    containing: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Those in which this word or phrase stands, in what is said, the name of a called tool or its "
        "arguments; how many there are is said too.",
    )
    ends_with: Ending | None = Field(default=None, description="Those whose last message is of this role.")
    order: Order | None = Field(
        default=None,
        description="shortest or longest first; doubtful: only those that the checks are least sure of, the worst "
        "first.",
    )

    @property
    def which(self) -> RecordFilter:
        """As records are looked for."""
        origin = None if self.origin == "any" else self.origin
        return RecordFilter(
            topic=self.topic,
            origin=origin,
            containing=self.containing,
            ends_with=self.ends_with,
            order=self.order,
        )


class ShowRecords(_OfRecords):
    """Show records so that the person can read and judge them. ``next`` is the next page of what is shown."""

    number: int | None = Field(default=None, ge=1, le=20, description="How many, if the person said it.")
    next: bool = False
    in_full: bool = Field(
        default=False,
        description="Each of them whole, nothing left out: 'let me read the first new one whole' is number 1.",
    )
    shown_numbers: list[int] = Field(
        default_factory=list,
        description="Show again, in full, those among the records shown: 'show 2 in full'.",
    )
    without_a_topic: bool = Field(default=False, description="Those that have no topic.")


class ShowDetails(Action):
    """Show what a report left out: all topics, further plans, what suits each topic, the strategies, the cost in full:
    "more", "details", "the other plans", "tell me everything". Not for more records to generate, nor for the next
    records of a review.
    """


class DropRecords(Action):
    """Take out records that are shown, by their numbers, or the one in which something stands, shown or not. The person
    is asked before it is done. While that is asked, state the whole list: what waits already, and what is added.
    """

    numbers: list[int] = Field(
        default_factory=list, description="Numbers of the records shown, all that shall go."
    )
    containing: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="For one that is not shown: what stands, word for word, in it and in no other.",
    )
    reason: str = Field(default="", description="Why, in the person's own words; empty if they said none.")
    is_rule: bool = Field(
        default=False,
        description="Whether the reason says what no record, or every one, must do from now on.",
    )

    @model_validator(mode="after")
    def _any(self) -> DropRecords:
        if not self.numbers and not self.containing:
            raise ValueError("numbers or containing")
        return self


class KeepRecords(Action):
    """Take records back in that were dropped, by their numbers."""

    numbers: list[int] = Field(min_length=1)


class MoveRecords(Action):
    """Give another topic to records that are shown, or to the one in which something stands, shown or not."""

    numbers: list[int] = Field(default_factory=list, description="Of the records shown.")
    containing: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Instead of numbers: what stands, word for word, in one record and in no other.",
    )
    topic: str

    @model_validator(mode="after")
    def _one_of_both(self) -> MoveRecords:
        if bool(self.numbers) == bool(self.containing):
            raise ValueError("either numbers or containing")
        return self


class EditRecord(Action):
    """Replace the last message of one shown record by a text that the person dictated. Never write one yourself."""

    number: int
    role: Literal["user", "assistant"]
    text: str = Field(min_length=1)


class SetTargets(Action):
    """Change how much of the dataset each topic should be: "twice as much billing", "make all equal again", "music
    never more than 5", also to take such a change back. For the balance, not for how many records to generate now.
    """

    aims: list[Aim] = Field(min_length=1)


class DescribeTopic(Action):
    """Write down what belongs to a topic and what does not: "delivery is about parcels, not about pick-up". For the
    topic of records, not for a rule that they must keep to.
    """

    topic: str
    description: str = Field(
        min_length=1, max_length=2_000, description="Whole, in the person's own words and language."
    )


class UndoRound(Action):
    """Take a round of generation back: its records leave the dataset. The person is asked before it is done."""

    round: int | None = Field(
        default=None, description="Its number, if the person named one; else the last one."
    )
    every: bool = Field(default=False, description="All rounds: 'rewind everything'.")


class Merge(BaseModel):
    """Topics that become another, or one that gets another name."""

    topics: list[str] = Field(min_length=1, description="The topics that end, exactly as in the state.")
    into: str = Field(min_length=1, max_length=200, description="The topic that they become, a new name too.")


class MergeTopics(Action):
    """Give all records of topics to another, or rename topics: "change order and cancel order are the same thing". The
    person is asked once, before it is done.
    """

    merges: list[Merge] = Field(
        min_length=1, description="All that the person wants, one for each new topic."
    )


class GiveTopics(Action):
    """Give topics to records that have none. ``find``: to find topics in them, where nobody says which there are; also
    another number of topics than was found. ``sort``: each gets the one of the topics there are that it most probably
    has. ``take_back``: what was last done to topics, be they found, given, merged or renamed. The person is asked
    before it is done.
    """

    how: Literal["find", "sort", "take_back"]
    count: int | None = Field(default=None, ge=2, le=50, description="To find: how many, if they said it.")
    topics: list[str] = Field(
        default_factory=list,
        description="To take back: only these of what was merged or renamed, by old or new name.",
    )


class GoBackBefore(Action):
    """Try something else from before a round, on a copy of the dataset, so that both can be compared."""

    round: int | None = None
    strategy: StrategyName | None = Field(default=None, description="What to try instead.")


class CompareBranches(Action):
    """Lay two copies of the dataset side by side."""

    other: str | None = None


class SwitchDataset(Action):
    """Go on with another dataset, or another copy of this one: "use X", "back to the English one", "and how is X
    doing". It is open after that, and a plan that lies here is put away.
    """

    workflow_id: str = Field(description="Its name, as in the state.")
    then: str = Field(
        default="",
        max_length=2_000,
        description="What else they ask for there, in their own words: it is read when the dataset is open. Empty "
        "where they only want to see it.",
    )


class Export(Action):
    """Write the dataset to a new file now: "export it as axolotl, 90/10". A question how to is `ExplainMeans`."""

    format: str = Field(
        default="openai",
        description="openai: all fields; openai-upload; trl, axolotl, sharegpt, huggingface, …",
    )
    name: str | None = Field(default=None, description="Of the file, as they said it.")
    origin: Literal["synthetic", "real", "any"] = "any"
    without: list[str] = Field(default_factory=list, description="Topics to keep out of it, if they say so.")
    train: float | None = Field(
        default=None, gt=0, lt=1, allow_inf_nan=False, description="Share for training: 90/10 is 0.9."
    )
    real_validation: bool = Field(
        default=False, description="No generated record for validation, all of them for training."
    )
    provenance: bool = False
    oversample: bool = Field(default=False, description="Repeat records of small topics.")
    leave_out_unfit: bool = Field(
        default=False,
        description="Leave out what the format cannot hold, instead of refusing; nothing else. By what stands in them "
        "none can be left out: do not export then, but say so, and ask.",
    )
    ending_with_assistant: bool = Field(
        default=False, description="Only records whose last message is the assistant's."
    )


class StateRule(Action):
    """Add a rule that records generated from now on must keep to: "never promise refunds", "回答不要超过两句". Not for
    a plan, for targets, or for how you should talk. Each record is held against it by itself, so a share of them ("half
    must …") can be no rule: say so.
    """

    rule: str = Field(min_length=1, max_length=400, description="In the person's own words and language.")
    topic: str | None = Field(default=None, description="Only for this topic, if the person said so.")
    forbidden_phrase: str | None = Field(
        default=None,
        description="Only if the rule is that one exact word or phrase, as they wrote it, must not occur in replies.",
    )


class ShowRules(Action):
    """List the rules that generated records must keep to."""


class RemoveRule(Action):
    """Take one of these rules away; the person is asked before."""

    number: int


class Decline(Action):
    """The person does not want what is on the table, or says never mind, and names nothing instead."""


class ShowTable(Action):
    """Say again what lies on the table: "back", "where were we", "what are my options"."""


class NothingAsked(Action):
    """A greeting, thanks, small talk; or a wish for nothing more than the analysis that was just shown. No farewell:
    that is `SoundsLikeAYes`.
    """


class SoundsLikeAYes(Action):
    """The person seems to agree to, or to order, what only they can, or says goodbye ("ending here"): it is asked back.
    Never for a question, a doubt, a condition, or where they change something.
    """

    to: Literal[
        "the plan",
        "what the question asks",
        "going on with the interrupted generation",
        "the next step, the grader",
        "ending here",
    ]


class ExplainScore(Action):
    """What the balance score is and means here; with a score, what that one takes as well."""

    score: float | None = Field(default=None, gt=0, le=1)


class ExplainTopics(Action):
    """How many records topics have, real and synthetic."""

    topics: list[str] = Field(default_factory=list, description="All when empty.")
    lowest: int | None = Field(default=None, description="Only so many, the lowest first: 'the worst three'.")


class ExplainWhyLow(Action):
    """What is known about why a topic has few records."""

    topic: str | None = None


class LookAtRecords(_OfRecords):
    """What records are like in figures, with some of them for you to read: to judge what stands in them, read many.
    The person does not see them: `ShowRecords` shows.
    """

    examples: int = Field(default=2, ge=1, le=20, description="How many records to read.")


class FindFlaws(Action):
    """What is wrong with the records of the dataset: what a trainer would refuse, what is paid for nothing, duplicates,
    one question with different answers or calls, openings and replies that many share: "whats wrong with it".
    """


class ExplainRounds(Action):
    """What the rounds of generation added, refused, took and changed; also how the score got from there to here. What
    else the person changed, and how it began, stands in the state.
    """


class ExplainRejections(Action):
    """Which drafts did not pass the checks, and why."""

    topic: str | None = None


class ExplainQuality(Action):
    """How good what was generated is, as far as it can be told: which drafts passed and failed the checks, and how the
    synthetic records compare with the real ones: "any good?".
    """

    topic: str | None = None


class WhatIf(Action):
    """What a plan would give and cost, without putting it on the table."""

    items: list[PlannedItem] = Field(min_length=1)


class ScoreWith(Action):
    """What the balance score would be if topics had other numbers of records, without changing anything: after a cut
    ("down to 8"), a merge (the one with the sum, the other with 0), without a topic (0).
    """

    counts: list[TopicCount] = Field(min_length=1, description="Every topic that would change.")


class PlanForScore(Action):
    """What the fewest records are that reach a balance score, and their cost."""

    score: float = Field(gt=0, le=1)


class ExplainStrategies(Action):
    """What the five strategies do, and which suits a topic."""

    names: list[StrategyName] = Field(default_factory=list)
    topic: str | None = None


class ExplainPlan(Action):
    """What the plan on the table does, and what happens after a yes."""


class ExplainCost(Action):
    """What the plan costs and why so much, what was used so far, how long it takes as far as that is known, and which
    model is used.
    """


class WhereFrom(Action):
    """Why one of the shown records is there: its origin, what it was made from, what checked it."""

    number: int


class ExplainMeans(Action):
    """What can be done here, what export formats hold, and the commands for what is done outside the conversation:
    importing, splitting topics, topics from a file, another model, prices, targets from a file.
    """


ACTIONS: tuple[type[Action], ...] = (
    ProposePlan,
    LeaveOut,
    ProposePilot,
    ProposeMore,
    ShowRecords,
    ShowDetails,
    DropRecords,
    KeepRecords,
    MoveRecords,
    EditRecord,
    SetTargets,
    DescribeTopic,
    UndoRound,
    MergeTopics,
    GiveTopics,
    GoBackBefore,
    CompareBranches,
    SwitchDataset,
    Export,
    StateRule,
    ShowRules,
    RemoveRule,
    Decline,
    ShowTable,
    NothingAsked,
    SoundsLikeAYes,
)
"""What changes or shows what lies on the table: it ends the turn."""


def proposed(items: Sequence[PlanItem]) -> ProposePlan:
    """The plan with these items."""
    return ProposePlan(items=[PlannedItem.model_validate(item.model_dump()) for item in items])
