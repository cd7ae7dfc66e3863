"""Programs that tests start can be interrupted, also when the tests themselves run with SIGINT ignored."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT; needs no Windows")

SLEEPS = "import time\nprint('here', flush=True)\ntime.sleep(60)\n"


def test_a_program_can_be_interrupted() -> None:
    process = subprocess.Popen([sys.executable, "-c", SLEEPS], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"here\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT and b"KeyboardInterrupt" in err


@pytest.mark.slow
def test_also_when_the_tests_ignore_it() -> None:
    """As under `make test &`."""
    test = f"{Path(__file__)}::{test_a_program_can_be_interrupted.__name__}"
    pytest_here = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    done = subprocess.run(
        ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", *pytest_here],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
    )
    assert done.returncode == 0 and "1 passed" in done.stdout, done.stdout + done.stderr
