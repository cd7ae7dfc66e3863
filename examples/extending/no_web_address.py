"""A check: what was written names no web address."""

from __future__ import annotations

import re

from finetune_coverage.tools.dataset.record import message_text
from finetune_coverage.tools.generation.attempts.draft import Candidate, Rejection
from finetune_coverage.tools.generation.checks.check import ANY

_ADDRESS = re.compile(r"https?://\S+")


class NoWebAddress:
    """Looks at the written turns; those that were copied from a real record are not its matter."""

    name = "no_web_address"
    languages = ANY

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first address found, as evidence."""
        for message in candidate.written:
            if found := _ADDRESS.search(message_text(message)):
                return Rejection(self.name, f"{message['role']}: {found.group()!r}")
        return None
