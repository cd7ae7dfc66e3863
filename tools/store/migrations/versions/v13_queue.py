"""Version 13: approved items that wait for a worker."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from finetune_coverage.tools.store.tables import NAME

revision = "13"
down_revision = "12"


def upgrade() -> None:
    """Make the table of the queue."""
    op.create_table(
        "queued_items",
        sa.Column("approval_id", NAME, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("queued_at", NAME, nullable=False),
        sa.Column("failure", sa.JSON),
        sa.ForeignKeyConstraint(
            ["approval_id", "number"],
            ["approval_items.approval_id", "approval_items.number"],
            ondelete="CASCADE",
        ),
    )
