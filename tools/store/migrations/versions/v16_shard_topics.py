"""Version 16: topics that runs gave to records in shards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from finetune_coverage.tools.store.tables import NAME

revision = "16"
down_revision = "15"


def upgrade() -> None:
    """Make the table of the topics, and tell with each run what became of topics in shards."""
    op.create_table(
        "shard_topics",
        sa.Column("workflow_id", NAME, sa.ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("run", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("url", sa.Text, nullable=False),
    )
    op.add_column("topic_runs", sa.Column("shards", sa.JSON))
