"""What the README says can be done: its code runs, its commands and settings exist."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import pytest
import typer
from finetune_coverage.agent.cli import app
from finetune_coverage.tools.settings import PREFIX, Settings
from finetune_coverage.tools.settings_files import ENV_FILE

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def test_its_python_runs() -> None:
    (code,) = blocks("python")
    space: dict[str, object] = {"__name__": "readme"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries; what is tested is that it runs
        exec(compile(code, "README.md", "exec", dont_inherit=True), space)
    assert {"coverage", "grader"} <= set(space["agent"].get_graph().nodes)  # type: ignore[attr-defined]


def test_its_json_and_yaml_can_be_imported(tmp_path: Path) -> None:
    from finetune_coverage.tools.dataset.importer import import_files
    from finetune_coverage.tools.dataset.store import Store
    from finetune_coverage.tools.dataset.topics_file import read_topics

    (record,), (topics,) = blocks("json"), blocks("yaml")
    (tmp_path / "data.jsonl").write_text(record, encoding="utf-8")
    (tmp_path / "topics.yaml").write_text(topics, encoding="utf-8")
    store = Store.open(tmp_path / "coverage.db")
    assert import_files(store, "wf-1", [tmp_path / "data.jsonl"]).topics == {"billing": 1}
    assert [info.name for info in read_topics(tmp_path / "topics.yaml")] == ["billing", "technical"]
    store.close()


TABLE = sorted(
    {tuple(found.split()) for found in re.findall(r"`([a-z]+(?: [a-z]+(?:-[a-z]+)*)?)(?: [^`]*)?`", README)}
)


def known_commands() -> dict[tuple[str, ...], set[str]]:
    """Every command with its options."""
    group = typer.main.get_command(app)
    known: dict[tuple[str, ...], set[str]] = {}
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        parts = {(name,): command} | {
            (name, sub): inner for sub, inner in getattr(command, "commands", {}).items()
        }
        for path, part in parts.items():
            known[path] = {option for found in part.params for option in (*found.opts, *found.secondary_opts)}
    return known


def test_its_table_names_every_command() -> None:
    missing = [path for path in known_commands() if path[-1] != "list" and path not in TABLE]
    assert missing == []


@pytest.mark.parametrize("line", re.findall(r"(?:finetune-coverage|^\| `)\s*([^`\n]+)", README, re.MULTILINE))
def test_options_in_its_commands_exist(line: str) -> None:
    known = known_commands()
    for part in line.split("`, `"):
        words = part.split()
        options = [word.strip("[]…") for word in words if word.lstrip("[").startswith("-")]
        if not options or not words[0].isalpha():
            continue
        path = tuple(words[:2]) if tuple(words[:2]) in known else (words[0],)
        assert path in known, part
        assert [option for option in options if option not in known[path]] == []


def test_the_settings_it_names_exist() -> None:
    fields = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {
        "OPENAI_BASE_URL",
        "OPENAI_API_KEY",
        ENV_FILE,
    }
    for group in ("gates", "tool_chain"):
        parts = type(getattr(Settings(), group)).model_fields
        fields |= {f"{PREFIX}{group.upper()}__{part.upper()}" for part in parts}
    named = set(re.findall(rf"{PREFIX}[A-Z_]+|OPENAI_[A-Z_]+", README))
    assert named - fields - {"FINETUNE_COVERAGE_DEBUG"} == set()
