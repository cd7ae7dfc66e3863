"""What README and the pages of docs/ say can be done: their code runs, their commands and settings exist."""

from __future__ import annotations

import asyncio
import json
import re
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import typer
from finetune_coverage.agent.cli import app
from finetune_coverage.tools.settings import PREFIX, Settings
from finetune_coverage.tools.settings_files import ENV_FILE

ROOT = Path(__file__).resolve().parents[2]
PLAYED = ("demo.md",)
"""What a program wrote: nobody's claims."""
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
    if path.name not in PLAYED
}
MOST_LINES = 200


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGES[page], re.MULTILINE | re.DOTALL)


def run(code: str) -> dict[str, object]:
    space: dict[str, object] = {"__name__": "page"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries; what is tested is that it runs
        exec(compile(code, "page.md", "exec", dont_inherit=True), space)
    return space


def test_the_readme_can_be_read_at_a_sitting() -> None:
    assert len(PAGES["README.md"].splitlines()) <= MOST_LINES
    assert "transcript of `make demo`" not in PAGES["README.md"]


def test_the_readme_shows_what_the_demo_showed() -> None:
    demo = (ROOT / "docs" / "demo.md").read_text(encoding="utf-8")
    played = demo.split("<!-- transcript of `make demo` -->")[1].split("<!-- end of transcript -->")[0]
    (shown,) = re.findall(r"^````text\n(.*?)^````", PAGES["README.md"], re.MULTILINE | re.DOTALL)
    places = [played.index(line) for line in shown.splitlines() if line]
    assert len(places) > 10 and places == sorted(places)


def test_a_node_of_another_graph() -> None:
    space = run(blocks("docs/embedding.md", "python")[0])
    assert {"coverage", "grader"} <= set(space["agent"].get_graph().nodes)  # type: ignore[attr-defined]


def test_talking_to_it_through_the_parent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from finetune_coverage import Services, import_files
    from finetune_coverage.tools.dataset.bundled_sample import sample_path

    monkeypatch.setenv(f"{PREFIX}HOME", str(tmp_path))
    services = Services.from_settings()
    import_files(services.store, "support", [sample_path()])
    services.store.close()
    node, talk, _ = blocks("docs/embedding.md", "python")
    asyncio.run(run(node + talk)["talk"]("skip"))  # type: ignore[operator]
    said = capsys.readouterr().out
    assert "**Balance Score:** 0.45 (Poor)" in said and said.endswith(" grader\n")


@pytest.mark.slow
def test_a_plan_in_python(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from finetune_coverage import ScriptedChatModel, Services
    from finetune_coverage.tools.dataset.bundled_sample import sample_path

    balance: Callable[..., object] = run(blocks("docs/embedding.md", "python")[2])["balance"]  # type: ignore[assignment]
    model = ScriptedChatModel(default=lambda _: "no JSON")  # all is refused: what is tested is the way there
    services = Services(
        Settings(home=tmp_path, model="scripted", refusals_in_a_row=2, max_concurrency=1),
        make_chat_model=lambda _: model,
    )
    answer = asyncio.run(balance(services, sample_path(), "ada"))  # type: ignore[arg-type]
    assert answer["generation"]["status"] == "short" and answer["generation"]["requested"] == 30
    assert "0.45" in capsys.readouterr().out
    services.index.close()
    services.store.close()


def test_json_and_yaml_can_be_imported(tmp_path: Path) -> None:
    from finetune_coverage.tools.dataset.importer import import_files
    from finetune_coverage.tools.dataset.topics_file import read_topics
    from finetune_coverage.tools.store.store import Store

    (record,), (topics,) = blocks("docs/formats.md", "json"), blocks("docs/topics-and-targets.md", "yaml")
    assert json.loads(record)["topic"] == "billing"
    (tmp_path / "data.jsonl").write_text(record, encoding="utf-8")
    (tmp_path / "topics.yaml").write_text(topics, encoding="utf-8")
    store = Store.open(tmp_path / "coverage.db")
    assert import_files(store, "wf-1", [tmp_path / "data.jsonl"]).topics == {"billing": 1}
    assert [info.name for info in read_topics(tmp_path / "topics.yaml")] == ["billing", "technical"]
    store.close()


def test_prices_can_be_read(tmp_path: Path) -> None:
    from finetune_coverage.tools.generation.money.prices import price_of

    (prices,) = blocks("docs/approval.md", "yaml")
    (tmp_path / "prices.yaml").write_text(prices, encoding="utf-8")
    settings = Settings(
        prices=tmp_path / "prices.yaml", model="my-model", openai_base_url="http://localhost:8000/v1"
    )
    assert price_of(settings) is not None


def test_formats_are_those_that_are_written() -> None:
    from finetune_coverage.tools.dataset.exports.export_format import FORMATS

    rows = re.findall(r"^\| (`[a-z`, -]+`) \|", PAGES["docs/formats.md"], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([a-z][a-z-]+)`", row)} == set(FORMATS)


def test_strategies_are_those_that_there_are() -> None:
    from finetune_coverage.tools.coverage.strategy_choice import STRATEGIES

    section = PAGES["docs/generation-and-checks.md"].split("## Checks")[0]
    rows = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert rows == list(STRATEGIES)


COMMANDS = PAGES["docs/command-line.md"]
TABLE = sorted(
    {tuple(found.split()) for found in re.findall(r"`([a-z]+(?: [a-z]+(?:-[a-z]+)*)?)(?: [^`]*)?`", COMMANDS)}
)


@cache
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


LINES = re.compile(r"(?:finetune-coverage|^\| `)\s*([^`\n]+)", re.MULTILINE)


def test_options_in_commands_exist() -> None:
    known = known_commands()
    lines = dict.fromkeys(line for page in PAGES.values() for line in LINES.findall(page))
    for part in (part for line in lines for part in line.split("`, `")):
        words = part.split()
        options = [word.strip("[]…") for word in words if word.lstrip("[").startswith("-")]
        if not options or not words[0].isalpha():
            continue
        path = tuple(words[:2]) if tuple(words[:2]) in known else (words[0],)
        assert path in known, part
        assert [option for option in options if option not in known[path]] == [], part


def settings_there_are() -> set[str]:
    fields = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    fields = {name.removeprefix(PREFIX) if "_OPENAI_" in name else name for name in fields}
    for group in ("checks", "tool_chain"):
        parts = type(getattr(Settings(), group)).model_fields
        fields -= {f"{PREFIX}{group.upper()}"}
        fields |= {f"{PREFIX}{group.upper()}__{part.upper()}" for part in parts}
    return fields


def test_the_settings_they_name_exist() -> None:
    known = settings_there_are() | {"FINETUNE_COVERAGE_DEBUG", ENV_FILE}
    for page, text in PAGES.items():
        assert set(re.findall(rf"{PREFIX}[A-Z_]+|OPENAI_[A-Z_]+", text)) - known == set(), page


def test_the_table_names_every_setting() -> None:
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \|", PAGES["docs/settings.md"], re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert named == settings_there_are()


def test_the_defaults_in_the_table_are_those_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FINETUNE_COVERAGE_VERIFIER_SHARE")  # set for all other tests
    settings = Settings()
    rows = re.findall(
        r"^\| `(FINETUNE_COVERAGE_[A-Z_]+)` \| `?([\d.]+|true|false|auto)`? \|",
        PAGES["docs/settings.md"],
        re.MULTILINE,
    )
    assert len(rows) > 14
    for name, told in rows:
        value: object = settings
        for part in name.removeprefix(PREFIX).lower().split("__"):
            value = getattr(value, part)
        assert told == (
            str(value).lower()
            if isinstance(value, bool)
            else f"{value:g}"
            if isinstance(value, float)
            else str(value)
        ), name
