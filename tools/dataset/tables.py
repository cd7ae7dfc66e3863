"""The tables of the store: datasets, plans and their approvals, and the journal of generation."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)

metadata = MetaData()

workflows = Table(
    "workflows",
    metadata,
    Column("id", String, primary_key=True),
    Column("created_at", String, nullable=False),
    # Goes up with every change of records or topics: a plan made on another version is never revived.
    Column("dataset_version", Integer, nullable=False, default=0),
    # Of a branch: what it was copied from, and the jobs whose records were left out.
    Column("branched_from", String),
    Column("left_out", JSON),
)

topics = Table(
    "topics",
    metadata,
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String, primary_key=True),
    Column("description", Text, nullable=False, default=""),
    Column("parent", String),
    # Target weight; NULL when the workflow has no explicit target for it.
    Column("weight", Float),
    # Texts that belong to it, from the file that declared it.
    Column("examples", JSON, nullable=False, default=list, server_default="[]"),
)

records = Table(
    "records",
    metadata,
    # Order of arrival, over all workflows, so that an export keeps the order of the source. SQLite keeps the rows
    # by it, and every index ends with it: what is selected by an index comes in order.
    Column("position", Integer, primary_key=True),
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), nullable=False),
    Column("id", String, nullable=False),
    Column("topic", String),
    Column("other_topics", JSON, nullable=False, default=list, server_default="[]"),
    Column("origin", String, nullable=False),
    # "active" counts and is exported; "rejected" was refused in review and is kept for the history.
    Column("status", String, nullable=False, default="active"),
    Column("has_assistant_turn", Boolean, nullable=False),
    Column("is_multi_turn", Boolean, nullable=False),
    Column("uses_tools", Boolean, nullable=False),
    Column("source_file", String),
    Column("source_line", Integer),
    # Where the body carries the topic, when that is not "topic": an export writes a changed topic back there.
    Column("topic_field", String),
    Column("job_id", String),
    Column("provenance", JSON),
    # Last: what stands before it is read without it.
    Column("body", Text, nullable=False),
    # What differs most comes first in both: an import is compared with fewer columns.
    Index("records_by_id", "id", "workflow_id", unique=True),
    Index("records_by_topic", "topic", "workflow_id", "status"),
    Index("records_in_order", "workflow_id"),
    # Of the generated ones only: an import does not pay for them.
    Index("records_by_job", "workflow_id", "job_id", sqlite_where=text("job_id IS NOT NULL")),
    Index("records_generated", "workflow_id", "origin", sqlite_where=text("origin = 'synthetic'")),
)

topic_counts = Table(
    "topic_counts",
    metadata,
    # The active records of each topic, kept right in the transactions that change records: see counts.py.
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    Column("topic", String, primary_key=True),  # empty for the uncategorized ones: a key holds no NULL
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
    Column("record_id", String, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("created_at", String, nullable=False),
)

review_rules = Table(
    "review_rules",
    metadata,
    # What a person confirmed that every generated record must keep to: see lessons/rules.py for the kinds.
    Column("id", Integer, primary_key=True),
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("topic", String),  # NULL is all topics
    Column("kind", String, nullable=False),
    Column("value", Text, nullable=False),
    Column("created_at", String, nullable=False),
    # A number of a rule that was removed is not given to another one: people name rules by it.
    sqlite_autoincrement=True,
)

topic_runs = Table(
    "topic_runs",
    metadata,
    # One assignment of topics, one person's review, one merge or split; the last one can be undone.
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("method", String, nullable=False),
    Column("created_at", String, nullable=False),
    # The declared topics before and after, where the run changed them.
    Column("topics_before", JSON),
    Column("topics_after", JSON),
)

assignments = Table(
    "assignments",
    metadata,
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("record_id", String, primary_key=True),
    Column("topic", String),  # NULL when it was left uncategorized
    Column("likeliest", String, nullable=False),
    Column("confidence", Float, nullable=False),
    # How much a person's answer would tell: uncertain, and like many others.
    Column("informative", Float, nullable=False, default=0),
    Column("method", String, nullable=False),
    Column("decided_by", String, nullable=False),  # "model" or "person"
    Column("previous_topic", String),
    Index("assignments_by_record", "workflow_id", "record_id", "run"),
)

plans = Table(
    "plans",
    metadata,
    Column("id", String, primary_key=True),
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), nullable=False),
    # The root conversation that shows this plan; a plan made outside a conversation has none.
    Column("thread_id", String),
    Column("dataset_version", Integer, nullable=False),
    Column("status", String, nullable=False),  # pending, approved, declined, cancelled
    Column("items", JSON, nullable=False),  # [{topic, count, strategy}]
    Column("cap_tokens", BigInteger),  # shown with the plan; its approval opens a budget with it
    Column("cap_usd", Float),
    Column("details", JSON, nullable=False),  # predicted score, estimate, why: what the person was shown
    Column("created_at", String, nullable=False),
    Index("plans_by_thread", "thread_id", "workflow_id", "status"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", String, primary_key=True),
    # Unique: the first answer to a plan wins.
    Column("plan_id", ForeignKey("plans.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("approver", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("created_at", String, nullable=False),
)

approval_items = Table(
    "approval_items",
    metadata,
    Column("approval_id", ForeignKey("approvals.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("workflow_id", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("count", Integer, nullable=False),
    Column("strategy", String, nullable=False),
    # Set once, when the item's job starts: an approval cannot be used twice.
    Column("job_id", String, unique=True),
)

budgets = Table(
    "budgets",
    metadata,
    # One for each approval: all its jobs, in all processes and through all resumes, spend from it.
    Column("approval_id", ForeignKey("approvals.id", ondelete="CASCADE"), primary_key=True),
    Column("cap_tokens", BigInteger),  # NULL is no cap
    # Money in whole picodollars (1e-12 USD): sums of floats would drift past a cap that they only touch.
    Column("cap_picodollars", BigInteger),
    Column("spent_tokens", BigInteger, nullable=False, default=0),
    Column("spent_picodollars", BigInteger, nullable=False, default=0),
    # Set aside for calls under way, and for those whose end nobody saw.
    Column("reserved_tokens", BigInteger, nullable=False, default=0),
    Column("reserved_picodollars", BigInteger, nullable=False, default=0),
    # A reservation that is settled twice would make room for calls that nobody approved.
    CheckConstraint("reserved_tokens >= 0 AND reserved_picodollars >= 0", name="settled_once"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String, primary_key=True),
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), nullable=False),
    Column("approval_id", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("count", Integer, nullable=False),
    Column("strategy", String, nullable=False),
    Column("model", String, nullable=False),
    Column("status", String, nullable=False),  # running, complete, short
    Column("stop_reason", Text),
    Column("coverage_before", JSON, nullable=False),
    Column("coverage_after", JSON),
    Column("created_at", String, nullable=False),
    Column("ended_at", String),
    Column("cancel_requested", Boolean, nullable=False, default=False, server_default=false()),
    Column("undone_at", String),
    Column("notes", JSON),
)

slots = Table(
    "slots",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("record_id", String),  # NULL while the job still owes this record
)

attempts = Table(
    "attempts",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("slot", Integer, nullable=False),
    Column("status", String, nullable=False),  # calling, judging, answered, accepted, rejected, failed
    Column("seed_ids", JSON, nullable=False, default=list),
    Column(
        "details", JSON, nullable=False, default=dict
    ),  # what the strategy drew: seeds, aspect, axis, chain
    Column("response", Text),
    Column("gate", String),
    Column("evidence", Text),
    Column("prompt_tokens", Integer, nullable=False, default=0),
    Column("completion_tokens", Integer, nullable=False, default=0),
    # What the judge said of its record, and what that took; its tokens are not in the two columns above.
    Column("verdict", Text),
    Column("judge_prompt_tokens", Integer, nullable=False, default=0, server_default="0"),
    Column("judge_completion_tokens", Integer, nullable=False, default=0, server_default="0"),
    # The worst case of its calls, set aside in the budget before they were made.
    Column("reserved_tokens", Integer, nullable=False, default=0, server_default="0"),
    Column("reserved_usd", Float, nullable=False, default=0, server_default="0"),
    Column("usd", Float),  # what it cost; NULL while that is open, or when the price is not known
    Column("scores", JSON),  # what the gates measured
)

endpoint_limits = Table(
    "endpoint_limits",
    metadata,
    Column("endpoint", String, primary_key=True),
    Column("model", String, primary_key=True),
    Column("ceiling", Integer, nullable=False),  # calls at once that the endpoint was seen to bear
    Column("updated_at", String, nullable=False),
)
