"""The tables of datasets: workflows, topics, records, and what people said of them. See also journal_tables.py."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

metadata = MetaData()

NAME = String().with_variant(String(collation="C"), "postgresql")
"""Ids, labels, times: compared and put in order character by character, as SQLite does, whatever the language that a
database was made for."""
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""A key that the database counts up by itself; SQLite does that for its own INTEGER only."""


def _index(name: str, *columns: str, only: str | None = None) -> tuple[Index, Index]:
    """An index of records, or of some of them only, in their order: SQLite ends every index with the position."""
    condition = None if only is None else text(only)
    of_sqlite = Index(name, *columns, sqlite_where=condition).ddl_if(dialect="sqlite")
    of_postgresql = Index(name, *columns, "position", postgresql_where=condition).ddl_if(dialect="postgresql")
    return of_sqlite, of_postgresql


workflows = Table(
    "workflows",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("created_at", NAME, nullable=False),
    # Goes up with every change of records or topics: a plan made on another version is never revived.
    Column("dataset_version", Integer, nullable=False, default=0),
    # Of a branch: what it was copied from, and the jobs whose records were left out.
    Column("branched_from", NAME),
    Column("left_out", JSON),
)

topics = Table(
    "topics",
    metadata,
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    Column("name", NAME, primary_key=True),
    Column("description", Text, nullable=False, default=""),
    Column("parent", NAME),
    # Target weight; NULL when the workflow has no explicit target for it.
    Column("weight", Float),
    # Texts that belong to it, from the file that declared it.
    Column("examples", JSON, nullable=False, default=list, server_default="[]"),
    # In the order in which they were given.
    Column("position", Integer, nullable=False, default=0, server_default="0"),
    # How many records it may have; NULL is no ceiling.
    Column("most", Integer),
)

records = Table(
    "records",
    metadata,
    # Order of arrival within a workflow, so that an export keeps the order of the source. SQLite keeps the rows
    # by it.
    Column("position", _NUMBER, primary_key=True),
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), nullable=False),
    Column("id", NAME, nullable=False),
    Column("topic", NAME),
    Column("other_topics", JSON, nullable=False, default=list, server_default="[]"),
    Column("origin", NAME, nullable=False),
    # "active" counts and is exported; "rejected" was refused in review and is kept for the history.
    Column("status", NAME, nullable=False, default="active"),
    Column("has_assistant_turn", Boolean, nullable=False),
    Column("is_multi_turn", Boolean, nullable=False),
    Column("uses_tools", Boolean, nullable=False),
    Column("source_file", NAME),
    Column("source_line", Integer),
    # Where the body carries the topic, when that is not "topic": an export writes a changed topic back there.
    Column("topic_field", NAME),
    Column("job_id", NAME),
    Column("provenance", JSON),
    # Last: what stands before it is read without it.
    Column("body", Text, nullable=False),
    # What differs most comes first in both: an import is compared with fewer columns.
    Index("records_by_id", "id", "workflow_id", unique=True),
    *_index("records_by_topic", "topic", "workflow_id", "status"),
    *_index("records_in_order", "workflow_id"),
    # Of the generated ones only: an import does not pay for them.
    *_index("records_by_job", "workflow_id", "job_id", only="job_id IS NOT NULL"),
    *_index("records_generated", "workflow_id", "origin", only="origin = 'synthetic'"),
)

shards = Table(
    "shards",
    metadata,
    # Of a workflow whose records lie in Parquet files: these, in their order. `records` has a sample of them then,
    # and the generated ones.
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),
    Column("records", Integer, nullable=False),
    Column("source_file", Text, nullable=False),
    Column("topic_field", Text, nullable=False),
)

shard_topics = Table(
    "shard_topics",
    metadata,
    # The topics that a run gave to the records of a shard: a Parquet file beside it, since a shard never changes.
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),
)

topic_counts = Table(
    "topic_counts",
    metadata,
    # The active records of each topic, kept right in the transactions that change records: see counts.py.
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    Column("topic", NAME, primary_key=True),  # empty for the uncategorized ones: a key holds no NULL
    Column("records", Integer, nullable=False),
    Column("synthetic", Integer, nullable=False),
    Column("multi_turn", Integer, nullable=False),
    Column("uses_tools", Integer, nullable=False),
    Column("usable", Integer, nullable=False),
)

review_reasons = Table(
    "review_reasons",
    metadata,
    # Why a person took a record out; empty when they gave no reason. It counts while the record is out.
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    Column("record_id", NAME, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("created_at", NAME, nullable=False),
)

review_rules = Table(
    "review_rules",
    metadata,
    # What a person confirmed that every generated record must keep to: see lessons/rules.py for the kinds.
    Column("id", _NUMBER, primary_key=True),
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("topic", NAME),  # NULL is all topics
    Column("kind", NAME, nullable=False),
    Column("value", Text, nullable=False),
    Column("created_at", NAME, nullable=False),
    # A number of a rule that was removed is not given to another one: people name rules by it.
    sqlite_autoincrement=True,
)

scenario_plans = Table(
    "scenario_plans",
    metadata,
    # The cases that are written for a topic, as the model planned them or a person edited them; "" has the lists that
    # the person brought for all topics.
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    Column("topic", NAME, primary_key=True),
    Column("body", JSON, nullable=False),
)

topic_runs = Table(
    "topic_runs",
    metadata,
    # One assignment of topics, one person's review, one merge or split; the last one can be undone.
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("method", NAME, nullable=False),
    Column("created_at", NAME, nullable=False),
    # The declared topics before and after, where the run changed them; of a merge before it with the rules and cases
    # that went along.
    Column("topics_before", JSON),
    Column("topics_after", JSON),
    # Of records that are in shards only: the topics that ended, with those that they became, and how counts changed.
    Column("shards", JSON),
)

assignments = Table(
    "assignments",
    metadata,
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("record_id", NAME, primary_key=True),
    Column("topic", NAME),  # NULL when it was left uncategorized
    Column("likeliest", NAME, nullable=False),
    Column("confidence", Float, nullable=False),
    # How much a person's answer would tell: uncertain, and like many others.
    Column("informative", Float, nullable=False, default=0),
    Column("method", NAME, nullable=False),
    Column("decided_by", NAME, nullable=False),  # "model" or "person"
    Column("previous_topic", NAME),
    Index("assignments_by_record", "workflow_id", "record_id", "run"),
)
