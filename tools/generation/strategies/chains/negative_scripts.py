"""Conversations in which the plain call would be wrong, and the signs that a written one shows what it should."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ....dataset.record import message_text
from ...attempts.draft import Candidate, Rejection
from ...topic_style import TopicStyle
from .chain import Chain
from .chain_model import Step
from .chain_script import STAND_IN, Script, Turns
from .negatives import MOST_OTHER_TOOLS, NegativeKind, failed, missing_arguments, other_tools
from .topic_tools import TopicTools

_CANNOT = re.compile(
    r"\b(cannot|can not|unable|not able|not possible|no way to|unfortunately|sorry)\b|n['’]t\b", re.IGNORECASE
)
_FAILED = re.compile(
    r"\b(sorry|unfortunately|fail\w*|error|unable|cannot|could not|unavailable|not|no|apolog\w+)\b|n['’]t\b",
    re.IGNORECASE,
)
_PART_OF_NAME = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def negative_script(
    kind: NegativeKind, steps: Sequence[Step], tools: TopicTools, style: TopicStyle, rng: random.Random
) -> tuple[Script, list[dict[str, Any]]]:
    """The script of a negative of this kind, and the tools that its record declares."""
    chain = tools.writer.write(steps, rng, keeps_values=False)
    declared = steps[0].record.tools
    if kind == "no_suitable_tool":
        others = other_tools(steps, tools.declared)
        own = [tool for tool in others if tool in declared]
        more = [tool for tool in others if tool not in declared]
        chosen = (own + rng.sample(more, min(len(more), MOST_OTHER_TOOLS)))[:MOST_OTHER_TOOLS]
        return _no_suitable_tool(chain, chosen, style), chosen
    if kind == "missing_argument":
        names = missing_arguments(steps[0])
        # Not one that another fact gives away ("Dr. Morgan" beside "Morgan").
        silent = [name for name in names if not _names(_other_facts(chain, name), _value(chain, name))]
        return _missing_argument(chain, rng.choice(silent or names), style), declared
    return _tool_error(chain, steps, tools, style, rng), declared


def check_negative(candidate: Candidate) -> Rejection | None:
    """Whether the conversation shows what its script is about."""
    script: Script = candidate.draft.plan[0]
    kind = script.negative.get("negative")
    said = {
        turn.field: message_text(message)
        for turn, message in zip(script.spoken, _spoken(candidate), strict=True)
    }
    problem = None
    if kind == "no_suitable_tool" and not _CANNOT.search(said["answer"]):
        problem = f"the assistant does not say that it cannot: {said['answer'][:80]!r}"
    elif kind == "missing_argument":
        forgotten = next(iter(script.values["forgotten"].values()))
        if _names(said["request"], forgotten):
            problem = f"the request names {forgotten!r}, which was to be forgotten"
        elif "?" not in said["question"]:
            problem = f"the assistant does not ask: {said['question'][:80]!r}"
    elif kind == "tool_error" and not _FAILED.search(said.get("problem", said["answer"])):
        problem = f"the assistant does not tell of the error: {said.get('problem', said['answer'])[:80]!r}"
    return Rejection("negative", problem) if problem else None


def _spoken(candidate: Candidate) -> list[dict[str, Any]]:
    return [message for message in candidate.written if message_text(message) and message["role"] != "tool"]


def _no_suitable_tool(chain: Chain, others: Sequence[dict[str, Any]], style: TopicStyle) -> Script:
    turns = Turns(style, chain)
    wanted = [_in_words(name) for name in dict.fromkeys(chain.tools)]
    names = [_in_words(tool.get("function", tool)["name"]) for tool in others]
    return Script(
        "tool_chain_no_suitable_tool",
        replace(chain, steps=[], to_write={}),
        [turns.user("request"), turns.assistant("answer")],
        {"wanted": wanted, "others": names},
        {"negative": "no_suitable_tool", "wanted": list(dict.fromkeys(chain.tools))},
    )


def _value(chain: Chain, name: str) -> Any:
    return next(call.arguments[name] for call in chain.steps[0].calls if name in call.arguments)


def _other_facts(chain: Chain, name: str) -> str:
    value = _value(chain, name)
    return " ".join(str(said) for said in chain.facts[0].values() if said != value)


def _names(text: str, value: Any) -> bool:
    return re.search(rf"(?<!\w){re.escape(str(value))}(?!\w)", text, re.IGNORECASE) is not None


def _in_words(name: str) -> str:
    """The name of a tool as people would say it: ``ChangePassword`` and ``change_password`` alike."""
    return " ".join(_PART_OF_NAME.findall(name)).lower() or name


def _missing_argument(chain: Chain, name: str, style: TopicStyle) -> Script:
    turns = Turns(style, chain)
    value = _value(chain, name)
    named = {key: said for key, said in chain.facts[0].items() if said != value}
    return Script(
        "tool_chain_missing_argument",
        replace(chain, facts=[named]),
        [
            turns.user("request"),
            turns.assistant("question"),
            turns.user("user_reply"),
            *range(len(chain.steps)),
            turns.assistant("answer"),
        ],
        {"forgotten": {name: value}},
        {"negative": "missing_argument", "forgotten": name},
        later={"user_reply": f"It is {value}.", "answer": STAND_IN},
    )


def _tool_error(
    chain: Chain, steps: Sequence[Step], tools: TopicTools, style: TopicStyle, rng: random.Random
) -> Script:
    failure = failed(chain, steps[0].record, tools.results, rng)
    turns = Turns(style, chain)
    course = failure.chain
    if failure.wrong is None:
        return Script(
            "tool_chain_tool_error",
            course,
            [turns.user("request"), *range(len(course.steps)), turns.assistant("answer")],
            {"corrected": False},
            {"negative": "tool_error", "recovery": "apology"},
        )
    name, wrong = failure.wrong
    last = len(course.steps) - 1
    right = course.steps[last].calls[0].arguments[name]
    facts = {key: wrong if value == right else value for key, value in chain.facts[0].items()}
    return Script(
        "tool_chain_tool_error",
        replace(course, facts=[facts]),
        [
            turns.user("request"),
            *range(last),
            turns.assistant("problem"),
            turns.user("correction"),
            last,
            turns.assistant("answer"),
        ],
        {"corrected": True, "right": {name: right}},
        {"negative": "tool_error", "recovery": "correction"},
    )
