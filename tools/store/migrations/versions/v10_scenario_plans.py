"""Version 10: the cases that are planned for a topic."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "10"
down_revision = "9"


def upgrade() -> None:
    """Add their table."""
    op.create_table(
        "scenario_plans",
        sa.Column(
            "workflow_id", sa.String, sa.ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("topic", sa.String, primary_key=True),
        sa.Column("body", sa.JSON, nullable=False),
    )
