"""Tool chain: a conversation around calls of tools as real records show them."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

from ...coverage.strategy_choice import StrategyName
from ...dataset.record import Message, Record
from ..draft import Candidate, Draft, Rejection, Request, TopicContext
from .answer import text_field
from .aspects import PERSONAS
from .chain import Chain, new_chain
from .conversation import rejected_copy
from .prompt import render, transcript
from .seed_order import seed_for
from .traces import TracedCall, observed_values, trace_of


class ToolChain:
    """Takes the calls of a real record, gives them other values, and has the conversation written around them."""

    name: StrategyName = "tool_chain"

    def __init__(self) -> None:
        self._traces: dict[str, list[TracedCall]] = {}
        self._observed: dict[tuple[str, str], list[Any]] | None = None

    def _trace(self, record: Record) -> list[TracedCall]:
        if record.id not in self._traces:
            self._traces[record.id] = trace_of(record)
        return self._traces[record.id]

    def _seeds(self, context: TopicContext) -> list[Record]:
        return [record for record in context.seeds if self._trace(record)]

    def unusable(self, context: TopicContext) -> str | None:
        """Needs a real record whose tool calls are declared, valid and answered."""
        if self._seeds(context):
            return None
        return "it needs real records with declared, answered tool calls, and the topic has none"

    def draft(self, context: TopicContext, attempt: int, rng: random.Random) -> Draft:
        """One seed's chain with values drawn from the topic's records."""
        seeds = self._seeds(context)
        seed = seed_for(seeds, attempt)
        if self._observed is None:
            self._observed = observed_values(seeds)
        chain = new_chain(seed, self._trace(seed), self._observed, rng)
        persona = rng.choice(PERSONAS)
        details = _asks_first(seed)
        prompt = render(
            self.name,
            about=context.about,
            conversation=transcript(_before_calls(seed), last=4, longest=200),
            facts=chain.facts,
            calls=[
                {"tool": call.name, "arguments": _known(call.arguments), "result": call.result[:600]}
                for call in chain.calls
            ],
            to_write=list(chain.to_write),
            details=details,
            persona=persona,
        )
        return Draft(
            strategy=self.name,
            topic=context.topic,
            requests=[Request(prompt, _schema(chain, details), 420, temperature=0.7)],
            seeds=[seed],
            details={
                "chain": [call.name for call in chain.calls],
                "tool_results": "simulated",
                "persona": persona,
            },
            plan=(chain, details),
        )

    def build(self, draft: Draft, answer: Any) -> Candidate:
        """Request, maybe question and details, calls with their results, answer."""
        chain, details = draft.plan
        calls = [*chain.calls]
        for field, (number, key) in chain.to_write.items():
            arguments = {**calls[number].arguments, key: text_field(answer, field)}
            calls[number] = replace(calls[number], arguments=arguments)
        seed = draft.seeds[0]
        messages: list[Message] = [seed.messages[0]] if seed.messages[0]["role"] == "system" else []
        messages.append({"role": "user", "content": text_field(answer, "request")})
        if details:
            messages.append({"role": "assistant", "content": text_field(answer, "question")})
            messages.append({"role": "user", "content": text_field(answer, "details")})
        messages.extend(_call_messages(calls))
        messages.append({"role": "assistant", "content": text_field(answer, "answer")})
        source = {"messages": messages, "tools": seed.tools, "topic": draft.topic}
        return Candidate(source=source, draft=draft)

    def check(self, candidate: Candidate) -> Rejection | None:
        """No long run of words copied from the seed; the rest is the tool gate's work."""
        spoken = [message for message in candidate.written if message["role"] != "tool"]
        return rejected_copy(
            replace(candidate, source={**candidate.source, "messages": spoken}), candidate.draft.seeds
        )


def _known(arguments: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in arguments.items() if value is not None}


def _before_calls(record: Record) -> list[Message]:
    first = next(index for index, message in enumerate(record.messages) if message.get("tool_calls"))
    return record.messages[:first]


def _asks_first(record: Record) -> bool:
    """Whether the assistant of the real record asks before it calls."""
    roles = [message["role"] for message in _before_calls(record)]
    return roles.count("user") >= 2 and "assistant" in roles


def _schema(chain: Chain, details: bool) -> dict[str, Any]:
    limits = dict.fromkeys(chain.to_write, (8, 200)) | {"request": (15, 300)}
    if details:
        limits |= {"question": (10, 200), "details": (5, 300)}
    limits["answer"] = (15, 450)
    return {
        "type": "object",
        "properties": {
            name: {"type": "string", "minLength": least, "maxLength": most}
            for name, (least, most) in limits.items()
        },
        "required": list(limits),
        "additionalProperties": False,
    }


def _call_messages(calls: list[TracedCall]) -> list[Message]:
    """Assistant messages with their calls (parallel ones together) and the tool messages that answer them."""
    messages: list[Message] = []
    for group in dict.fromkeys(call.group for call in calls):
        together = [(number, call) for number, call in enumerate(calls, 1) if call.group == group]
        messages.append(
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": f"call_{number}",
                        "type": "function",
                        "function": {
                            "name": call.name,
                            "arguments": json.dumps(call.arguments, ensure_ascii=False),
                        },
                    }
                    for number, call in together
                ],
            }
        )
        messages.extend(
            {"role": "tool", "tool_call_id": f"call_{number}", "content": call.result}
            for number, call in together
        )
    return messages
