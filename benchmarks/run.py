"""Runs the benchmarks, each in a process of its own, and writes RESULTS.md: ``python -m benchmarks.run [NAME…]``.

With names, only those are run and their parts of RESULTS.md are replaced; the other parts stay as they are.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
TITLES = {
    "throughput": "Throughput, client CPU and memory",
    "faults": "Faulty and narrow endpoints",
    "kills": "kill -9",
    "kills postgresql": "kill -9 with the store on PostgreSQL",
    "fleet": "Four workers on one PostgreSQL",
    "kills_among_bad_answers": "kill -9 among bad answers",
    "strange_answers": "Whatever an endpoint may send",
    "priced": "A priced model whose answers take unequal time",
    "acceptance": "Duplicates among 100,000 records",
    "form_checks": "Good and planted bad records before the checks of form",
    "tool_chain_consistency": "Tool chains that contradict themselves",
    "hand_written": "Drafts written by hand before the checks and a verifier",
    "reworded_copies": "Copies with their words in another order",
    "honest_teacher": "An honest teacher with planted faults",
    "scale": "Import and analysis of a million records",
    "ray_engine": "Records in Parquet shards by Ray, beside one process",
    "many_topics": "First answers about very many records and topics",
    "page": "The page: first load, an idle tab, the review of 100,000 records",
    "topics": "Topics of unlabelled records, and wrong labels",
    "uplift": "Worth and uplift against test sets",
}
"""Modules of this package by name, with what they are started with, and what they measure."""
_LONG = (
    "kills postgresql",
    "fleet",
    "kills_among_bad_answers",
    "strange_answers",
    "uplift",
    "honest_teacher",
)
"""Run only when they are named: they take 10 minutes and more."""
_PRINT_MARKDOWN = (  # these come out as they are
    "throughput",
    "faults",
    "kills",
    *_LONG,
    "priced",
    "scale",
    "many_topics",
    "page",
    "topics",
    "form_checks",
    "tool_chain_consistency",
    "hand_written",
    "reworded_copies",
)
_PACKAGES = (
    "aiohttp",
    "openai",
    "langchain-openai",
    "langgraph",
    "sqlalchemy",
    "scikit-learn",
    "numpy",
    "rensa",
)


def machine() -> str:
    """The machine and the versions that the figures are from."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists() and (found := re.search(r"model name\s*: (.*)", info.read_text())):
        cpu = found.group(1)
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{cpu}, {os.cpu_count()} cores, {pages:.0f} GiB; {platform.system()} {platform.release()}; "
        f"Python {platform.python_version()}; {packages}"
    )


def section(name: str) -> str:
    """One benchmark's part of the results."""
    print(f"{name}…", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", *f"benchmarks.{name}".split()], stdout=subprocess.PIPE, text=True, check=True
    )
    output = done.stdout.strip()
    body = output if name in _PRINT_MARKDOWN else f"```text\n{output}\n```"
    return f"## {TITLES[name]}\n\n`python -m benchmarks.{name}`, {date.today()}\n\n{body}\n"


def main(names: Sequence[str]) -> None:
    """Run and write."""
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    kept = {title: part for part in re.split(r"(?m)^(?=## )", old)[1:] if (title := part.split("\n")[0][3:])}
    for name in names or [name for name in TITLES if name not in _LONG]:
        kept[TITLES[name]] = section(name)
        parts = [kept[title].rstrip() for title in TITLES.values() if title in kept]
        head = f"# Results\n\nMade by `make bench`. {machine()}.\n"
        RESULTS.write_text("\n\n".join([head.rstrip(), *parts]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
