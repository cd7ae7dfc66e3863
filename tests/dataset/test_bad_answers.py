"""What is marked as a bad answer is no training data: not imported, and said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.store.records import topic_counts
from finetune_coverage.tools.store.store import Store

LAYOUTS: list[dict[str, Any]] = [
    {"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]},
    {
        "messages": [
            {"role": "user", "content": "Q"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
        ]
    },
    {"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A", "weight": 1}]},
    {"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]},
    {"instruction": "Q", "output": "A"},
    {"prompt": "Q", "completion": "A"},
    {"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}], "system": "S"},
    {"contents": [{"parts": [{"text": "Q"}]}, {"role": "model", "parts": [{"text": "A"}]}]},
    {"data": ["Q", "A"]},
    {"text": "<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\nA<|im_end|>"},
    {"request": {"messages": [{"role": "user", "content": "Q"}]}, "response": {"choices": [{"text": "A"}]}},
]


@pytest.mark.parametrize(
    "mark",
    [
        {"label": False},
        {"label": "false"},
        {"label": "False"},
        {"kto_tag": False},
        {"kto_tag": "False"},
        {"kto_tag": 0},
    ],
)
@pytest.mark.parametrize("layout", range(len(LAYOUTS)))
def test_in_every_layout(layout: int, mark: dict[str, Any], write: Callable[..., Path], store: Store) -> None:
    good = [{**LAYOUTS[layout], "topic": "t", key: True} for key in mark]
    bad = {**LAYOUTS[layout], "topic": "t", **mark}
    report = import_files(store, "wf-1", [write("\n".join(map(json.dumps, [*good, bad, bad])))])
    assert (report.added, len(report.marked_bad), report.mostly_unread) == (1, 2, [])
    assert [line.line for line in report.marked_bad] == [2, 3]
    assert [count.records for count in topic_counts(store, "wf-1")] == [1]


def test_within_another_object(write: Callable[..., Path], store: Store) -> None:
    rows = [{"row_idx": n, "row": {**LAYOUTS[0], "label": label}} for n, label in enumerate((True, False))]
    report = import_files(store, "wf-1", [write("\n".join(map(json.dumps, rows)))])
    assert (report.added, len(report.marked_bad)) == (1, 1)


def test_in_a_table(write: Callable[..., Path], store: Store) -> None:
    rows = "prompt,completion,label\nQ1,A,True\nQ2,A,False\nQ3,A,false\n"
    report = import_files(store, "wf-1", [write(rows, "kto.csv")])
    assert (report.added, len(report.marked_bad)) == (1, 2)


@pytest.mark.parametrize("label", [0, 1, "spam", None, True, "no", [False]])
def test_a_label_that_may_be_a_class_is_no_mark(label: Any, write: Callable[..., Path], store: Store) -> None:
    report = import_files(store, "wf-1", [write(json.dumps({**LAYOUTS[0], "label": label}))])
    assert (report.added, report.bad) == (1, [])


def test_a_label_that_is_the_topic_is_no_mark(write: Callable[..., Path], store: Store) -> None:
    lines = [json.dumps({**LAYOUTS[0], "label": label}) for label in ("true", "false", "unproven")]
    report = import_files(store, "wf-1", [write("\n".join(lines))], topic_field="label")
    assert (report.added, report.bad, sorted(report.topics)) == (3, [], ["false", "true", "unproven"])


@pytest.mark.parametrize(
    ("good", "bad"),
    [(1, 0), (1.0, 0.0), ("1", "0"), (1, -1), ("yes", "no"), ("good", "Bad"), ("thumbs-up", "thumbs down")],
)
def test_a_label_of_two_that_say_yes_and_no(
    good: Any, bad: Any, write: Callable[..., Path], store: Store
) -> None:
    answered = [{"prompt": f"Q{n}", "completion": "A", "label": [good, bad][n % 2]} for n in range(6)]
    report = import_files(store, "wf-1", [write("\n".join(map(json.dumps, answered)))])
    assert (report.added, len(report.marked_bad)) == (3, 3)


@pytest.mark.parametrize(
    "labels", [(0, 1, 2), ("no", "yes", "maybe"), ("negative", "positive"), (0, 0, None)]
)
def test_labels_that_say_something_else(
    labels: tuple[Any, ...], write: Callable[..., Path], store: Store
) -> None:
    rows = [{**LAYOUTS[n % 2], "label": label, "n": n} for n, label in enumerate(labels)]
    report = import_files(store, "wf-1", [write("\n".join(map(json.dumps, rows)))])
    assert (report.added, report.bad) == (len(labels), [])
