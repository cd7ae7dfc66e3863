"""Version 9: which calls the endpoint did not count, and the room that an attempt's requests allow for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "9"
down_revision = "8"

_JUDGED = "(judge_prompt_tokens + judge_completion_tokens)"


def upgrade() -> None:
    """Add the columns, and mark the attempts of which one call at least was not counted.

    It is one that was answered and took no tokens; charged for it was no more than was reserved.
    """
    op.add_column("attempts", sa.Column("room", sa.Integer))
    op.add_column("attempts", sa.Column("uncounted_calls", sa.Integer, nullable=False, server_default="0"))
    op.add_column(
        "attempts", sa.Column("uncounted_tokens", sa.BigInteger, nullable=False, server_default="0")
    )
    op.execute(
        f"UPDATE attempts SET uncounted_calls = 1, uncounted_tokens = reserved_tokens - {_JUDGED} "
        f"WHERE response IS NOT NULL AND prompt_tokens + completion_tokens = 0 AND reserved_tokens > {_JUDGED}"
    )
