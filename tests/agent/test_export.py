"""`export` on the command line: what it says, and what is wrong usage."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from finetune_coverage.tools.dataset.exports.export_format import FORMATS

from .conftest import Chat, Command, chat_line
from .endpoint import Endpoint

WriteDataset = Callable[..., Path]


def test_it_says_what_was_written_lost_and_left_out(
    command: Command, write_dataset: WriteDataset, tmp_path: Path
) -> None:
    call = {"id": "x", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    calling = {
        "messages": [{"role": "user", "content": "Do it."}, {"role": "assistant", "tool_calls": [call]}],
        "topic": "b",
    }
    rows = [chat_line("a", f"Question {n}?") for n in range(4)]
    command("import", write_dataset(*rows, json.dumps(calling)), "-w", "wf-1")
    shown = command(
        "export", "-w", "wf-1", "-o", tmp_path / "d.jsonl", "--format", "sharegpt", "--split", "0.9"
    )
    assert shown.code == 0
    assert "train: 4, validation: 1" in shown.out and "d.validation.jsonl" in shown.out
    assert "Not in this format, in 1 record: ids of tool calls" in shown.err
    assert "all in training: b (1)" in shown.out
    assert "give one record to validation all the same: a (4)" in shown.out

    refused = command("export", "-w", "wf-1", "-o", tmp_path / "a.json", "--format", "alpaca")
    assert refused.code == 1 and "1 records do not fit" in refused.err
    shown = command(
        "export", "-w", "wf-1", "-o", tmp_path / "a.json", "--format", "alpaca", "--leave-out-unfit"
    )
    assert "4 records written" in shown.out and "data.jsonl:5: it has tools" in shown.err


def test_a_dry_run_tells_what_is_lost_and_writes_nothing(
    command: Command, write_dataset: WriteDataset, tmp_path: Path
) -> None:
    command(
        "import", write_dataset(chat_line("a", "One?"), chat_line("b", "Two?", assistant=None)), "-w", "wf-1"
    )
    out = tmp_path / "out" / "d.jsonl"
    shown = command("export", "-w", "wf-1", "-o", out, "--format", "gemini", "--dry-run")
    assert shown.code == 0 and "1 records would be written" in shown.out
    assert "Not in this format, in 1 record: fields: topic" in shown.err
    assert "Left out: 1 record without an assistant turn" in shown.err
    planned = command("export", "-w", "wf-1", "-o", out, "--format", "openai", "--dry-run", "--json").document
    assert planned["export"]["written"] == 1 and planned["export"]["files"] == []
    assert not out.parent.exists()


def test_the_stanza_is_shown_and_written(command: Command, sample: str, tmp_path: Path) -> None:
    shown = command("export", "-w", sample, "-o", tmp_path / "d.jsonl", "--format", "axolotl")
    assert shown.code == 0
    assert (tmp_path / "d.axolotl.yaml").read_text(encoding="utf-8").strip() in shown.out


def test_real_and_synthetic(command: Command, sample: str, tmp_path: Path) -> None:
    def written(name: str, *options: str) -> int:
        outcome = command("export", "-w", sample, "-o", tmp_path / name, "--json", *options)
        return int(outcome.document["export"]["written"])

    assert written("a", "--with-synthetic") == written("b", "--no-synthetic") == 150
    assert written("c", "--only-synthetic") == 0


@pytest.mark.parametrize(
    "arguments",
    [["--format", "csv"], ["--split", "1"], ["--split", "-0.5"], ["--only-synthetic", "--no-synthetic"]],
    ids=" ".join,
)
def test_wrong_usage(command: Command, sample: str, tmp_path: Path, arguments: list[str]) -> None:
    assert command("export", "-w", sample, "-o", tmp_path / "x", *arguments).code == 2
    assert not (tmp_path / "x").exists()


def test_the_help_names_every_format(command: Command) -> None:
    shown = command("export", "--help").out
    assert [name for name in FORMATS if name not in shown] == []


def test_a_topic_is_left_out(command: Command, write_dataset: WriteDataset, tmp_path: Path) -> None:
    command("import", write_dataset(*(chat_line(topic, f"{topic}?") for topic in "abc")), "-w", "wf-1")
    options = ("--without-topic", "a", "--without-topic", "b")
    shown = command("export", "-w", "wf-1", "-o", tmp_path / "c.jsonl", *options)
    assert shown.code == 0 and "Left out: records of these topics: a (1), b (1)." in shown.err
    assert [json.loads(line)["topic"] for line in (tmp_path / "c.jsonl").read_text().splitlines()] == ["c"]
    refused = command("export", "-w", "wf-1", "-o", tmp_path / "d.jsonl", "--without-topic", "d")
    assert refused.code == 1 and "has no topic 'd'" in refused.err and not (tmp_path / "d.jsonl").exists()


def test_a_conversation_at_the_terminal_writes_into_the_current_folder(
    command: Command,
    sample: str,
    endpoint: Endpoint,
    chat: Chat,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    out = chat("-w", sample, typed="save it as mine for axolotl, 3 to 1\nstop\n").out
    written = {file.name: file.read_bytes() for file in here.iterdir()}
    assert set(written) == {"mine.train.jsonl", "mine.validation.jsonl", "mine.axolotl.yaml"}, out
    assert not (tmp_path / "home" / "exports").exists()

    said = re.search(r"`finetune-coverage (export .+?)`", out)
    assert said is not None, out
    for file in here.iterdir():
        file.unlink()
    assert command(*shlex.split(said.group(1))).code == 0
    assert {file.name: file.read_bytes() for file in here.iterdir()} == written, "the command does the same"
