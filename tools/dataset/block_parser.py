"""A second process that parses blocks while the first one writes: ``python -m finetune_coverage….block_parser``.

It is a plain program with two pipes and no child of `multiprocessing`: that would run an importing script again,
or copy the threads and open files of a server.
"""

from __future__ import annotations

import marshal
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from .parsed_block import Block, ParsedBlock, parse_block


def parsed_in_order(blocks: Iterable[Block], *, ahead: bool) -> Iterator[tuple[Block, ParsedBlock]]:
    """Parse blocks; with ``ahead`` another process parses one while the caller works on the one before.

    Where that process cannot be started, or dies, all goes on in this one.
    """
    if not ahead:
        for block in blocks:
            yield block, parse_block(block)
        return
    with _process() as process:
        waiting: Block | None = None
        for block in blocks:
            _ask(process, block)
            if waiting is not None:
                yield waiting, _answer(process, waiting)
            waiting = block
        if waiting is not None:
            yield waiting, _answer(process, waiting)


@contextmanager
def _process() -> Iterator[subprocess.Popen[bytes] | None]:
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, TypeError):  # there is no such program; a host that embeds Python may name none
        yield None
        return
    try:
        yield process
    finally:
        process.kill()
        with suppress(OSError), process:  # what was not sent yet cannot be any more
            pass


def _ask(process: subprocess.Popen[bytes] | None, block: Block) -> None:
    if process is not None and process.stdin is not None:
        try:
            process.stdin.write(marshal.dumps(tuple(block)))
            process.stdin.flush()
        except OSError:
            return  # it has died; the answer will not come either


def _answer(process: subprocess.Popen[bytes] | None, block: Block) -> ParsedBlock:
    if process is not None and process.stdout is not None:
        try:
            return ParsedBlock(*marshal.load(process.stdout))
        except (OSError, EOFError, ValueError, TypeError):
            process.kill()
    return parse_block(block)


def serve(asked: BinaryIO, answered: BinaryIO) -> None:
    """Parse one block after the other until nothing more is asked."""
    while True:
        try:
            block = Block(*marshal.load(asked))
        except EOFError:
            return
        answered.write(marshal.dumps(tuple(parse_block(block))))
        answered.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asks decides when it is over
    serve(sys.stdin.buffer, sys.stdout.buffer)
