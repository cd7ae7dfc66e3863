"""What checks learn from real records, learned once in a process.

Nearly every job of the tests works on the same few datasets, and learning from one takes longer than the rest of most
tests. The checks do not change once they have learned. The tests of the checks make them anew: this is about jobs only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts import acceptance

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


def _once(learn: Callable[..., Any]) -> Callable[..., Any]:
    def learned(real: Iterable[Record]) -> Any:
        real = list(real)
        key = (learn, tuple((record.topic, record.body) for record in real))
        if key not in _learned:
            _learned[key] = learn(real)
        _learned.move_to_end(key)
        while len(_learned) > MOST_KEPT:
            _learned.popitem(last=False)
        return _learned[key]

    return learned


def use_what_was_learned(patch: pytest.MonkeyPatch) -> None:
    for name in LEARNING:
        patch.setattr(acceptance, name, _once(getattr(acceptance, name)))
