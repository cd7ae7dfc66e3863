"""A capable model reads what a person types: it calls the action that was asked for, or looks facts up and answers.

Its reading can change what lies on the table and show things; it can never approve, resume, end or delete. Every number
of an answer must stand in what the tools returned, in the state, or in what the person typed; else the facts are shown
as the code puts them.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import ValidationError

from ...tools.analyze_coverage import analyze
from ...tools.coverage.report import Coverage
from ...tools.dataset.record import message_text
from ...tools.errors import CoverageError
from ...tools.generation.approvals.plans import list_plans
from ...tools.generation.jobs.ledger import list_jobs
from ...tools.generation.lessons.rules import list_rules
from ...tools.generation.money.estimate import Estimator, estimate_plan
from ...tools.generation.money.use import sum_of, use_words
from ...tools.generation.strategies.prompt import render
from ...tools.inspection.rounds import inspect_rounds
from ...tools.models.tool_calling import ask_with_tools, tokens_of_tools
from ...tools.services import Services
from ...tools.store.branches import branches_of
from ...tools.store.counts import counts_within
from ...tools.store.records import get_record
from ...tools.store.workflows import WorkflowSummary, list_workflows
from ...tools.text.guessed_language import is_english
from ..actions.asked_tools import Asked
from ..actions.catalog import (
    ACTIONS,
    Action,
    Decline,
    DropRecords,
    EditRecord,
    GiveTopics,
    KeepRecords,
    MergeTopics,
    MoveRecords,
    NothingAsked,
    ProposePlan,
    ShowRecords,
    ShowTable,
    SwitchDataset,
    UndoRound,
)
from ..actions.checked import checked
from ..actions.number_check import QUOTED, unsupported_numbers
from ..actions.questions import ANSWERS, Answer, look_up
from ..context import thread_id
from ..offers.offer import Offer, Option, RemovalOffer, same_items
from ..offers.options import costs_in_words, promised_in_words
from ..offers.pending import asks_something
from ..offers.reply import Deed, KeepRound, LeaveIn, Several, SkipRule, Told, Unclear
from ..wording.deed_words import deeds_in_words
from ..wording.generation_message import is_about_progress
from ..wording.markdown import plain_markdown, shorten

_log = logging.getLogger(__name__)

MOST_STEPS = 6
"""Calls of the model for one sentence."""
LONGEST_TEXT = 4000
"""Characters of a sentence; a longer one is pasted."""
_TEXT_TOKENS = 600
_TURNS, _TURN, _LAST_TURN = 8, 600, 4000
_EARLIER, _EARLIER_TURN = 12, 200
"""Of the person's own sentences before those turns: what they put off, or said once for all."""
_OPTION_ITEMS, _PRICED_ITEMS, _RULES = 6, 200, 20
_PLANS, _LOOKED_AT, _CHANGES = 3, 10, 40
_MEASURED = 5
"""Other datasets at most for which the score is told: each is counted for every sentence."""
_TOPICS, _SUITED, _RECORD, _RECORDS, _DATASETS, _OF_ANOTHER = 60, 20, 160, 40, 50, 8
_CORRECTION = (
    "Nothing that you were told holds these numbers: {numbers}. Answer the person again without them, or look "
    "them up."
)
_NOT_YET = json.dumps(
    {
        "not_done_yet": "What you looked up beside it came first. Now call this again, and answer the rest beside it."
    }
)
_BESIDE_ASKS = (
    "What you say beside the calls asks something: a yes to them would be one to that too, so the person would not see "
    "it. Call them again, and say it without a question, or nothing."
)
_BESIDE_NUMBERS = (
    "Nothing that you were told holds these numbers: {numbers}. The person would not see what you say beside the "
    "calls. Call them again, and say it without these numbers, or nothing."
)
_NO = (Decline, LeaveIn, KeepRound, SkipRule)
_IDLE = (NothingAsked, ShowTable)
_RENAMES = (MergeTopics, GiveTopics, SwitchDataset, UndoRound)
_BY_NUMBER = (DropRecords, KeepRecords, MoveRecords, EditRecord)
_OTHER_NUMBERS = json.dumps(
    {"error": "Records have no numbers any more by then: call this first, or by itself."}
)
_NO_NUMBERS_YET = json.dumps(
    {
        "error": "What you show beside this has no numbers yet, and these are of records shown before. For those call "
        "this before ShowRecords; for the one that you found use `containing`; else only show it."
    }
)
_LOST = "I did not understand that. Could you say it in other words?"
_LANGUAGE = "language"
_BESIDE = {_LANGUAGE: {"type": "string"}}
_TOOLS = {action.__name__: action for action in (*ACTIONS, *ANSWERS)}


def least_tokens() -> int:
    """About how many tokens reading a sentence takes at least: what stands in each request, without state and turns."""
    return (
        tokens_of_tools(tuple(_TOOLS.values())) + len(Path(__file__).with_name("talk.jinja").read_text()) // 4
    )


async def read_with_tools(
    text: str, asked: Asked, coverage: Coverage | None, turns: Sequence[AnyMessage], *, wait: float
) -> Deed:
    """What the person means, as a capable model reads it, in `MOST_STEPS` calls at most.

    Args:
        text: what was typed.
        asked: the tools for questions, and what lies on the table.
        coverage: the figures that the offer is based on.
        turns: the conversation before.
        wait: seconds that it may take in all.

    Raises:
        EndpointError: the model does not answer, or the endpoint refuses tools.
        TimeoutError: not within ``wait``.
    """
    if len(text) > LONGEST_TEXT:
        return Unclear(note=f"That is longer than {LONGEST_TEXT:,} characters.")
    async with asyncio.timeout(wait):
        state = await asyncio.to_thread(state_card, asked, coverage)
        return await _Reader(text, asked, asked.offer).read(state, _spoken(turns, text))


class _Reader:
    def __init__(self, text: str, asked: Asked, offer: Offer) -> None:
        self._text, self.asked, self._offer, self._services = text, asked, offer, asked.services
        self._state: dict[str, Any] = {}
        self._turns: list[dict[str, str]] = []
        self._facts: list[Answer] = []
        self._was_corrected = False

    async def read(self, state: dict[str, Any], turns: list[dict[str, str]]) -> Deed:
        self._state, self._turns = state, turns
        facts = ", ".join(action.__name__ for action in ANSWERS)
        prompt = render(
            "talk",
            folder=Path(__file__).parent,
            state=state,
            turns=turns,
            sentence=self._text,
            facts=facts,
        )
        messages: list[AnyMessage] = [
            SystemMessage(body) if role == "system" else HumanMessage(body) for role, body in prompt
        ]
        model = await asyncio.to_thread(lambda: self._services.chat_model)
        room = await asyncio.to_thread(self._services.answer_room)
        for _ in range(MOST_STEPS):
            said, usage = await ask_with_tools(
                model, room, messages, tuple(_TOOLS.values()), text_tokens=_TEXT_TOKENS, beside=_BESIDE
            )
            self.asked.usage += usage
            messages.append(said)
            if not (said.tool_calls or said.invalid_tool_calls):
                if self.asked.language is None:
                    self.asked.language = _written_in(said.text)
                invented = self._invented(said.text)
                if invented and not self._was_corrected:
                    self._was_corrected = True
                    messages.append(HumanMessage(_CORRECTION.format(numbers=", ".join(invented))))
                    continue
                text = self._plain_facts() if invented or not said.text.strip() else self._in_words(said.text)
                return Told(note=text)
            deeds: list[Deed] = []
            for call in said.tool_calls:
                outcome = await asyncio.to_thread(self._carry_out, call["name"], call["args"], deeds)
                if isinstance(outcome, Deed):
                    deeds.append(outcome)
                    outcome = _NOT_YET
                messages.append(ToolMessage(outcome, tool_call_id=call["id"]))
            if deeds and len(deeds) == len(said.tool_calls) + len(said.invalid_tool_calls):
                arguments = {str(call["id"]): call["args"] for call in said.tool_calls}
                self.asked.beside = self._words_beside(said.text, arguments)
                if said.text.strip() and not self.asked.beside and not self._was_corrected:
                    self._was_corrected = True
                    messages.append(HumanMessage(self._why_not_beside(said.text, arguments)))
                    continue
                return _one_or_several(deeds)
            for broken in said.invalid_tool_calls:
                wrong = json.dumps({"error": f"The arguments are no JSON object: {broken['args']}"})
                messages.append(ToolMessage(wrong, tool_call_id=broken["id"]))
        return Told(note=self._plain_facts())

    def _carry_out(self, name: str, arguments: dict[str, Any], before: Sequence[Deed]) -> Deed | str:
        """An action as it can be carried out; for a question its facts, for a mistake what is wrong, as JSON.

        Args:
            name: of the tool.
            arguments: of the call.
            before: what is done before it for the same sentence; topics may have other names after that.
        """
        known = _TOOLS.get(name)
        if known is None:
            return json.dumps({"error": f"There is no tool {name!r}."})
        own = {key: value for key, value in arguments.items() if key != _LANGUAGE}
        self.asked.language = str(arguments.get(_LANGUAGE) or "").strip() or self.asked.language
        try:
            action: Action = known.model_validate(own)
            if isinstance(action, ACTIONS):
                if any(isinstance(deed, _RENAMES) for deed in before):
                    if _numbers_in(action):
                        return _OTHER_NUMBERS
                    return self._with_checked_words(action) if isinstance(action, ProposePlan) else action
                if any(isinstance(deed, ShowRecords) for deed in before) and _numbers_in(action):
                    return _NO_NUMBERS_YET
                deed = checked(action, self._offer, self._services)
                return self._with_checked_words(deed) if isinstance(deed, ProposePlan) else deed
            seen = len(self.asked.calls)
            fact = look_up(action, self.asked)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            return json.dumps({"error": f"{where}: {first['msg']}"})
        except CoverageError as error:
            return json.dumps({"error": str(error)}, ensure_ascii=False)
        self._facts.append(fact)
        results = [call.result for call in self.asked.calls[seen:]]
        return json.dumps({"facts": fact.said, "results": results}, ensure_ascii=False, default=str)[:20_000]

    def _with_checked_words(self, plan: ProposePlan) -> Deed | str:
        """The plan, with what the model says beside it made safe to show; for numbers from nowhere what is wrong."""
        invented = self._invented(plan.not_in_it, plan.model_dump(exclude={"not_in_it"}))
        if invented and not self._was_corrected:
            self._was_corrected = True
            return json.dumps({"error": _CORRECTION.format(numbers=", ".join(invented))})
        words = "" if invented else plain_markdown(plan.not_in_it.strip(), known="")
        return plan.model_copy(update={"not_in_it": words})

    def _words_beside(self, text: str, arguments: dict[str, Any]) -> str:
        """What the model says beside the action that it calls, such as the answer to the other half of the sentence.

        Nothing where it asks something: a bare yes to what the action asks would be one to that too.
        """
        if not text.strip() or self._asks(text) or self._invented(text, arguments):
            return ""
        return self._made_safe(text)

    def _asks(self, text: str) -> bool:
        """Whether it asks the person something; a question in a record that it cites is none."""
        told = "\n".join(
            [*(fact.said for fact in self._facts), *(str(call.result) for call in self.asked.calls)]
        )
        return asks_something(QUOTED.sub(lambda found: "" if found[0][1:-1] in told else found[0], text))

    def _why_not_beside(self, text: str, arguments: dict[str, Any]) -> str:
        """What the model is told where the person would not see its words."""
        if self._asks(text):
            return _BESIDE_ASKS
        return _BESIDE_NUMBERS.format(numbers=", ".join(self._invented(text, arguments)))

    def _invented(self, text: str, own: Mapping[str, Any] | None = None) -> list[str]:
        """The numbers of the model's words that nothing gave it, and that are none of its ``own`` plan."""
        told = [
            self._text,
            *(fact.said for fact in self._facts),
            *(said for turn in self._turns for said in turn.values()),
        ]
        notes = [{"note": one} for one in [*told, *_words_of(self._state)]]
        held = [*self.asked.held, _held_in(self._state, text), own or {}, *notes]
        invented = unsupported_numbers(text, held, self._offer.topics)
        if invented:
            _log.info("nothing gave the model these numbers: %s", ", ".join(invented))
        return invented

    def _in_words(self, text: str) -> str:
        quotes = [fact.quotes for fact in self._facts if fact.quotes]
        return "\n\n".join([self._made_safe(text), *quotes])

    def _made_safe(self, text: str) -> str:
        return plain_markdown(text.strip(), known="\n".join(fact.said for fact in self._facts))

    def _plain_facts(self) -> str:
        parts = [part for fact in self._facts for part in (fact.said, fact.quotes, fact.examples) if part]
        return "\n\n".join(parts) or _LOST


def _numbers_in(action: Action) -> bool:
    """Whether it names records by their numbers."""
    return isinstance(action, _BY_NUMBER) and (isinstance(action, EditRecord) or bool(action.numbers))


def _one_or_several(deeds: Sequence[Deed]) -> Deed:
    """The one thing to do, or all of them but for those that do nothing beside others."""
    first, *others = [deed for deed in deeds if not isinstance(deed, _IDLE)] or deeds[:1]
    others = [deed for deed in others if not isinstance(deed, _NO)]
    return Several(deeds=[first, *others]) if others else first


def _written_in(answer: str) -> str | None:
    """Tells the person's language by the model's own words, which are more than a short wish."""
    english = is_english(answer)
    return None if english is None else "English" if english else ""


def state_card(asked: Asked, coverage: Coverage | None) -> dict[str, Any]:
    """What the model is told of where things stand."""
    offer, services = asked.offer, asked.services
    estimator = Estimator(services, offer.workflow_id) if any(one.items for one in offer.options) else None
    card: dict[str, Any] = {
        "dataset": offer.workflow_id,
        "question_on_the_table": offer.action,
        "plan_on_the_table": [item.model_dump() for item in offer.items],
        "limits_on_the_table": {"max_tokens": offer.cap_tokens, "max_usd": offer.cap_usd},
        "options": {
            **{str(number): _option(option, estimator) for number, option in enumerate(offer.numbered, 1)},
            **{
                f"plan {option.letter}": _option(option, estimator)
                for option in offer.options
                if option.letter
            },
        },
        "rounds": _rounds(offer, services),
        "topics_left_out": offer.left_out,
    }
    if asked.limits_of_all:
        card["limits_of_everything"] = asked.limits_of_all
    if asked.changes:
        card["changed_in_this_conversation"] = asked.changes[-_CHANGES:]
    if asked.began_with:
        card["when_it_began"] = asked.began_with
    if before := _plans_before(offer, services):
        card["plans_of_this_conversation_before"] = before
    if offer.items:
        try:
            estimate = estimate_plan(services, offer.workflow_id, offer.items)
            card["cost_of_the_plan"] = f"{estimate.note}. {estimate.stops_note}"
            card["worth_of_the_plan"] = promised_in_words(services, offer.workflow_id, offer.items)
        except CoverageError as error:
            card["why_the_plan_cannot_be_carried_out"] = str(error)
    if rules := list_rules(services.store, offer.workflow_id)[:_RULES]:
        card["rules"] = {
            str(rule.id): rule.words if rule.topic is None else {"for": rule.topic, "rule": rule.words}
            for rule in rules
        }
    if isinstance(offer, RemovalOffer):
        card["waits_to_be_taken_out"] = offer.removal.model_dump(exclude={"record_ids"})
    if offer.then:
        card["follows_once_the_question_is_answered"] = deeds_in_words(offer.then)
    copies = branches_of(services.store, offer.workflow_id)
    if len(copies) > 1:
        card["copies_of_the_dataset"] = copies
    others = [known for known in list_workflows(services.store) if known.id not in copies][:_DATASETS]
    if others:
        card["other_datasets"] = {
            known.id: _dataset(services, known, measured=len(others) <= _MEASURED) for known in others
        }
    if coverage is not None:
        ordered = sorted(coverage.topics, key=lambda topic: topic.representation or 0.0)
        card |= {
            "balance_score": coverage.balance_score,
            "score_to_get_above": services.settings.target_score,
            "records": coverage.total_records,
            "number_of_topics": len(ordered),
            "topics": {topic.name: topic.records for topic in ordered[: 10 * _TOPICS]},
            "under_represented": [topic.name for topic in ordered[:_TOPICS] if topic.under_represented],
        }
        if coverage.weights is not None:
            card["targets"] = {topic.name: topic.target for topic in ordered[:_TOPICS]}
        if coverage.ceilings:
            card["most_records"] = dict(list(coverage.ceilings.items())[:_TOPICS])
        suited = [topic.name for topic in ordered[:_SUITED] if topic.name in offer.suggestions]
        card["strategies_that_suit"] = {name: offer.suggestions[name].strategy for name in suited}
    if offer.shown_records:
        card["records_shown"] = _shown(offer, services)
    return card


def _dataset(services: Services, known: WorkflowSummary, *, measured: bool) -> dict[str, Any]:
    """What a dataset is recognised by that somebody calls by another name than its own, and how it stands."""
    with services.store.read() as connection:
        counts = counts_within(connection, known.id)
    topics = [count.topic for count in counts if count.topic][:_OF_ANOTHER]
    told: dict[str, Any] = {"records": known.records, "number_of_topics": known.topics, "topics": topics}
    if measured:
        told["balance_score"] = analyze(services, known.id).balance_score
        jobs = list_jobs(services.store, known.id)
        told["used_by_all"] = use_words(sum_of(jobs)) if jobs else "nothing was generated"
    return told


def _words_of(state: dict[str, Any]) -> list[str]:
    """The texts of the state card in which figures stand: those of rules too, which the person named."""
    rules = [rule if isinstance(rule, str) else rule["rule"] for rule in state.get("rules", {}).values()]
    options = [option["cost"] for option in state.get("options", {}).values() if "cost" in option]
    texts = [value for value in state.values() if isinstance(value, str)]
    return [*texts, *rules, *options]


def _held_in(state: dict[str, Any], text: str) -> dict[str, Any]:
    """The state, of whose many topics those vouch for a number that a text names, beside the lowest."""
    counts = state.get("topics", {}).items()
    named = text.casefold()
    return {
        **state,
        "topics": {
            name: count
            for place, (name, count) in enumerate(counts)
            if place < _TOPICS or name.casefold() in named
        },
    }


def _option(option: Option, estimator: Estimator | None) -> dict[str, Any]:
    """What it does: of a plan its records, its items where they are few, and its cost."""
    told: dict[str, Any] = {"label": option.label}
    if items := option.items:
        told |= {"records": sum(item.count for item in items), "topics": len({item.topic for item in items})}
        if len(items) <= _OPTION_ITEMS:
            told["plan"] = [item.model_dump() for item in items]
        if estimator is not None and len(items) <= _PRICED_ITEMS:
            told["cost"] = costs_in_words(estimator, items, in_words=lambda estimate: estimate.brief)
    return told


def _plans_before(offer: Offer, services: Services) -> list[dict[str, Any]]:
    """What lay on the table last, the newest first: "the rest" may be one of a plan that was made smaller."""
    thread = thread_id()
    if thread is None:
        return []
    known = list_plans(services.store, offer.workflow_id, thread_id=thread, most=_LOOKED_AT)
    last, before = offer.items, []
    for plan in known:
        if plan.id != offer.plan_id and not same_items(plan.items, last):  # another limit is no other plan
            last = plan.items
            named = [item.model_dump() for item in plan.items[:_OPTION_ITEMS]]
            before.append({"plan": named, "became": plan.status})
    return before[:_PLANS]


def _rounds(offer: Offer, services: Services) -> dict[str, Any]:
    """How many there were, and what the last one did."""
    rounds = inspect_rounds(services, offer.workflow_id, last=1)
    last = [
        item.model_dump(include={"topic", "strategy", "requested", "accepted", "rejected", "is_undone"})
        for entry in rounds.shown
        for item in entry.items
    ]
    return {"number": rounds.rounds, "last": last, "used_by_all": rounds.used}


def _shown(offer: Offer, services: Services) -> dict[str, Any]:
    """Those on the screen by their numbers; a page lists more than a model needs to know the beginnings of."""
    shown: dict[str, Any] = {}
    on_screen = offer.review.on_screen if offer.review is not None else []
    for number in (on_screen or range(1, len(offer.shown_records) + 1))[:_RECORDS]:
        record_id = offer.shown_records[number - 1]
        record = get_record(services.store, offer.workflow_id, record_id)
        begins = next((message_text(m) for m in record.messages if m.get("role") == "user"), "")
        shown[str(number)] = {
            "topic": record.topic,
            "origin": record.origin,
            "user": shorten(begins, _RECORD),
        }
    if len(offer.shown_records) > len(shown):
        shown["more"] = f"numbers up to {len(offer.shown_records)}"
    return shown


def _spoken(turns: Sequence[AnyMessage], text: str) -> list[dict[str, str]]:
    said = [m for m in turns if isinstance(m, HumanMessage | AIMessage) and m.text.strip()]
    said = [m for m in said if not is_about_progress(m)]  # the report tells it all
    if said and said[-1].type == "human" and said[-1].text.strip() == text.strip():
        said.pop()
    earlier = [m for m in said[:-_TURNS] if m.type == "human"][-_EARLIER:]
    said = said[-_TURNS:]
    lengths = [*[_TURN] * (len(said) - 1), _LAST_TURN][: len(said)]
    return [
        *({"person": shorten(message.text, _EARLIER_TURN)} for message in earlier),
        *(
            {"person" if message.type == "human" else "agent": shorten(message.text, most)}
            for message, most in zip(said, lengths, strict=True)
        ),
    ]
