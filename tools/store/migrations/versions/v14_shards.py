"""Version 14: workflows whose records lie in Parquet shards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from finetune_coverage.tools.store.tables import NAME

revision = "14"
down_revision = "13"


def upgrade() -> None:
    """Make the table of shards."""
    op.create_table(
        "shards",
        sa.Column("workflow_id", NAME, sa.ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("records", sa.Integer, nullable=False),
        sa.Column("source_file", sa.Text, nullable=False),
        sa.Column("topic_field", sa.Text, nullable=False),
    )
