"""The budget of one approval: caps on tokens and money that no call may pass, whoever makes it.

It is kept in the store, so all jobs of the approval, all processes and all resumes spend from the same one. Before a
call its worst case is reserved; after it the reservation is replaced by what was used. A reservation that nobody
settles (a crash, a lost connection) stays and counts as spent: the endpoint may have charged for the call.

Every function works inside the caller's write transaction, together with the line of the journal that it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Boolean, Connection, RowMapping, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from ...errors import ApprovalRequired, BudgetExceeded, InternalError
from ...store.journal_tables import approvals, budgets, plans
from .amounts import Amount, as_usd, cap_picodollars, usd_words

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
        cap_picodollars: the most money; None is no cap.
        spent_tokens: used by calls that have ended.
        spent_picodollars: their cost; calls whose price is not known add nothing.
        reserved_tokens: set aside for calls under way, and for those whose end nobody saw.
        reserved_picodollars: the same in money.
    """

    approval_id: str
    cap_tokens: int | None
    cap_picodollars: int | None
    spent_tokens: int
    spent_picodollars: int
    reserved_tokens: int
    reserved_picodollars: int


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
    caps = {
        "cap_tokens": cap_tokens,
        "cap_picodollars": None if cap_usd is None else cap_picodollars(cap_usd),
    }
    if known is None:
        connection.execute(insert(budgets).values(approval_id=approval_id, **caps))
        return
    tighter = {name: _tighter(known[name], cap) for name, cap in caps.items()}
    connection.execute(update(budgets).where(budgets.c.approval_id == approval_id).values(**tighter))


def reserve(connection: Connection, approval_id: str, amount: Amount) -> None:
    """Set the worst case of a call aside, before it is made.

    Args:
        connection: of a write transaction.
        approval_id: whose budget.
        amount: the most that the call can use and cost.

    Raises:
        BudgetExceeded: the call could pass a cap, or there is a cap on money and no price; nothing is set aside.
        ApprovalRequired: no budget was opened for this approval, or it is gone.
    """
    money = amount.picodollars
    changed = connection.execute(
        _RESERVE,
        {
            "approval": approval_id,
            "tokens": amount.tokens,
            "money": money or 0,
            "has_price": money is not None,
        },
    )
    if not changed.rowcount:
        raise _refusal(budget_of(connection, approval_id), amount)


def settle(connection: Connection, approval_id: str, reserved: Amount, used: Amount | None) -> str | None:
    """Replace a reservation by what the call used. Once for each reservation.

    For a call that surely was not charged (refused before it began), use `NOTHING`. For one that may have been, do
    not settle: its reservation stays.

    Args:
        connection: of a write transaction.
        approval_id: whose budget.
        reserved: exactly what was reserved.
        used: what the endpoint counted; None when it did not say: all that was reserved. The same goes for its
            money when the price is not known.

    Returns:
        None when all is well; otherwise why the job must stop: the call used more than it could have. What it used
        is written down all the same.

    Raises:
        ApprovalRequired: there is no such budget.
        InternalError: more is settled than was reserved.
    """
    used = used or reserved
    reserved_money = reserved.picodollars or 0
    money = reserved_money if used.picodollars is None else used.picodollars
    amounts = {
        "tokens_back": reserved.tokens,
        "money_back": reserved_money,
        "tokens": used.tokens,
        "money": money,
    }
    try:
        changed = connection.execute(_SETTLE, {"approval": approval_id, **amounts})
    except IntegrityError as error:
        raise InternalError(f"A call under approval {approval_id} was settled twice.") from error
    if not changed.rowcount:
        raise _no_budget(approval_id)
    if used.tokens > reserved.tokens:
        return (
            f"The endpoint used {used.tokens:,} tokens for a call that could take {reserved.tokens:,} at most, "
            "so no cap can be kept with it."
        )
    if not used.fits(reserved):
        return f"A call cost {usd_words(as_usd(money))}, and could cost {usd_words(as_usd(reserved_money))} at most."
    return None


def budget_of(connection: Connection, approval_id: str) -> Budget:
    """Where the budget of an approval stands.

    Raises:
        ApprovalRequired: no budget was opened for this approval, or it is gone.
    """
    row = _row(connection, approval_id)
    if row is None:
        raise _no_budget(approval_id)
    return Budget(**row)


def used_in(connection: Connection, thread_id: str) -> Amount:
    """What all that was approved in a conversation has used, with what is set aside for calls whose end nobody saw."""
    of_thread = approvals.join(plans, approvals.c.plan_id == plans.c.id).join(
        budgets, budgets.c.approval_id == approvals.c.id
    )
    used = (
        func.coalesce(func.sum(budgets.c.spent_tokens + budgets.c.reserved_tokens), 0),
        func.coalesce(func.sum(budgets.c.spent_picodollars + budgets.c.reserved_picodollars), 0),
    )
    tokens, money = connection.execute(
        select(*used).select_from(of_thread).where(plans.c.thread_id == thread_id)
    ).one()
    return Amount(tokens=int(tokens), picodollars=int(money))


def _row(connection: Connection, approval_id: str) -> RowMapping | None:
    return connection.execute(_READ, {"approval": approval_id}).mappings().first()


def _tighter(known: int | None, cap: int | None) -> int | None:
    return known if cap is None else cap if known is None else min(known, cap)


def _refusal(budget: Budget, amount: Amount) -> BudgetExceeded:
    hint = "What was accepted is kept. Analyze again and approve a new plan, with a larger cap, for the rest."
    cap = usd_words(as_usd(budget.cap_picodollars or 0))
    if budget.cap_picodollars is not None and amount.picodollars is None:
        return BudgetExceeded(
            f"The cap of {cap} cannot be kept: the price of the model is not known.",
            hint="Name the price in a file (FINETUNE_COVERAGE_PRICES), or use a model whose price is known.",
        )
    held = budget.spent_tokens + budget.reserved_tokens
    if budget.cap_tokens is not None and held + amount.tokens > budget.cap_tokens:
        return BudgetExceeded(
            f"The token budget of {budget.cap_tokens:,} does not allow another call: {budget.spent_tokens:,} spent, "
            f"{budget.reserved_tokens:,} reserved, and the call may need {amount.tokens:,}.",
            hint=hint,
        )
    spent, reserved = budget.spent_picodollars, budget.reserved_picodollars
    return BudgetExceeded(
        f"The budget of {cap} does not allow another call: {usd_words(as_usd(spent))} spent, "
        f"{usd_words(as_usd(reserved))} reserved, and the call may cost {usd_words(amount.usd or 0)}.",
        hint=hint,
    )


def _no_budget(approval_id: str) -> ApprovalRequired:
    return ApprovalRequired(
        f"There is no budget for approval {approval_id}.",
        hint="Its workflow may have been deleted meanwhile; propose a new plan and have it approved.",
    )
