"""Answers go into the journal the moment they arrive, and none is left behind at the end."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Sequence

import pytest
from finetune_coverage.tools.generation.answer_writer import AnswerWriter
from finetune_coverage.tools.generation.draft import Draft
from finetune_coverage.tools.generation.open_attempt import Open
from finetune_coverage.tools.generation.quick_switching import INTERVAL, quick_switching
from finetune_coverage.tools.generation.spending import NOTHING


def attempt(number: int) -> Open:
    return Open(number, number, Draft("few_shot", "t", [], []), NOTHING)


class Journal:
    """Remembers what was written down, a list for each transaction; the first waits until it may go on."""

    def __init__(self, problem: str | None = None) -> None:
        self.transactions: list[list[int]] = []
        self.has_begun, self.may_go_on = threading.Event(), threading.Event()
        self.problem = problem

    def write(self, answered: Sequence[Open]) -> str | None:
        self.has_begun.set()
        self.may_go_on.wait(10)
        self.transactions.append([one.number for one in answered])
        return self.problem


async def test_answers_that_come_meanwhile_share_a_transaction() -> None:
    journal, told = Journal("too much"), asyncio.Queue[tuple[list[int], str | None]]()
    writer = AnswerWriter(
        journal.write, lambda done, problem: told.put_nowait(([one.number for one in done], problem))
    )
    serving = asyncio.create_task(writer.serve())
    writer.put(attempt(0))
    await asyncio.to_thread(journal.has_begun.wait, 10)
    for number in (1, 2, 3):
        writer.put(attempt(number))
    assert len(writer) == 4
    journal.may_go_on.set()
    assert [await told.get(), await told.get()] == [([0], "too much"), ([1, 2, 3], "too much")]
    assert len(writer) == 0
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert journal.transactions == [[0], [1, 2, 3]]


async def test_what_came_before_the_end_is_written_and_what_came_after_is_handed_out() -> None:
    journal = Journal()
    writer = AnswerWriter(journal.write, lambda *_: None)
    serving = asyncio.create_task(writer.serve())
    await asyncio.sleep(0)
    for number in range(5):
        writer.put(attempt(number))
    serving.cancel()
    await asyncio.sleep(0)
    journal.may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert sorted(number for numbers in journal.transactions for number in numbers) == [0, 1, 2, 3, 4]
    writer.put(attempt(5))
    assert [one.number for one in writer.unwritten()] == [5]
    assert writer.unwritten() == []


async def test_a_journal_that_cannot_be_written_ends_the_work() -> None:
    def full(_: Sequence[Open]) -> str | None:
        raise OSError("the disk is full")

    writer = AnswerWriter(full, lambda *_: None)
    serving = asyncio.create_task(writer.serve())
    writer.put(attempt(0))
    with pytest.raises(OSError, match="disk is full"):
        await serving


def test_threads_switch_as_usual_when_the_last_of_several_jobs_has_ended() -> None:
    usual = sys.getswitchinterval()
    first, second = quick_switching(), quick_switching()
    with first:
        second.__enter__()
    assert sys.getswitchinterval() == pytest.approx(INTERVAL)
    second.__exit__(None, None, None)
    assert sys.getswitchinterval() == pytest.approx(usual)
