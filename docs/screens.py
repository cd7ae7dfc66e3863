"""Pictures of the terminal, from real runs on the bundled dataset: ``python -m docs.screens [NAME…]``.

Each command runs on a pseudo-terminal in a data folder of its own; what it writes is drawn as an SVG, unedited. The
language model is the one of the settings. One picture is of a generation under way, which is stopped once some records
are accepted; it takes a minute or two with the embedded model.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.store.store import Store
from rich.console import Console
from rich.text import Text

FOLDER = Path(__file__).with_name("screens")


@dataclass(frozen=True)
class Screen:
    """One picture: a command, what is typed into it, and how wide the terminal is.

    Attributes:
        until: a pattern; once the screen shows it, the command is stopped, as by Ctrl-C.
    """

    name: str
    command: Sequence[str]
    width: int = 100
    typed: str = ""
    until: str | None = None


SCREENS = [
    Screen("analyze", ["analyze", "-w", "sample"]),
    Screen("recommend", ["recommend", "-w", "sample"], 110),
    Screen("chat", ["chat", "-w", "sample"], 90, "make it 20 with few-shot\n"),
    Screen(
        "generate",
        ["generate", "-w", "sample", "--topic", "technical_issues", "--count", "30", "--yes"],
        120,
        until=r"\b[3-9]/30\b.*rejected",
    ),
]


def main(names: Sequence[str]) -> None:
    """Run the commands, or those of the names given, and write their pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="finetune-coverage-") as home:
        store = Store.open(f"sqlite:///{Path(home) / 'coverage.db'}")
        import_sample(store, "sample")
        store.close()
        for screen in (screen for screen in SCREENS if not names or screen.name in names):
            written = run(screen, home)
            (FOLDER / f"{screen.name}.svg").write_text(picture(screen, written), encoding="utf-8")
            sys.stdout.write(f"{FOLDER / screen.name}.svg\n")


def run(screen: Screen, home: str) -> str:
    """What the command writes on a terminal of that width."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 60, screen.width, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    process = subprocess.Popen(
        [sys.executable, "-m", "finetune_coverage.agent.cli", *screen.command],
        stdin=subprocess.PIPE,
        stdout=follower,
        stderr=follower if screen.until else subprocess.DEVNULL,
        env=environment | {"FINETUNE_COVERAGE_HOME": home, "TERM": "xterm-256color"},
    )
    os.close(follower)
    assert process.stdin is not None
    process.stdin.write(screen.typed.encode())
    process.stdin.close()
    written, seen = b"", ""
    while piece := _read(leader):
        written += piece
        shown = on_screen(written)
        if screen.until and not seen and re.search(screen.until, shown):
            seen = shown
            process.send_signal(signal.SIGINT)
    os.close(leader)
    if process.wait() != 0 and not seen:
        raise SystemExit(f"{screen.name} ended with {process.returncode}:\n{written.decode()}")
    return seen or on_screen(written)


def on_screen(written: bytes) -> str:
    """What the screen shows: of a line that was drawn over, the last drawing."""
    text = written.decode("utf-8", "replace").replace("\r\n", "\n")
    drawn = re.sub(r"[^\n]*\r\x1b\[2K", "", text)
    return re.sub(r"\x1b\[\?25[hl]", "", drawn)


def picture(screen: Screen, written: str) -> str:
    """The SVG of a screen; it loads nothing from anywhere."""
    console = Console(record=True, width=screen.width, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "dim"), (" ".join(["finetune-coverage", *screen.command]), "bold")))
    console.print(Text.from_ansi(written.rstrip()))
    svg = console.export_svg(title="finetune-coverage", unique_id=screen.name)
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError:  # the other end is closed
        return b""


if __name__ == "__main__":
    main(sys.argv[1:])
