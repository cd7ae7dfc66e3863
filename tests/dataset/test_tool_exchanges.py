"""A result belongs to the call that its place says, also where call ids repeat."""

from __future__ import annotations

import json
from typing import Any

import pytest
from finetune_coverage.tools.dataset.tool_exchanges import exchanges, with_unique_ids

Json = dict[str, Any]


def conversation(words: str) -> list[Json]:
    """``u`` user, ``s`` assistant without calls, ``c:x:f+y:g`` calls of f and g with ids x and y, ``r:x`` or
    ``r:x:f`` the result for x (from f); ``-`` is no id."""
    messages: list[Json] = []
    for word in words.split():
        kind, _, rest = word.partition(":")
        if kind == "c":
            calls = [
                {
                    "type": "function",
                    "function": {"name": name, "arguments": "{}"},
                    **({} if given == "-" else {"id": given}),
                }
                for given, name in (call.split(":") for call in rest.split("+"))
            ]
            messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        elif kind == "r":
            given, _, name = rest.partition(":")
            message: Json = {"role": "tool", "content": f"result {len(messages)}"}
            message |= {} if given == "-" else {"tool_call_id": given}
            messages.append(message | ({"name": name} if name else {}))
        else:
            messages.append({"role": {"u": "user", "s": "assistant"}[kind], "content": word})
    return messages


@pytest.mark.parametrize(
    ("words", "answers"),
    [
        ("u c:a:f+b:g r:b r:a s", {"f": 3, "g": 2}),  # ids tell
        ("u c:x:f r:x u c:x:g r:x s", {"f": 2, "g": 5}),  # the same id in every turn
        ("u c:x:f u c:x:g r:x s", {"f": None, "g": 4}),  # the first was never answered
        ("u c:x:f u s r:x", {"f": None}),  # nor does what comes after the user spoke again answer it
        ("u c:x:f+x:g r:x r:x s", {"f": 2, "g": 3}),  # the same id within a turn: by order
        ("u c:x:f+x:g r:x:g r:x:f s", {"f": 3, "g": 2}),  # or by the tool's name, where the result has one
        ("u c:x:f+y:g+x:h r:x r:x r:y", {"f": 2, "g": 4, "h": 3}),
        ("u c:x:f c:x:g r:x r:x s", {"f": 3, "g": 4}),  # messages of calls in a row are one turn
        ("u c:a:f c:b:g r:a r:b s", {"f": 3, "g": 4}),
        ("u c:a:f+b:g r:a c:a:h r:b r:a", {"f": 2, "g": 4, "h": 5}),
        ("u c:-:f+-:g r:- r:-", {"f": 2, "g": 3}),  # no ids
        ("u c:x:f r:x r:x s", {"f": 2}),  # one result too many
        ("u c:x:f r:y s", {"f": None}),  # an id that no call has
    ],
)
def test_which_result_is_whose(words: str, answers: dict[str, int | None]) -> None:
    assert {one.name: one.answer for one in exchanges(conversation(words))} == answers


@pytest.mark.parametrize(
    "words",
    ["u c:a:f+b:g r:b r:a s", "u c:x:f r:x u c:x:g+x:h r:x r:x s", "u c:call_1:f+call_1:g r:call_1 u"],
)
def test_generated_records_get_ids_that_do_not_repeat(words: str) -> None:
    messages = conversation(words)
    before = json.dumps(messages)
    unique = with_unique_ids(messages)
    assert json.dumps(messages) == before, "the real record was altered"
    assert [(one.name, one.answer) for one in exchanges(unique)] == [
        (one.name, one.answer) for one in exchanges(messages)
    ]
    ids = [one.id for one in exchanges(unique)]
    assert len(set(ids)) == len(ids)
    for one in exchanges(unique):
        assert one.answer is None or unique[one.answer]["tool_call_id"] == one.id
    if "x" not in words and "call_1" not in words:
        assert unique == messages
