"""The notebook about embedding runs from top to bottom, and says what it promises."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "subgraph.ipynb"
EXECUTE = "from nbclient.cli import NbClientApp; NbClientApp.launch_instance()"


@pytest.mark.server
def test_the_notebook_runs(tmp_path: Path) -> None:
    copy = tmp_path / "subgraph.ipynb"
    source = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert not any(cell.get("outputs") for cell in source["cells"]), "it is kept without outputs"
    copy.write_text(json.dumps(source), encoding="utf-8")
    # In a process of its own: Jupyter's packages warn about themselves, and warnings are errors here.
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE, str(copy), "--inplace", "--timeout=200"],
        capture_output=True,
        text=True,
        timeout=280,
        cwd=tmp_path,
        env=os.environ
        | {"JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"), "IPYTHONDIR": str(tmp_path / "ipython")},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    shown = "\n".join(_texts(json.loads(copy.read_text(encoding="utf-8"))))
    assert "**Coverage Analysis**" in shown and "0.45 (Poor)" in shown
    assert "**Plan**: 2 for" in shown
    assert "I've generated 2 new synthetic records" in shown
    assert "'next_step': 'grader'" in shown and "'added': 2" in shown


def _texts(notebook: dict[str, Any]) -> list[str]:
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    data = [output.get("data", {}) for output in outputs]
    return ["".join(item.get("text/markdown") or item.get("text/plain") or "") for item in data]
