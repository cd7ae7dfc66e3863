"""`scenarios`: cases are shown, edited in a person's own editor, and not lost over a typing error."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Command, Outcome

Edit = Callable[..., Outcome]
GOOD = "personas: [a nurse]\ntopics:\n  technical_issues:\n  - situation: two laptops overwrite each other\n"


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command, sample: str) -> Edit:
    """The command with an editor that writes a text, and keeps what it was shown."""

    def edit(text: str | None, *options: str) -> Outcome:
        script, new = tmp_path / "editor.sh", tmp_path / "new.yaml"
        new.write_text(text or "")
        written = f'cp {new} "$1"\n' if text is not None else ""
        script.write_text(f'#!/bin/sh\ncp "$1" {tmp_path}/shown.yaml\n{written}')
        script.chmod(0o755)
        monkeypatch.setenv("EDITOR", str(script))
        monkeypatch.delenv("VISUAL", raising=False)
        return command("scenarios", "-w", sample, *(options or ("--edit",)))

    return edit


def test_an_editor_shows_the_form_and_what_it_writes_is_taken_over(edited: Edit, tmp_path: Path) -> None:
    answer = edited(GOOD)
    assert answer.code == 0 and "1 case in 1 topic." in answer.out
    shown = (tmp_path / "shown.yaml").read_text()
    assert "only the situation is needed" in shown
    again = edited(None)
    assert "Nothing was changed." in again.out
    assert "two laptops" in (tmp_path / "shown.yaml").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("topics:\n  technical_issues:\n  - situaton: typed wrong\n", "situation: Field required"),
        ("topics: [\n", "no YAML"),
        ("topics:\n  tecnical_issues:\n  - situation: of no topic\n", "Did you mean 'technical_issues'"),
    ],
)
def test_what_cannot_be_taken_over_is_kept(edited: Edit, text: str, said: str) -> None:
    edited(GOOD)
    answer = edited(text)
    assert answer.code == 1
    told = " ".join(answer.err.split())
    assert said in told
    kept = re.search(r"What you wrote is in (\S+\.yaml)", told)
    assert kept is not None and Path(kept[1]).read_text() == text
    Path(kept[1]).unlink()
    assert "two laptops" in edited(None, "--topic", "technical_issues").out


def test_an_editor_that_is_not_there_is_named(
    command: Command, sample: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "no-such-editor")
    monkeypatch.delenv("VISUAL", raising=False)
    answer = command("scenarios", "-w", sample, "--edit")
    assert answer.code == 1
    assert "no-such-editor" in answer.err and "--file" in answer.err and "should not" not in answer.err


def test_a_file_and_an_editor_are_one_too_many(edited: Edit, tmp_path: Path) -> None:
    answer = edited(GOOD, "--edit", "--file", str(tmp_path / "new.yaml"))
    assert answer.code == 2
