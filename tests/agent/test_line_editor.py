"""The line that is typed at a terminal: pasted, completed, taken back, and kept in the data folder."""

from __future__ import annotations

import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("a pipe stands for the keyboard, which Windows lacks", allow_module_level=True)

from finetune_coverage.agent.chat.completion import ChatCompleter
from finetune_coverage.agent.chat.line_editor import HISTORY, LineEditor
from finetune_coverage.tools import data_folder
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

NAMES = ["technical_issues", "billing questions", "billing refunds", "アカウント管理", "few_shot"]
PASTED = "\x1b[200~{}\x1b[201~"
CTRL_C, CTRL_D, CTRL_P, TAB = "\x03", "\x04", "\x10", "\t"


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    with create_pipe_input() as made:
        yield made


@pytest.fixture
def editor(keys: PipeInput, tmp_path: Path) -> LineEditor:
    return editor_in(tmp_path, keys)


def editor_in(home: Path, keys: PipeInput) -> LineEditor:
    return LineEditor(home, ChatCompleter(lambda: NAMES), keys=keys, screen=DummyOutput())


def completed(typed: str) -> list[str]:
    """What the line becomes with each completion."""
    document = Document(typed)
    found = ChatCompleter(lambda: NAMES).get_completions(document, CompleteEvent())
    return [typed[: len(typed) + one.start_position] + one.text for one in found]


def test_names_are_completed_anywhere_and_with_spaces_in_them() -> None:
    assert completed("30 for tech") == ["30 for technical_issues"]
    assert completed("30 for Technical Is") == ["30 for technical_issues"]
    assert completed("bill") == ["billing questions", "billing refunds"]
    assert completed("move 2 to billing re") == ["move 2 to billing refunds"]
    assert completed("12 for billing refunds with few-s") == ["12 for billing refunds with few_shot"]
    assert completed("给アカ") == ["给アカウント管理"]
    assert completed("wtech") == completed("") == completed("30 for ") == []


def test_commands_are_completed_at_the_beginning_only(tmp_path: Path) -> None:
    assert completed("/") == ["/help", "/options", "/cost", "/export", "/quit"]
    assert completed("/ex") == ["/export"]
    assert completed("say /ex") == []
    (tmp_path / "balanced.jsonl").touch()
    assert completed(f"/export {tmp_path}/bal") == [f"/export {tmp_path}/balanced.jsonl"]


def test_tab_completes_and_enter_sends(keys: PipeInput, editor: LineEditor) -> None:
    keys.send_text(f"20 for tech{TAB}")
    threading.Timer(0.5, keys.send_text, ["\r"]).start()
    assert editor.ask("you> ") == "20 for technical_issues"


def test_a_pasted_text_is_one_message_and_waits_for_enter(keys: PipeInput, editor: LineEditor) -> None:
    keys.send_text(PASTED.format("edit the reply of 2: First.\r\nSecond.\r\n"))
    keys.send_text(" Third.\r")
    assert editor.ask("you> ") == "edit the reply of 2: First.\nSecond. Third."


def test_a_line_more_with_alt_enter(keys: PipeInput, editor: LineEditor) -> None:
    keys.send_text("First.\x1b\rSecond.\r")
    assert editor.ask("you> ") == "First.\nSecond."


def test_what_was_typed_behind_enter_answers_nothing(keys: PipeInput, editor: LineEditor) -> None:
    keys.send_text("10 for billing\ryes\r")
    assert editor.ask("you> ") == "10 for billing"
    assert [editor.typed_ahead(), editor.typed_ahead()] == ["yes\r", ""]
    keys.send_text("20 for billing\ryes\r")
    assert editor.ask("you> ") == "20 for billing"
    threading.Timer(0.3, keys.send_text, ["no\r"]).start()
    assert editor.ask("you> ") == "no"


def test_ctrl_c_takes_back_what_was_typed_and_then_ends(keys: PipeInput, editor: LineEditor) -> None:
    keys.send_text(f"yes{CTRL_C}no\r")
    assert editor.ask("you> ") == "no"
    keys.send_text(CTRL_C)
    with pytest.raises(KeyboardInterrupt):
        editor.ask("you> ")
    keys.send_text(CTRL_D)
    assert editor.ask("you> ") is None


def test_what_was_typed_is_there_the_next_time_and_nobody_elses(keys: PipeInput, tmp_path: Path) -> None:
    keys.send_text(PASTED.format("First.\nSecond.") + "\r")
    editor_in(tmp_path, keys).ask("you> ")
    kept = tmp_path / HISTORY
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert data_folder.OURS.fullmatch(HISTORY)
    keys.send_text(f"{CTRL_P}\r")
    assert editor_in(tmp_path, keys).ask("you> ") == "First.\nSecond."


def test_without_a_history_it_goes_on(keys: PipeInput, tmp_path: Path) -> None:
    (tmp_path / HISTORY).mkdir()
    keys.send_text("yes\r")
    assert editor_in(tmp_path, keys).ask("you> ") == "yes"
    keys.send_text("yes\r")
    assert editor_in(tmp_path / "nowhere", keys).ask("you> ") == "yes"
