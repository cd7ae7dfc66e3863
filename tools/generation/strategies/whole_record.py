"""Writing a record in one call: what every strategy tells a capable model, and what it makes of the answer.

The prompt begins with all that is known of the topic, byte for byte the same for every attempt, so that prompt caches
work; what an attempt asks for follows in a short message of its own.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ...coverage.space.cells import Facet
from ...coverage.strategy_choice import StrategyName
from ...dataset.record import Message, Record
from ...dataset.tool_exchanges import exchanges
from ..attempts.draft import Candidate, ChatTurn, Draft, Rejection, Request, TopicContext
from ..missing_cells import Wanted, wanted_at
from ..scenarios.scenario import Scenario, scenario_at
from ..style_card import language_of_records, style_card
from .answer import answer_tokens
from .attributes import attributes_of, even_share, pick
from .prompt import render, template_hash
from .written_record import (
    SYSTEM,
    answer_schema,
    messages_schema,
    shown_messages,
    system_of,
    tool_name,
    written_messages,
)

LEAST_EXAMPLES, MOST_EXAMPLES = 5, 8
LONGEST_EXAMPLE = 12_000
"""Characters; a longer record is shown only where all are."""
MOST_SHOWN = 40_000
"""Characters of all examples together, beyond the first."""
FURTHER_SHARE = 12
"""One record that changes with the attempt may be this part of what all prompts share: prompt caches keep the rest."""
MOST_SYSTEMS = 3
MOST_NEIGHBOURS = 100
TEMPERATURE = 1.0
"""What capable models are made for; some take no other."""
_COMPARED = 500
_FRAME = 1
"""Dimension of the even sequence that says whose system prompt and tools an attempt gets."""


class Material:
    """What is known of a topic, as it goes into the prompts of all attempts of a job."""

    def __init__(self, context: TopicContext) -> None:
        self.context = context
        self.real = [record for record in context.seeds if record.messages]
        self.frames = self.real or [record for record in context.borrowed if record.messages]

    @cached_property
    def examples(self) -> list[Record]:
        """Some whole real records; of a topic that has hardly any, its other half is left for measuring what helps."""
        wanted = min(MOST_EXAMPLES, max(LEAST_EXAMPLES, len(self.real) // 2))
        return _as_many_as_fit(self.real, wanted)

    @cached_property
    def further(self) -> list[Record]:
        """Real records beside the examples, short enough that most of a prompt stays the same with one of them."""
        room = sum(len(text) for _, text in self.prefix) // FURTHER_SHARE
        shown = {record.id for record in self.examples}
        return [one for one in self.real if one.id not in shown and len(one.body) <= room]

    @cached_property
    def borrowed(self) -> list[Record]:
        """Records of other topics, where there are hardly any of this one."""
        return _as_many_as_fit(self.context.borrowed, max(0, LEAST_EXAMPLES - len(self.examples)))

    @cached_property
    def systems(self) -> list[str]:
        """The commonest system prompts."""
        return [
            text for text, _ in Counter(filter(None, map(system_of, self.frames))).most_common(MOST_SYSTEMS)
        ]

    @cached_property
    def tools(self) -> list[dict[str, Any]]:
        """The tools that the examples declare."""
        shown = self.examples or self.borrowed
        return list({tool_name(tool): tool for record in shown for tool in record.tools}.values())

    @cached_property
    def language(self) -> str | None:
        """What users and assistant write."""
        return language_of_records(self.frames)

    @cached_property
    def tool_rounds(self) -> float | None:
        """Messages of a real record in which tools are called and answered, on average; None where no call is."""
        rounds = [
            len({one.message for one in exchanges(record.messages) if one.answer is not None})
            for record in self.frames[:_COMPARED]
        ]
        return sum(rounds) / len(rounds) if any(rounds) else None

    @cached_property
    def longest(self) -> int:
        """Characters of the longest real record without its system prompt."""
        sizes = [
            sum(len(str(one)) for one in shown_messages(record.messages))
            for record in self.frames[:_COMPARED]
        ]
        return min(LONGEST_EXAMPLE, max(sizes, default=2_000))

    @cached_property
    def prefix(self) -> list[ChatTurn]:
        """The messages that every attempt's prompt begins with."""
        context = self.context
        return render(
            "prefix",
            own=context.templates,
            systems=self.systems,
            tools=self.tools,
            topic=context.topic,
            description=context.description,
            neighbours=dict(list(context.neighbours.items())[:MOST_NEIGHBOURS]),
            language=self.language,
            style=style_card(self.real),
            examples=[self.shown(record) for record in self.examples],
            borrowed=[self.shown(record) for record in self.borrowed],
        )

    def shown(self, record: Record) -> dict[str, Any]:
        """A record as prompts have it; with its system prompt and its tools' names where records differ in them."""
        said: dict[str, Any] = {"system": system_of(record)} if len(self.systems) > 1 else {}
        if any(one.tools != record.tools for one in self.frames[:_COMPARED]):
            said["tools"] = [tool_name(tool) for tool in record.tools]
        return {**said, "messages": shown_messages(record.messages)}

    def frame_at(self, number: int, wanted: Wanted | None) -> Record | None:
        """The real record whose system prompt and tools an attempt's record gets; it has the tools that are wanted."""
        frames = self.declaring((wanted and wanted.tools) or frozenset())
        return frames[int(even_share(number, _FRAME) * len(frames))] if frames else None

    def declaring(self, tools: frozenset[str]) -> list[Record]:
        """The records that declare some tools."""
        return [one for one in self.frames if tools <= {tool_name(tool) for tool in one.tools}]

    def not_shown(self, frame: Record | None) -> dict[str, Any]:
        """The system prompt and tools of a record, as far as the prefix says something else."""
        if frame is None:
            return {}
        system, names = system_of(frame), {tool_name(tool) for tool in frame.tools}
        said: dict[str, Any] = {}
        if [system] != self.systems and (system or self.systems):
            said["system"] = system
        if names != {tool_name(tool) for tool in self.tools}:
            known = all(tool in self.tools for tool in frame.tools)
            said["tools"] = sorted(names) if known else frame.tools
        return said


def _as_many_as_fit(records: Sequence[Record], wanted: int) -> list[Record]:
    fitting = [record for record in records if len(record.body) <= LONGEST_EXAMPLE] or list(records[:1])
    chosen: list[Record] = []
    size = 0
    for record in fitting[:wanted]:
        size += len(record.body)
        if chosen and size > MOST_SHOWN:
            break
        chosen.append(record)
    return chosen


@dataclass(frozen=True)
class Task:
    """What one attempt asks for.

    Attributes:
        values: for the strategy's template, beside those that each gets.
        details: for the provenance.
        seeds: what the record is made from.
        frame: the record whose system prompt and tools it gets.
        fields: of the answer beside its messages, with their schemas.
        plan: what the strategy needs for building and checking.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    seeds: Sequence[Record] = ()
    frame: Record | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    plan: Any = None


class WholeRecord(ABC):
    """A strategy that has the whole record written in one call."""

    name: StrategyName
    facets: tuple[Facet, ...] = ("turns", "length", "language", "sub_area", "tool", "tools")
    """In which respects it can be asked for what a topic lacks."""
    takes_scenarios = True
    """Whether a case of the topic's plan goes into its prompts."""

    def __init__(self) -> None:
        self._material: Material | None = None

    @abstractmethod
    def unusable(self, context: TopicContext) -> str | None:
        """Why it cannot work for the topic, or None."""

    @abstractmethod
    def task(self, material: Material, number: int, scenario: Scenario | None, wanted: Wanted | None) -> Task:
        """What attempt ``number`` of all that the topic had asks for."""

    def draft(self, context: TopicContext, attempt: int, rng: random.Random) -> Draft:
        """All that is known of the topic, then this attempt's task."""
        material, number = self.material(context), context.offset + attempt
        wanted = wanted_at(context, attempt, *self.facets)
        if wanted and wanted.tools and not material.declaring(wanted.tools):
            wanted = None
        scenario = self.scenario(context, attempt) if self.takes_scenarios else None
        task = self.task(material, number, scenario, wanted)
        near = context.accepted.near(
            attempt, {seed.id for seed in task.seeds}, scenario.area if scenario else ""
        )
        has_tools = task.frame is not None and bool(task.frame.tools)
        rounds = material.tool_rounds if context.tool_executor and has_tools else None
        tail = render(
            f"{self.name}/full",
            own=context.templates,
            topic=context.topic,
            language=(wanted and wanted.language) or material.language,
            scenario=scenario.words if scenario else None,
            wanted=wanted.words_for(context.style) if wanted else None,
            avoid=[record.user_text[-300:] for record in near],
            frame=material.not_shown(task.frame),
            has_own_tools=rounds is not None,
            **task.values,
        )
        schema = {**task.fields, "messages": messages_schema(tools=has_tools)}
        request = Request(
            [*material.prefix, *tail],
            answer_schema(schema),
            answer_tokens(material.longest, 10, context.style.bytes_per_character),
            TEMPERATURE,
        )
        details = {
            **({"scenario": scenario.words} if scenario else {}),
            **task.details,
            **(wanted.provenance if wanted else {}),
            **({"avoid": [record.id for record in near]} if near else {}),
            **({"tool_executor": context.tool_executor} if rounds is not None else {}),
        }
        return Draft(
            strategy=self.name,
            topic=context.topic,
            requests=[request],
            seeds=task.seeds,
            examples=[one for one in (*material.examples, *material.borrowed) if one not in task.seeds],
            details=details,
            plan=task,
            profile="full",
            template=template_hash("prefix", "task", f"{self.name}/full", own=context.templates),
            tool_rounds=rounds,
        )

    def scenario(self, context: TopicContext, attempt: int) -> Scenario:
        """The planned case of an attempt; where none was planned, one of the lists that are there for every topic."""
        if planned := scenario_at(context.scenarios, context.own, attempt):
            return planned
        drawn = attributes_of(context.offset + attempt, len(context.seeds), context.style)
        user = pick(context.own.personas, attempt) if context.own.personas else drawn.persona
        return Scenario(situation=drawn.situation, user=f"{user}, {drawn.tone}", difficulty=drawn.difficulty)

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """The written messages under the system prompt and the tools of the task's frame."""
        task: Task = draft.plan
        return Candidate(source=framed(written_messages(answer), draft.topic, task.frame), draft=draft)

    def check(self, candidate: Candidate) -> Rejection | None:
        """Nothing beyond the checks of form and the verifier."""
        return None

    def material(self, context: TopicContext) -> Material:
        """What is known of the topic; gathered once a job."""
        if self._material is None or self._material.context is not context:
            self._material = Material(context)
        return self._material


def framed(messages: Sequence[Message], topic: str, frame: Record | None) -> dict[str, Any]:
    """The JSON object of a record with these messages, and the system prompt and tools of another one."""
    source: dict[str, Any] = {"messages": list(messages), "topic": topic}
    if frame is not None and frame.messages and frame.messages[0]["role"] in SYSTEM:
        source["messages"].insert(0, frame.messages[0])
    if frame is not None and frame.tools:
        source["tools"] = frame.tools
    return source
