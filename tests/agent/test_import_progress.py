"""An import tells how far it is, also where there is no terminal to draw a bar on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Command, chat_line


def test_a_long_import_tells_how_long_the_rest_will_take(
    command: Command, write_dataset: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_dataset(chat_line("a", "One?"), chat_line("b", "Two?"))
    assert "seconds left" not in command("import", file, "-w", "wf-1").err
    monkeypatch.setattr("finetune_coverage.agent.commands.datasets.LINE_EVERY_SECONDS", 0)
    outcome = command("import", file, "-w", "wf-2", "--json")
    assert "2 records imported, about 0 seconds left" in outcome.err
    assert outcome.document["import"]["added"] == 2
