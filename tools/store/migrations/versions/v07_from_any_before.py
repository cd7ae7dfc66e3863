"""Version 7, from any before it: what these lack is added, in SQLite files only, since they were nothing else."""

from __future__ import annotations

from alembic import op
from sqlalchemy import inspect

revision = "7"
down_revision = None

_NEW_TABLES = """
CREATE TABLE budgets (
    approval_id VARCHAR NOT NULL PRIMARY KEY REFERENCES approvals (id) ON DELETE CASCADE,
    cap_tokens BIGINT,
    cap_picodollars BIGINT,
    spent_tokens BIGINT NOT NULL,
    spent_picodollars BIGINT NOT NULL,
    reserved_tokens BIGINT NOT NULL,
    reserved_picodollars BIGINT NOT NULL,
    CONSTRAINT settled_once CHECK (reserved_tokens >= 0 AND reserved_picodollars >= 0)
);
CREATE TABLE endpoint_limits (
    endpoint VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    ceiling INTEGER NOT NULL,
    updated_at VARCHAR NOT NULL,
    PRIMARY KEY (endpoint, model)
);
CREATE TABLE topic_counts (
    workflow_id VARCHAR NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    topic VARCHAR NOT NULL,
    records INTEGER NOT NULL,
    synthetic INTEGER NOT NULL,
    multi_turn INTEGER NOT NULL,
    uses_tools INTEGER NOT NULL,
    usable INTEGER NOT NULL,
    PRIMARY KEY (workflow_id, topic)
);
CREATE TABLE topic_runs (
    workflow_id VARCHAR NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    run INTEGER NOT NULL,
    method VARCHAR NOT NULL,
    created_at VARCHAR NOT NULL,
    topics_before JSON,
    topics_after JSON,
    PRIMARY KEY (workflow_id, run)
);
CREATE TABLE assignments (
    workflow_id VARCHAR NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    run INTEGER NOT NULL,
    record_id VARCHAR NOT NULL,
    topic VARCHAR,
    likeliest VARCHAR NOT NULL,
    confidence FLOAT NOT NULL,
    informative FLOAT NOT NULL,
    method VARCHAR NOT NULL,
    decided_by VARCHAR NOT NULL,
    previous_topic VARCHAR,
    PRIMARY KEY (workflow_id, run, record_id)
);
CREATE TABLE review_reasons (
    workflow_id VARCHAR NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    record_id VARCHAR NOT NULL,
    reason TEXT NOT NULL,
    created_at VARCHAR NOT NULL,
    PRIMARY KEY (workflow_id, record_id)
);
CREATE TABLE review_rules (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    workflow_id VARCHAR NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    topic VARCHAR,
    kind VARCHAR NOT NULL,
    value TEXT NOT NULL,
    created_at VARCHAR NOT NULL
);
"""
_NEW_COLUMNS = """
plans cap_tokens BIGINT
plans cap_usd FLOAT
jobs cancel_requested BOOLEAN DEFAULT 0 NOT NULL
jobs undone_at VARCHAR
jobs notes JSON
attempts verdict TEXT
attempts judge_prompt_tokens INTEGER DEFAULT '0' NOT NULL
attempts judge_completion_tokens INTEGER DEFAULT '0' NOT NULL
attempts reserved_tokens INTEGER DEFAULT '0' NOT NULL
attempts reserved_usd FLOAT DEFAULT '0' NOT NULL
attempts usd FLOAT
attempts scores JSON
topics examples JSON DEFAULT '[]' NOT NULL
workflows branched_from VARCHAR
workflows left_out JSON
"""
_RECORDS = """
CREATE TABLE records (
    position INTEGER NOT NULL PRIMARY KEY,
    workflow_id VARCHAR NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
    id VARCHAR NOT NULL,
    topic VARCHAR,
    other_topics JSON DEFAULT '[]' NOT NULL,
    origin VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    has_assistant_turn BOOLEAN NOT NULL,
    is_multi_turn BOOLEAN NOT NULL,
    uses_tools BOOLEAN NOT NULL,
    source_file VARCHAR,
    source_line INTEGER,
    topic_field VARCHAR,
    job_id VARCHAR,
    provenance JSON,
    body TEXT NOT NULL
)
"""
_COLUMNS = (
    "workflow_id, id, topic, other_topics, origin, status, has_assistant_turn, is_multi_turn, uses_tools, "
    "source_file, source_line, topic_field, job_id, provenance, body"
)
_INDEXES = (
    "records_by_topic ON records (topic, workflow_id, status)",
    "records_in_order ON records (workflow_id)",
    "records_by_job ON records (workflow_id, job_id) WHERE job_id IS NOT NULL",
    "records_generated ON records (workflow_id, origin) WHERE origin = 'synthetic'",
    "ix_review_rules_workflow_id ON review_rules (workflow_id)",
    "assignments_by_record ON assignments (workflow_id, record_id, run)",
)


def upgrade() -> None:
    """Add the tables and columns that are missing, and fill what older versions did not keep."""
    connection = op.get_bind()
    found = inspect(connection)
    present = set(found.get_table_names())
    for statement in _NEW_TABLES.split(";"):
        if statement.strip() and statement.split()[2] not in present:
            op.execute(statement)
    for line in _NEW_COLUMNS.strip().splitlines():
        table, name, kind = line.split(maxsplit=2)
        if name not in {column["name"] for column in found.get_columns(table)}:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")
    if "budgets" not in present:
        _take_over_spending()
    if found.get_pk_constraint("records")["constrained_columns"] != ["position"]:
        _take_over_records()
    for index in _INDEXES:
        op.execute(f"CREATE INDEX IF NOT EXISTS {index}")


def _take_over_spending() -> None:
    """Version 1 kept no budgets: what its approvals have spent goes into theirs."""
    op.execute(
        "INSERT INTO budgets SELECT approvals.id, NULL, NULL, "
        "coalesce(sum(prompt_tokens + completion_tokens), 0), 0, 0, 0 FROM approvals "
        "JOIN jobs ON jobs.approval_id = approvals.id LEFT JOIN attempts ON attempts.job_id = jobs.id "
        "GROUP BY approvals.id"
    )


def _take_over_records() -> None:
    """Versions 1 and 2 kept records by workflow and id: they are moved in their order, workflow by workflow."""
    op.execute("ALTER TABLE records RENAME TO old_records")
    for index in inspect(op.get_bind()).get_indexes("old_records"):
        op.execute(f"DROP INDEX {index['name']}")
    op.execute(_RECORDS)
    moved = ", ".join(f"old.{name}" for name in _COLUMNS.split(", "))
    op.execute(
        f"INSERT INTO records ({_COLUMNS}) SELECT {moved} FROM old_records old "
        "JOIN workflows ON workflows.id = old.workflow_id ORDER BY workflows.rowid, old.position"
    )
    op.execute("DROP TABLE old_records")
    op.execute("CREATE UNIQUE INDEX records_by_id ON records (id, workflow_id)")
    op.execute(
        "INSERT INTO topic_counts SELECT workflow_id, ifnull(topic, ''), count(*), sum(origin = 'synthetic'), "
        "sum(is_multi_turn), sum(uses_tools), sum(origin = 'real' AND has_assistant_turn) "
        "FROM records WHERE status = 'active' GROUP BY 1, 2"
    )
