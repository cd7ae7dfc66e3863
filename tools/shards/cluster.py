"""The Ray cluster: one of this machine, started for a command, or one that is there already.

All of Ray runs in a process of its own. Ray changes the process that uses it (signal handlers, the hook for exceptions,
variables of the environment), and ours may be a chat, a page or a host program.
"""

from __future__ import annotations

import multiprocessing
import os
import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from ..errors import CoverageError, InternalError, InvalidInput

_P = ParamSpec("_P")
_T = TypeVar("_T")

_LOOPBACK = "127.0.0.2"
"""Ray takes the name and the address of localhost (127.0.0.1) for the machine's outer one, but not its neighbour."""
_STARTS = 3
"""Ray gives up when a node's agent is not there after 15 seconds, or the node after 30: a busy machine takes longer."""
_OBJECT_STORE_BYTES = 300_000_000
"""Blocks between stages; more of them go to the disk. Bodies of records are never among them."""


class RayCluster:
    """Carries stages out; made by `opened_cluster`."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def run(self, stage: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
        """Carry a stage out in the process that has the cluster.

        Args:
            stage: a function of a module, whose arguments and result can be pickled.
            *arguments: of the stage.
            **named: likewise.

        Raises:
            CoverageError: what the stage raised.
            InternalError: the cluster is gone, or a worker failed again and again.
        """
        try:
            return self._pool.submit(_carried_out, partial(stage, *arguments, **named)).result()
        except BrokenProcessPool as error:
            raise InternalError(
                "The process that spoke with the Ray cluster is gone.",
                hint="Nothing was written; do it again. If it comes again, look at the memory of the machine.",
            ) from error

    def close(self) -> None:
        """End the process, and with it a cluster that was started for it."""
        self._pool.shutdown(cancel_futures=True)


class _NotStarted(InternalError):
    """Ray did not come up in time."""


@contextmanager
def opened_cluster(address: str | None, workers: int | None) -> Iterator[RayCluster]:
    """A cluster for the block.

    Args:
        address: of a cluster that is there, such as ``head-node:6379``; ``None`` starts one of this machine, which
            talks over the loopback (though it listens on all interfaces), turns away who lacks its token, and tells
            nobody about itself.
        workers: how many processes one of this machine has; as many as processors when not given.

    Raises:
        InvalidInput: Ray is not installed, or there is no such cluster.
    """
    if find_spec("ray") is None:
        raise InvalidInput(
            "--engine ray needs Ray, which is not installed.", hint="pip install 'finetune-coverage[ray]'"
        )
    # Ray's paths hold sockets, which may have 107 characters, so not in the data folder.
    with tempfile.TemporaryDirectory(prefix="fc-ray-", ignore_cleanup_errors=True) as folder:
        cluster = _connected(address, workers or len(os.sched_getaffinity(0)), Path(folder))
        try:
            yield cluster
            cluster.run(_disconnect)
        finally:
            cluster.close()


def _connected(address: str | None, workers: int, folder: Path) -> RayCluster:
    for left in reversed(range(_STARTS)):
        pool = ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn"))
        cluster = RayCluster(pool)
        try:
            cluster.run(_connect, address, workers, folder / str(left))
        except BaseException as error:
            cluster.close()  # what was started goes with its process
            if not (isinstance(error, _NotStarted) and left):
                raise
        else:
            return cluster
    raise AssertionError("the last attempt raises or returns")


def _connect(address: str | None, workers: int, folder: Path) -> None:
    # The one who waits for the stages may be killed.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_DATA_DISABLE_PROGRESS_BARS"] = "1"
    if address is None:
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    # Both say much; a command's own output is for people and programs.
    folder.mkdir()
    log = os.open(folder / "said-by-ray.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    import ray

    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": True}
    if address is not None:
        try:
            ray.init(address=address, **quiet)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise InvalidInput(
                f"There is no Ray cluster at {address}: {str(error).splitlines()[0]}",
                hint="Check FINETUNE_COVERAGE_RAY_ADDRESS; without it a cluster of this machine is started.",
            ) from error
    else:
        _start(workers, folder, quiet)
    from ray.data.context import DataContext, ShuffleStrategy

    # Sorting takes tasks only. Hashing takes an actor for each part, and so new processes after every stage, which
    # take a second or two to start.
    DataContext.get_current().shuffle_strategy = ShuffleStrategy.SORT_SHUFFLE_PULL_BASED


def _start(workers: int, folder: Path, quiet: dict[str, Any]) -> None:
    import ray

    try:
        ray.init(
            num_cpus=workers,
            include_dashboard=False,
            object_store_memory=_OBJECT_STORE_BYTES,
            _node_ip_address=_LOOPBACK,
            _temp_dir=str(folder),
            **quiet,
        )
    except Exception as error:  # "The current node timed out during startup" is no class of its own
        raise _NotStarted(
            f"Ray could not be started: {str(error).splitlines()[0]}",
            hint="The machine may be too busy, or short of memory; try again.",
        ) from error


def _disconnect() -> None:
    import ray

    ray.shutdown()


def _carried_out(stage: Callable[[], _T]) -> _T:
    try:
        return stage()
    except CoverageError:
        raise
    except Exception as error:
        # Ray wraps what a worker raised, once for each layer, in classes that are made up as it goes.
        inner: BaseException | None = error
        while inner is not None:
            if isinstance(cause := getattr(inner, "cause", None), CoverageError):
                raise type(cause)(cause.message, hint=cause.hint) from None
            inner = inner.__cause__ or getattr(inner, "cause", None)
        raise InternalError(
            f"A stage failed in the Ray cluster: {type(error).__name__}: {str(error)[:2000]}",
            hint="Nothing was written.",
        ) from None


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
