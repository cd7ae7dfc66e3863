"""Version 15: jobs that several processes carry out at once, each of them a part."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from finetune_coverage.tools.store.tables import NAME

revision = "15"
down_revision = "14"


def upgrade() -> None:
    """Jobs that were begun before have one part."""
    op.add_column("jobs", sa.Column("parts", sa.Integer, nullable=False, server_default="1"))
    op.create_table(
        "ended_parts",
        sa.Column("job_id", NAME, sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("stop_reason", sa.Text),
        sa.Column("remarks", sa.JSON, nullable=False),
        sa.Column("not_judged", sa.JSON, nullable=False),
    )
