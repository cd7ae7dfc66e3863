"""Reading a record's topic, and writing a changed one into its text without touching the rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from finetune_coverage.tools.dataset.topic_label import check_topic_field, read_topics, write_topic
from finetune_coverage.tools.errors import InvalidInput
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("source", "field", "expected"),
    [
        ({"topic": "a"}, "topic", ("a", ())),
        ({"topic": "  a "}, "topic", ("a", ())),
        ({"topic": 404}, "topic", ("404", ())),
        ({"topic": 1.5}, "topic", ("1.5", ())),
        ({"topic": ["a", "b", None, "c"]}, "topic", ("a", ("b", "c"))),
        ({"topics": ["a", "b"]}, "topic", ("a", ("b",))),
        ({"topic": "", "topics": ["a", "b"]}, "topic", ("a", ("b",))),
        ({"topic": "x", "topics": ["a"]}, "topic", ("x", ())),
        ({"topics": "a"}, "topic", ("a", ())),
        ({"topics": ["a"]}, "intent", (None, ())),
        ({"metadata": {"topic": "a"}}, "metadata.topic", ("a", ())),
        ({"metadata": "a"}, "metadata.topic", (None, ())),
        ({"metadata": ["a"]}, "metadata.topic", (None, ())),
        ({}, "topic", (None, ())),
        ({"topic": None}, "topic", (None, ())),
        ({"topic": True}, "topic", ("true", ())),
        ({"topic": {"name": "a"}}, "topic", ("a", ())),
        ({"topic": {"a": "x", "b": 2}}, "topic", ('{"a": "x", "b": 2}', ())),
        ({"topic": {}}, "topic", (None, ())),
        ({"topic": float("inf")}, "topic", (None, ())),
        ({"topic": " \n"}, "topic", (None, ())),
    ],
)
def test_reads(source: dict[str, Any], field: str, expected: tuple[str | None, tuple[str, ...]]) -> None:
    assert read_topics(source, field) == expected


@pytest.mark.parametrize(
    ("body", "field", "expected"),
    [
        ('{"a": 1.00, "topic" : "x" , "b": 2}', "topic", '{"a": 1.00, "topic" : "new" , "b": 2}'),
        ('{"topic": 1, "topic": 2}', "topic", '{"topic": 1, "topic": "new"}'),
        ('{"t\\u006fpic": "x"}', "topic", '{"t\\u006fpic": "new"}'),
        ('{"a": {"topic": "in"}}', "topic", '{"a": {"topic": "in"}, "topic": "new"}'),
        ("  { }  ", "topic", '  {"topic": "new" }  '),
        ('{"m":{"topic":"x"},"b":1}', "m.topic", '{"m":{"topic":"new"},"b":1}'),
        ('{"b":1}', "m.topic", '{"b":1, "m": {"topic": "new"}}'),
        ('{"m":"text"}', "m.topic", '{"m":"text", "topic": "new"}'),
        ('{"topic": ["x", "y"]}', "topic", '{"topic": ["new", "y"]}'),
        ('{"topics": ["x"]}', "topic", '{"topics": ["x"], "topic": "new"}'),
    ],
)
def test_writes_only_the_topic(body: str, field: str, expected: str) -> None:
    assert write_topic(body, field, "new") == expected


def test_takes_a_topic_away() -> None:
    assert write_topic('{"topic": "x"}', "topic", None) == '{"topic": null}'


@pytest.mark.parametrize("field", ["", ".", "a.", ".a", "a..b"])
def test_refuses_empty_steps(field: str) -> None:
    with pytest.raises(InvalidInput):
        check_topic_field(field)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["topic", "m", 'a"b', "é"]) | st.text()
LABELS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(str.strip).filter(bool)


@given(st.dictionaries(KEYS, JSON, max_size=5), LABELS, st.booleans(), st.sampled_from([None, 2]))
def test_what_is_written_is_read_and_the_rest_is_kept(
    source: dict[str, Any], topic: str, ascii_only: bool, indent: int | None
) -> None:
    body = json.dumps(source, ensure_ascii=ascii_only, indent=indent)
    edited = json.loads(write_topic(body, "topic", topic))
    assert read_topics(edited)[0] == topic
    assert {key: value for key, value in edited.items() if key != "topic"} == {
        key: value for key, value in source.items() if key != "topic"
    }
