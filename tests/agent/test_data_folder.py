"""The data folder is closed to other accounts, whatever made what is in it; what is exported elsewhere is not."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from finetune_coverage.agent.listening import kept_token
from finetune_coverage.agent.mcp.run import TOKEN_FILE
from finetune_coverage.tools import data_folder
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import load_settings

from .conftest import Command
from .endpoint import Endpoint

pytestmark = [pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX"), pytest.mark.slow]


@pytest.fixture(autouse=True)
def _careless_umask() -> Iterator[None]:
    before = os.umask(0o000)
    data_folder._closed.clear()  # of other tests in this process
    yield
    os.umask(before)


def open_places(folder: Path) -> list[str]:
    """What others could enter, read or change."""
    return [
        f"{stat.filemode(path.lstat().st_mode)} {path.relative_to(folder)}"
        for path in [folder, *folder.rglob("*")]
        if path.lstat().st_mode & 0o077
    ]


def _session(command: Command, workflow: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    for words in (
        f"generate -w {workflow} --topic technical --count 1 --strategy few_shot --yes",
        f"chat -w {workflow}",
        f"analyze -w {workflow} --within",
        "doctor --yes",
    ):
        assert command(*words.split()).code in (0, 3), words
    return load_settings().home


def test_nothing_in_it_is_open(
    command: Command, endpoint: Endpoint, small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = _session(command, small, monkeypatch)
    services = Services()
    kept_token(services.settings.home, TOKEN_FILE)
    services.index.close()
    assert {"coverage.db", "conversations.db", "chroma", "locks", "known-hosts", "mcp-token"} <= {
        path.name for path in home.iterdir()
    }
    assert all(data_folder.OURS.fullmatch(path.name) for path in home.iterdir())
    assert open_places(home) == []


def test_what_an_older_version_left_open_is_closed(
    command: Command, endpoint: Endpoint, small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = _session(command, small, monkeypatch)
    (home / ".env").write_text("OPENAI_API_KEY=sk-mine\n")
    for path in [home, *home.rglob("*")]:
        path.chmod(0o777 if path.is_dir() else 0o666)
    data_folder._closed.clear()
    assert command("workflows").code == 0
    assert open_places(home) == []


def test_a_folder_with_other_things_stays_open_and_that_is_said(
    command: Command, small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = load_settings().home
    (home / "holiday.jpg").touch()
    home.chmod(0o755)
    (home / "coverage.db").chmod(0o644)
    data_folder._closed.clear()
    outcome = command("doctor")
    assert outcome.code == 1 and "can be entered by other accounts" in outcome.out
    assert "chmod 700" in outcome.out
    assert open_places(home) == ["drwxr-xr-x .", "-rw-rw-rw- holiday.jpg"]


def test_what_is_written_for_the_person_is_as_their_umask_says(
    command: Command, small: str, tmp_path: Path
) -> None:
    os.umask(0o022)
    assert command("export", "-w", small, "-o", tmp_path / "new" / "out.jsonl").code == 0
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "new" / "out.jsonl").stat().st_mode) == 0o644
    os.umask(0o027)
    assert command("analyze", "-w", small, "--plot", tmp_path / "shares.png").code == 0
    assert stat.S_IMODE((tmp_path / "shares.png").stat().st_mode) == 0o640
    os.umask(0o022)
    assert os.umask(0o022) == 0o022


def test_a_store_that_a_host_program_opens_is_closed_too(tmp_path: Path) -> None:
    from finetune_coverage.tools.settings import Settings

    services = Services(Settings(home=tmp_path / "deep" / "home"))
    _ = services.store
    services.store.close()
    assert not any(
        "coverage.db" in place or " ." in place for place in open_places(tmp_path / "deep" / "home")
    )


def test_locks_that_a_host_program_takes_are_closed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its umask is its own: what this package makes must not depend on it."""
    from finetune_coverage.graph.conversations.thread_lock import hold_thread
    from finetune_coverage.tools.index.chroma_client import FolderClient
    from finetune_coverage.tools.models import embedded_weights
    from finetune_coverage.tools.settings import Settings
    from finetune_coverage.tools.store.leases import Lease, is_held

    settings = Settings(home=tmp_path / "home")
    services = Services(settings)
    job = Lease.take(services.store, settings.home, "job job-1", "a test", seconds=60)
    client = FolderClient(settings.home / "chroma")
    assert is_held(services.store, settings.home, "job job-1")
    assert not is_held(services.store, settings.home, "job job-2")
    # What is locked during the joining of the weights shows in the middle of it.
    cache = tmp_path / "cache"
    monkeypatch.setattr(embedded_weights, "_is_checked", lambda *_: False)
    monkeypatch.setattr(embedded_weights, "_join", lambda *_: None)
    embedded_weights.embedded_weights(cache=cache)
    with hold_thread(settings, "thread-1", "a test"), client._locked():
        places = [*settings.home.rglob("*"), *cache.rglob("*")]
        kept = {
            path.relative_to(tmp_path).as_posix() for path in places if path.suffix in (".lock", ".holder")
        }
        assert [name for name in open_places(tmp_path) if ".lock" in name or ".holder" in name] == []
    assert {"home/coverage.db.setup.lock", "home/chroma/one_at_a_time.lock"} <= kept
    held = {name for name in kept if name.startswith("home/locks/")}
    assert len(held) == 3 and len({name for name in held if "thread-" in name}) == 2, (
        "of the job, and of the thread"
    )
    assert any(name.startswith("cache/") for name in kept)
    job.release()
    services.store.close()
