"""JSON is found in what models write around it, and is never completed or guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from finetune_coverage.tools.models.json_reply import parse_json
from hypothesis import given
from hypothesis import strategies as st

VALUE = {"text": "a, b, }", "items": [1, {"x": None}]}
PLAIN = json.dumps(VALUE)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"\n\n  {PLAIN}\n",
        f"```json\n{PLAIN}\n```",
        f"```\n{json.dumps(VALUE, indent=2)}\n```",
        f"Sure! Here is the record [1] for {{name}}:\n{PLAIN}\nAnything else? [see above]",
        '{"text": "a, b, }", "items": [1, {"x": null,},],}',
        f"{PLAIN}\n\nAgain:\n{PLAIN}",
    ],
)
def test_what_models_write_around_it(text: str) -> None:
    assert parse_json(text) == VALUE


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "line\nbreak"}', {"a": "line\nbreak"}),
        ('{"code": "```python\\n{}\\n```"}', {"code": "```python\n{}\n```"}),
        ("[1, 2]", [1, 2]),
        ('Two: [{"a": 1}, {"a": 2}]', [{"a": 1}, {"a": 2}]),
        ("{}", {}),
        ('{"a": "say \\"x,}\\" please,]"}', {"a": 'say "x,}" please,]'}),
    ],
)
def test_values_are_kept_as_they_are(text: str, value: Any) -> None:
    assert parse_json(text) == value


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "empty"),
        ("I would rather not.", "no JSON"),
        ("3", "no JSON"),
        ('{"a": 1}{"a": 2}', "2 different"),
        ('{"a": }', "malformed"),
        ('{"a": tru}', "malformed"),
        ('{"a": 1, ...}', "malformed"),
        ("{'a': 1}", "malformed"),
        ('{"a": "b" "c": 1}', "malformed"),
        ('{"a": 1, "a": 2}', "twice"),
        ('{"a": NaN}', "NaN"),
    ],
)
def test_what_is_refused_and_why(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        parse_json(text)


def test_every_truncation_is_refused() -> None:
    whole = json.dumps({"exchanges": [{"user": "Hi, {you}", "n": [1, 2]}, {"user": "x"}]})
    for length in range(1, len(whole)):
        for before in ("", "Here you are: ", "```json\n"):
            with pytest.raises(ValueError, match=r"cut off|no JSON|malformed"):
                parse_json(before + whole[:length])


@given(
    st.dictionaries(
        st.text(),
        st.none() | st.text() | st.lists(st.integers() | st.text(), max_size=3),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
def test_any_object_comes_back_equal(value: dict[str, Any], ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1)
    assert parse_json(f"Here it is:\n```json\n{text}\n```") == value
