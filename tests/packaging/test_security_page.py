"""What docs/security.md promises is held by tests that exist, and names settings that exist."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

from finetune_coverage.tools.settings import PREFIX, Settings
from finetune_coverage.tools.settings_files import ENV_FILE

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_each_threat_names_a_test_that_exists() -> None:
    tables = re.findall(r"^\| threat \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    rows = [row for table in tables for row in table.splitlines()]
    assert len(rows) > 45
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert named, f"no test holds: {row}"
        for file, name in named:
            tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
            tests = {
                node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            }
            assert name in tests, f"{file} has no {name}"


def test_every_package_is_pinned_and_no_index_is_named() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    pinned = {line.partition("==")[0].partition("[")[0].lower() for line in lines}
    assert [
        line for line in lines if not re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?==[\w.+!]+( ; .+)?", line)
    ] == []
    assert "://" not in text
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(one for extra in extras for one in extra)]
    names = {re.split(r"[<>=!~;\[ ]", one)[0].lower() for one in wanted}
    assert names - pinned <= {project["name"]}


def test_the_settings_exist() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {ENV_FILE}
    assert set(re.findall(rf"{PREFIX}\w+", PAGE)) <= known
