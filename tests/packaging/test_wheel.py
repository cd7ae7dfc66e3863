"""A wheel that is built from the repository has all that it needs to run, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("agent", "graph", "tools")
DATA_SUFFIXES = {".jinja", ".jsonl", ".yaml", ".json", ".css", ".html"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Built from a copy: setuptools leaves build folders in the tree that it builds.
    copy = tmp_path_factory.mktemp("source") / "project"
    keep_out = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "demo-output")
    shutil.copytree(ROOT, copy, ignore=keep_out)
    target = tmp_path_factory.mktemp("wheel")
    program = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(copy)]
    built = subprocess.run(program, capture_output=True, text=True, encoding="utf-8", cwd=target)
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    (wheel,) = target.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


def sources() -> Iterator[Path]:
    """Every module and data file of the layers, relative to the package."""
    for layer in LAYERS:
        for path in (ROOT / layer).rglob("*"):
            if path.suffix == ".py" or path.suffix in DATA_SUFFIXES:
                yield path.relative_to(ROOT)
    yield Path("__init__.py")
    yield Path("py.typed")


def test_every_module_template_and_sample_is_in_it(unpacked: Path) -> None:
    expected = list(sources())
    assert any(path.suffix == ".jinja" for path in expected)
    assert any(path.suffix == ".jsonl" for path in expected)
    package = unpacked / "finetune_coverage"
    assert [str(path) for path in expected if not (package / path).is_file()] == []


def test_nothing_else_is_in_it(unpacked: Path) -> None:
    inside = {path.name for path in (unpacked / "finetune_coverage").iterdir()}
    assert inside == {"__init__.py", "py.typed", "LICENSE", "NOTICE", *LAYERS}
    (metadata,) = unpacked.glob("*.dist-info")
    licences = {path.name for path in (metadata / "licenses").iterdir()}
    assert licences == {"LICENSE", "NOTICE"}
    assert {path.name for path in unpacked.iterdir()} == {"finetune_coverage", metadata.name}


def run_unpacked(unpacked: Path, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def test_every_module_of_it_imports(unpacked: Path, tmp_path: Path) -> None:
    code = (
        "import pkgutil, importlib, finetune_coverage as package\n"
        "print(package.__file__)\n"
        "for found in pkgutil.walk_packages(package.__path__, 'finetune_coverage.'):\n"
        "    importlib.import_module(found.name)\n"
        "    print(found.name)\n"
    )
    ran = run_unpacked(unpacked, tmp_path, "-c", code)
    assert ran.returncode == 0, ran.stderr[-3000:]
    where, *modules = ran.stdout.splitlines()
    assert Path(where).is_relative_to(unpacked)
    assert "finetune_coverage.agent.cli" in modules
    assert "finetune_coverage.graph.build" in modules


def test_it_runs(unpacked: Path, tmp_path: Path) -> None:
    sample = unpacked / "finetune_coverage" / "tools" / "dataset" / "sample" / "customer_support.jsonl"
    code = (
        "import sys\n"
        "from finetune_coverage.agent.cli import main\n"
        "sys.exit(main(['import', sys.argv[1], '-w', 'wf-1']) or main(['analyze', '-w', 'wf-1']))\n"
    )
    ran = run_unpacked(unpacked, tmp_path, "-c", code, str(sample))
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "0.45 (poor)" in ran.stdout
