"""What every test shares: the real datasets, vectors made once, and a guard that no test calls a model by accident."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import PREFIX
from hypothesis import settings

from .known_vectors import use_known_vectors
from .learned_once import use_what_was_learned
from .mock_openai.fixtures import mock_openai
from .postgresql_server import _database_with_tables, postgresql_server, postgresql_url

__all__ = ["_database_with_tables", "mock_openai", "postgresql_server", "postgresql_url"]

# `make test` looks at some examples of each property, `make test-slow` at three times as many others.
settings.register_profile("some", max_examples=20, deadline=None)
settings.register_profile("many", max_examples=60, deadline=None)
settings.load_profile("some")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure() -> None:
    """Have Ctrl-C interrupt the programs that tests start, whatever this process was started with.

    A shell without job control starts what runs in the background (`make test &`) with SIGINT ignored, and programs
    inherit that. So they should: what its user sent to the background is not theirs to interrupt. But the tests that
    interrupt a program stand for a user at a terminal.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests come first: at the end no worker is left alone with one, and each server is started once."""
    items.sort(key=lambda item: not any(item.get_closest_marker(name) for name in ("embedded", "server")))


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: the tests of servers and endpoints wait as long as they work."""
    return len(os.sched_getaffinity(0) if sys.platform == "linux" else range(os.cpu_count() or 1)) + 1


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """A fifth of the time of loading goes into looking for garbage, of which there is none yet."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real datasets by others; absent in a stranger's clone."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"needs the datasets in {SHARED_DATA}, which are not part of the project")
    return SHARED_DATA


@pytest.fixture(scope="session", autouse=True)
def _each_text_is_embedded_and_learned_from_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        use_known_vectors(patch)
        use_what_was_learned(patch)
        yield


@pytest.fixture(autouse=True)
def _what_was_opened_is_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each index that stays open keeps some megabytes and a dozen files."""
    opened: list[Services] = []
    make = Services.__init__

    def noted(self: Services, *settings: Any, **models: Any) -> None:
        make(self, *settings, **models)
        opened.append(self)

    monkeypatch.setattr(Services, "__init__", noted)
    yield
    for services in opened:
        services.close()


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests see neither the person's key, endpoint and settings nor their data folder."""
    for name in list(os.environ):
        if name.startswith((PREFIX, "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("FINETUNE_COVERAGE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ANONYMIZED_TELEMETRY", "False")
    # Most tests give the answers of the writing model only; those about the verifier take this back.
    monkeypatch.setenv("FINETUNE_COVERAGE_VERIFIER_SHARE", "0")
