"""The tables of plans, their approvals and budgets, and of the jobs that carry them out."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    ScalarSelect,
    Table,
    Text,
    false,
    select,
    text,
)

from .tables import NAME, metadata


def next_position(table: str) -> ScalarSelect[int]:
    """One more than that of the row that came last; the writer's lock keeps it from being given twice in a workflow."""
    return select(text(f"coalesce(max(position), 0) + 1 FROM {table}")).scalar_subquery()


plans = Table(
    "plans",
    metadata,
    Column("id", NAME, primary_key=True),
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), nullable=False),
    # The root conversation that shows this plan; a plan made outside a conversation has none.
    Column("thread_id", NAME),
    Column("dataset_version", Integer, nullable=False),
    Column("status", NAME, nullable=False),  # pending, approved, declined, cancelled
    Column("items", JSON, nullable=False),  # [{topic, count, strategy}]
    Column("cap_tokens", BigInteger),  # shown with the plan; its approval opens a budget with it
    Column("cap_usd", Float),
    Column("details", JSON, nullable=False),  # predicted score, estimate, why: what the person was shown
    Column("created_at", NAME, nullable=False),
    # The order in which they came in; clocks are set back.
    Column("position", Integer, nullable=False, default=next_position("plans"), server_default="0"),
    Index("plans_by_thread", "thread_id", "workflow_id", "status"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", NAME, primary_key=True),
    # Unique: the first answer to a plan wins.
    Column("plan_id", ForeignKey("plans.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("approver", NAME, nullable=False),
    Column("channel", NAME, nullable=False),
    Column("created_at", NAME, nullable=False),
    Column("revoked_at", NAME),  # its items that no job has taken cannot be used any more
    Column("revoked_by", NAME),
)

approval_items = Table(
    "approval_items",
    metadata,
    Column("approval_id", ForeignKey("approvals.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("workflow_id", NAME, nullable=False),
    Column("topic", NAME, nullable=False),
    Column("count", Integer, nullable=False),
    Column("strategy", NAME, nullable=False),
    # Set once, when the item's job starts: an approval cannot be used twice.
    Column("job_id", NAME, unique=True),
)

queued_items = Table(
    "queued_items",
    metadata,
    # What workers may carry out, or go on with: see tools/generation/workers/queue.py.
    Column("approval_id", NAME, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("queued_at", NAME, nullable=False),
    # Why a worker gave it back to a person: {code, message, hint}; NULL while workers may take it.
    Column("failure", JSON(none_as_null=True)),
    # Only what somebody said yes to can be queued.
    ForeignKeyConstraint(
        ["approval_id", "number"],
        ["approval_items.approval_id", "approval_items.number"],
        ondelete="CASCADE",
    ),
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
    Column("id", NAME, primary_key=True),
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), nullable=False),
    Column("approval_id", NAME, nullable=False),
    Column("topic", NAME, nullable=False),
    Column("count", Integer, nullable=False),
    Column("strategy", NAME, nullable=False),
    Column("model", NAME, nullable=False),
    Column("status", NAME, nullable=False),  # running, complete, short
    Column("stop_reason", Text),
    Column("coverage_before", JSON, nullable=False),
    Column("coverage_after", JSON),
    Column("created_at", NAME, nullable=False),
    Column("ended_at", NAME),
    Column("cancel_requested", Boolean, nullable=False, default=False, server_default=false()),
    Column("undone_at", NAME),
    Column("notes", JSON),
    Column("position", Integer, nullable=False, default=next_position("jobs"), server_default="0"),
    # From version 15 on: into how many parts its slots are divided, each of which one process is at.
    Column("parts", Integer, nullable=False, default=1, server_default="1"),
)

ended_parts = Table(
    "ended_parts",
    metadata,
    # The parts of jobs of which nothing more is asked: see tools/generation/jobs/parts.py.
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("stop_reason", Text),  # NULL: all of its slots are filled
    Column("remarks", JSON, nullable=False),  # [what a person should be told]
    Column("not_judged", JSON, nullable=False),  # {check: why it judges nothing}
)


def _verifier_tokens(kind: str) -> Column[int]:
    """A column whose name in the database is older than the word."""
    name, key = f"judge_{kind}_tokens", f"verifier_{kind}_tokens"
    return Column(name, Integer, key=key, nullable=False, default=0, server_default="0")


slots = Table(
    "slots",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("record_id", NAME),  # NULL while the job still owes this record
)

attempts = Table(
    "attempts",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("slot", Integer, nullable=False),
    Column("status", NAME, nullable=False),  # calling, judging, answered, accepted, rejected, failed
    Column("seed_ids", JSON, nullable=False, default=list),
    Column(
        "details", JSON, nullable=False, default=dict
    ),  # what the strategy drew: seeds, aspect, axis, chain
    Column("response", Text),
    Column("gate", NAME, key="check"),
    Column("evidence", Text),
    Column("prompt_tokens", Integer, nullable=False, default=0),
    Column("completion_tokens", Integer, nullable=False, default=0),
    # What the verifier said of its record, and what that took; its tokens are not in the two columns above.
    Column("verdict", Text),
    _verifier_tokens("prompt"),
    _verifier_tokens("completion"),
    # The worst case of its calls, set aside in the budget before they were made.
    Column("reserved_tokens", Integer, nullable=False, default=0, server_default="0"),
    Column("scores", JSON),  # what the checks measured
    Column("draft", NAME),  # digest of the prompts that it was drafted with; NULL up to version 7
    Column(
        "holder", BigInteger
    ),  # number of the lease under which it was changed last; NULL up to version 11
    Column("room", Integer),  # tokens beside the text that its requests allow for; NULL up to version 8
    # From version 8 on. Money is whole picodollars, NULL when the price is not known.
    Column("reserved_picodollars", BigInteger),
    Column("picodollars", BigInteger),  # what it cost; NULL while that is open, too
    Column("cached_tokens", Integer, nullable=False, default=0, server_default="0"),
    Column("reasoning_tokens", Integer, nullable=False, default=0, server_default="0"),
    _verifier_tokens("cached"),
    # From version 9 on: calls that the endpoint did not count, and the worst case that is charged for them.
    Column("uncounted_calls", Integer, nullable=False, default=0, server_default="0"),
    Column("uncounted_tokens", BigInteger, nullable=False, default=0, server_default="0"),
)

generated_texts = Table(
    "generated_texts",
    metadata,
    # What the user says in each generated record, as a hash: no two jobs add the same at the same moment.
    Column("workflow_id", ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True),
    Column("text_key", NAME, primary_key=True),
    Column("record_id", NAME, nullable=False),
)

answer_rooms = Table(
    "answer_rooms",
    metadata,
    Column("endpoint", NAME, primary_key=True),
    Column("model", NAME, primary_key=True),
    Column("extra_tokens", Integer, nullable=False),  # of an answer's limit, beyond its text
    Column("answers", BigInteger, nullable=False),  # that were seen
    Column("reasoning_tokens", BigInteger, nullable=False),  # of all these together
    Column("updated_at", NAME, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    # Who carries a job out, or talks in a conversation: see leases.py.
    Column("name", NAME, primary_key=True),  # what is held: "job job-1", "conversation chat-1"
    Column("number", BigInteger, nullable=False),  # of the latest holder; it stays when they let go
    Column("holder", NAME, nullable=False),  # in words, for whoever comes second
    Column("until", Float, nullable=False),  # seconds since 1970 by the database's clock; 0: nobody holds it
)

endpoint_shares = Table(
    "endpoint_shares",
    metadata,
    # How many requests at once the holder of a lease may have under way at an endpoint.
    Column("endpoint", NAME, primary_key=True),
    Column("lease", ForeignKey("leases.name", ondelete="CASCADE"), primary_key=True),
    Column("share", Integer, nullable=False),
)

endpoint_limits = Table(
    "endpoint_limits",
    metadata,
    Column("endpoint", NAME, primary_key=True),
    Column("model", NAME, primary_key=True),
    Column("ceiling", Integer, nullable=False),  # calls at once that the endpoint was seen to bear
    Column("updated_at", NAME, nullable=False),
)
