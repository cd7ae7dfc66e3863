"""A second process that parses blocks while the first one writes: ``python -m finetune_coverage….block_parser``.

It is a plain program with two pipes and no child of `multiprocessing`: that would run an importing script again,
or copy the threads and open files of a server.
"""

from __future__ import annotations

import marshal
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import islice
from typing import BinaryIO

from .parsed_block import Block, ParsedBlock, parse_lines

ReadBlock = tuple[Block, list[bytes], ParsedBlock]
"""A block, its lines, and what they hold."""

_ASKED_AHEAD = 2
"""Blocks that the other process is given at once, so that it never waits for the next one."""
_AT_MOST = 6
"""Blocks that are parsed, or being parsed, before the caller has taken the first of them."""


def parsed_in_order(blocks: Iterator[Block], *, ahead: bool) -> Iterator[ReadBlock]:
    """Parse blocks; with ``ahead`` another process parses some while the caller works on others.

    Whenever the next block in order is not parsed yet, this process parses one too instead of waiting: so both
    are busy whatever the caller does. Where that other process cannot be started, or dies, all goes on in this one.
    """
    if not ahead:
        yield from map(_parsed_here, blocks)
        return
    with ThreadPoolExecutor(1) as pool, _process() as process:
        waiting: deque[tuple[Block, Future[ParsedBlock | None] | ReadBlock]] = deque()
        asked: deque[Future[ParsedBlock | None]] = deque()
        while True:
            while asked and asked[0].done():
                asked.popleft()
            for block in islice(blocks, _ASKED_AHEAD - len(asked)):
                asked.append(pool.submit(_answer, process, block))
                waiting.append((block, asked[-1]))
            if not waiting:
                return
            first, found = waiting[0]
            must_wait = isinstance(found, Future) and not found.done()
            if must_wait and len(waiting) < _AT_MOST and (more := next(blocks, None)) is not None:
                waiting.append((more, _parsed_here(more)))
                continue
            waiting.popleft()
            yield found if isinstance(found, tuple) else _parsed_there(first, found.result())


def _parsed_here(block: Block) -> ReadBlock:
    lines = block.lines()
    return block, lines, parse_lines(lines, block.topic_field)


def _parsed_there(block: Block, parsed: ParsedBlock | None) -> ReadBlock:
    return _parsed_here(block) if parsed is None else (block, block.lines(), parsed)


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


def _answer(process: subprocess.Popen[bytes] | None, block: Block) -> ParsedBlock | None:
    if process is None or process.stdin is None or process.stdout is None:
        return None
    try:
        process.stdin.write(marshal.dumps(tuple(block)))
        process.stdin.flush()
        return ParsedBlock(*marshal.load(process.stdout))
    except (OSError, EOFError, ValueError, TypeError):
        process.kill()
        return None


def serve(asked: BinaryIO, answered: BinaryIO) -> None:
    """Parse one block after the other until nothing more is asked."""
    while True:
        try:
            block = Block(*marshal.load(asked))
        except EOFError:
            return
        answered.write(marshal.dumps(tuple(parse_lines(block.lines(), block.topic_field))))
        answered.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asks decides when it is over
    serve(sys.stdin.buffer, sys.stdout.buffer)
