"""The results of several jobs for one item, as one: those of its pilot and of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ...coverage.uplift import Uplift, one_after_another
from ..money.use import Use, sum_of


def joined(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One result of several, in the order in which the jobs ran; what only the last one says stays its own.

    Args:
        results: the ``generation`` of the tool's answers, or what the graph keeps of them; one or more.
    """
    first, *later = results
    if not later:
        return dict(first)
    last = later[-1]
    worths = [result.get("worth") for result in results]
    gains = [Uplift.model_validate(result["uplift"]) for result in results if result.get("uplift")]
    gain = one_after_another(gains) if len(gains) == len(results) else None
    added = {
        "requested": sum(result["requested"] for result in results),
        "accepted": sum(result["accepted"] for result in results),
        "worth": None if None in worths else round(sum(filter(None, worths)), 1),
        "uplift": gain.model_dump() if gain else None,
        "rejected": dict(sum((Counter(result["rejected"]) for result in results), Counter())),
        "record_ids": [record_id for result in results for record_id in result["record_ids"]],
        "cost": sum_of(Use.model_validate(result["cost"] or {}) for result in results).model_dump(),
        "remarks": list(dict.fromkeys(remark for result in results for remark in result["remarks"])),
    }
    if "not_judged" in last:
        added["not_judged"] = dict(sum((Counter(result["not_judged"]) for result in results), Counter()))
    before = {"coverage_before": first["coverage_before"]} if "coverage_before" in first else {}
    return {**last, **added, **before}
