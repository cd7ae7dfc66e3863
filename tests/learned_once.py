"""What checks and measures learn from real records, learned once in a process.

Nearly every job of the tests works on the same few datasets, and learning from one takes longer than the rest of most
tests. The checks do not change once they have learned. The tests of the checks make them anew: this is about jobs only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from threading import Lock
from typing import Any

import numpy as np
import pytest
from finetune_coverage.tools.coverage import label_check, recognition
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts import acceptance
from finetune_coverage.tools.generation.checks.form import near_duplicate
from finetune_coverage.tools.generation.checks.stepping_back import Judging
from numpy.typing import NDArray

LEARNING = (
    "HiddenText",
    "RoleGrammar",
    "Artefacts",
    "Refusals",
    "Language",
    "Length",
    "KnownWords",
    "ToolCalls",
)
MOST_KEPT = 60
"""A test with a dataset of its own needs what it taught only while it runs."""

_learned: OrderedDict[Any, Any] = OrderedDict()
_lock = Lock()  # jobs side by side load their checks in threads


def _once(learn: Callable[..., Any]) -> Callable[..., Any]:
    def learned(real: Iterable[Record], *rules: Sequence[str], **options: bool) -> Any:
        real = list(real)
        records = tuple((record.topic, record.body) for record in real)
        key = (learn, records, *map(tuple, rules), *options.items())
        return _kept(_learned, key, lambda: learn(real, *rules, **options))

    return learned


def _kept(known: OrderedDict[Any, Any], key: Any, make: Callable[[], Any], most: int = MOST_KEPT) -> Any:
    with _lock:
        if key in known:
            known.move_to_end(key)
            return known[key]
    made = make()
    with _lock:
        made = known.setdefault(key, made)
        while len(known) > most:
            known.popitem(last=False)
    return made


_place_anew = recognition.placed
_placed: OrderedDict[bytes, NDArray[Any]] = OrderedDict()


def _placed_once(classes: Sequence[NDArray[Any]], asked: NDArray[Any]) -> NDArray[Any]:
    """The probes of the uplift: those of the same records, with and without what was added, are the same."""
    key = sha256(repr([(rows.shape, str(rows.dtype)) for rows in (*classes, asked)]).encode())
    for rows in (*classes, asked):
        key.update(np.ascontiguousarray(rows))
    return _kept(_placed, key.digest(), lambda: _place_anew(classes, asked), 3_000).copy()


_try_anew = Judging.after_trial
_tried: OrderedDict[Any, tuple[Any, Judging]] = OrderedDict()


def _tried_once(checks: Sequence[Any], real: Sequence[Record], topic: str) -> Judging:
    """What the checks make of the real records, each tried alone; those that have learned are tried once."""
    judging, texts = Judging([]), tuple(record.body for record in real)
    for check in checks:

        def trial(check: Any = check) -> tuple[Any, Judging]:
            return check, _try_anew([check], real, topic)  # kept with it, so that its id stays its own

        with _lock:
            has_learned = any(check is one for one in _learned.values())
        # A test may have put another method into its class.
        key = (id(check), type(check).check, topic, texts)
        _, one = _kept(_tried, key, trial, 600) if has_learned else trial()
        judging.checks += one.checks
        judging.not_judged |= one.not_judged
    return judging


def use_what_was_learned(patch: pytest.MonkeyPatch) -> None:
    for name in LEARNING:
        patch.setattr(acceptance, name, _once(getattr(acceptance, name)))
    patch.setattr(label_check, "_MOST_FOUND", 200)  # which keeps them by what was read, and forgets all at 16
    patch.setattr(recognition, "placed", _placed_once)
    patch.setattr(Judging, "after_trial", staticmethod(_tried_once))
    patch.setattr(near_duplicate, "_shingles", lru_cache(5_000)(near_duplicate._shingles.__wrapped__))
