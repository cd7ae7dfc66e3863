"""Progress is told where no bar can be drawn: at once, now and then, and at the end."""

from __future__ import annotations

import io
import re

import pytest
from finetune_coverage.agent.views import progress
from finetune_coverage.agent.views.progress import ProgressView, reasons_text
from finetune_coverage.tools.generation.jobs.progress import Progress
from rich.cells import cell_len
from rich.console import Console


def job(accepted: int, attempts: int, **rejected: int) -> Progress:
    return Progress("job-1", "billing", accepted, 3, attempts, rejected)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_lines_come_at_most_every_ten_seconds_and_at_the_end(clock: list[float]) -> None:
    told = io.StringIO()
    with ProgressView(Console(file=told, width=200)) as view:
        view.update(job(0, 1))
        clock[0] += 9
        view.update(job(1, 2))
        clock[0] += 2
        view.update(job(2, 5, near_duplicate=2, parse=1))
        view.update(job(3, 6, near_duplicate=2, parse=1))
        view.update(job(3, 6, near_duplicate=2, parse=1))
    assert told.getvalue().splitlines() == [
        "billing: 0 of 3 accepted, 1 try",
        "billing: 2 of 3 accepted, 5 tries, 3 rejected (2 near_duplicate, 1 parse)",
        "billing: 3 of 3 accepted, 6 tries, 3 rejected (2 near_duplicate, 1 parse)",
    ]


def test_a_terminal_gets_a_bar() -> None:
    drawn = io.StringIO()
    with ProgressView(Console(file=drawn, width=120, force_terminal=True, legacy_windows=False)) as view:
        view.update(job(2, 3, parse=1))
    assert "2/3" in drawn.getvalue()
    assert "1 rejected (1 parse)" in drawn.getvalue()


def test_the_last_job_is_remembered_for_going_on() -> None:
    view = ProgressView(Console(file=io.StringIO()))
    assert view.job_id is None
    view.update(job(0, 1))
    assert view.job_id == "job-1"


def test_reasons_are_ordered_by_frequency() -> None:
    assert reasons_text({"a": 1, "c": 2, "b": 2}) == "2 b, 2 c, 1 a"
    assert reasons_text({}) == ""


def test_a_bar_ends_before_the_edge_also_when_the_terminal_becomes_narrower() -> None:
    drawn = io.StringIO()
    console = Console(file=drawn, width=120, force_terminal=True, legacy_windows=False)
    topic = "card_payment_with_a_wrong_exchange_rate"
    with ProgressView(console) as view:
        view.update(Progress("job-1", topic, 1, 30, 9, {"near_duplicate": 6, "variation": 2}))
        console.width = 60
        view.update(Progress("job-1", topic, 2, 30, 10, {"near_duplicate": 6, "variation": 2}))
    lines = [
        line.rstrip() for line in re.split(r"[\r\n]", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn.getvalue()))
    ]
    last = [line for line in lines if line][-1]
    assert last.startswith("card_pa…ge_rate ") and "2/30" in last
    assert cell_len(last) <= 57, "^C has room behind it"
    assert drawn.getvalue().endswith("\n") or "\n" in drawn.getvalue()[-20:], "what comes next begins a line"


def test_what_is_waited_for_is_shown_at_a_terminal_and_leaves_nothing_in_a_pipe() -> None:
    drawn, piped = io.StringIO(), io.StringIO()
    for console in (Console(file=drawn, force_terminal=True, width=80), Console(file=piped, width=80)):
        with ProgressView(console) as view:
            view.wait("working on it")
            view.update(job(0, 1))
    assert "working on it" in drawn.getvalue() and "0/3" in drawn.getvalue()
    assert piped.getvalue() == "billing: 0 of 3 accepted, 1 try\n"
