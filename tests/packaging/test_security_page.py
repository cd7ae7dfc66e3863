"""What docs/security.md promises is held by tests that exist, and names settings that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from finetune_coverage.tools.settings import PREFIX, Settings
from finetune_coverage.tools.settings_files import ENV_FILE

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_each_threat_names_a_test_that_exists() -> None:
    tables = re.findall(r"^\| threat \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    rows = [row for table in tables for row in table.splitlines()]
    assert len(rows) > 25
    for row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert named, f"no test holds: {row}"
        for file, name in named:
            tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
            tests = {
                node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            }
            assert name in tests, f"{file} has no {name}"


def test_the_settings_exist() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {ENV_FILE}
    assert set(re.findall(rf"{PREFIX}\w+", PAGE)) <= known
