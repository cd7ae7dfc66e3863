"""Commands with a slash: carried out by the terminal, without a model, and none of them approves anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from finetune_coverage.agent.chat.slash_commands import COMMANDS, help_text, slash_command
from finetune_coverage.tools.errors import InvalidInput
from rich.cells import cell_len

from .conftest import Chat, Command
from .endpoint import Endpoint
from .test_generate import texts_of
from .test_terminal_chat import PLAN


def test_what_is_a_command() -> None:
    assert slash_command("/help") == ("/help", "")
    assert slash_command("/Export  my file.jsonl ") == ("/export", "my file.jsonl")
    for text in ("help", "/home/me/data.jsonl", "a /help", "/help\nplease", "/", "1/2"):
        assert slash_command(text) is None
    with pytest.raises(InvalidInput, match="There is no /approve"):
        slash_command("/approve")


def test_help_names_every_command() -> None:
    assert all(f"`{name}" in help_text() for name in COMMANDS)
    assert all(cell_len(f"{name} {argument} {does}") < 70 for name, (argument, does) in COMMANDS.items())


def test_they_are_carried_out_without_a_model_and_change_nothing(
    command: Command, small: str, endpoint: Endpoint, chat: Chat, tmp_path: Path
) -> None:
    file = tmp_path / "out here.jsonl"
    typed = [PLAN, "/options", "/cost", "/help", "/foo", f"/export {file}", f'/export "{file}"', "/export"]
    typed.append(f"/export {file} --overwrite")
    ended = chat("-w", small, typed="\n".join([*typed, "/quit"]))
    assert ended.code == 0, ended.err
    _, _, options, cost, helped, unknown, exported, again, unnamed, replaced, _ = ended.out.split("you> ")
    assert '8 for "Technical"' in options and "3. Skip generation" in options
    assert "The plan takes" in cost and "mock-model" in cost
    assert "show me three first" in helped and "/export FILE" in helped
    assert f"7 records written to {file} " in " ".join(replaced.split()), "the option is no part of the name"
    assert "7 records written" in exported and "records" not in again + unnamed + unknown
    assert (
        "There is no /foo" in ended.err
        and "is there already" in ended.err
        and "No file is named" in ended.err
    )
    assert len([json.loads(line) for line in file.read_text().splitlines()]) == 7

    assert texts_of(command, small) == [] and endpoint.calls == 0
    assert all(plan["status"] == "pending" for plan in command("plans", "--json").document["plans"])
    said = command("threads", "show", command("threads", "--json").document["threads"][0]["id"], "--json")
    assert [one["text"] for one in said.document["said"]] == [PLAN], "they are no part of the conversation"


def test_before_a_dataset_is_chosen(sample: str, small: str, chat: Chat) -> None:
    ended = chat(typed="/cost\n/export x.jsonl\n/options\n/quit\n")
    assert ended.code == 0, ended.err
    assert ended.err.count("is about no dataset yet") == 2
    assert ended.out.split("you> ")[3].count(sample) == 1
