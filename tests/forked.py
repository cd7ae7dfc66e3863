"""Processes that are forked from one that has loaded the program: real ones that can be killed, there in a moment.

Loading Python, the graph, scikit-learn and Chroma takes some seconds of the processor, the same for each test that
starts a process to kill it. So it is done once in each run's worker, by `multiprocessing`'s fork server. The start
itself is tested where the program starts as for a person: in a shell, at a terminal, for MCP, from the wheel.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

_START = Path(__file__).with_name("forked_start.py")
_METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
_LOADED = [
    "chromadb",
    "finetune_coverage.agent.cli",
    "finetune_coverage.graph.build",
    "finetune_coverage.graph.conversations.sqlite_saver",
    "finetune_coverage.tools.generate_synthetic_data",
    "finetune_coverage.tools.generation.jobs.loading",
    "langchain_openai",
    "sklearn.feature_extraction.text",
    "sklearn.linear_model",
    "sklearn.multiclass",
]
_PAUSE = 0.02
_context = multiprocessing.get_context(_METHOD)
if _METHOD == "forkserver":
    _context.set_forkserver_preload(_LOADED)


class Forked:
    """A process with files for its output.

    Args:
        folder: an existing folder for the files; several processes may share it.
        script: a Python script; None is the program, `finetune-coverage`.
        arguments: of the script or program.
        environment: all of its variables.
        typed: what stands on its standard input; None keeps that open with nothing on it, or has it be the terminal.
        terminal: the path of a pseudo-terminal that it writes to, and not to files.
    """

    def __init__(
        self,
        folder: Path,
        script: Path | None,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        typed: str | None = "",
        terminal: str | None = None,
    ) -> None:
        self._files = [folder / f"{time.monotonic_ns()}.{name}" for name in ("out", "err")]
        for file in self._files:
            file.touch()
        order = {
            "script": str(script) if script else None,
            "arguments": [str(argument) for argument in arguments],
            "environment": dict(os.environ if environment is None else environment),
            "folder": str(Path.cwd()),
            "typed": typed,
            "terminal": terminal,
            "files": [str(file) for file in self._files],
        }
        self._process = _context.Process(
            target=runpy.run_path, args=(str(_START), {"order": order}, "__main__"), daemon=True
        )
        self._process.start()

    @classmethod
    def of_text(cls, folder: Path, program: str, *arguments: str) -> Forked:
        """A process of a program in Python that is given as it stands."""
        script = folder / f"{time.monotonic_ns()}.py"
        script.write_text(program, encoding="utf-8")
        return cls(folder, script, *arguments)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def lines(self) -> Iterator[str]:
        """The lines of its standard output as they come, until it ends."""
        with self._files[0].open(encoding="utf-8") as file:
            started = ""
            while True:
                has_ended = not self._process.is_alive()
                started += file.read()
                *whole, started = started.split("\n")
                yield from whole
                if has_ended:
                    return
                time.sleep(_PAUSE)

    def kill(self) -> None:
        """SIGKILL: nothing is put away."""
        self._process.kill()

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def communicate(self, timeout: float = 200) -> tuple[str, str]:
        """Wait for its end; gives its standard output and its standard error."""
        self._process.join(timeout)
        out, err = (file.read_text(encoding="utf-8") for file in self._files)
        assert not self._process.is_alive(), f"it did not end within {timeout} s:\n{out}\n{err}"
        return out, err
