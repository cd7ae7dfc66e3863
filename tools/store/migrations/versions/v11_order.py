"""Version 11: the order of topics, plans and jobs is a column; no trigger keeps the counts, no index is put off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "11"
down_revision = "10"


def upgrade() -> None:
    """Take the order over from that of SQLite's rows, and make the indexes that a killed import has left out."""
    for table in ("topics", "plans", "jobs"):
        op.add_column(table, sa.Column("position", sa.Integer, nullable=False, server_default="0"))
        op.execute(f"UPDATE {table} SET position = rowid")
    for name in ("records_deleted", "records_changed_from", "records_changed_to"):
        op.execute(f"DROP TRIGGER IF EXISTS {name}")
    op.execute("CREATE INDEX IF NOT EXISTS records_by_topic ON records (topic, workflow_id, status)")
    op.execute("CREATE INDEX IF NOT EXISTS records_in_order ON records (workflow_id)")
    # Up to version 6 the table itself said that an id is unique, for which SQLite keeps an index of its own.
    found = op.get_bind().exec_driver_sql("PRAGMA index_list(records)")
    if not any(str(row.name).startswith("sqlite_autoindex") for row in found):
        op.execute("CREATE UNIQUE INDEX IF NOT EXISTS records_by_id ON records (id, workflow_id)")
