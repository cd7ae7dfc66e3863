"""Fields beside the turns that carry the conversation are read into it, in every layout, or it is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.exporter import export_records
from finetune_coverage.tools.dataset.formats.registry import read_item
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.store import Store

from .sources import QUESTION, Source, said

SYSTEM = said("system", "Be brief.")
TURNS = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]
PARTS = [
    said("user", [{"type": "text", "value": "Hi"}]),
    said("assistant", [{"type": "text", "value": "Hello"}]),
]
BLOCKS = [
    said("user", "Hi"),
    said("assistant", [{"type": "thinking", "thinking": "t"}, {"type": "text", "text": "b"}]),
]

LAYOUTS: dict[str, Source] = {
    "openai": {"messages": QUESTION},
    "functions": {"messages": QUESTION, "functions": [{"name": "f", "parameters": {}}]},
    "sharegpt": {"conversations": TURNS},
    "pairs of turns": {"conversation": [{"human": "Hi", "assistant": "Hello"}]},
    "llamafactory": {"messages": PARTS},
    "anthropic": {"messages": BLOCKS},
    "alpaca": {"instruction": "Hi", "output": "Hello"},
    "prompt": {"prompt": "Hi", "completion": "Hello"},
    "messages as input": {"input": [said("user", "Hi")], "output": "Hello"},
    "preference": {"prompt": "Hi", "chosen": "Hello", "rejected": "no"},
    "preferred": {
        "input": {"messages": QUESTION[:1]},
        "preferred_output": QUESTION[1:],
        "non_preferred_output": QUESTION[1:],
    },
    "prompts": {"turns": ["Hi"]},
    "tree": {
        "role": "prompter",
        "text": "Hi",
        "replies": [{"role": "assistant", "text": "b", "replies": []}],
    },
}


@pytest.mark.parametrize("key", ["system_prompt", "system_message"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_system_prompt_beside_the_turns_is_the_system_message(layout: str, key: str) -> None:
    plain = read_item(LAYOUTS[layout]).body
    body = read_item({**LAYOUTS[layout], key: "Be brief."}).body
    assert body["messages"] == [SYSTEM, *plain["messages"]]
    assert key not in body


ASKING: dict[str, Source] = {
    "dolly": {"instruction": "How high?", "response": "31 m"},
    "alpaca": {"instruction": "How high?", "output": "31 m"},
    "prompt": {"prompt": "How high?", "output": "31 m"},
    "question": {"question": "How high?", "answer": "31 m"},
    "query": {"query": "How high?", "response": "31 m"},
    "messages": {"prompt": [said("user", "How high?")], "completion": [said("assistant", "31 m")]},
    "preference": {"prompt": "How high?", "chosen": "31 m", "rejected": "9 m"},
    "preference of an instruction": {"instruction": "How high?", "chosen": "31 m", "rejected": "9 m"},
}


@pytest.mark.parametrize("key", ["context", "input"])
@pytest.mark.parametrize("layout", ASKING)
def test_what_is_asked_about_is_part_of_the_question(layout: str, key: str) -> None:
    body = read_item({**ASKING[layout], key: "The tower has 31 m."}).body
    assert body["messages"] == [said("user", "How high?\nThe tower has 31 m."), said("assistant", "31 m")]
    assert body["source_extra"][key] == "The tower has 31 m."
    assert key not in body


def test_several_texts_stand_one_below_the_other() -> None:
    body = read_item({**ASKING["question"], "input": "I", "context": ["One.", "Two."]}).body
    assert body["messages"][0]["content"] == "How high?\nI\nOne.\nTwo."


@pytest.mark.parametrize(
    "history", [[["a", "b"]], '[["a", "b"]]', [said("user", "a"), said("assistant", "b")]]
)
@pytest.mark.parametrize("layout", ASKING)
def test_history_is_the_turns_before(layout: str, history: Any) -> None:
    body = read_item({**ASKING[layout], "system_prompt": "Be brief.", "history": history}).body
    before = [SYSTEM, said("user", "a"), said("assistant", "b")]
    assert body["messages"] == [*before, said("user", "How high?"), said("assistant", "31 m")]
    assert "history" not in body


@pytest.mark.parametrize(
    ("source", "field"),
    [
        ({"messages": QUESTION, "context": "The tower has 31 m."}, "context"),
        ({"conversations": TURNS, "history": [["a", "b"]]}, "history"),
        ({**ASKING["question"], "context": {"titles": ["a"]}}, "context"),
        ({**ASKING["question"], "history": ["page 1"]}, "history"),
        ({"messages": [said("system", "Other."), *QUESTION], "system_prompt": "Be brief."}, "system_prompt"),
        ({"messages": QUESTION, "system_prompt": {"id": 3}}, "system_prompt"),
    ],
)
def test_what_is_not_known_to_belong_into_it_stays_and_is_said(
    source: Source, field: str, write: Callable[..., Path], store: Store
) -> None:
    report = import_files(store, "wf-1", [write(json.dumps(source) + "\n")])
    assert (report.added, report.left_beside) == (1, {field: 1})
    (record,) = load_records(store, "wf-1")
    assert record.source[field] == source[field]


@pytest.mark.parametrize(
    "source",
    [
        {"messages": [SYSTEM, *QUESTION], "system_prompt": "Be brief."},
        {
            "messages": [said("user", "By this: 31 m. How high?"), said("assistant", "31 m")],
            "context": "31 m",
        },
        {"messages": QUESTION, "context": "", "input": None, "history": []},
    ],
)
def test_what_is_said_in_it_already_stays_as_it_is(
    source: Source, write: Callable[..., Path], store: Store, tmp_path: Path
) -> None:
    file = write(json.dumps(source) + "\n")
    report = import_files(store, "wf-1", [file])
    assert (report.added, report.left_beside) == (1, {})
    export_records(store, "wf-1", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("source", [*LAYOUTS.values(), *ASKING.values()])
def test_a_record_that_was_put_together_comes_back_as_it_went_out(
    source: Source, write: Callable[..., Path], store: Store, tmp_path: Path
) -> None:
    given = {"system_prompt": "Be brief.", **source}
    if source in ASKING.values():
        given |= {"context": "Of the tower.", "history": [["a", "b"]]}
    import_files(store, "wf-1", [write(json.dumps(given) + "\n")])
    export_records(store, "wf-1", tmp_path / "out.jsonl", include_all=True)
    report = import_files(store, "wf-2", [tmp_path / "out.jsonl"])
    assert (report.added, report.left_beside, report.bad) == (1, {}, [])
    first, again = (list(load_records(store, name)) for name in ("wf-1", "wf-2"))
    assert [record.source for record in again] == [record.source for record in first]
