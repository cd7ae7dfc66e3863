"""Version 8: money is whole picodollars; approvals can be revoked; what a model needs for an answer is remembered."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import sqlalchemy as sa
from alembic import op

revision = "8"
down_revision = "7"


def upgrade() -> None:
    """Add tables and columns, and take over the money of attempts."""
    op.create_table(
        "answer_rooms",
        sa.Column("endpoint", sa.String, primary_key=True),
        sa.Column("model", sa.String, primary_key=True),
        sa.Column("extra_tokens", sa.Integer, nullable=False),
        sa.Column("answers", sa.BigInteger, nullable=False),
        sa.Column("reasoning_tokens", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.String, nullable=False),
    )
    op.create_table(
        "generated_texts",
        sa.Column(
            "workflow_id", sa.String, sa.ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("text_key", sa.String, primary_key=True),
        sa.Column("record_id", sa.String, nullable=False),
    )
    op.add_column("approvals", sa.Column("revoked_at", sa.String))
    op.add_column("approvals", sa.Column("revoked_by", sa.String))
    op.add_column("attempts", sa.Column("draft", sa.String))
    for money in ("reserved_picodollars", "picodollars"):
        op.add_column("attempts", sa.Column(money, sa.BigInteger))
    for tokens in ("cached_tokens", "reasoning_tokens", "judge_cached_tokens"):
        op.add_column("attempts", sa.Column(tokens, sa.Integer, nullable=False, server_default="0"))
    _take_over_money()


def _take_over_money() -> None:
    """What was USD in floats becomes picodollars, rounded up.

    The sums in budgets were rounded in other groups than their parts, so a budget could hold less than its open
    attempts together, and these could never be settled. What they reserved is there to the last picodollar now.
    """
    connection = op.get_bind()
    # No reservation in money meant that the price was not known, or nothing.
    for old, new, known in (("reserved_usd", "reserved_picodollars", "> 0"), ("usd", "picodollars", ">= 0")):
        query = f"SELECT job_id, number, {old} FROM attempts WHERE {old} {known}"
        for job, number, usd in connection.execute(sa.text(query)).all():
            connection.execute(
                sa.text(f"UPDATE attempts SET {new} = :money WHERE job_id = :job AND number = :number"),
                {"money": ceil(Fraction(repr(usd)) * 10**12), "job": job, "number": number},
            )
        op.drop_column("attempts", old)
    held = (
        "(SELECT coalesce(sum(attempts.reserved_picodollars), 0) FROM attempts "
        "JOIN jobs ON jobs.id = attempts.job_id WHERE jobs.approval_id = budgets.approval_id "
        "AND attempts.status IN ('calling', 'judging'))"
    )
    op.execute(f"UPDATE budgets SET reserved_picodollars = {held} WHERE reserved_picodollars < {held}")
