"""What passes between a strategy, the model and the checks."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, Protocol

from ...coverage.strategy_choice import StrategyName
from ...dataset.record import Message, Record, content_hash, message_text
from ...models.answer_room import token_limit
from ...text.whole_characters import whole_characters
from ..missing_cells import Wanted
from ..money.worst_case import most_prompt_tokens
from ..scenarios.scenario import NO_LISTS, OwnLists, Scenario
from ..tool_chain_settings import ToolChainSettings
from ..topic_style import TopicStyle
from .accepted_cases import AcceptedCases

Profile = Literal["full", "small"]

ChatTurn = tuple[str, str]
"""(role, text) of one message of a prompt; role is system, user or assistant."""


@dataclass(frozen=True)
class TopicContext:
    """What the strategies know of the topic they write for.

    Attributes:
        seeds: the topic's usable real records, spread: the first k cover the topic as well as k can.
        neighbours: descriptions of the other topics by name.
        count: how many records the job owes.
        offset: records that were generated for the topic before this job: the round over seeds and attributes goes
            on there, instead of beginning with the same ones again.
        tool_chain: shares of the kinds of tool chain.
        wanted: what the topic lacks most; the first attempts ask for one after the other.
        profile: how the model is spoken to: ``small`` for the embedded one, whose texts are kept short.
        lessons: records that a person rejected, with excerpts and reasons: what to keep away from.
        rules: what the written must keep to, as a person said it.
        in_words: those of the rules that only a reader can judge by.
        borrowed: real records of other topics, where the topic has few of its own: for the manner only.
        defining_tool: the tool whose calls are most specific to the topic; None where no tool is.
        scenarios: the topic's cases in the order in which they are taken, those that were never written first.
        own: personas, situations and axes that the user brought.
        accepted: what was accepted so far, to be kept away from.
        templates: the user's folder of prompt templates.
        tool_executor: the name of the user's function that answers tool calls; None where results are written.
    """

    topic: str
    description: str
    neighbours: Mapping[str, str]
    seeds: Sequence[Record]
    count: int = 1
    offset: int = 0
    tool_chain: ToolChainSettings = field(default_factory=ToolChainSettings)
    wanted: Sequence[Wanted] = ()
    profile: Profile = "full"
    lessons: Sequence[Mapping[str, Any]] = ()
    rules: Sequence[str] = ()
    in_words: Sequence[str] = ()
    borrowed: Sequence[Record] = ()
    defining_tool: str | None = None
    scenarios: Sequence[Scenario] = ()
    own: OwnLists = NO_LISTS
    accepted: AcceptedCases = field(default_factory=AcceptedCases)
    templates: Path | None = None
    tool_executor: str | None = None

    @cached_property
    def style(self) -> TopicStyle:
        """How the topic's real records are written; measured at first use, once a job."""
        return TopicStyle.of(self.seeds, is_short=self.profile == "small")

    @property
    def unwritten(self) -> int:
        """How many of the scenarios no record was written for yet."""
        return sum((one.area, one.situation) not in self.accepted.written for one in self.scenarios)

    @property
    def about(self) -> str:
        """The topic in words: its name, and its description when it has one."""
        name = self.topic.replace("_", " ")
        return f"{name}: {self.description}" if self.description else name


@dataclass(frozen=True)
class Request:
    """One call to a model.

    Attributes:
        prompt: the chat messages.
        schema: JSON Schema of the answer.
        text_tokens: what the text of the answer takes at most.
        temperature: as model endpoints understand it.
        room: tokens for what the model does beside it, as its `AnswerRoom` has them.
        most_counted: the most tokens of the prompt by what was counted for others, as `CountedPrompts` has it.
    """

    prompt: Sequence[ChatTurn]
    schema: dict[str, Any]
    text_tokens: int
    temperature: float = 0.8
    room: int | None = None
    most_counted: int | None = None

    @property
    def max_tokens(self) -> int:
        """The limit that it is sent with."""
        return token_limit(self.text_tokens, self.room)

    @cached_property
    def worst_case(self) -> tuple[int, int]:
        """The most (prompt, completion) tokens that the call can use.

        The completion is bounded by ``max_tokens``, which endpoints enforce, thinking included.
        """
        return most_prompt_tokens(self.prompt, self.schema), self.max_tokens

    @property
    def set_aside(self) -> tuple[int, int]:
        """The (prompt, completion) tokens to set aside for the call: the most it can use, by all that is known."""
        prompt, completion = self.worst_case
        return prompt if self.most_counted is None else min(prompt, self.most_counted), completion


@dataclass(frozen=True)
class Draft:
    """One attempt, ready to be sent to a model.

    Attributes:
        requests: the calls that the record takes, independent of each other; their answers are JSON objects with
            different fields, which together make the answer.
        stand_in: what stands for the fields of later requests while the earlier answers are looked at: a record
            that is refused for its beginning is not paid for to its end.
        seeds: records that the prompts are built from.
        details: what was drawn for this attempt (manner, axis, chain, …); goes into the provenance.
        plan: what the strategy needs to build the record from the answer; not stored.
        examples: records that the prompts show beside the seeds, for the manner.
        profile: how the model is spoken to.
        template: hash of the templates; None is that of the strategy's own.
        tool_rounds: how many messages that call tools are expected, where the user's own tools answer them: the record
            is then written in parts, each to the next such message. None where it is written at once.
    """

    strategy: StrategyName
    topic: str
    requests: Sequence[Request]
    seeds: Sequence[Record]
    details: dict[str, Any] = field(default_factory=dict)
    stand_in: Mapping[str, str] = field(default_factory=dict)
    plan: Any = None
    examples: Sequence[Record] = ()
    profile: Profile = "small"
    template: str | None = None
    tool_rounds: float | None = None

    def digest(self) -> str:
        """Tells whether this is the draft that an answer was written for: its prompts, schemas and seeds."""
        # The JSON of [[[prompt, schema] of each request], ids of the seeds], in pieces that attempts share.
        parts = (
            f"[[{', '.join(map(_turn_as_json, one.prompt))}], {_as_json(one.schema)}]"
            for one in self.requests
        )
        text = f"[[{', '.join(parts)}], {_as_json([seed.id for seed in self.seeds])}]"
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


@lru_cache(maxsize=64)
def _turn_as_json(turn: ChatTurn) -> str:
    return _as_json(turn)


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Candidate:
    """A record that a strategy built from a model's answer, before any check has seen it.

    Attributes:
        source: the JSON object of the record.
        first_written: index of the first message that the strategy wrote; those before it are copied.
        is_whole: False while a part of it is the draft's ``stand_in``.
        scores: what the checks measured, by check; goes into the provenance. Checks write into it.
        details: what only the answer shows, beside the draft's details.
    """

    source: dict[str, Any]
    draft: Draft
    first_written: int = 0
    is_whole: bool = True
    scores: dict[str, float] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def record_id(self) -> str:
        """The id of the record that it becomes when it is accepted; one string for all who remember it."""
        return f"{content_hash(self.source)[:20]}-s"

    @property
    def messages(self) -> list[Message]:
        """All messages of the record."""
        messages: list[Message] = self.source["messages"]
        return messages

    @cached_property
    def written(self) -> list[Message]:
        """The messages that the strategy wrote, system prompts left out."""
        return [message for message in self.messages[self.first_written :] if message["role"] != "system"]

    def written_text(self, role: str) -> str:
        """What the strategy wrote for one role, joined."""
        return self._written_texts.get(role, "")

    @cached_property
    def _written_texts(self) -> dict[str, str]:
        said: dict[str, list[str]] = {}
        for message in self.written:
            said.setdefault(message["role"], []).append(message_text(message))
        return {role: "\n".join(texts) for role, texts in said.items()}

    @cached_property
    def user_text(self) -> str:
        """What the user says in the whole record, joined."""
        said = (message_text(message) for message in self.messages if message["role"] == "user")
        return "\n".join(said).strip()

    def seed_messages(self) -> list[Message]:
        """The messages of the seeds: what the written turns may take up without it being an invention."""
        return [message for seed in self.draft.seeds for message in seed.messages]

    @cached_property
    def seed_text(self) -> str:
        """What these say, joined."""
        return " ".join(map(message_text, self.seed_messages()))

    @property
    def body(self) -> str:
        """The record as one line of JSON."""
        return json.dumps(self.source, ensure_ascii=False)


@dataclass(frozen=True)
class Rejection:
    """Why a candidate was refused: which check, and what it saw.

    Attributes:
        evidence: may quote what a model wrote; halves of characters in it are replaced.
    """

    check: str
    evidence: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "evidence", whole_characters(self.evidence))


class UnusableAnswer(ValueError):
    """The model's answer cannot be made into a record; the text says why."""


class Strategy(Protocol):
    """A way to write records. One object serves one job."""

    name: StrategyName

    def unusable(self, context: TopicContext) -> str | None:
        """Why this strategy cannot work for the topic, or None."""
        ...

    def draft(self, context: TopicContext, attempt: int, rng: random.Random) -> Draft:
        """The request of one attempt. Same attempt and rng state, same draft: a resumed job relies on it."""
        ...

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """The record that the parsed answer makes.

        Raises:
            UnusableAnswer: the answer lacks what the record needs.
        """
        ...

    def check(self, candidate: Candidate) -> Rejection | None:
        """What only this strategy knows to check, or None when all is well."""
        ...
