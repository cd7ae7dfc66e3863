"""Workers of a Ray cluster that are killed in the middle of a stage; imported by them under the package's name."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from finetune_coverage.tools.shards import (
    assign_stages,
    count_sharded,
    duplicate_stages,
    export_sharded,
    import_stages,
    stages,
    validate_sharded,
)

_numbers = count()


def kill_in_each_stage(folder: Path) -> None:
    """To be run in the process of the cluster: from now on one worker of each stage dies when it has done its work.

    That is the worst moment: what it wrote is there, and what it found is lost. It is SIGKILL, which asks nobody.

    Args:
        folder: where each one that dies leaves a file, so that the next one lives.
    """
    _set(lambda stage: partial(_dying, stage, folder))


def kill_no_more() -> None:
    """To be run in the process of the cluster: takes it back."""
    _set(lambda stage: stage)


def _set(made_of: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    for module in (
        assign_stages,
        count_sharded,
        duplicate_stages,
        export_sharded,
        import_stages,
        validate_sharded,
    ):
        for name in ("each", "grouped"):
            if hasattr(module, name):
                setattr(module, name, made_of(getattr(stages, name)))


def _dying(
    stage: Callable[..., Any],
    folder: Path,
    parts: Sequence[Any],
    work: Callable[[Any], Any],
    reduce: Callable[[Any], Any] | None = None,
    **told: Any,
) -> Any:
    number = next(_numbers)
    if reduce is None:
        return stage(parts, partial(_once, folder / f"{number}", work), **told)
    emitting = partial(_once, folder / f"{number}-emit", lambda part: list(work(part)))
    return stage(parts, emitting, partial(_once, folder / f"{number}-reduce", reduce), **told)


def _once(mark: Path, work: Callable[[Any], Any], given: Any) -> Any:
    done = work(given)
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return done
    os.kill(os.getpid(), signal.SIGKILL)


def address_of_cluster() -> tuple[str, str]:
    """To be run in the process of the cluster: where it is, and the token of who may use it."""
    import ray

    return ray.get_runtime_context().gcs_address, os.environ["RAY_AUTH_TOKEN"]
