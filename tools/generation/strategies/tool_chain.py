"""Tool chain: a conversation around calls of tools as real records show them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...coverage.strategy_choice import StrategyName
from ...dataset.record import Message, Record
from ..attempts.draft import Candidate, Draft, Rejection, Request, TopicContext
from ..missing_cells import Wanted, wanted_at
from .answer import answer_tokens
from .attributes import attributes_of, even_share
from .chains.chain import Chain
from .chains.chain_model import Step
from .chains.chain_script import STAND_IN, Script, Turns
from .chains.negative_scripts import check_negative, negative_script
from .chains.negatives import NegativeKind
from .chains.prompt_values import (
    asks_before_calls,
    chain_values,
    conversation_before_calls,
    words_of_request,
)
from .chains.topic_tools import TopicTools
from .chains.traces import trace_of
from .conversation import rejected_copy
from .prompt import render
from .seed_order import UsableSeeds, seed_for

TEMPERATURE = 0.7
_NEGATIVE, _RECOMBINED, _REPLAYED = 2, 3, 4
"""Dimensions of the even sequence that say what an attempt is."""


class ToolChain:
    """Takes calls from real records, gives them other values, and has the conversation written around them."""

    name: StrategyName = "tool_chain"

    def __init__(self) -> None:
        self._usable = UsableSeeds(lambda record: bool(trace_of(record)))
        self._learned: tuple[TopicContext, TopicTools] | None = None

    def unusable(self, context: TopicContext) -> str | None:
        """Needs a real record whose tool calls are declared, valid and answered."""
        if self._usable.of(context):
            return None
        return "it needs real records with declared, answered tool calls, and the topic has none"

    def draft(self, context: TopicContext, attempt: int, rng: random.Random) -> Draft:
        """An observed chain, a recombined one or a negative, in the shares that the settings name."""
        tools, number = self._tools(context), context.offset + attempt
        drawn = attributes_of(number, len(tools.chains), context.style)
        wanted = wanted_at(context, attempt, "tool", "tools")
        asked = wanted if wanted and _can_be_made(wanted, tools) else None
        steps, script, declared = _drawn(context, tools, number, rng, asked)
        seeds = list({step.record.id: step.record for step in steps}.values())
        values = {
            "about": context.about,
            "drawn": drawn,
            "words": words_of_request(drawn, script),
            "conversation": conversation_before_calls(steps, script.chain.facts),
            **chain_values(script),
        }
        return Draft(
            strategy=self.name,
            topic=context.topic,
            requests=[
                Request(
                    render(part.template, **values),
                    script.schema(part),
                    answer_tokens(
                        script.characters(part), len(part.fields), context.style.bytes_per_character
                    ),
                    TEMPERATURE,
                )
                for part in script.parts
            ],
            seeds=seeds,
            stand_in=script.later,
            details={
                "chain": script.chain.tools,
                "chain_from": "recombined" if len(seeds) > 1 else "observed",
                "tool_results": script.chain.origins,
                **script.negative,
                **drawn.named("persona", "tone", "length", "opening"),
                **(asked.provenance if asked else {}),
            },
            plan=(script, declared),
        )

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """The spoken parts with the calls and their results in between, under the seed's system prompt."""
        script, declared = draft.plan
        first = draft.seeds[0].messages[0]
        system: list[Message] = [first] if first["role"] == "system" else []
        source = {
            "messages": [*system, *script.messages(answer)],
            "tools": declared,
            "topic": draft.topic,
        }
        return Candidate(source=source, draft=draft)

    def check(self, candidate: Candidate) -> Rejection | None:
        """No long run of words copied from a seed, and negatives show what they are for."""
        spoken = [message for message in candidate.written if message["role"] != "tool"]
        copied = rejected_copy(
            replace(candidate, source={**candidate.source, "messages": spoken}), candidate.draft.seeds
        )
        return copied or check_negative(candidate)

    def _tools(self, context: TopicContext) -> TopicTools:
        if self._learned is None or self._learned[0] is not context:
            self._learned = (context, TopicTools(self._usable.of(context)))
        return self._learned[1]


def _can_be_made(wanted: Wanted, tools: TopicTools) -> bool:
    return "no_suitable_tool" in tools.plausible if not wanted.tools else bool(_calling(wanted, tools))


def _calling(wanted: Wanted, tools: TopicTools) -> list[list[Step]]:
    """The observed chains that call what is wanted: a tool among others, or just these tools together."""
    called = [{call.name for step in steps for call in step.calls} for steps in tools.chains]
    return [
        steps
        for steps, names in zip(tools.chains, called, strict=True)
        if wanted.tools and (wanted.tools == names or (wanted.facet == "tool" and wanted.tools <= names))
    ]


def _drawn(
    context: TopicContext, tools: TopicTools, number: int, rng: random.Random, wanted: Wanted | None
) -> tuple[Sequence[Step], Script, list[dict[str, Any]]]:
    """The steps of an attempt, the script around them and the tools that the record declares."""
    settings = context.tool_chain
    kind = _negative_kind(number, settings.negative_share, list(tools.plausible))
    if wanted:
        kind = None if wanted.tools else "no_suitable_tool"
    if kind is not None:
        chains = tools.plausible[kind]
        # About how many of this kind came before, so that the chains are used evenly.
        place = int(number * settings.negative_share / len(tools.plausible))
        steps: Sequence[Step] = seed_for(chains, place)
        script, declared = negative_script(kind, steps, tools, context.style, rng)
        return steps, script, declared
    calling = _calling(wanted, tools) if wanted else []
    recombines = (
        not calling and tools.recombines and even_share(number, _RECOMBINED) < settings.recombined_share
    )
    steps = (tools.model.recombined(rng) if recombines else None) or seed_for(calling or tools.chains, number)
    keeps_values = even_share(number, _REPLAYED) < settings.replayed_share
    chain = tools.writer.write(steps, rng, keeps_values=keeps_values)
    return steps, _plain_script(chain, steps[0].record, context), _declared(steps)


def _negative_kind(number: int, share: float, plausible: Sequence[NegativeKind]) -> NegativeKind | None:
    place = even_share(number, _NEGATIVE)
    if not plausible or place >= share:
        return None
    return plausible[int(place / share * len(plausible))]


def _plain_script(chain: Chain, seed: Record, context: TopicContext) -> Script:
    turns = Turns(context.style, chain)
    script: list[Any] = [turns.user("request")]
    if asks_before_calls(seed) and chain.facts[0]:
        script += [turns.assistant("question"), turns.user("user_reply")]
    requests = len(chain.facts)
    for request in range(requests):
        if request:
            script.append(turns.user("follow_up"))
        script += [number for number, step in enumerate(chain.steps) if step.turn == request]
        script.append(turns.assistant("answer_2" if request else "answer"))
    if requests > 1:
        return Script("tool_chain_follow_up", chain, script)
    # The answer comes later: a small model that sees the results lets the user tell them.
    return Script("tool_chain", chain, script, later={"answer": STAND_IN})


def _declared(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The tools of the first record, and of the others those that their steps need."""
    tools = list(steps[0].record.tools)
    names = {tool.get("function", tool)["name"] for tool in tools}
    for step in steps[1:]:
        for tool in step.record.tools:
            name = tool.get("function", tool)["name"]
            if name not in names and any(call.name == name for call in step.calls):
                tools.append(tool)
                names.add(name)
    return tools
