"""The budget of one approval: caps on tokens and money that no call may pass, whoever makes it.

It is kept in the store, so all jobs of the approval, all processes and all resumes spend from the same one. Before a
call its worst case is reserved; after it the reservation is replaced by what was used. A reservation that nobody
settles (a crash, a lost connection) stays and counts as spent: the endpoint may have charged for the call.

Every function works inside the caller's write transaction, together with the line of the journal that it belongs to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import Boolean, Connection, RowMapping, and_, bindparam, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from ..dataset.journal_tables import budgets
from ..errors import ApprovalRequired, BudgetExceeded, InternalError
from .money import usd_words

_PICO = 1_000_000_000_000

# Built once: they run for every call to a model, and building them takes several times as long as running them.
_THIS = budgets.c.approval_id == bindparam("approval")
_READ = select(budgets).where(_THIS)
# One statement checks and reserves: it holds even where a caller's transaction does not lock from its start.
_RESERVE = (
    update(budgets)
    .where(
        _THIS,
        or_(
            budgets.c.cap_tokens.is_(None),
            budgets.c.spent_tokens + budgets.c.reserved_tokens + bindparam("tokens") <= budgets.c.cap_tokens,
        ),
        or_(
            budgets.c.cap_picodollars.is_(None),
            and_(
                bindparam("has_price", type_=Boolean),
                budgets.c.spent_picodollars + budgets.c.reserved_picodollars + bindparam("money")
                <= budgets.c.cap_picodollars,
            ),
        ),
    )
    .values(
        reserved_tokens=budgets.c.reserved_tokens + bindparam("tokens"),
        reserved_picodollars=budgets.c.reserved_picodollars + bindparam("money"),
    )
)
_SETTLE = (
    update(budgets)
    .where(_THIS)
    .values(
        reserved_tokens=budgets.c.reserved_tokens - bindparam("tokens_back"),
        reserved_picodollars=budgets.c.reserved_picodollars - bindparam("money_back"),
        spent_tokens=budgets.c.spent_tokens + bindparam("tokens"),
        spent_picodollars=budgets.c.spent_picodollars + bindparam("money"),
    )
)


@dataclass(frozen=True)
class Budget:
    """Where the budget of an approval stands.

    Attributes:
        cap_tokens: the most tokens, prompt and reply together; None is no cap.
        cap_usd: the most money in USD; None is no cap.
        spent_tokens: used by calls that have ended.
        spent_usd: their cost in USD; calls whose price is not known add nothing.
        reserved_tokens: set aside for calls under way, and for those whose end nobody saw.
        reserved_usd: the same in USD.
    """

    approval_id: str
    cap_tokens: int | None
    cap_usd: float | None
    spent_tokens: int
    spent_usd: float
    reserved_tokens: int
    reserved_usd: float


def open_budget(
    connection: Connection, approval_id: str, cap_tokens: int | None, cap_usd: float | None
) -> None:
    """Fix the caps of an approval; called again, it can only make them tighter.

    What was approved is "at most so much": a setting that is raised later needs a new approval, while one that is
    lowered counts at once, and for good.

    Args:
        connection: of a write transaction.
        approval_id: whose budget.
        cap_tokens: tokens, prompt and reply together; None is no cap.
        cap_usd: USD; None is no cap.
    """
    known = _row(connection, approval_id)
    caps = {"cap_tokens": cap_tokens, "cap_picodollars": _down(cap_usd)}
    if known is None:
        connection.execute(insert(budgets).values(approval_id=approval_id, **caps))
        return
    tighter = {name: _tighter(known[name], cap) for name, cap in caps.items()}
    connection.execute(update(budgets).where(budgets.c.approval_id == approval_id).values(**tighter))


def reserve(connection: Connection, approval_id: str, *, tokens: int, usd: float | None) -> None:
    """Set the worst case of a call aside, before it is made.

    Args:
        connection: of a write transaction.
        approval_id: whose budget.
        tokens: the most that the call can use.
        usd: the most that it can cost; None when the price is not known.

    Raises:
        BudgetExceeded: the call could pass a cap, or there is a cap on money and no price; nothing is set aside.
        ApprovalRequired: no budget was opened for this approval, or it is gone.
    """
    changed = connection.execute(
        _RESERVE,
        {"approval": approval_id, "tokens": tokens, "money": _up(usd), "has_price": usd is not None},
    )
    if not changed.rowcount:
        raise _refusal(budget_of(connection, approval_id), tokens, usd)


def settle(
    connection: Connection,
    approval_id: str,
    *,
    reserved_tokens: int,
    reserved_usd: float | None,
    used_tokens: int | None,
    used_usd: float | None,
) -> str | None:
    """Replace a reservation by what the call used. Once for each reservation.

    For a call that surely was not charged (refused before it began), use 0 and 0. For one that may have been, do not
    settle: its reservation stays.

    Args:
        connection: of a write transaction.
        approval_id: whose budget.
        reserved_tokens: as they were reserved.
        reserved_usd: as it was reserved.
        used_tokens: prompt and reply together; None when the endpoint did not say: all that was reserved.
        used_usd: what they cost; None when that is not known: all that was reserved.

    Returns:
        None when all is well; otherwise why the job must stop: the call used more than it could have. What it used
        is written down all the same.

    Raises:
        ApprovalRequired: there is no such budget.
        InternalError: more is settled than was reserved.
    """
    used = reserved_tokens if used_tokens is None else used_tokens
    money, reserved_money = _up(reserved_usd if used_usd is None else used_usd), _up(reserved_usd)
    amounts = {
        "tokens_back": reserved_tokens,
        "money_back": reserved_money,
        "tokens": used,
        "money": money,
    }
    try:
        changed = connection.execute(_SETTLE, {"approval": approval_id, **amounts})
    except IntegrityError as error:
        raise InternalError(f"A call under approval {approval_id} was settled twice.") from error
    if not changed.rowcount:
        raise _no_budget(approval_id)
    if used > reserved_tokens:
        return (
            f"The endpoint used {used:,} tokens for a call that could take {reserved_tokens:,} at most, "
            "so no cap can be kept with it."
        )
    if money > reserved_money:
        return (
            f"A call cost {usd_words(money / _PICO)}, and could cost {usd_words(reserved_usd or 0)} at most."
        )
    return None


def budget_of(connection: Connection, approval_id: str) -> Budget:
    """Where the budget of an approval stands.

    Raises:
        ApprovalRequired: no budget was opened for this approval, or it is gone.
    """
    row = _row(connection, approval_id)
    if row is None:
        raise _no_budget(approval_id)
    cap = row["cap_picodollars"]
    return Budget(
        approval_id=approval_id,
        cap_tokens=row["cap_tokens"],
        cap_usd=None if cap is None else cap / _PICO,
        spent_tokens=row["spent_tokens"],
        spent_usd=row["spent_picodollars"] / _PICO,
        reserved_tokens=row["reserved_tokens"],
        reserved_usd=row["reserved_picodollars"] / _PICO,
    )


def _row(connection: Connection, approval_id: str) -> RowMapping | None:
    return connection.execute(_READ, {"approval": approval_id}).mappings().first()


def _tighter(known: int | None, cap: int | None) -> int | None:
    return known if cap is None else cap if known is None else min(known, cap)


def _up(usd: float | None) -> int:
    """What is spent is rounded up, caps are rounded down: the error is on the safe side."""
    return math.ceil((usd or 0) * _PICO)


def _down(usd: float | None) -> int | None:
    return None if usd is None else math.floor(usd * _PICO)


def _refusal(budget: Budget, tokens: int, usd: float | None) -> BudgetExceeded:
    hint = "What was accepted is kept. Analyze again and approve a new plan, with a larger cap, for the rest."
    if budget.cap_usd is not None and usd is None:
        return BudgetExceeded(
            f"The cap of {usd_words(budget.cap_usd)} cannot be kept: the price of the model is not known.",
            hint="Name the price in a file (FINETUNE_COVERAGE_PRICES), or use a model whose price is known.",
        )
    held = budget.spent_tokens + budget.reserved_tokens
    if budget.cap_tokens is not None and held + tokens > budget.cap_tokens:
        return BudgetExceeded(
            f"The token budget of {budget.cap_tokens:,} does not allow another call: {budget.spent_tokens:,} spent, "
            f"{budget.reserved_tokens:,} reserved, and the call may need {tokens:,}.",
            hint=hint,
        )
    return BudgetExceeded(
        f"The budget of {usd_words(budget.cap_usd or 0)} does not allow another call: "
        f"{usd_words(budget.spent_usd)} spent, {usd_words(budget.reserved_usd)} reserved, and the call may cost "
        f"{usd_words(usd or 0)}.",
        hint=hint,
    )


def _no_budget(approval_id: str) -> ApprovalRequired:
    return ApprovalRequired(
        f"There is no budget for approval {approval_id}.",
        hint="Its workflow may have been deleted meanwhile; propose a new plan and have it approved.",
    )
