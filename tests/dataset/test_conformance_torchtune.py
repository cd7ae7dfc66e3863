"""Cases of torchtune's own tests: what it reads is read the same, or excepted with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.refusal import Refused
from finetune_coverage.tools.dataset.formats.registry import read_item

from .test_conformance import cases

# What has no counterpart here, with the reason.
TORCHTUNE_EXCEPTIONS = {
    "TestInputOutputToMessages.test_call_with_image": "renamed columns, and a loaded picture",
    "TestInputOutputToMessages.test_call_with_image_fails_when_bad_image_inputs_are_passed": "a column map",
    "TestInputOutputToMessages.test_raise_value_error_when_input_not_in_column_map": "a column map",
    "TestInputOutputToMessages.test_raise_value_error_when_output_not_in_column_map": "a column map",
    "TestShareGPTToMessages.test_raise_value_error_when_conversations_not_in_column_map": "a column map",
    "TestOpenAIToMessages.test_raise_value_error_when_messages_not_in_column_map": "a column map",
    "TestAlpacaToMessages.test_raise_value_error_when_instruction_not_in_column_map": "a column map",
    "TestAlpacaToMessages.test_raise_value_error_when_output_not_in_column_map": "a column map",
    "TestInputOutputToMessages.test_call_masking_strategy": "which turns are learnt from is the trainer's choice",
    "TestOpenAIToMessages.test_call_masking_strategy": "which turns are learnt from is the trainer's choice",
    "TestAlpacaToMessages.test_call_masking_strategy": "which turns are learnt from is the trainer's choice",
    "TestInputOutputToMessages.test_system_prompt": "a system prompt that the trainer adds",
    "TestShareGPTToMessages.test_system_prompt": "a system prompt that the trainer adds",
    "TestOpenAIToMessages.test_system_prompt": "a system prompt that the trainer adds",
    "TestOpenAIToMessages.test_convert_from_openai_content": "loads the picture",
    "test_validate_messages": "the order of roles is for the validation report to judge, not for the import",
}


RENAMED = {
    "maybe_input": "input",
    "maybe_output": "output",
    "maybe_instruction": "instruction",
}


def torchtune_data(shared_data: Path, family: str) -> dict[str, Any]:
    data: dict[str, Any] = cases(shared_data, "torchtune_messages.json")[f"{family}.class_data"]["data"]
    return data


def roles_and_contents(messages: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    return [(message["role"], message["content"]) for message in messages]


@pytest.mark.parametrize("family", ["TestShareGPTToMessages", "TestOpenAIToMessages"])
@pytest.mark.parametrize("test", ["test_call", "test_call_train_on_input"])
def test_torchtune_conversations(shared_data: Path, family: str, test: str) -> None:
    sample = torchtune_data(shared_data, family)["samples"]
    expected = cases(shared_data, "torchtune_messages.json")[f"{family}.{test}"]["checks"][0]["expected"]
    assert roles_and_contents(read_item(sample).body["messages"]) == roles_and_contents(expected)


@pytest.mark.parametrize("family", ["TestShareGPTToMessages", "TestOpenAIToMessages"])
def test_torchtune_conversations_of_several_turns(shared_data: Path, family: str) -> None:
    data = torchtune_data(shared_data, family)
    once, twice = (read_item(data[key]).body["messages"] for key in ("samples", "multi_turn_samples"))
    assert roles_and_contents(twice) == roles_and_contents(once + once[1:])


@pytest.mark.parametrize("test", ["test_call", "test_call_train_on_input"])
def test_torchtune_input_and_output(shared_data: Path, test: str) -> None:
    case = cases(shared_data, "torchtune_messages.json")[f"TestInputOutputToMessages.{test}"]
    sample = {RENAMED[key]: value for key, value in case["inputs"]["sample"].items()}
    expected = case["checks"][0]["expected"]
    assert roles_and_contents(read_item(sample).body["messages"]) == roles_and_contents(expected)


@pytest.mark.parametrize("sample", ["sample", "sample_with_no_input"])
def test_torchtune_alpaca_without_its_prompt_template(shared_data: Path, sample: str) -> None:
    """Torchtune puts the texts into a template; the template is the trainer's, so ours has the texts alone."""
    given = cases(shared_data, "torchtune_messages.json")["TestAlpacaToMessages.test_call"]["inputs"][sample]
    record = {RENAMED[key]: value for key, value in given.items()}
    user, assistant = read_item(record).body["messages"]
    assert user["content"] == "\n".join(record[key] for key in ("instruction", "input") if key in record)
    assert (user["role"], assistant) == ("user", {"role": "assistant", "content": record["output"]})


def test_torchtune_images(shared_data: Path) -> None:
    shared = cases(shared_data, "torchtune_messages.json")
    sample = shared["TestShareGPTToMessages.test_image_only_in_first_user_message"]["inputs"]["sample"]
    contents = [message["content"] for message in read_item(sample).body["messages"]]
    assert contents == [
        [
            {"type": "image_url", "image_url": {"url": "test_image.jpg"}},
            {"type": "text", "text": "\nFirst message."},
        ],
        "First response.",
        "Second message.",
        "Second response.",
    ]
    picture = torchtune_data(shared_data, "TestOpenAIToMessages")["image_samples"]
    assert read_item(picture).body is picture


def test_torchtune_answers_of_tools_without_a_call_are_refused(shared_data: Path) -> None:
    """Torchtune takes a tool's turn after a call written as plain text; OpenAI chat needs the call and its id."""
    case = cases(shared_data, "torchtune_messages.json")["TestOpenAIToMessages.test_call_tool_messages"]
    with pytest.raises(Refused, match="message 4 is a tool's answer, and no call before it"):
        read_item(case["inputs"]["tool_samples"])


def test_every_case_of_torchtune_is_compared_or_excepted(shared_data: Path) -> None:
    compared = {
        *(f"Test{kind}ToMessages.class_data" for kind in ("ShareGPT", "OpenAI", "Alpaca")),
        *(f"Test{kind}ToMessages.test_call" for kind in ("InputOutput", "ShareGPT", "OpenAI", "Alpaca")),
        *(
            f"Test{kind}ToMessages.test_call_train_on_input"
            for kind in ("InputOutput", "ShareGPT", "OpenAI", "Alpaca")
        ),
        "TestShareGPTToMessages.test_image_only_in_first_user_message",
        "TestOpenAIToMessages.test_call_image_messages",
        "TestOpenAIToMessages.test_call_tool_messages",
    }
    assert set(cases(shared_data, "torchtune_messages.json")) == compared | set(TORCHTUNE_EXCEPTIONS)
