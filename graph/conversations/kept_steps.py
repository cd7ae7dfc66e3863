"""The steps of a conversation: how many are kept, and that they stay in order."""

from __future__ import annotations

from uuid import UUID

from langgraph.checkpoint.base import id as checkpoint_ids

KEPT_STEPS = 200
"""Steps of a conversation that one can go back to; a turn takes two to seven of them."""


def go_on_after(checkpoint_id: str) -> None:
    """Have ids that are made from now on sort after this one, whatever the clock says.

    The latest step of a conversation is the one with the largest id, and an id begins with the time. LangGraph keeps
    them in order within one process only; after a clock was set back, all that another process says would come before
    what was said, and be lost.
    """
    made = UUID(checkpoint_id)
    if made.version != 6:
        return
    time = (made.time_low << 28) | (made.time_mid << 12) | (made.time_hi_version & 0x0FFF)
    known = checkpoint_ids._last_v6_timestamp or 0
    checkpoint_ids._last_v6_timestamp = max(known, time)  # type: ignore[assignment]
