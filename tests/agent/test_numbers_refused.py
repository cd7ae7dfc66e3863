"""A number that cannot be used is refused where it is set: every option, every setting, every target."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.agent import cli
from finetune_coverage.graph.actions.catalog import ProposePlan
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.settings import PREFIX, Settings, load_settings
from pydantic import BaseModel, ValidationError

from .conftest import Command

HUGE = ("1e308", "inf", "nan", "-inf", str(2**63), str(10**400), "-1e308", str(-(2**63) - 1))


def _numeric_options() -> Iterator[Any]:
    def walk(command: Any, words: tuple[str, ...]) -> Iterator[Any]:
        for option in command.params:
            if option.type_descriptor.annotation in (int, float):
                yield pytest.param(command, words, option, id=" ".join([*words, option.opts[0]]))
        for name, inner in getattr(command, "commands", {}).items():
            yield from walk(inner, (*words, name))

    return walk(cli._command(), ())


@pytest.mark.parametrize(("options", "words", "option"), list(_numeric_options()))
def test_every_option_with_a_number(
    command: Command, options: Any, words: tuple[str, ...], option: Any
) -> None:
    needed: list[str] = []
    for other in options.params:
        if other is option or not other.required:
            continue
        is_option = other.opts[0].startswith("-")
        needed += [other.opts[0], "1"] if is_option else ["1"]
    for value in HUGE:
        is_option = option.opts[0].startswith("-")
        given = [f"{option.opts[0]}={value}"] if is_option else ["--", value]
        outcome = command(*words, *needed, *given)
        assert outcome.code == 2, (value, outcome)
        assert (option.opts[0] if is_option else "NUMBER") in outcome.err.split("Error")[-1]


def _numeric_settings(model: type[BaseModel] = Settings, prefix: str = PREFIX) -> Iterator[str]:
    for name, field in model.model_fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _numeric_settings(kind, f"{prefix}{name.upper()}__")
        elif {int, float} & {kind, *getattr(kind, "__args__", ())}:
            yield f"{prefix}{name.upper()}"


@pytest.mark.parametrize("name", list(_numeric_settings()))
def test_every_setting_with_a_number(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for value in HUGE:
        monkeypatch.setenv(name, value)
        with pytest.raises(InvalidInput, match=name.partition("__")[0]):
            load_settings()


def test_targets(command: Command, small: str) -> None:
    wishes = [
        *(f"billing={value}" for value in (*HUGE, "0", "-1", "1e-300", "1e10")),
        *(f"billing=x{value}" for value in ("1e308", "inf", "nan", "0")),
        *(f"billing={value}%" for value in ("1e308", "inf", "nan", "101", "0")),
    ]
    before = command("targets", "show", "-w", small, "--json").document
    for wish in wishes:
        outcome = command("targets", "set", "-w", small, "--json", "--", wish)
        assert outcome.code == 1, (wish, outcome)
        assert outcome.document["error"]["code"] == "invalid_input" and len(outcome.err) < 400
    assert command("targets", "show", "-w", small, "--json").document == before


def test_targets_that_grow_beyond_it_step_by_step(command: Command, small: str) -> None:
    codes = [command("targets", "set", "-w", small, "billing=x1e9", "--json").code for _ in range(3)]
    assert codes[0] == 0 and codes[-1] == 1
    shown = command("targets", "show", "-w", small, "--json").document["targets"]["topics"]
    assert all(topic["weight"] <= 2**53 for topic in shown)


@pytest.mark.parametrize("weight", ["1.0e+308", ".inf", ".nan", "1.0e-300"])
def test_a_topics_file(command: Command, small: str, tmp_path: Path, weight: str) -> None:
    file = tmp_path / "weights.yaml"
    file.write_text(f"topics:\n  - {{name: billing, weight: {weight}}}\n", encoding="utf-8")
    outcome = command("import", tmp_path / "data.jsonl", "-w", "wf-other", "--topics", file, "--json")
    assert outcome.code == 1 and outcome.document["error"]["code"] == "invalid_input"


@pytest.mark.parametrize("value", [*HUGE, "0", "-1"])
@pytest.mark.parametrize("limit", ["max_usd", "max_tokens"])
def test_a_limit_that_a_model_reads(limit: str, value: str) -> None:
    item = {"topic": "billing", "count": 1}
    with pytest.raises(ValidationError, match=limit):
        ProposePlan.model_validate({"items": [item], limit: value})
