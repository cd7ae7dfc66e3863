"""Instructions, prompts with answers, and pairs of a better and a worse answer, as OpenAI chat."""

from __future__ import annotations

import pytest
from finetune_coverage.tools.dataset.formats.refusal import Refused
from finetune_coverage.tools.dataset.formats.registry import read_item

from ..sources import QUESTION, TOOL, Source, said


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ({"instruction": "Hi", "input": "", "output": "Hello"}, {"messages": QUESTION}),
        ({"instruction": "Hi", "response": "Hello", "lang": "en"}, {"messages": QUESTION, "lang": "en"}),
        (
            {"instruction": "Add", "input": "1 2", "output": "3"},
            {
                "messages": [said("user", "Add\n1 2"), said("assistant", "3")],
                "source_format": "alpaca",
                "source_extra": {"input": "1 2"},
            },
        ),
        (
            {"instruction": "c", "output": "d", "system": "s", "history": [["a", "b"]]},
            {
                "messages": [
                    said("system", "s"),
                    said("user", "a"),
                    said("assistant", "b"),
                    said("user", "c"),
                    said("assistant", "d"),
                ]
            },
        ),
        (  # BELLE
            {"instruction": "Human:a\nAssistant: b\n\nHuman:c\nAssistant:", "input": "", "output": "d"},
            {
                "messages": [
                    said("user", "a"),
                    said("assistant", "b"),
                    said("user", "c"),
                    said("assistant", "d"),
                ]
            },
        ),
        *(
            ({"instruction": text, "output": "d"}, {"messages": [said("user", text), said("assistant", "d")]})
            for text in (
                "Go on with this:\nHuman: a\nAssistant: b\nHuman: c",
                "Human: a\nAssistant: b",
                "Human: a\nHuman: b\nAssistant:",
                "Context: a\nQuestion: b\nAnswer:",
                "Sum it up.\n### Context:\nA text",
            )
        ),
        (
            {"instruction": "Hi", "instances": [{"input": "", "output": "Hello", "note": 1}]},
            {"messages": QUESTION, "source_format": "alpaca", "source_extra": {"instances": [{"note": 1}]}},
        ),
    ],
)
def test_alpaca(source: Source, body: Source) -> None:
    reading = read_item(source)
    assert (reading.format.name, reading.body) == ("alpaca", body)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({"instruction": "a"}, "without an answer"),
        ({"instruction": "a", "output": 7}, "`output` is a number"),
        ({"instruction": "a", "input": [], "output": "b"}, "`input` is a list"),
        ({"instruction": "a", "output": "b", "history": [["x"]]}, "pair 1 of `history`"),
        ({"instruction": "a", "instances": []}, "0 `instances`"),
    ],
)
def test_refused_alpaca(source: Source, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        read_item(source)


@pytest.mark.parametrize(
    "source",
    [
        {"prompt": "Hi", "completion": "Hello"},
        {"prompt": "Hi", "response": "Hello"},
        {"question": "Hi", "answer": "Hello"},
        {"prompt": QUESTION[:1], "completion": QUESTION[1:]},
        {"prompt": "\n\nHuman: Hi\n\nAssistant:", "completion": "Hello"},
        {"prompt": "Hi", "completion": "Hello", "label": True},
    ],
)
def test_prompt_and_completion(source: Source) -> None:
    reading = read_item(source)
    assert reading.format.name == "prompt_completion"
    assert reading.body["messages"] == QUESTION


@pytest.mark.parametrize(
    "source",
    [
        {"prompt": "Hi", "chosen": "Hello", "rejected": "no"},
        {"prompt": QUESTION[:1], "chosen": QUESTION[1:], "rejected": "no"},
        {"prompt": "Hi", "chosen": QUESTION, "rejected": "no"},
        {"chosen": "\n\nHuman: Hi\n\nAssistant: Hello", "rejected": "no"},
        {"chosen": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}], "rejected": "no"},
        {"instruction": "Hi", "chosen": "Hello", "rejected": "no"},
        {
            "conversations": [{"from": "human", "value": "Hi"}],
            "chosen": {"from": "gpt", "value": "Hello"},
            "rejected": "no",
        },
    ],
)
def test_the_chosen_side_of_a_pair(source: Source) -> None:
    reading = read_item(source)
    assert reading.format.name == "preference"
    assert reading.body == {
        "messages": QUESTION,
        "source_format": "preference",
        "source_extra": {"rejected": "no"},
    }


def test_a_prompt_that_the_chosen_side_does_not_repeat_is_kept() -> None:
    body = read_item({"prompt": "Other", "chosen": QUESTION, "rejected": "no"}).body
    assert body["messages"] == QUESTION
    assert body["source_extra"] == {"rejected": "no", "prompt": "Other"}


def test_the_preferred_output_of_openai() -> None:
    given = {"messages": QUESTION[:1], "tools": [TOOL], "parallel_tool_calls": True}
    source = {
        "input": given,
        "preferred_output": QUESTION[1:],
        "non_preferred_output": [said("assistant", "no")],
    }
    assert read_item(source).body == {
        "messages": QUESTION,
        "tools": [TOOL],
        "source_format": "preference",
        "source_extra": {
            "non_preferred_output": [said("assistant", "no")],
            "input": {"parallel_tool_calls": True},
        },
    }
