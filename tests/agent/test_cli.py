"""The command line as a whole: what it loads, how it ends, what it says when something is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from .conftest import Command

COMMANDS = (
    "import",
    "analyze",
    "recommend",
    "targets",
    "chat",
    "generate",
    "plans",
    "jobs",
    "validate",
    "review",
    "export",
    "workflows",
    "threads",
    "doctor",
    "demo",
    "mcp",
    "rules",
    "scenarios",
    "topics",
)
# Not pydantic: Typer itself loads it.
HEAVY = (
    "chromadb",
    "finetune_coverage.tools.settings",
    "httpx",
    "jinja2",
    "langchain_core",
    "langchain_openai",
    "langgraph",
    "numpy",
    "onnxruntime",
    "openai",
    "sklearn",
    "sqlalchemy",
    "xllamacpp",
)


def in_new_process(code: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    return ran.stdout


def test_help_loads_nothing_heavy() -> None:
    """One process asks for the help of each command and writes down what has been loaded by then."""
    asked = [["--help"], *([name, "--help"] for name in COMMANDS)]
    code = (
        "import sys, json; from finetune_coverage.agent.cli import main\n"
        f"for arguments in {asked!r}:\n"
        "    code = main(arguments); sys.stderr.flush()\n"
        "    print('LOADED', json.dumps([arguments, code, sorted(sys.modules)]))\n"
    )
    answers = [line[7:] for line in in_new_process(code).splitlines() if line.startswith("LOADED ")]
    assert len(answers) == len(asked)
    for answer in answers:
        arguments, code_of_it, loaded = json.loads(answer)
        assert code_of_it == 0, arguments
        assert "typer" in loaded, "the check itself must see what was loaded"
        assert [name for name in HEAVY if name in loaded] == [], arguments


def test_help_names_every_command(command: Command) -> None:
    out = command("--help").out
    assert [name for name in COMMANDS if name not in out] == []


def test_version(command: Command) -> None:
    assert command("--version").out.strip() == f"finetune-coverage {version('finetune-coverage')}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["analyze"],
        ["analyze", "-w", "wf-1", "--colour"],
        ["import", "-w", "wf-1"],
        ["generate", "-w", "wf-1", "--topic", "a", "--count", "0"],
        ["generate", "-w", "wf-1", "--topic", "a", "--count", "100001"],
        ["generate", "-w", "wf-1", "--topic", "a", "--count", "many"],
        ["plans", "approve"],
        ["jobs", "resume"],
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(command: Command, arguments: list[str]) -> None:
    outcome = command(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert "Traceback" not in outcome.err


def test_an_error_is_a_line_and_a_hint_on_stderr(command: Command) -> None:
    outcome = command("review", "-w", "nowhere")
    assert outcome.code == 1
    assert outcome.out == ""
    first, hint = outcome.err.strip().splitlines()
    assert first.startswith("Error: ") and "nowhere" in first
    assert hint


def test_an_error_with_json_is_one_document_on_stdout(command: Command) -> None:
    outcome = command("review", "-w", "nowhere", "--json")
    assert outcome.code == 1
    assert outcome.document["success"] is False
    assert outcome.document["error"]["code"] == "workflow_not_found"


def test_a_bad_setting_is_named(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_MAX_CONCURRENCY", "many")
    outcome = command("workflows")
    assert outcome.code == 1
    assert "FINETUNE_COVERAGE_MAX_CONCURRENCY" in outcome.err
    assert "Traceback" not in outcome.err


def test_a_bug_gives_no_traceback(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr("finetune_coverage.tools.store.workflows.list_workflows", broken)
    outcome = command("workflows", "--json")
    assert outcome.code == 1
    assert outcome.document["error"]["code"] == "internal"
    assert "a bug of ours" in outcome.err
    assert "Traceback" not in outcome.err

    monkeypatch.setenv("FINETUNE_COVERAGE_DEBUG", "1")
    with pytest.raises(RuntimeError, match="a bug of ours"):
        command("workflows")


def test_a_reader_that_leaves_early_is_no_crash(command: Command, tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("a shell pipe; on Windows there is no /dev/null to close")
    line = f"{sys.executable} -m finetune_coverage.agent.cli review -w wf-1 | head -n 1"
    dataset = tmp_path / "many.jsonl"
    record = json.dumps({"topic": "a", "messages": [{"role": "user", "content": "word " * 500}]})
    dataset.write_text("\n".join([record] * 200), encoding="utf-8")
    assert command("import", dataset, "-w", "wf-1").code == 0
    ran = subprocess.run(["bash", "-c", line], capture_output=True, text=True, encoding="utf-8", check=True)
    assert "Traceback" not in ran.stderr
    assert "Exception ignored" not in ran.stderr


def test_output_is_utf8_whatever_the_terminal_says(command: Command, tmp_path: Path) -> None:
    dataset = tmp_path / "umlauts.jsonl"
    record = {"topic": "größe", "messages": [{"role": "user", "content": "→ 日本語 \U0001f600"}]}
    dataset.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    program = [sys.executable, "-m", "finetune_coverage.agent.cli"]
    assert command("import", dataset, "-w", "wf-1").code == 0
    ran = subprocess.run([*program, "review", "-w", "wf-1"], capture_output=True, env=environment, check=True)
    assert "→ 日本語 \U0001f600" in ran.stdout.decode("utf-8")
