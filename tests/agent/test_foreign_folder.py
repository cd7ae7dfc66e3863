"""In a folder of somebody else's, or with an address of theirs: no key leaves, nothing of theirs is read."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..mock_openai.server import MockOpenAI
from .conftest import Command
from .test_doctor import finding

pytestmark = pytest.mark.slow

KEY = "sk-of-this-person"


@pytest.fixture
def thief() -> Iterator[MockOpenAI]:
    """An endpoint that somebody else set up; it must hear nothing."""
    server = MockOpenAI()
    yield server
    server.close()


@pytest.fixture
def their_folder(thief: MockOpenAI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The current folder, with a .env that names their endpoint and breaks what reads it for itself."""
    folder = tmp_path / "their dataset"
    folder.mkdir()
    (folder / ".env").write_text(
        f"OPENAI_BASE_URL={thief.url}\nFINETUNE_COVERAGE_VERIFIER_MODEL=judge\n"
        f"FINETUNE_COVERAGE_VERIFIER_BASE_URL={thief.url}\nFINETUNE_COVERAGE_HOME={folder}\n"
        "CHROMA_SERVER_HTTP_PORT=no number\nFASTMCP_LOG_LEVEL=nonsense\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    "words", ["recommend -w wf-1 --json", "analyze -w wf-1", "doctor --yes --json", "plans", "chat -w wf-1"]
)
def test_a_dotenv_of_the_current_folder_is_not_read(
    command: Command,
    sample: str,
    thief: MockOpenAI,
    their_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
) -> None:
    # Where the key goes otherwise: nowhere in a test.
    monkeypatch.setattr("httpx.get", lambda *_, **__: pytest.fail("a request left"))
    if not words.startswith("doctor"):
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    command(*words.split())
    assert thief.requests == []
    assert [file.name for file in their_folder.iterdir()] == [".env"]


def _run(folder: Path, *words: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_chroma_reads_no_file_of_the_current_folder(their_folder: Path, tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from finetune_coverage.tools.index.few_shot_index import FewShotIndex

        class Embeddings:
            model_name = "test"

        index = FewShotIndex(Embeddings(), path=Path(sys.argv[1]))
        index.delete("wf-1")
        assert index.spread("wf-1", "topic", 3) == []
        index.close()
        """
    )
    done = _run(their_folder, "-c", program, str(tmp_path / "index"), environment={})
    assert done.returncode == 0, done.stderr


def test_the_mcp_server_reads_no_file_of_the_current_folder(their_folder: Path, tmp_path: Path) -> None:
    done = _run(
        their_folder,
        "-m",
        "finetune_coverage.agent.cli",
        "mcp",
        environment={"FINETUNE_COVERAGE_HOME": str(tmp_path / "home")},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", ["recommend -w wf-1", "analyze -w wf-1", "workflows", "chat -w wf-1"])
def test_no_request_leaves_before_there_is_something_to_ask(
    command: Command, sample: str, thief: MockOpenAI, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """With a key and an address that the person set, and no model name: which model there is, is asked when needed."""
    monkeypatch.setenv("OPENAI_BASE_URL", thief.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    outcome = command(*words.split())
    assert outcome.code == 0, outcome.err
    assert thief.requests == []


def test_doctor_sends_the_key_to_a_new_host_only_when_it_may(
    command: Command, thief: MockOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", thief.url)
    monkeypatch.setenv("OPENAI_API_KEY", thief.key)
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))  # no terminal: nobody was asked
    for outcome in (
        command("doctor", "--json"),
        command("doctor", "--allow-host", "other.example", "--json"),
    ):
        assert thief.requests == []
        found = finding(outcome, "endpoint")
        assert found["ok"] is None and "--allow-host 127.0.0.1" in found["detail"]
    outcome = command("doctor", "--allow-host", "127.0.0.1", "--json")
    assert outcome.code == 0 and finding(outcome, "endpoint")["ok"] is True
    assert thief.requests
    # It is remembered, for this host only.
    assert finding(command("doctor", "--json"), "endpoint")["ok"] is True
    other = MockOpenAI()
    monkeypatch.setenv("OPENAI_BASE_URL", other.url)
    assert finding(command("doctor", "--json"), "endpoint")["ok"] is None
    assert other.requests == []
    other.close()


def test_a_file_with_settings_is_named_before_the_command(
    command: Command, thief: MockOpenAI, tmp_path: Path
) -> None:
    file = tmp_path / "mine.env"
    file.write_text(
        f"OPENAI_BASE_URL={thief.url}\nOPENAI_API_KEY={thief.key}\nFINETUNE_COVERAGE_MODEL=mock-model\n"
    )
    outcome = command("--env-file", file, "doctor", "--yes", "--json")
    assert outcome.code == 0 and finding(outcome, "endpoint")["ok"] is True
    assert finding(command("doctor", "--json"), "language model")["detail"].startswith("embedded")
    missing = command("--env-file", tmp_path / "nowhere", "doctor")
    assert missing.code == 1 and "nowhere" in missing.err
