"""The Ray cluster: one of this machine, started for a command, or one that is there already.

All of Ray runs in a process of its own. Ray changes the process that uses it (signal handlers, the hook for exceptions,
variables of the environment), and ours may be a chat, a page or a host program.
"""

from __future__ import annotations

import multiprocessing
import os
import secrets
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from ..errors import CoverageError, InternalError, InvalidInput
from . import stages

OnProgress = Callable[[stages.StageProgress], None]
_P = ParamSpec("_P")
_T = TypeVar("_T")

_PACKAGE = "finetune-coverage"
_LOOPBACK = "127.0.0.2"
"""Ray takes the name and the address of localhost (127.0.0.1) for the machine's outer one, but not its neighbour."""
_SECONDS_TO_ANSWER = 10
_STARTS = 3
"""Ray gives up when a node's agent is not there after 15 seconds, or the node after 30: a busy machine takes longer."""
_OBJECT_STORE_BYTES = 300_000_000
"""Blocks between stages; more of them go to the disk. Bodies of records are never among them."""


class RayCluster:
    """Carries stages out; made by `opened_cluster`. The cluster is there from the first stage on.

    Attributes:
        workers: how many processes one that is started for it has.

    Args:
        address: as for `opened_cluster`.
        workers: likewise.
        folder: for what Ray writes.
        on_progress: as for `opened_cluster`.
    """

    def __init__(
        self, address: str | None, workers: int | None, folder: Path, on_progress: OnProgress | None
    ) -> None:
        self._address = address
        self.workers = workers or _processors()
        self._folders = (folder / str(number) for number in count())
        self._on_progress = on_progress
        self._process: _ClusterProcess | None = None

    def run(self, stage: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
        """Carry a stage out in the process that has the cluster.

        Args:
            stage: a function of a module, whose arguments and result can be pickled.
            *arguments: of the stage.
            **named: likewise.

        Raises:
            CoverageError: what the stage raised.
            InvalidInput: there is no such cluster, or its machines have another version of this package or none.
            InternalError: the cluster is gone, or a worker failed again and again.
        """
        if self._process is None:
            self._process = self._connected()
        return self._process.run(partial(stage, *arguments, **named))

    def close(self, *, at_once: bool) -> None:
        """Let go of the cluster, and end one that was started for it; at once leaves a stage under way."""
        if self._process is not None:
            if not at_once:
                self._process.run(_disconnect)
            self._process.close(at_once=at_once)

    def _connected(self) -> _ClusterProcess:
        if self._address is not None:
            _require_reachable(self._address)
        for left in reversed(range(_STARTS)):
            process = _ClusterProcess(self._on_progress)
            try:
                process.run(partial(_connect, self._address, self.workers, next(self._folders)))
            except BaseException as error:
                process.close(at_once=True)  # what was started goes with its process
                if not (isinstance(error, _NotStarted) and left):
                    raise
            else:
                return process
        raise AssertionError("the last attempt raises or returns")


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _require_reachable(address: str) -> None:
    """Ray itself waits for minutes for a cluster that is not there."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _SECONDS_TO_ANSWER).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, str(error)) from error


def _no_cluster(address: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"There is no Ray cluster at {address}: {why}",
        hint="Check FINETUNE_COVERAGE_RAY_ADDRESS; without it a cluster of this machine is started.",
    )


class _ClusterProcess:
    """The process that speaks with a cluster."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        here, there = multiprocessing.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(
            max_workers=1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_tell_through,
            initargs=(there,),
        )
        threading.Thread(target=_listen, args=(here, on_progress), daemon=True).start()
        self._number = self._pool.submit(os.getpid)
        there.close()  # the process has its own end now

    def run(self, work: Callable[[], _T]) -> _T:
        try:
            return self._pool.submit(_carried_out, work).result()
        except BrokenProcessPool as error:
            raise InternalError(
                "The process that spoke with the Ray cluster is gone.",
                hint="Nothing was written; do it again. If it comes again, look at the memory of the machine.",
            ) from error

    def close(self, *, at_once: bool) -> None:
        if at_once and self._number.done() and self._number.exception() is None:
            with suppress(ProcessLookupError):
                os.kill(self._number.result(), signal.SIGKILL)
        self._pool.shutdown(cancel_futures=True)


class _NotStarted(InternalError):
    """Ray did not come up in time."""


@contextmanager
def opened_cluster(
    address: str | None, workers: int | None, on_progress: OnProgress | None = None
) -> Iterator[RayCluster]:
    """A cluster for the block; it is connected to, or started, when the first stage is carried out.

    Args:
        address: of a cluster that is there, such as ``head-node:6379``; ``None`` starts one of this machine, which
            talks over the loopback (though it listens on all interfaces), turns away who lacks its token, and tells
            nobody about itself.
        workers: how many processes one of this machine has; as many as processors when not given.
        on_progress: told where the stages are; called in a thread of its own.

    Raises:
        InvalidInput: Ray is not installed.
    """
    if find_spec("ray") is None:
        raise InvalidInput(
            "--engine ray needs Ray, which is not installed.", hint="pip install 'finetune-coverage[ray]'"
        )
    # Ray's paths hold sockets, which may have 107 characters, so not in the data folder.
    with tempfile.TemporaryDirectory(prefix="fc-ray-", ignore_cleanup_errors=True) as folder:
        cluster = RayCluster(address, workers, Path(folder), on_progress)
        try:
            yield cluster
        except BaseException:
            cluster.close(at_once=True)
            raise
        cluster.close(at_once=False)


def _connect(address: str | None, workers: int, folder: Path) -> None:
    # What a person stops is the command, which ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The one who waits for the stages may be killed.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_DATA_DISABLE_PROGRESS_BARS"] = "1"
    if address is None:
        # What one process does is as important.
        os.environ |= {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_worker_niceness": "0",
        }
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
            raise _no_cluster(address, str(error).splitlines()[0]) from error
        _check_versions()
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


def _check_versions() -> None:
    """Refuse machines that would carry other code out."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    ours = version(_PACKAGE)
    every: Any = ray.nodes  # not typed

    def installed() -> str:  # sent as it stands: whoever has not the package cannot import it from there
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("finetune-coverage")
        except PackageNotFoundError:
            return ""

    nodes = [node for node in every() if node["Alive"] and node["Resources"].get("CPU")]
    asked = ray.remote(num_cpus=0)(installed)
    answers = [
        asked.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote()
        for node in nodes
    ]
    for node, theirs in zip(nodes, ray.get(answers), strict=True):
        if theirs != ours:
            has = f"has version {theirs} of {_PACKAGE}" if theirs else f"does not have {_PACKAGE}"
            raise InvalidInput(
                f"{node['NodeManagerAddress']} of the Ray cluster {has}; here it is {ours}.",
                hint=f"On each machine: pip install '{_PACKAGE}[ray]=={ours}'.",
            )


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


def _tell_through(there: Connection) -> None:
    stages.tell = there.send


def _listen(here: Connection, on_progress: OnProgress | None) -> None:
    with suppress(EOFError, OSError):  # the process has ended
        while True:
            told = here.recv()
            if on_progress is not None:
                on_progress(told)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
