"""Every format gives back the record, or names what it lost, or refuses."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from typing import Any

import pytest
from finetune_coverage.tools.dataset.exports import (
    alpaca,
    axolotl,
    bedrock,
    cohere,
    gemini,
    huggingface,
    llamafactory,
    mistral,
    sharegpt,
    together,
    trl,
)
from finetune_coverage.tools.dataset.exports.chat_turns import IDS, NO_DESCRIPTION, named
from finetune_coverage.tools.dataset.exports.converted import Converted, Unfit
from finetune_coverage.tools.dataset.formats.registry import read_item
from finetune_coverage.tools.store.stored_rows import StoredRow
from hypothesis import given, settings
from hypothesis import strategies as st

from .readers import from_alpaca, from_chat_row, from_sharegpt

Json = dict[str, Any]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = st.sampled_from(["find", "book", "get.it"])
PARAMETERS = st.sampled_from([None, {}, {"type": "object"}, {"type": "object", "properties": {"a": {}}}])
ARGUMENTS = st.one_of(
    st.dictionaries(TEXT, st.integers() | TEXT | st.lists(TEXT, max_size=2), max_size=2).map(json.dumps),
    st.just('{"a":1}'),
    TEXT,
)


@st.composite
def records(draw: st.DrawFn) -> Json:
    """Chat records of all kinds: odd orders, parts, names, weights, calls with and without answers."""
    messages: list[Json] = []
    made = 0
    for kind in draw(st.lists(st.sampled_from("suaacp"), min_size=1, max_size=6)):
        if kind in "sua":
            role = {"s": draw(st.sampled_from(["system", "developer"])), "u": "user", "a": "assistant"}[kind]
            message: Json = {"role": role, "content": draw(TEXT)}
            if draw(st.integers(0, 5)) == 0:
                message |= draw(
                    st.sampled_from(
                        [
                            {"weight": 0},
                            {"weight": 1},
                            {"name": "n"},
                            {"reasoning_content": "r"},
                            {"mood": "x"},
                        ]
                    )
                )
            messages.append(message)
        elif kind == "p":
            part = draw(
                st.sampled_from(
                    [{"type": "text", "text": "t"}, {"type": "image_url", "image_url": {"url": "u"}}]
                )
            )
            messages.append({"role": "user", "content": [part]})
        else:
            count = draw(st.integers(1, 3))
            calls = [
                {
                    "id": f"call_{made + number}",
                    "type": "function",
                    "function": {"name": draw(NAMES), "arguments": draw(ARGUMENTS)},
                }
                for number in range(1, count + 1)
            ]
            made += count
            content = draw(st.sampled_from([None, None, "", "Let me see."]))
            messages.append({"role": "assistant", "content": content, "tool_calls": calls})
            answered = draw(st.permutations(calls))[: draw(st.sampled_from([count, count, 0, 1]))]
            messages += [
                {"role": "tool", "tool_call_id": call["id"], "content": draw(TEXT)} for call in answered
            ]
    record: Json = {"messages": messages, "topic": "t"}
    if draw(st.booleans()):
        record["tools"] = [{"type": "function", "function": {"name": "find", "parameters": draw(PARAMETERS)}}]
    if draw(st.booleans()):
        record["meta"] = draw(st.integers() | TEXT)
    return record


@st.composite
def short_records(draw: st.DrawFn) -> Json:
    """One question and one answer, maybe with a system prompt, tools or a weight."""
    system = [{"role": "system", "content": draw(TEXT)}] if draw(st.booleans()) else []
    answer = {"role": "assistant", "content": draw(TEXT)} | draw(st.sampled_from([{}, {}, {"weight": 1}]))
    record: Json = {"messages": [*system, {"role": "user", "content": draw(TEXT)}, answer], "topic": "t"}
    return record | draw(st.sampled_from([{}, {"meta": [1]}, {"tools": [{"function": {"name": "f"}}]}]))


@st.composite
def orderly_records(draw: st.DrawFn) -> Json:
    """Questions and answers in turn, with calls that are all answered: what the strictest readers take."""
    messages: list[Json] = [{"role": "system", "content": "s"}] if draw(st.booleans()) else []
    made = 0
    for _ in range(draw(st.integers(1, 3))):
        messages.append({"role": "user", "content": draw(TEXT)})
        count = draw(st.integers(0, 2))
        if count:
            calls = [
                {
                    "id": f"call_{made + number}",
                    "type": "function",
                    "function": {
                        "name": draw(NAMES),
                        "arguments": draw(st.sampled_from(["{}", '{"a": [1]}'])),
                    },
                }
                for number in range(count)
            ]
            made += count
            messages.append({"role": "assistant", "content": None, "tool_calls": calls})
            results = st.sampled_from(['{"place": "York"}', "{}", "found"])
            for call in draw(st.permutations(calls)):
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": draw(results)})
        thought = draw(st.sampled_from([{}, {}, {"reasoning_content": "r"}, {"weight": 1}]))
        messages.append({"role": "assistant", "content": draw(TEXT), **thought})
    record: Json = {"messages": messages, "topic": "t"}
    if draw(st.booleans()):
        record["tools"] = [{"type": "function", "function": {"name": "find", "parameters": draw(PARAMETERS)}}]
    return record


def converted(convert: Any, record: Json) -> Converted | None:
    before = json.dumps(record)
    try:
        done: Converted = convert(record, record["topic"])
    except Unfit as unfit:
        assert unfit.reason
        return None
    finally:
        assert json.dumps(record) == before, "the record itself was altered"
    return Converted(json.loads(json.dumps(done.row)), done.lost)


EXCUSED = {
    # The ids of the test's calls are those that the reader gives.
    "sharegpt": frozenset({IDS}),
    "alpaca": frozenset({alpaca.SYSTEM}),
    "trl": frozenset({"content"}),
    "axolotl": frozenset({"content"}),
}
FORMATS = [
    ("sharegpt", sharegpt.convert, from_sharegpt),
    ("alpaca", alpaca.convert, from_alpaca),
    ("trl", trl.convert, from_chat_row),
    ("axolotl", axolotl.convert, from_chat_row),
]


def same_to_a_template(record: Json) -> Json:
    """The record with nothing instead of an empty text beside a call, and arguments as JSON values."""
    record = json.loads(json.dumps(record))
    for message in record["messages"]:
        for call in message.get("tool_calls", ()):
            message["content"] = message["content"] or None
            with suppress(ValueError):
                call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    return record


@pytest.mark.slow
@pytest.mark.parametrize(("name", "convert", "read"), FORMATS, ids=[name for name, *_ in FORMATS])
def test_what_loses_nothing_comes_back_equal(name: str, convert: Any, read: Any) -> None:
    seen = {"whole": 0, "lossy": 0, "unfit": 0}

    @settings(max_examples=80, database=None, derandomize=True)
    @given(short_records() if name == "alpaca" else records())
    def run(record: Json) -> None:
        done = converted(convert, record)
        if done is None:
            seen["unfit"] += 1
        elif done.lost - EXCUSED[name]:
            seen["lossy"] += 1
        else:
            seen["whole"] += 1
            assert same_to_a_template(read(done.row)) == same_to_a_template(record)

    run()
    assert min(seen.values()) > 0, seen


NO_TOPIC = named(["topic"])
IMPORTED = {
    "sharegpt": (sharegpt.convert, {IDS}),
    "alpaca": (alpaca.convert, {alpaca.SYSTEM}),
    "trl": (trl.convert, {NO_DESCRIPTION}),
    "axolotl": (axolotl.convert, {NO_DESCRIPTION}),
    "llamafactory": (llamafactory.convert, {IDS}),
    "together": (together.convert, {NO_TOPIC}),
    "mistral": (mistral.convert, {NO_TOPIC, mistral.NEW_IDS, NO_DESCRIPTION}),
    "bedrock": (bedrock.convert, {NO_TOPIC}),
    "gemini": (gemini.convert, {NO_TOPIC, IDS}),
    "cohere": (cohere.convert, {NO_TOPIC}),
}
"""What writes a format, and the losses that `as_learnt` does not look at."""


def as_learnt(record: Json, *, topic: bool) -> Json:
    """A record without what a format may spell otherwise: ids of calls and the order of their results, where a weight
    and reasoning stand."""
    record = same_to_a_template({key: record[key] for key in record if not key.startswith("source_")})
    if not topic:
        record.pop("topic", None)
    ids: dict[str, str] = {}
    for message in record["messages"]:
        for call in message.get("tool_calls", ()):
            call["id"] = ids.setdefault(call["id"], f"call {len(ids)}")
        if message["role"] == "tool":
            message["tool_call_id"] = ids.get(message["tool_call_id"], "")
            message.pop("name", None)
        if "train" in message:
            message["weight"] = int(message.pop("train"))
        if "reasoning_content" in message:
            thought = f"<think>\n{message.pop('reasoning_content')}\n</think>\n\n"
            message["content"] = thought + (message["content"] or "")
    runs = groupby(record["messages"], key=lambda message: message["role"] == "tool")
    record["messages"] = [
        message
        for is_results, run in runs
        for message in (sorted(run, key=itemgetter("tool_call_id")) if is_results else run)
    ]
    if not record.get("tools"):
        record.pop("tools", None)
    for tool in record.get("tools", ()):
        if not tool["function"].get("description"):
            tool["function"].pop("description", None)
    return record


@pytest.mark.parametrize("name", IMPORTED)
def test_the_importer_reads_back_what_lost_nothing(name: str) -> None:
    convert, excused = IMPORTED[name]
    seen = {"whole": 0, "lossy": 0, "unfit": 0}

    @settings(max_examples=80, database=None, derandomize=True)
    @given(short_records() if name in ("alpaca", "cohere") else records() | orderly_records())
    def run(record: Json) -> None:
        done = converted(convert, record)
        if done is None:
            seen["unfit"] += 1
        elif done.lost - excused:
            seen["lossy"] += 1
        else:
            seen["whole"] += 1
            has_topic = NO_TOPIC not in done.lost
            assert as_learnt(read_item(done.row).body, topic=has_topic) == as_learnt(record, topic=has_topic)

    run()
    assert seen["whole"] > 10 and seen["lossy"] > 0, seen


@settings(database=None, derandomize=True)
@given(records(), st.booleans())
def test_parquet_columns_hold_every_record(record: Json, with_provenance: bool) -> None:
    pa = pytest.importorskip("pyarrow")
    row = StoredRow("a-1", "", "t", "topic", "real", {"job": "j"}, True, None, None)
    columns = huggingface.columns_of(row, record, with_provenance=with_provenance)
    table = pa.Table.from_pylist([columns], schema=huggingface._schema(with_provenance))
    assert huggingface.source_of(table.to_pylist()[0]) == record


@settings(database=None, derandomize=True)
@given(records())
def test_what_llama_factory_gets_it_does_not_skip(record: Json) -> None:
    done = converted(llamafactory.convert, record)
    if done is None:
        return
    turns = [turn["from"] for turn in done.row["conversations"]]
    spoken = turns[1:] if turns[0] == "system" else turns
    assert spoken and len(spoken) % 2 == 0
    assert set(spoken[::2]) <= {"human", "observation"} and set(spoken[1::2]) <= {"gpt", "function_call"}
    assert all(isinstance(turn["value"], str) for turn in done.row["conversations"])
    for tool in json.loads(done.row["tools"] or "[]"):
        assert "properties" in tool["parameters"]
