"""What `pip install .` brings, without any extra, is enough to generate with a model at an endpoint."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .conftest import Command
from .endpoint import Endpoint

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
WITHOUT = """
import json, sys

blocked = set(json.loads(sys.argv[1]))

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NotInstalled())
from finetune_coverage.agent.cli import main
sys.exit(main(sys.argv[2:]))
"""


def brought() -> set[str]:
    """The distributions that come with the project itself, and with what it needs."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    found: set[tuple[str, str]] = set()
    waiting = [Requirement(line) for line in project["dependencies"]]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras}:
            if (name, extra) in found:
                continue
            found.add((name, extra))
            try:
                needed = [Requirement(line) for line in requires(name) or ()]
            except PackageNotFoundError:  # needed elsewhere, on another system
                continue
            waiting += [one for one in needed if one.marker is None or one.marker.evaluate({"extra": extra})]
    return {name for name, _ in found}


def only_with_extras() -> list[str]:
    """The modules that are here and would not be after `pip install .`."""
    base = {*brought(), "finetune-coverage"}
    return sorted(
        module
        for module, owners in packages_distributions().items()
        if not {canonicalize_name(owner) for owner in owners} & base
    )


def test_generating_with_an_endpoint(command: Command, small: str, endpoint: Endpoint) -> None:
    blocked = only_with_extras()
    assert {"xllamacpp", "ray", "fastmcp", "nicegui", "pytest"} <= set(blocked)
    wanted = ["-w", small, "--topic", "technical", "--count", "2", "--strategy", "topic_description"]
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT, json.dumps(blocked), "generate", *wanted, "--yes", "--json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    generation = json.loads(ran.stdout)["generation"]
    assert generation["accepted"] == 2 and "worth" in generation
    assert command("jobs", "--json").document["jobs"][0]["accepted"] == 2
