"""Stepping back: a check that would refuse real records is not used, and that is said."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...dataset.record import Record
from ..attempts.draft import Candidate, Draft
from .check import Check
from .habits import LEAST_RECORDS, evenly

_log = logging.getLogger(__name__)

MOST_REFUSED = 0.03
"""Share of the topic's real records that a check may refuse; a single one may be a slip."""
MEASURED = 200
LEAST_MEASURED = 10
"""With fewer real records their share says nothing."""


@dataclass
class Judging:
    """The checks that judge a job, and why others do not.

    Attributes:
        checks: in their order.
        not_judged: by the name of a check, why it lets everything pass.
    """

    checks: list[Check]
    not_judged: dict[str, str] = field(default_factory=dict)

    @classmethod
    def after_trial(cls, checks: Sequence[Check], real: Sequence[Record], topic: str) -> Judging:
        """Those of the checks that let real records of the topic pass, as if each had been written just now."""
        tried = evenly(real, MEASURED)
        if len(tried) < LEAST_MEASURED:
            return cls(list(checks))
        draft = Draft(strategy="few_shot", topic=topic, requests=[], seeds=[])
        candidates = [Candidate(source=record.source, draft=draft) for record in tried]
        judging = cls([])
        for check in checks:
            refused = sum(_refuses(check, candidate) for candidate in candidates)
            if refused < LEAST_RECORDS or refused <= MOST_REFUSED * len(tried):
                judging.checks.append(check)
            else:
                judging.not_judged[check.name] = (
                    f"the check {check.name} is not used: it would refuse {refused} of {len(tried)} real records"
                )
        return judging


def _refuses(check: Check, candidate: Candidate) -> bool:
    try:
        return check.check(candidate) is not None
    except Exception as error:  # A fault of this program: such a draft would be given up too.
        _log.warning("%s failed with a real record", type(check).__name__, exc_info=error)
        return True
