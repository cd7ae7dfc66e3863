"""One process a job: the operating system lets go of the lock when a process dies, however it dies."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from ...data_folder import make_private_folder, open_data_folder
from ...errors import Busy

PATIENCE = 0.5
"""Seconds to wait for a job's lock: somebody who only looks whether it is taken has it for a moment."""


def lock_job(home: Path, job_id: str) -> FileLock:
    """Take the lock of a job; to be released at its end.

    Raises:
        Busy: another process is carrying the job out.
    """
    lock = _lock(home, job_id)
    try:
        lock.acquire(timeout=PATIENCE)
    except Timeout as error:
        raise Busy(
            f"Job {job_id} is being carried out by another process.", hint="Wait for it, or stop it there."
        ) from error
    return lock


def is_carried_out(home: Path, job_id: str) -> bool:
    """Whether some process is carrying the job out at this moment, on this machine."""
    lock = _lock(home, job_id)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _lock(home: Path, job_id: str) -> FileLock:
    folder = make_private_folder(open_data_folder(home) / "locks")
    return FileLock(folder / f"{job_id}.lock", thread_local=False, mode=0o600)
