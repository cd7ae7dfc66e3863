"""A model without tools reads what a person types, in one structured answer; for the embedded model.

It says which action is meant, with the topics, numbers and strategy that were named, and code makes that action of the
catalog. What it takes for a yes becomes a question back, like everywhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from ...tools.coverage.caps import MAX_PER_ITEM
from ...tools.coverage.strategy_choice import STRATEGIES, StrategyName
from ...tools.coverage.targets import Aim
from ...tools.errors import CoverageError, InvalidInput
from ...tools.generation.strategies.prompt import render
from ...tools.models.answer_room import json_with_room
from ...tools.models.endpoint_session import EndpointSession
from ...tools.models.structured import parse_json
from ...tools.store.workflows import list_workflows
from ..actions import catalog
from ..actions.asked_tools import Asked
from ..actions.catalog import ACTIONS, Action, PlannedItem
from ..actions.checked import checked
from ..actions.questions import look_up
from ..offers.offer import Offer, PlanOffer, ProceedOffer, ResumeOffer
from ..offers.reply import Deed, Told, Unclear
from ..wording.markdown import escape
from .bare_plan import read_bare_plan
from .closeness import closest, closest_in_words, fits, may_be, means_for, takes_all
from .named import Named, named_in
from .names import named_topics, words_of
from .numbers import ascii_digits
from .wishes import LISTED, WISHES
from .workflow_choice import named_workflow

_log = logging.getLogger(__name__)

_LONGEST = 1000
"""Characters of a sentence."""
_TEXT_TOKENS = 200
_TOPICS = 40
_NO_GUESS = "I am not sure how to take that, and I do nothing on a guess."
_ANSWER_WITH_A_NUMBER = f"{_NO_GUESS} Please answer with a number."
_SAMPLE = ["delivery", "tarjetas_de_regalo", "order status"]
_EXAMPLES = [
    (
        sentence,
        {"english": english, "action": action, "topics": topics, "numbers": numbers, "strategy": strategy},
    )
    for sentence, english, action, topics, numbers, strategy in [
        ("Klingt gut, dann los", "Sounds good, let's go", "yes", [], [], ""),
        (
            "¿cuántos hay de tarjetas de regalo?",
            "How many of gift cards?",
            "ask_counts",
            _SAMPLE[1:2],
            [],
            "",
        ),
        ("請改成 12 條, few-shot", "change it to 12, few-shot", "plan", [], [12], "few_shot"),
        (
            "15 delivery and 20 order staus pls",
            "15 and 20 of them",
            "plan",
            ["delivery", _SAMPLE[2]],
            [15, 20],
            "",
        ),
        ("今日はここまで", "that is all for today", "stop", [], [], ""),
        (
            "whats wrong with delivery, so few",
            "why has delivery so few?",
            "ask_why_few",
            ["delivery"],
            [],
            "",
        ),
        ("Zeig mir ein paar von den neuen", "Show me some of the new ones", "show_new", [], [], ""),
        ("2 and 5 are garbage", "remove 2 and 5", "drop", [], [2, 5], ""),
        ("यह बेकार है, मत करो", "this is useless, don't do it", "no", [], [], ""),
        ("how much would that be", "what does it cost?", "ask_cost", [], [], ""),
        ("everything but delivery", "leave delivery out", "leave_out", ["delivery"], [], ""),
        ("and 10 delivery as well", "add 10 for delivery", "add", ["delivery"], [10], ""),
        ("write only 3 at first, to see", "write a sample of 3", "try_a_few", [], [3], ""),
        (
            "first 10 of each, then the rest if they are any good",
            "10 each first, and go on if they are good",
            "first_then_rest",
            [],
            [10],
            "",
        ),
        ("forget about that plan", "I do not want that plan", "no", [], [], ""),
        ("which are the weakest ones", "which topics are worst?", "ask_worst", [], [], ""),
        ("what is going to happen then?", "what does the plan do?", "ask_plan", [], [], ""),
        ("ist 0.6 gut?", "is a score of 0.6 good?", "ask_score", [], [0.6], ""),
        ("zeig zwei von delivery", "show two records of delivery", "show", ["delivery"], [], ""),
        ("how do i save it as csv", "how do I export it?", "ask_help", [], [], ""),
        (
            "was ist message variation",
            "what is message variation?",
            "ask_strategies",
            [],
            [],
            "message_variation",
        ),
        ("no cap on tokens please", "take the limit away", "no_limit", [], [], ""),
        ("number 4, all of it", "show 4 in full", "show_in_full", [], [4], ""),
    ]
]


class Reading(BaseModel):
    """What the model says of a sentence; no value of it starts anything."""

    english: str = Field(max_length=4 * _LONGEST)
    action: str
    topics: list[str] = Field(max_length=100)
    numbers: list[float] = Field(max_length=100)
    strategy: str


async def read_in_one_step(text: str, asked: Asked, *, wait: float) -> Deed:
    """What ``text`` means: a bare plan, or another number for the one item on the table, as code reads it; all else
    as the model does.

    Args:
        text: what was typed.
        asked: the tools for questions, and what lies on the table.
        wait: seconds that the model may take.

    Raises:
        EndpointError: the model does not answer.
        TimeoutError: not within ``wait``.
    """
    offer = asked.offer
    if len(text) > _LONGEST:
        return Unclear(note=f"That is longer than {_LONGEST:,} characters.")
    plan = read_bare_plan(text, offer.topics) or _bare_count(text, offer)
    if plan is not None:
        return await asyncio.to_thread(_carried_out, plan, asked)
    reading = _as_told(text)
    if reading is None:
        try:
            reading = await _read_by_model(text, asked, wait)
        except ValueError as error:
            _log.info("the model's reading cannot be used: %s", error)
            return Unclear(note=_ANSWER_WITH_A_NUMBER)
    return await asyncio.to_thread(_understood, reading, text, asked)


async def _read_by_model(text: str, asked: Asked, wait: float) -> Reading:
    topics = _listed(text, asked.offer)
    model = await asyncio.to_thread(lambda: asked.services.chat_model)
    room = await asyncio.to_thread(asked.services.answer_room)
    async with asyncio.timeout(wait), EndpointSession(model) as session:
        said, usage = await json_with_room(
            session.json,
            room,
            reading_prompt(text, topics),
            _schema(topics),
            name="reading",
            text_tokens=_TEXT_TOKENS,
        )
    asked.usage += usage
    return Reading.model_validate(parse_json(said))


def _as_told(text: str) -> Reading | None:
    """The wish that the text is word for word as a person was told to say it, if it is one that names nothing."""
    said = words_of(text)
    for name, wish in WISHES.items():
        if wish.say and not wish.needs and words_of(wish.say) == said:
            return Reading(english=text, action=name, topics=[], numbers=[], strategy="")
    return None


def _understood(reading: Reading, text: str, asked: Asked) -> Deed:
    """What is done for a reading; where what the text names does not fit it, it is weighed, or asked back."""
    offer = asked.offer
    try:
        named = named_in(
            text,
            reading.english,
            offer,
            topics=reading.topics,
            numbers=reading.numbers,
            strategy=reading.strategy,
            dataset=_named_dataset(text, asked),
        )
    except ValueError as error:
        _log.info("the model's reading cannot be used: %s", error)
        return Unclear(note=_ANSWER_WITH_A_NUMBER)
    read = _as_named(reading.action, named, offer)
    is_sure = read in WISHES and fits(WISHES[read], named)
    said = [text, reading.english]
    likely = [read] if is_sure else closest(read, said, named)
    meant = likely[0]
    try:
        if not (is_sure or may_be(meant, read, named)):
            raise ValueError(f"{named} does not fit {read}")
        if meant == "ask_help":
            return Told(note=means_for(said))
        return _carried_out(action_of(meant, named, offer), asked)
    except InvalidInput as error:
        return Unclear(note=escape(str(error)))
    except ValueError as error:
        _log.info("nothing is done on a guess: %s", error)
        if is_sure:
            likely = closest(read, said, named)
        elif read in WISHES and takes_all(WISHES[read], named):
            likely = [read, *likely]  # it only lacks something, which its words have
        return Unclear(note=f"{_NO_GUESS} {closest_in_words(likely)}")


def _as_named(wish: str, named: Named, offer: Offer) -> str:
    """The wish that goes with what is named: a yes beside a change of the plan is that change, and none to the plan as
    it stands; a question in which a strategy is named is about the strategy; no limit is taken away by naming another.
    """
    is_change = named.topics or (offer.items and (named.whole or named.strategy or named.has_limit))
    if wish == "yes" and is_change:
        return "plan"
    if wish == "no_limit" and named.has_limit and not _is_in_force(named, offer):
        return "limit_tokens" if named.max_tokens is not None else "limit_dollars"
    is_question = wish.startswith("ask_") and wish in WISHES
    return (
        "ask_strategies" if is_question and named.strategy and "strategy" not in WISHES[wish].takes else wish
    )


def _is_in_force(named: Named, offer: Offer) -> bool:
    """Whether what is named is a limit that the plan on the table has."""
    tokens, usd = named.max_tokens, named.max_usd
    return (tokens is not None and tokens == offer.cap_tokens) or (usd is not None and usd == offer.cap_usd)


def _carried_out(action: Action, asked: Asked) -> Deed:
    """The action, or the facts that answer a question; what cannot be done is said."""
    try:
        if isinstance(action, ACTIONS):
            return checked(action, asked.offer, asked.services)
        found = look_up(action, asked)
    except CoverageError as error:
        return Unclear(note=escape(str(error)))
    return Told(note="\n\n".join(filter(None, (found.said, found.quotes, found.examples))))


def action_of(wish: str, named: Named, offer: Offer) -> Action:
    """The action of the catalog that carries a wish out.

    Raises:
        InvalidInput: something that the action needs was not named, or cannot be done so; it says what.
        ValueError: there is none, or what it needs is missing.
    """
    topics, numbers, whole, strategy = named.topics, named.numbers, named.whole, named.strategy
    topic, number, first = next(iter(topics), None), next(iter(numbers), None), next(iter(whole), None)
    if wish in _MEANS:
        return catalog.SoundsLikeAYes.model_validate({"to": _meant(wish, offer)})
    makers: dict[str, Callable[[], Action]] = {
        "plan": lambda: _limited(_plan(topics, whole, strategy, offer), named),
        "add": lambda: _limited(_added(topics, whole, strategy, offer), named),
        "leave_out": lambda: _left_out(topics, offer),
        "limit_dollars": lambda: _with_limit("max_usd", number, named, offer),
        "limit_tokens": lambda: _with_limit("max_tokens", first, named, offer),
        "no_limit": lambda: _changed(named, offer).model_copy(update={"remove_limits": True}),
        "more": catalog.ProposeMore,
        "details": catalog.ShowDetails,
        "try_a_few": lambda: catalog.ProposePilot(count=first or 3),
        "first_then_rest": lambda: _with_pilots(first or 10, offer),
        "show": lambda: catalog.ShowRecords(topic=topic, number=first),
        "show_in_full": lambda: catalog.ShowRecords(shown_numbers=whole),
        "show_new": lambda: catalog.ShowRecords(origin="synthetic", topic=topic, number=first),
        "next_page": lambda: catalog.ShowRecords(next=True),
        "drop": lambda: _dropped(topics, whole, offer),
        "keep": lambda: catalog.KeepRecords(numbers=whole),
        "move": lambda: catalog.MoveRecords(numbers=whole, topic=topic or ""),
        "double": lambda: catalog.SetTargets(
            aims=[Aim(kind="factor", topic=name, value=number or 2.0) for name in topics]
        ),
        "edit": lambda: _not_here("Texts are edited with `finetune-coverage review`."),
        "describe": lambda: _not_here(
            "A topic is described with `finetune-coverage topics describe NAME TEXT`."
        ),
        "merge": lambda: catalog.MergeTopics(
            merges=[catalog.Merge(topics=list(topics[:-1]), into=topics[-1] if topics else "")]
        ),
        "find_topics": lambda: catalog.GiveTopics(how="find"),
        "sort_records": lambda: catalog.GiveTopics(how="sort"),
        "take_topics_back": lambda: catalog.GiveTopics(how="take_back"),
        "all_equal": lambda: catalog.SetTargets(aims=[Aim(kind="equal")]),
        "undo": lambda: catalog.UndoRound(round=first),
        "undo_all": lambda: catalog.UndoRound(every=True),
        "go_back": lambda: _gone_back(first, strategy),
        "compare": catalog.CompareBranches,
        "switch": lambda: catalog.SwitchDataset.model_validate({"workflow_id": named.dataset}),
        "rules": catalog.ShowRules,
        "remove_rule": lambda: catalog.RemoveRule.model_validate({"number": first}),
        "where": catalog.ShowTable,
        "no": lambda: _declined(offer),
        "thanks": catalog.NothingAsked,
        "ask_score": lambda: catalog.ExplainScore(score=number if number and 0 < number <= 1 else None),
        "ask_counts": lambda: catalog.ExplainTopics(topics=list(topics)),
        "ask_worst": lambda: catalog.ExplainTopics(lowest=first or 5),
        "ask_what_if": lambda: catalog.WhatIf(items=_plan(topics, whole, strategy, offer).items),
        "ask_why_few": lambda: catalog.ExplainWhyLow(topic=topic),
        "ask_records": lambda: catalog.LookAtRecords(topic=topic),
        "ask_rounds": catalog.ExplainRounds,
        "ask_rejected": lambda: catalog.ExplainRejections(topic=topic),
        "ask_quality": lambda: catalog.ExplainQuality(topic=topic),
        "ask_reach": lambda: catalog.PlanForScore.model_validate({"score": number}),
        "ask_strategies": lambda: catalog.ExplainStrategies(
            names=[strategy] if strategy else [], topic=topic
        ),
        "ask_plan": catalog.ExplainPlan if offer.items else catalog.ShowTable,
        "ask_cost": catalog.ExplainCost,
        "ask_time": catalog.ExplainCost,
        "ask_origin": lambda: catalog.WhereFrom.model_validate({"number": first}),
    }
    if wish not in makers:
        raise ValueError(f"no action: {wish!r}")
    return makers[wish]()


def _named_dataset(text: str, asked: Asked) -> str | None:
    return named_workflow(text, [known.id for known in list_workflows(asked.services.store)])


_MEANS = {
    "yes": "the plan",
    "skip": "the next step, the grader",
    "carry_on": "going on with the interrupted generation",
    "stop": "ending here",
}


def _meant(action: str, offer: Offer) -> str:
    """What a yes would be to here."""
    if action == "yes" and isinstance(offer, ProceedOffer):
        return _MEANS["skip"]
    if action == "yes" and isinstance(offer, ResumeOffer):
        return _MEANS["carry_on"]
    if action == "carry_on" and isinstance(offer, PlanOffer):
        return _MEANS["yes"]
    return _MEANS[action]


def _plan(
    topics: Sequence[str], counts: Sequence[int], strategy: StrategyName | None, offer: Offer
) -> catalog.ProposePlan:
    """The named topics with the numbers in the order of both; without names the plan on the table, changed."""
    before = {item.topic: item for item in offer.items}
    suggested = offer.suggestions
    names = list(topics) or list(before) or [item.topic for item in offer.everything]
    if not names:
        raise InvalidInput("For which topics? The plan on the table is empty.")
    if not topics and strategy is None and len(counts) == 1 and counts[0] <= len(offer.numbered):
        number = counts[0]
        raise InvalidInput(
            f"Is that the option? Then answer {number}; for so many records say “{number} records”."
        )
    if len(counts) > 1 and len(counts) != len(names):
        raise InvalidInput("I cannot tell which number belongs to which topic.")
    items = []
    for place, name in enumerate(names):
        known = before.get(name) or suggested.get(name)
        count = counts[place if len(counts) > 1 else 0] if counts else known.count if known else None
        if count is None:
            raise InvalidInput(f"How many records do you want for {name}?")
        pilot = before[name].pilot if name in before else None
        items.append(PlannedItem(topic=name, count=count, strategy=strategy, pilot=pilot))
    return catalog.ProposePlan(items=items)


def _changed(named: Named, offer: Offer) -> catalog.ProposePlan:
    """The plan on the table with what is named of a change to it."""
    if named.topics or named.whole or named.strategy:
        return _plan(named.topics, named.whole, named.strategy, offer)
    return catalog.ProposePlan(items=_kept(offer.items))


def _limited(plan: catalog.ProposePlan, named: Named) -> catalog.ProposePlan:
    """The plan with the limits that are named beside it."""
    limits = {"max_tokens": named.max_tokens, "max_usd": named.max_usd}
    return plan.model_copy(update={name: value for name, value in limits.items() if value is not None})


def _with_limit(kind: str, number: float | None, named: Named, offer: Offer) -> catalog.ProposePlan:
    """The plan with a limit; a number without its unit is one of the kind that was read."""
    if named.has_limit:
        return _limited(_changed(named, offer), named)
    return catalog.ProposePlan.model_validate({"items": _kept(offer.items), kind: number})


def _bare_count(text: str, offer: Offer) -> catalog.ProposePlan | None:
    """The plan with another number, where there is one item and the text is a number that is no option."""
    digits = ascii_digits(text).strip()
    if len(offer.items) != 1 or not digits.isdecimal():
        return None
    count = int(digits[:9])
    return _plan([], [count], None, offer) if len(offer.numbered) < count <= MAX_PER_ITEM else None


def _dropped(topics: Sequence[str], numbers: Sequence[int], offer: Offer) -> Action:
    """Records by their numbers, or topics left out; while records are shown, a topic alone may mean either."""
    if numbers or not topics:
        return catalog.DropRecords(numbers=list(numbers))
    if offer.shown_records:
        raise InvalidInput(
            "Say which of the records shown shall go, as in “drop 2”; “ignore TOPIC” leaves a topic out."
        )
    return _left_out(topics, offer)


def _gone_back(number: int | None, strategy: StrategyName | None) -> Action:
    """Another try from before a round; a small model takes other ways back for it, so one of the two must be named."""
    if number is None and strategy is None:
        raise InvalidInput(
            "Say before which round, or with which strategy; “undo” takes the last round back."
        )
    return catalog.GoBackBefore(round=number, strategy=strategy)


def _declined(offer: Offer) -> Action:
    """A no; one in more words than a bare no is often the beginning of a change, so a plan stays where it lies."""
    if isinstance(offer, PlanOffer):
        raise InvalidInput(
            "All right, nothing is generated. Say what you would like instead: a topic, a number or a strategy. "
            "“no” takes the plan away."
        )
    return catalog.Decline()


def _with_pilots(number: int, offer: Offer) -> catalog.ProposePlan:
    """The plan on the table, each item with a pilot of so many."""
    if not offer.items:
        raise InvalidInput("There is no plan on the table to begin with a few of.")
    items = [item.model_copy(update={"pilot": number}) for item in _kept(offer.items)]
    return catalog.ProposePlan(items=items)


def _added(
    topics: Sequence[str], counts: Sequence[int], strategy: StrategyName | None, offer: Offer
) -> catalog.ProposePlan:
    """The plan on the table, and what was named beside it."""
    new = _plan(topics, counts, strategy, offer).items
    named = {item.topic for item in new}
    return catalog.ProposePlan(
        items=[*_kept([item for item in offer.items if item.topic not in named]), *new]
    )


def _not_here(how: str) -> Action:
    raise InvalidInput(how)


def _left_out(topics: Sequence[str], offer: Offer) -> catalog.Action:
    items = [item for item in offer.items if item.topic not in topics]
    if len(items) == len(offer.items):
        items = [item for item in offer.everything if item.topic not in topics]
    if not items:
        return catalog.LeaveOut(topics=list(topics))
    return catalog.ProposePlan(items=_kept(items), leave_out=list(topics))


def _kept(items: Sequence[Any]) -> list[PlannedItem]:
    return [PlannedItem.model_validate(item.model_dump()) for item in items]


def _listed(text: str, offer: Offer) -> list[str]:
    """The topics that the model chooses from: those named first, then those on the table, then as many as fit."""
    on_the_table = [item.topic for item in [*offer.items, *offer.everything]]
    first = dict.fromkeys([*named_topics(text, offer.topics), *on_the_table, *offer.topics])
    return list(first)[:_TOPICS]


def reading_prompt(text: str, topics: Sequence[str]) -> list[tuple[str, str]]:
    """The chat messages that ask for a reading, as (role, text) pairs; what never changes comes first."""
    examples = [
        {"topics": _SAMPLE, "sentence": sentence, "reading": reading} for sentence, reading in _EXAMPLES
    ]
    return render(
        "small",
        folder=Path(__file__).parent,
        actions={name: wish.meaning for name, wish in LISTED.items()},
        examples=examples,
        topics=topics,
        sentence=text,
    )


def _schema(topics: Sequence[str]) -> dict[str, Any]:
    listed = {"type": "array", "maxItems": 6}
    named = {"type": "string", **({"enum": list(topics)} if topics else {})}
    fields = {
        "english": {"type": "string"},
        "action": {"type": "string", "enum": list(LISTED)},
        "topics": {**listed, "items": named},
        "numbers": {**listed, "items": {"type": "number"}},
        "strategy": {"type": "string", "enum": ["", *STRATEGIES]},
    }
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
