"""The notebooks run from top to bottom, and say what they promise."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
EXECUTE = "from nbclient.cli import NbClientApp; NbClientApp.launch_instance()"
PNG = b"\x89PNG\r\n\x1a\n"


def executed(name: str, folder: Path) -> dict[str, Any]:
    """A notebook with the outputs of a run in a folder of its own."""
    copy = folder / name
    source = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))
    for cell in source["cells"]:
        cell.update({"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {})
    copy.write_text(json.dumps(source), encoding="utf-8")
    # In a process of its own: Jupyter's packages warn about themselves, and warnings are errors here.
    done = subprocess.run(
        [sys.executable, "-c", EXECUTE, str(copy), "--inplace", "--timeout=200"],
        capture_output=True,
        text=True,
        timeout=280,
        cwd=folder,
        env=os.environ
        | {"JUPYTER_RUNTIME_DIR": str(folder / "runtime"), "IPYTHONDIR": str(folder / "ipython")}
        # Nothing that they show depends on the vectors, and a new process has none of the sample at hand.
        | {"FINETUNE_COVERAGE_EMBEDDING_MODEL": "wordllama"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    book: dict[str, Any] = json.loads(copy.read_text(encoding="utf-8"))
    return book


def outputs(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [output for cell in notebook["cells"] for output in cell.get("outputs", [])]


def shown(notebook: dict[str, Any]) -> str:
    """All text of the outputs."""
    found = []
    for output in outputs(notebook):
        data = output.get("data", {})
        text = output.get("text") or data.get("text/markdown") or data.get("text/plain") or ""
        found.append("".join(text))
    return "\n".join(found)


def pictures(notebook: dict[str, Any]) -> list[bytes]:
    found = ["".join(o.get("data", {}).get("image/png", "")) for o in outputs(notebook)]
    return [base64.b64decode(picture) for picture in found if picture]


@pytest.mark.slow
def test_embedding_as_a_subgraph(tmp_path: Path) -> None:
    kept = json.loads((NOTEBOOKS / "subgraph.ipynb").read_text(encoding="utf-8"))
    assert outputs(kept) == [], "it is kept without outputs"
    said = shown(executed("subgraph.ipynb", tmp_path))
    assert "**Coverage Analysis**" in said and "0.45 (Poor)" in said
    assert "**Plan**: 2 for" in said
    assert "I've generated 2 new synthetic records" in said
    assert "'next_step': 'grader'" in said and "'added': 2" in said


@pytest.mark.slow
def test_coverage_of_the_bundled_sample(tmp_path: Path) -> None:
    notebook = executed("coverage.ipynb", tmp_path)
    said = shown(notebook)
    assert "customer_support.jsonl: 150 records added, 0 bad lines" in said
    assert "**Balance score: 0.45 (poor)**, 150 records in 3 topics" in said
    assert "| technical_issues | 15 | 10% | 33% | under-represented |" in said
    assert "- no record of `technical_issues` has 3 or 4 user turns" in said
    assert "**generate synthetic data**: The balance score is 0.45 (poor)." in said
    assert re.search(r"\| Cheapest to good \(above 0\.5\) \| 5 \| 0\.5016 \| about \d+ model calls", said)
    assert "technical_issues: 15 → 45 records" in said and "balance score: 0.45 → 0.72" in said
    drawn = pictures(notebook)
    assert len(drawn) == 2 and all(picture.startswith(PNG) and len(picture) > 10_000 for picture in drawn)


def test_the_outputs_that_are_kept_are_those_of_the_sample_and_small() -> None:
    file = NOTEBOOKS / "coverage.ipynb"
    kept = json.loads(file.read_text(encoding="utf-8"))
    assert file.stat().st_size < 300_000
    assert "150 records added" in shown(kept) and "0.45 → 0.72" in shown(kept) and len(pictures(kept)) == 2
    paths = re.findall(r"(?<![\w.])/(?:\w[\w.-]*/)+\w*", shown(kept))
    assert paths == [], "no path of the machine that it ran on"
    assert not any(o["output_type"] == "error" or o.get("name") == "stderr" for o in outputs(kept))
