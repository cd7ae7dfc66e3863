"""Has the threads of a program take turns more often while a job runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

INTERVAL = 0.0005
"""Seconds after which a thread that computes makes room for one that waits; Python's own is ten times as long."""

_lock = Lock()
_inside = 0
_usual = 0.0


@contextmanager
def quick_switching() -> Iterator[None]:
    """Inside the block no thread waits for Python's lock much longer than `INTERVAL`.

    While one answer is judged, others arrive and are to be read and written down at once, which takes that lock
    several times. With the usual 5 ms for each of them, an answer is in the journal some 10 ms after it came, and
    paid for again if the machine dies within them. The interval is one for the whole program: it is put back when
    the last block ends.
    """
    global _inside, _usual
    with _lock:
        if _inside == 0:
            _usual = sys.getswitchinterval()
            sys.setswitchinterval(min(_usual, INTERVAL))
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                sys.setswitchinterval(_usual)
