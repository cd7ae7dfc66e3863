"""The specification's example, played: ``python -m docs.transcript`` (or ``make transcript``) writes ``transcript.md``.

The lines of ``transcript.txt`` are typed into `finetune-coverage chat` on the bundled dataset, each one when the
program asks for it. What the program writes goes into the page as it is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path

from finetune_coverage.benchmarks.run import machine
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.store.store import Store

TYPED = Path(__file__).with_suffix(".txt")
PAGE = Path(__file__).with_suffix(".md")
PROMPT = b"\nyou> "
COMMAND = ("chat", "-w", "sample", "--thread", "example")


def main() -> None:
    """Play the conversation and write the page."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="finetune-coverage-") as home:
        store = Store.open(f"sqlite:///{Path(home) / 'coverage.db'}")
        import_sample(store, "sample")
        store.close()
        written = play(TYPED.read_text(encoding="utf-8").splitlines(), home)
    PAGE.write_text(page(written, time.monotonic() - began), encoding="utf-8")


def play(lines: list[str], home: str) -> str:
    """All that the conversation writes; each line is typed once the program has asked for it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "finetune_coverage.agent.cli", *COMMAND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"FINETUNE_COVERAGE_HOME": home, "PYTHONUNBUFFERED": "1", "COLUMNS": "120"},
    )
    assert process.stdin is not None and process.stdout is not None
    written, waiting = b"", list(lines)
    while piece := os.read(process.stdout.fileno(), 65536):
        written += piece
        sys.stdout.buffer.write(piece)
        sys.stdout.flush()
        if written.endswith(PROMPT):
            if not waiting:
                process.stdin.close()
                continue
            process.stdin.write(f"{waiting.pop(0)}\n".encode())
            process.stdin.flush()
    if process.wait() != 0:
        raise SystemExit(f"The conversation ended with {process.returncode}.")
    return written.decode("utf-8")


def page(written: str, seconds: float) -> str:
    """The page: where it comes from, and what was written."""
    minutes, rest = divmod(round(seconds), 60)
    allowed = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()
    release = version("finetune-coverage")
    load = ", ".join(f"{value:.0f}" for value in os.getloadavg())
    return f"""# The worked example, played

Made by `make transcript` on {date.today()} with version {release}, in {minutes} min {rest} s on {allowed} cores (load
of the machine at the end: {load}). {machine()}.

The lines after `you>` come from `transcript.txt`; each was typed when the program asked for it. All else is what
`finetune-coverage {" ".join(COMMAND)}` wrote on the bundled dataset, unedited. The model is the embedded one.

````text
{written.strip()}
````
"""


if __name__ == "__main__":
    main()
