"""What compose.yaml names is there, and its services run as it says, here without containers."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from finetune_coverage.tools.dataset.bundled_sample import sample_path
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.store.store import Store
from playwright.sync_api import expect

from ..agent.endpoint import Endpoint
from ..agent.web.pages import WAIT, browser
from ..packaging.test_named_in_docs import is_setting
from ..packaging.test_readme import known_commands

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PORTS = ("FLEET_POSTGRESQL_PORT", "FLEET_CHROMA_PORT", "FLEET_LANGGRAPH_PORT", "FLEET_PAGE_PORT")


@pytest.fixture(scope="module")
def without_containers() -> ModuleType:
    spec = importlib.util.spec_from_file_location("without_containers", DEPLOY / "without_containers.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look for it
    spec.loader.exec_module(module)
    return module


def test_what_it_names_is_there(without_containers: ModuleType) -> None:
    services = without_containers.services(
        {"FLEET_PASSWORD": "x", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    )
    assert [one.name for one in services] == [
        "postgresql",
        "chroma",
        "langgraph",
        "worker-1",
        "worker-2",
        "page",
    ]
    for one in services:
        assert shutil.which(one.command[0], path=without_containers._path()), one
        program, *words = one.command
        if program == "finetune-coverage":
            options = known_commands()[(words[0],)]
            assert [word for word in words if word.startswith("--") and word not in options] == [], one
        ours = [name for name in one.environment if name.startswith("FINETUNE_COVERAGE_")]
        assert all(is_setting(name.removeprefix("FINETUNE_COVERAGE_")) for name in ours)
        hosts = re.findall(r"(?:--host |listen_addresses=)(\S+)", " ".join(one.command))
        assert set(hosts) <= {"127.0.0.1"}, "nothing is open to others"
    page = services[-1].environment
    assert page["FINETUNE_COVERAGE_DATABASE_URL"] == "postgresql://coverage:x@127.0.0.1:55432/coverage"
    assert page["OPENAI_BASE_URL"] == "http://127.0.0.1:9/v1" and page["OPENAI_API_KEY"] == ""
    with pytest.raises(SystemExit, match="FLEET_PASSWORD"):
        without_containers.services({})


def test_the_image_has_what_the_services_need() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    file = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    (extras,) = re.findall(r"'\.\[([\w,]+)\]'", file)
    assert (
        {"embedded", "postgresql", "web", "studio"}
        <= set(extras.split(","))
        <= set(project["optional-dependencies"])
    )


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the user that PostgreSQL runs as may look; the path of its socket may have 107 characters."""
    made = Path(tempfile.mkdtemp(prefix="fleet", dir="/tmp"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Started:
    """`make fleet` in a folder of its own, against an endpoint."""

    def __init__(self, folder: Path, endpoint: Endpoint) -> None:
        self.log_file = folder / "log"
        self.ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
        environment = os.environ | endpoint.environment | self.ports
        environment |= {"FLEET_PASSWORD": "a-secret-and-more", "COLUMNS": "200"}
        environment |= {"FINETUNE_COVERAGE_EMBEDDING_MODEL": "wordllama"}
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, DEPLOY / "without_containers.py", "--folder", folder],
                env=environment,
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, pattern: str, seconds: float = 400) -> str:
        end = time.monotonic() + seconds
        while (found := re.search(pattern, self.log)) is None:
            assert self.process.poll() is None and time.monotonic() < end, self.log[-4000:]
            time.sleep(0.2)
        return found.group()

    def running(self) -> list[str]:
        """The commands of its children, without the interpreter and the folders of programs."""
        found = []
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(status.read_text().rpartition(")")[2].split()[1])
                words = (status.parent / "cmdline").read_text().split("\0")[:-1]
            except OSError:
                continue  # it has ended meanwhile
            if parent == self.process.pid:
                words = words[1:] if Path(words[0]).name.startswith("python") else words
                found.append(" ".join([Path(words[0]).name, *words[1:]]))
        return found


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(1200)
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc; needs no Windows")
def test_a_conversation_in_the_page_generates_through_a_worker(
    without_containers: ModuleType, folder: Path
) -> None:
    expect.set_options(timeout=WAIT)
    endpoint = Endpoint()
    started = Started(folder, endpoint)
    try:
        url = started.wait_for(r"http://127\.0\.0\.1:\d+/\?token=\S+")
        started.wait_for("worker-2 .* waits for approved jobs")
        variables = os.environ | started.ports | {"FLEET_PASSWORD": "x", "FLEET_HOME": str(folder / "home")}
        described = [" ".join(one.command) for one in without_containers.services(variables)]
        assert sorted(started.running()) == sorted(described)
        with browser() as chromium:
            _generate(chromium.new_page(), url)
        assert re.search(r"worker-\d \| worker \d: ended job-\w+ \(6 technical_issues .* 6 of 6", started.log)
        address = f"postgresql://coverage:a-secret-and-more@127.0.0.1:{started.ports[PORTS[0]]}/coverage"
        store = Store.open(address)
        (job,) = list_jobs(store)
        store.close()
        assert (job.status, job.accepted) == ("complete", 6)
        assert (folder / "home" / "chroma-server").is_dir() and not list((folder / "home").glob("*.db"))
    finally:
        started.process.send_signal(signal.SIGTERM)
        code = started.process.wait(120)
        endpoint.close()
    assert code == 0, started.log[-4000:]
    ends = re.findall(r"(\S+) \| ended with (-?\d+)", started.log)
    assert {name: code for name, code in ends if name.startswith(("worker", "postgresql"))} == {
        "worker-1": "0",
        "worker-2": "0",
        "postgresql": "0",
    }
    assert "Traceback" not in started.log


def _generate(page: Any, url: str) -> None:
    page.set_default_timeout(WAIT)
    page.goto(url)
    page.set_input_files("input[type=file]", sample_path())
    page.get_by_role("link", name=re.compile("^Look at ")).click()
    page.get_by_text("Look at the plan").click()
    page.get_by_label("Records for technical_issues").fill("6")
    page.get_by_role("button", name=re.compile("Approve and generate 6 records")).click()
    expect(page.get_by_text(re.compile("Round 1: 6 of 6"))).to_be_visible()
