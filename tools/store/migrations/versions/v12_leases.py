"""Version 12: who holds a job or a conversation, under which number it was written, and what they may send at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from finetune_coverage.tools.store.tables import NAME

revision = "12"
down_revision = "11"


def upgrade() -> None:
    """Make the tables of leases."""
    op.create_table(
        "leases",
        sa.Column("name", NAME, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("holder", NAME, nullable=False),
        sa.Column("until", sa.Float, nullable=False),
    )
    op.create_table(
        "endpoint_shares",
        sa.Column("endpoint", NAME, primary_key=True),
        sa.Column("lease", NAME, sa.ForeignKey("leases.name", ondelete="CASCADE"), primary_key=True),
        sa.Column("share", sa.Integer, nullable=False),
    )
    op.add_column("attempts", sa.Column("holder", sa.BigInteger))
