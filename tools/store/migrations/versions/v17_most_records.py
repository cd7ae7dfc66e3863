"""Version 17: how many records a topic may have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "17"
down_revision = "16"


def upgrade() -> None:
    """Add the ceiling of a topic, which none has so far."""
    op.add_column("topics", sa.Column("most", sa.Integer))
