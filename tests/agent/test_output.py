"""Text of a dataset is shown, never obeyed: not by the terminal, not by Rich."""

from __future__ import annotations

import io
import re

import pytest
from finetune_coverage.agent.output import print_error, print_table, say, visible
from finetune_coverage.tools.errors import InvalidInput
from rich.console import Console


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\nin two lines", "plain\ttext\nin two lines"),
        ("größe 日本語 \U0001f600", "größe 日本語 \U0001f600"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("over\rwritten", "over\\rwritten"),
        ("\x07\x00\x9b", "\\x07\\x00\\x9b"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x1b]8;;http://evil.example\x1b\\text", "\\x1b]8;;http://evil.example\\x1b\\text"),
        (
            "می\u200cخواهم \u200f(نعم)\u200e \U0001f469\u200d\U0001f4bb",
            "می\u200cخواهم \u200f(نعم)\u200e \U0001f469\u200d\U0001f4bb",
        ),
    ],
)
def test_control_characters_become_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_markup_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    say("[bold]not bold[/bold] [/] :smile:")
    print_table(["[red]heading"], [["[link=https://example.org]cell"]])
    print_error(InvalidInput("[red]what[/red]", hint="[blink]do this"))
    captured = capsys.readouterr()
    assert "[bold]not bold[/bold] [/] :smile:" in captured.out
    assert "[link=https://example.org]cell" in captured.out
    assert captured.err == "Error: [red]what[/red]\n[blink]do this\n"


def test_long_cells_are_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["Id", "Text"], [["x" * 60, "y" * 80]])
    assert "x" * 60 in capsys.readouterr().out


@pytest.mark.parametrize("width", [40, 60, 80])
def test_nothing_of_a_table_is_cut_off_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    written = io.StringIO()
    console = Console(file=written, width=width, force_terminal=True, highlight=False)
    monkeypatch.setattr("finetune_coverage.agent.output.stdout", lambda: console)
    headings = ["Job", "Workflow", "Topic", "Strategy", "Status", "Accepted", "Note", "Started"]
    row = ["job-34c76fb69c5e", "support", "billing_questions", "message_variation", "stopped", "30/400", None]
    print_table(headings, [[*row, "2026-12-01T21:03:12"]], numbers=(5,))
    shown = re.sub(r"\x1b\[[0-9;]*m", "", written.getvalue())
    assert all(cell in shown for cell in [*filter(None, row), "2026-12-01T21:03:12", "Accepted"])
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= width
