"""What the tests of the command line share: a way to run a command, and small datasets."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.agent.cli import main
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.topics_file import read_topics
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import set_topics

from ..prepared import WORKFLOW, fill_store
from .endpoint import Endpoint


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document that stdout must be."""
        parsed: dict[str, Any] = json.loads(self.out)
        return parsed


Command = Callable[..., Outcome]
Chat = Callable[..., Outcome]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `finetune-coverage ARGUMENTS` in this process."""

    def run(*arguments: str | Path) -> Outcome:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture
def chat(command: Command, monkeypatch: pytest.MonkeyPatch) -> Chat:
    """A whole conversation through a pipe."""

    def talk(*arguments: str, typed: str = "") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        return command("chat", "--yes", *arguments)

    return talk


@pytest.fixture
def sample() -> str:
    """The bundled sample, imported with its topic descriptions; the id of its workflow."""
    fill_store("sample", lambda store: import_sample(store, WORKFLOW))
    return WORKFLOW


def chat_line(topic: str | None, user: str, assistant: str | None = "Here is how.") -> str:
    """A line of a dataset."""
    messages = [{"role": "user", "content": user}]
    if assistant is not None:
        messages.append({"role": "assistant", "content": assistant})
    record: dict[str, Any] = {"messages": messages}
    if topic is not None:
        record["topic"] = topic
    return json.dumps(record)


@pytest.fixture
def write_dataset(tmp_path: Path) -> Callable[..., Path]:
    """Writes lines into a file and returns its path."""

    def write(*lines: str, name: str = "data.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """A model endpoint on the loopback that the settings of this test name."""
    server = Endpoint()
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    yield server
    server.close()


@pytest.fixture
def small(write_dataset: Callable[..., Path], tmp_path: Path) -> str:
    """A workflow of 6 billing records and one technical record, with descriptions: little to judge by, fast."""
    lines = [
        chat_line("billing", f"Why does my invoice number {number} say {number * 7} dollars?")
        for number in range(1, 7)
    ]
    lines.append(chat_line("technical", "The app closes by itself when I open the gallery."))
    topics = tmp_path / "topics.yaml"
    topics.write_text(
        "topics:\n"
        "  - {name: billing, description: 'Invoices, prices and refunds.'}\n"
        "  - {name: technical, description: 'Crashes, sync errors, slow pages and cameras.'}\n",
        encoding="utf-8",
    )
    file = write_dataset(*lines)

    def fill(store: Store) -> None:
        import_files(store, "wf-small", [file])
        set_topics(store, "wf-small", read_topics(topics))

    fill_store("small", fill)
    return "wf-small"
