"""Trees, prompts and lines of any format as OpenAI chat, and what is said of a record that no format reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.layouts.openai_chat import check_chat
from finetune_coverage.tools.dataset.formats.refusal import Refused
from finetune_coverage.tools.dataset.formats.registry import FORMAT_NAMES, check_format, read_item
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.store import Store

from .sources import QUESTION, Source, said

Chat = Callable[..., dict[str, Any]]


def test_a_message_tree_gives_its_best_way() -> None:
    def node(role: str, text: str, *replies: Source, rank: int | None = None, **more: Any) -> Source:
        return {
            "message_id": text,
            "role": role,
            "text": text,
            "rank": rank,
            "replies": list(replies),
            **more,
        }

    best = node("assistant", "b", node("prompter", "c", node("assistant", "d")), rank=0)
    gone = node("assistant", "gone", rank=-1, deleted=True)
    tree = node("prompter", "a", node("assistant", "worse", rank=1), best, gone)
    body = read_item(tree).body
    assert [message["content"] for message in body["messages"]] == ["a", "b", "c", "d"]
    assert body["source_extra"] == {"tree": tree}
    tree["replies"] = [node("assistant", "b", node("prompter", "unanswered"))]
    assert [message["content"] for message in read_item(tree).body["messages"]] == ["a", "b"]


def test_prompts() -> None:
    assert read_item({"turns": ["a", "b"], "category": "x"}).body == {
        "messages": [said("user", "a"), said("user", "b")],
        "category": "x",
    }
    assert read_item({"text": "a", "label": 3}, "prompts").body == {
        "messages": [said("user", "a")],
        "label": 3,
    }


@pytest.mark.parametrize(
    ("source", "advice"),
    [
        ({"text": "a"}, "--format prompts"),
        ({"prompt": "a"}, "--format prompts"),
        ({"role": "user", "content": "a"}, "nothing tells where a conversation ends"),
        ({"message_id": "a", "role": "prompter", "text": "x"}, "put the tree together first"),
        ({"id": 1, "ground_truth": []}, "import the file with the questions"),
        ({"custom_id": "1", "body": {"input": 3}}, "take the messages out of `body`"),
        ({"data": [{"messages": QUESTION}]}, "a file of its own"),
        ({"conversations": [{"a": 1}]}, "no speaker and text"),
    ],
)
def test_what_no_format_reads_is_named_with_what_to_do(source: Source, advice: str) -> None:
    with pytest.raises(Refused) as caught:
        read_item(source)
    assert caught.value.code == "unsupported_format"
    assert advice in caught.value.reason


@pytest.mark.parametrize("name", sorted(set(FORMAT_NAMES) - {"auto"}))
def test_a_named_format_refuses_what_is_in_another(name: str) -> None:
    with pytest.raises(Refused):
        read_item({"a": 1}, name)
    check_format(name)


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(InvalidInput, match="'word'") as caught:
        check_format("word")
    assert "sharegpt" in str(caught.value.hint)


def test_every_reading_is_openai_chat() -> None:
    check_chat(read_item({"conversation": [{"human": "Hi", "assistant": "Hello"}]}).body)


def test_lines_of_a_dataset_are_read_as_their_format_says(
    chat: Chat, write: Callable[..., Path], store: Store
) -> None:
    """Whichever way a line takes through the import, what is kept is what its format makes of it."""
    function = {"name": "look", "parameters": {"type": "object"}}
    user = {"role": "user", "content": "q"}
    called = {"role": "assistant", "content": None, "function_call": {"name": "look", "arguments": "{}"}}
    made = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"function": {"name": "look", "arguments": "{}"}}],
    }
    lines: list[dict[str, Any]] = [
        chat("plain"),
        {"messages": [user, {"role": "assistant", "content": "a"}], "functions": [function]},
        {"messages": [user, called, {"role": "function", "name": "look", "content": "r"}]},
        {"messages": [user, called]},
        {"messages": [user, made, {"role": "tool", "content": "r"}]},
        {"messages": [user, {"role": "assistant", "content": "a"}], "tools": json.dumps([function])},
        {"messages": [user, {"role": "assistant", "content": "b"}], "system": "s"},
        {"messages": [user, {"role": "assistant", "content": "l"}], "system_prompt": "s"},
        {"messages": [user, {"role": "assistant", "content": "m"}], "context": "c", "history": [["a", "b"]]},
        {
            "messages": [user, {"role": "assistant", "content": "c"}],
            "tools": [{"name": "f", "input_schema": {}}],
        },
        {"messages": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "d"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "value": "e"}]}]},
        {"messages": [user], "chosen": "f", "rejected": "g"},
        {"conversations": [{"from": "human", "value": "h"}, {"from": "gpt", "value": "i"}]},
        {"instruction": "j", "output": "k"},
    ]
    report = import_files(store, "wf-1", [write("\n".join(map(json.dumps, lines)))])
    assert (report.added, report.bad) == (len(lines), [])
    kept = [record.source for record in load_records(store, "wf-1")]
    assert kept == [read_item(line).body for line in lines]
    assert kept[0] == lines[0]
    assert "function_call" not in json.dumps(kept)
    assert {found.format: found.records for found in report.formats} == {
        "openai": 8,
        "anthropic": 2,
        "sharegpt": 2,
        "llamafactory": 1,
        "preference": 1,
        "alpaca": 1,
    }
