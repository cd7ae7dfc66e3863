"""One program a conversation: a second one is told who has it, instead of both writing into it."""

from __future__ import annotations

import hashlib
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from ...tools.data_folder import make_private_file, make_private_folder, may_be_written, open_data_folder
from ...tools.errors import Busy, CoverageError, InvalidInput
from ...tools.settings import Settings
from ...tools.store.leases import Lease, LeaseLost, LeaseTaken, held
from ...tools.store.store import Store, server_url
from ...tools.store.workflows import now

_log = logging.getLogger(__name__)

RENEWALS = 4
"""Renewals of a lease before it would run out."""


@contextmanager
def hold_thread(settings: Settings, thread_id: str, program: str) -> Iterator[None]:
    """Hold a conversation for as long as this program talks in it.

    Conversations in a file are held by a lock of the operating system on another file beside it, which lets go when
    the program ends, however it ends: it is never stale, and nothing has to be renewed. Those on a server are held by
    a lease (`tools/store/leases.py`), and nothing is written into them any more when that was lost.

    Args:
        settings: name the data folder and the database.
        thread_id: the conversation.
        program: what holds it, for whoever comes second.

    Raises:
        Busy: another program holds it.
        InvalidInput: the data folder may not be written to.
    """
    if not may_be_written(settings.home):
        raise InvalidInput(
            f"The data folder {settings.home} may only be read, and conversations are kept in it.",
            hint="Copy the folder and name the copy in FINETUNE_COVERAGE_HOME.",
        )
    holding = _on_server if server_url(settings.store_url) is not None else _in_folder
    with holding(settings, thread_id, program):
        yield


@contextmanager
def _in_folder(settings: Settings, thread_id: str, program: str) -> Iterator[None]:
    folder = make_private_folder(open_data_folder(settings.home) / "locks")
    # An id may hold what a file's name cannot.
    stem = f"thread-{hashlib.sha256(thread_id.encode()).hexdigest()[:32]}"
    # Beside the lock: some systems let nobody read a locked file.
    holder = folder / f"{stem}.holder"
    lock = FileLock(folder / f"{stem}.lock", thread_local=False, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise _taken(thread_id, _read(holder)) from error
    try:
        make_private_file(holder).write_text(
            f"{program}, process {os.getpid()} on {socket.gethostname()}, since {now()[:19]} UTC",
            encoding="utf-8",
        )
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


@contextmanager
def _on_server(settings: Settings, thread_id: str, program: str) -> Iterator[None]:
    seconds = settings.lease_seconds
    with closing(Store.open(settings.store_url)) as store:
        try:
            lease = Lease.take(store, settings.home, f"conversation {thread_id}", program, seconds=seconds)
        except LeaseTaken as error:
            raise _taken(thread_id, error.holder) from error
        has_ended = threading.Event()
        renewing = threading.Thread(target=_renew, args=(lease, has_ended, seconds / RENEWALS), daemon=True)
        renewing.start()
        try:
            with held(lease):
                yield
        finally:
            has_ended.set()
            renewing.join()
            with suppress(CoverageError):  # it runs out by itself
                lease.release()


def _renew(lease: Lease, has_ended: threading.Event, seconds: float) -> None:
    while not has_ended.wait(seconds):
        try:
            lease.renew()
        except LeaseLost:
            return  # whatever is written next is refused
        except CoverageError as error:
            _log.warning("%s could not be renewed: %s", lease.name, error)


def _taken(thread_id: str, holder: str) -> Busy:
    return Busy(
        f"Conversation {thread_id!r} is open in another program: {holder}.",
        hint="Go on there, or end it there first; `finetune-coverage chat` begins another conversation.",
    )


def _read(holder: Path) -> str:
    try:
        return holder.read_text(encoding="utf-8").strip() or "unknown"
    except OSError:  # it holds the lock but has not said who it is, or is just leaving
        return "unknown"
