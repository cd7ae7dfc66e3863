"""How a forked process begins: with the variables, streams and arguments of its order, as if a shell had started it."""

from __future__ import annotations

import os
import runpy
import sys
from typing import Any

order: dict[str, Any] = globals()["order"]  # given by what runs this file

os.environ.clear()
os.environ.update(order["environment"])
os.chdir(order["folder"])

reading, writing = os.pipe()
os.dup2(reading, 0)
if order["typed"] is not None:
    os.write(writing, order["typed"].encode())
    os.close(writing)
if order["terminal"]:
    os.setsid()
    terminal = os.open(
        order["terminal"], os.O_RDWR
    )  # the first one of a session is where its Ctrl-C comes from
    for number in (0, 1, 2) if order["typed"] is None else (1, 2):
        os.dup2(terminal, number)
else:
    for number, file in enumerate(order["files"], start=1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_APPEND), number)
# By lines, as the parent reads the file while it grows and kills the process at any moment.
sys.stdin, sys.stdout, sys.stderr = (
    open(number, mode, encoding="utf-8", closefd=False, buffering=1)  # noqa: SIM115 - by number
    for number, mode in enumerate("rww")
)
sys.argv = [order["script"] or "finetune-coverage", *order["arguments"]]
if order["script"]:
    runpy.run_path(order["script"], run_name="__main__")
else:
    from finetune_coverage.agent.cli import main

    sys.exit(main())
