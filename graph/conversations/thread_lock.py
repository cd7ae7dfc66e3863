"""One program a conversation: a second one is told who has it, instead of both writing into it."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ...tools.data_folder import make_private_file, make_private_folder, may_be_written, open_data_folder
from ...tools.errors import Busy, InvalidInput
from ...tools.settings import Settings
from ...tools.store.workflows import now


@contextmanager
def hold_thread(settings: Settings, thread_id: str, program: str) -> Iterator[None]:
    """Hold a conversation for as long as this program talks in it.

    The operating system lets go of the lock when the program ends, however it ends: it is never stale.

    Args:
        settings: name the data folder.
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
    folder = make_private_folder(open_data_folder(settings.home) / "locks")
    # An id may hold what a file's name cannot.
    stem = f"thread-{hashlib.sha256(thread_id.encode()).hexdigest()[:32]}"
    # Beside the lock: some systems let nobody read a locked file.
    holder = folder / f"{stem}.holder"
    lock = FileLock(folder / f"{stem}.lock", thread_local=False, mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Busy(
            f"Conversation {thread_id!r} is open in another program: {_read(holder)}.",
            hint="Go on there, or end it there first; `finetune-coverage chat` begins another conversation.",
        ) from error
    try:
        make_private_file(holder).write_text(
            f"{program}, process {os.getpid()} on {socket.gethostname()}, since {now()[:19]} UTC",
            encoding="utf-8",
        )
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _read(holder: Path) -> str:
    try:
        return holder.read_text(encoding="utf-8").strip() or "unknown"
    except OSError:  # it holds the lock but has not said who it is, or is just leaving
        return "unknown"
