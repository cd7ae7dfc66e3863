"""Data folders that are not as they should be: only to be read, oddly named, damaged, written by a wrong clock."""

from __future__ import annotations

import ctypes
import io
import json
import os
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from finetune_coverage.agent.chat.conversation import Conversation
from finetune_coverage.graph.build import build_graph
from finetune_coverage.graph.conversations.checkpoints import open_checkpointer
from finetune_coverage.graph.conversations.threads import list_threads, said_in
from finetune_coverage.tools.services import Services
from langgraph.checkpoint.base import id as checkpoint_ids

from .conftest import Command, Outcome
from .endpoint import Endpoint

pytestmark = pytest.mark.slow

Chat = Callable[..., Outcome]
HOUR_NS = 3_600_000_000_000


@pytest.fixture
def chat(command: Command, monkeypatch: pytest.MonkeyPatch) -> Chat:
    """A whole conversation through a pipe."""

    def talk(*arguments: str, typed: str = "") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        return command("chat", "--yes", *arguments)

    return talk


# Only to be read


@pytest.fixture
def home(small: str, chat: Chat) -> Path:
    """A data folder with a dataset and a conversation."""
    assert chat("-w", small, "--thread", "t-1").code == 0
    return Path(os.environ["FINETUNE_COVERAGE_HOME"])


@pytest.fixture
def read_only(home: Path) -> Iterator[Path]:
    folders = [home, *(path for path in home.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    yield home
    for folder in folders:
        folder.chmod(0o755)


def _as_somebody_whom_permissions_bind() -> None:
    """Take from root the right to write where permissions forbid it; others have none."""
    if os.geteuid() == 0:
        drop, override = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE: see capabilities(7)
        if ctypes.CDLL(None).prctl(drop, override, 0, 0, 0) != 0:
            os._exit(99)


COMMANDS = """
import contextlib, io, json, sys
from finetune_coverage.agent.cli import main

for arguments in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(arguments)
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""


def run(*commands: Sequence[str | Path]) -> Iterator[tuple[Sequence[str | Path], Outcome]]:
    """Commands, one after the other in one process that may not write everywhere, each with its outcome."""
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, json.dumps(commands, default=str)],
        input="",
        capture_output=True,
        text=True,
        preexec_fn=_as_somebody_whom_permissions_bind,
        timeout=240,
    )
    assert done.returncode != 99, "the right to write everywhere cannot be given up here"
    assert done.returncode == 0, done.stderr
    outcomes = [Outcome(*json.loads(line)) for line in done.stdout.splitlines()]
    return zip(commands, outcomes, strict=True)


def _names_and_modes(folder: Path) -> list[str]:
    paths = [folder, *folder.rglob("*")]
    return sorted(f"{path.relative_to(folder)} {stat.filemode(path.stat().st_mode)}" for path in paths)


@pytest.mark.skipif(
    sys.platform != "linux", reason="permissions bind root only where capabilities can be given up"
)
def test_what_only_reads_works_in_a_folder_that_may_only_be_read(
    read_only: Path, small: str, tmp_path: Path
) -> None:
    before = _names_and_modes(read_only)
    for arguments, done in run(
        ["analyze", "-w", small],
        ["recommend", "-w", small],
        ["validate", "-w", small],
        ["export", "-w", small, "-o", tmp_path / "out.jsonl"],
        ["workflows"],
        ["jobs"],
        ["threads"],
        ["threads", "show", "t-1"],
    ):
        assert done.code == 0 or "Nothing was said" in done.err, (arguments, done.err)
        assert "t-1" in done.out or arguments != ["threads"]
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 7
    assert _names_and_modes(read_only) == before


@pytest.mark.skipif(
    sys.platform != "linux", reason="permissions bind root only where capabilities can be given up"
)
def test_what_writes_says_that_the_folder_may_only_be_read(
    read_only: Path, small: str, write_dataset: Callable[..., Path]
) -> None:
    more = write_dataset(
        '{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}'
    )
    for arguments, done in run(
        ["import", more, "-w", small],
        ["chat", "-w", small],
        ["chat", "--thread", "t-1"],
        ["targets", "set", "-w", small, "technical=2"],
        ["threads", "rename", "t-1", "name"],
        ["generate", "-w", small, "--topic", "technical", "--count", "1", "--yes"],
    ):
        assert done.code == 1, (arguments, done.out)
        assert "may only be read" in done.err or "written to" in done.err, (arguments, done.err)
        assert "Traceback" not in done.err and "should not happen" not in done.err, done.err


@pytest.mark.skipif(
    sys.platform != "linux", reason="permissions bind root only where capabilities can be given up"
)
def test_what_is_still_in_the_log_is_read_too(home: Path, small: str) -> None:
    """A program that was killed leaves what it committed last in a log beside the file."""
    writer = sqlite3.connect(home / "coverage.db")
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    writer.execute("UPDATE records SET topic = 'from_the_log'")
    writer.commit()
    home.chmod(0o555)
    try:
        ((_, found),) = run(["export", "-w", small, "-o", home.parent / "out.jsonl"])
        assert found.code == 0, found.err
        assert {json.loads(line)["topic"] for line in (home.parent / "out.jsonl").open()} == {"from_the_log"}
    finally:
        home.chmod(0o755)
        writer.close()


# Oddly named


@pytest.mark.parametrize("name", ["a%20b", "what?", "100%", "a#b?c=d%3F", "a b ü"])
def test_everything_stays_in_a_folder_with_an_odd_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command, chat: Chat
) -> None:
    (within := tmp_path / "within").mkdir()
    monkeypatch.setenv("FINETUNE_COVERAGE_HOME", str(within / name))
    data = tmp_path / "d.jsonl"
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    data.write_text(
        "".join(json.dumps({"messages": turns, "topic": t, "n": n}) + "\n" for t in "ab" for n in range(3))
    )
    assert command("import", data, "-w", "wf-1").code == 0
    assert chat("-w", "wf-1", "--thread", "t-1").code == 0
    services = Services.from_settings()
    from finetune_coverage.tools.store.records import load_records

    records = list(load_records(services.store, "wf-1"))
    assert len(records) == 6
    assert [path.name for path in within.iterdir()] == [name]
    assert {"coverage.db", "conversations.db"} <= {path.name for path in (within / name).iterdir()}
    services.store.close()


# Damaged


def _overwrite_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for start in range(4096, len(content), 4096):
        content[start : start + 2048] = b"\xa5" * 2048
    path.write_bytes(content)


def _make_text_of_it(path: Path) -> None:
    path.write_bytes(b"this is no database any more\n" * 500)


def _cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _change_a_value(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE checkpoints SET checkpoint = substr(checkpoint, 1, length(checkpoint) - 9)")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("damage", [_overwrite_middle, _make_text_of_it, _cut, _change_a_value])
def test_damaged_conversations_are_named_and_can_be_set_aside(
    damage: Callable[[Path], None], home: Path, small: str, command: Command, chat: Chat
) -> None:
    file = home / "conversations.db"
    for rest in ("-wal", "-shm"):
        Path(f"{file}{rest}").unlink(missing_ok=True)
    damage(file)
    damaged = file.read_bytes()

    talked = chat("--thread", "t-1")
    assert talked.code == 1
    assert "conversations.db is damaged" in talked.err and "threads set-aside" in talked.err
    assert "should not happen" not in talked.err and "Traceback" not in talked.err
    assert command("analyze", "-w", small).code == 0

    aside = Path(command("threads", "set-aside", "--json").document["set_aside"])
    assert aside.parent == home and aside.read_bytes() == damaged
    assert command("threads", "--json").document["threads"] == []
    assert chat("-w", small, "--thread", "t-1").code == 0
    assert command("threads", "set-aside", "--json").document["set_aside"] is None, "the new one is whole"
    assert [one["id"] for one in command("threads", "--json").document["threads"]] == ["t-1"]


# A clock that was set back


async def _say(small: str, text: str, *, begins: bool = False) -> None:
    services = Services.from_settings()
    async with open_checkpointer(services.settings) as saver:
        conversation = Conversation(
            build_graph(services, checkpointer=saver),
            "t-1",
            context={"channel": "chat", "approver": "me"},
            on_message=lambda text: None,
            on_start=lambda line: None,
            on_progress=lambda standing: None,
        )
        if begins:
            await conversation.begin(small)
        await conversation.reply(text)
    services.store.close()


async def test_a_clock_set_back_loses_nothing_of_a_conversation(
    small: str, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time_ns
    said = []
    for number, hours in enumerate((5, 0, -30, 3)):
        # Each time another process, whose clock says something else.
        monkeypatch.setattr(checkpoint_ids, "_last_v6_timestamp", None)
        monkeypatch.setattr(time, "time_ns", lambda hours=hours: real() + hours * HOUR_NS)
        said.append(f"How many records does topic {number} have?")
        await _say(small, said[-1], begins=number == 0)
        settings = Services.from_settings().settings
        assert await said_in(settings, "t-1") == said
    (thread,) = await list_threads(settings)
    assert thread.messages >= 2 * len(said)
