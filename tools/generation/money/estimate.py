"""What a plan will probably cost, said before anybody approves it; and what the rest of a job will, while it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from ...coverage.recommendation import PlanItem
from ...text.durations import duration_words
from ..jobs.ledger import job_within, list_jobs, slot_records
from ..jobs.pace import Pace, pace_of
from .amounts import as_usd, caps_words, usd_words
from .expected_use import ExpectedWork, expected_work, usable_strategy
from .prices import Price, price_of, require_keepable_cap, verifier_price_of
from .stops import Stops, stop_tokens
from .use import Use, sum_of

if TYPE_CHECKING:
    from ...services import Services
    from ...settings import Settings


MEASURED_TOPICS = 25
"""Topics of a plan, for each strategy, of which drafts are rendered and measured."""


class Estimate(BaseModel):
    """Expected size and cost of a plan, and the caps that it can never pass."""

    calls: int = Field(description="Model calls, refused ones included.")
    tokens: int = Field(description="Prompt and reply tokens together.")
    usd: float | None = Field(description="0 for the embedded model; null where the price is not known.")
    most_tokens: int | None = Field(description="The cap on tokens; null is none.")
    most_usd: float | None = Field(description="The cap on money in USD; null is none.")
    set_aside: int = Field(
        0, description="Tokens that the smallest draft can use at most; a smaller cap begins none."
    )
    set_aside_usd: float | None = Field(
        None, description="What these can cost at most, likewise; null where the price is not known."
    )
    seconds: float | None = Field(
        None, description="How long it takes at the pace of the jobs before; null before any."
    )
    used: Use | None = Field(None, description="What the jobs of this workflow used so far; null before any.")
    note: str = Field(description="The estimate in words.")
    brief: str = Field(description="Tokens, cost, caps, time, and when it stops, in a line.")
    made_of: str = Field(description="How the figures come about, in words.")
    stops: list[Stops] = Field(description="For each item, when its generation stops and asks.")
    stops_note: str = Field(description="The same for all of it in words.")

    @property
    def can_begin(self) -> bool:
        """Whether the caps leave room for a draft."""
        return _fits(self.set_aside, self.most_tokens) and _fits(self.set_aside_usd, self.most_usd)

    @property
    def fits_caps(self) -> bool:
        """Whether the plan is expected to stay within its caps."""
        return _fits(self.tokens, self.most_tokens) and _fits(self.usd, self.most_usd)


def check_items(services: Services, workflow_id: str, items: Sequence[PlanItem]) -> None:
    """Make sure that each strategy can work for its topic, before anybody is asked to approve.

    Raises:
        InvalidInput: one cannot, with the reason.
    """
    for item in items:
        usable_strategy(services, workflow_id, item)


def estimate_plan(services: Services, workflow_id: str, items: Sequence[PlanItem]) -> Estimate:
    """Expected calls, tokens and cost of a plan.

    Some prompts of each item are rendered and measured. Drafts of the same strategy by the same model in this
    workflow count beside that the more, the more there were; those for the same topic before those for others.

    Raises:
        InvalidInput: a strategy cannot be used for its topic.
        BudgetExceeded: a cap on money is set that could not be kept, since the price is not known.
    """
    return Estimator(services, workflow_id).plan(items)


class Estimator:
    """Estimates for several plans of one workflow: the drafts for a topic and strategy are measured once."""

    def __init__(self, services: Services, workflow_id: str) -> None:
        self._services = services
        self._workflow_id = workflow_id
        self._known: dict[tuple[str, str], ExpectedWork] = {}

    def plan(self, items: Sequence[PlanItem]) -> Estimate:
        """As `estimate_plan`."""
        settings = self._services.settings
        price = require_keepable_cap(settings)
        topics = Counter(item.strategy for item in items)
        seen: Counter[str] = Counter()
        measured: dict[str, PlanItem] = {}
        cases: dict[str, int] = {}
        work = []
        for item in items:
            # Of many topics some are measured, one for its neighbours in the plan, which has like beside like.
            if seen[item.strategy] % -(-topics[item.strategy] // MEASURED_TOPICS) == 0:
                measured[item.strategy] = item
            seen[item.strategy] += 1
            work.append(self._work(measured[item.strategy], item, cases.get(item.topic)))
            if work[-1].unwritten is not None:
                cases[item.topic] = work[-1].unwritten
        records = sum(item.count for item in items)
        return _estimate(work, records, price, settings, pace=self._pace, used=self._used)

    @cached_property
    def _pace(self) -> Pace | None:
        return pace_of(self._services.store, self._workflow_id, self._services.settings.model_in_use)

    @cached_property
    def _used(self) -> Use | None:
        known = list_jobs(self._services.store, self._workflow_id)
        return sum_of(known) if known else None

    def _work(self, measured: PlanItem, item: PlanItem, unwritten: int | None) -> ExpectedWork:
        key = (measured.topic, measured.strategy)
        if key not in self._known:
            model = self._services.settings.model_in_use
            self._known[key] = expected_work(self._services, self._workflow_id, measured, model)
        return self._known[key].for_records(item.count, pilot=item.pilot, unwritten=unwritten)


def estimate_rest(services: Services, job_id: str) -> Estimate:
    """What the records that a job still owes are expected to take, by its own drafts so far before all others.

    The caps named are those of the settings; what the job's approval has left of them, `budget_of` tells.

    Raises:
        InvalidInput: there is no such job, or its strategy cannot be used for its topic any more.
        BudgetExceeded: a cap on money is set that could not be kept.
    """
    price = require_keepable_cap(services.settings)
    with services.store.read() as connection:
        job = job_within(connection, job_id)
    owed = sum(record is None for record in slot_records(services.store, job_id).values())
    if not owed:
        return _estimate([], 0, price, services.settings)
    item = PlanItem.model_validate({"topic": job.topic, "count": owed, "strategy": job.strategy})
    work = expected_work(services, job.workflow_id, item, job.model, job_id)
    return _estimate([work], owed, price, services.settings)


def _estimate(
    work: Sequence[ExpectedWork],
    records: int,
    price: Price | None,
    settings: Settings,
    *,
    pace: Pace | None = None,
    used: Use | None = None,
) -> Estimate:
    planned = [call for part in work for call in part.planning]
    prompt = round(
        sum(part.drafts * part.each.prompt_tokens for part in work) + sum(sent for sent, _ in planned)
    )
    completion = round(
        sum(part.drafts * part.each.completion_tokens for part in work)
        + sum(written for _, written in planned)
    )
    verdict_prompt = round(sum(part.verdicts * part.each.verifier_prompt_tokens for part in work))
    verdict_completion = round(sum(part.verdicts * part.each.verifier_completion_tokens for part in work))
    seconds = None if pace is None else pace.seconds(records, completion + verdict_completion)
    verifier_price = verifier_price_of(settings)
    usd = set_aside_usd = None
    if price is not None and verifier_price is not None:
        cached = round(sum(part.drafts * part.each.cached_tokens for part in work))
        money = price.picodollars(prompt, completion, cached_tokens=cached, batch=settings.use_batch_api)
        usd = as_usd(money + verifier_price.picodollars(verdict_prompt, verdict_completion))
        most = (
            price.picodollars(
                writing.prompt_tokens,
                writing.completion_tokens,
                cached_tokens=0,
                batch=settings.use_batch_api,
            )
            + verifier_price.picodollars(verdict.prompt_tokens, verdict.completion_tokens)
            for writing, verdict in (part.set_aside for part in work)
        )
        set_aside_usd = as_usd(min(most, default=0))
    estimate = Estimate(
        calls=round(sum(part.drafts * part.calls_each + part.verdicts for part in work)) + len(planned),
        tokens=prompt + completion + verdict_prompt + verdict_completion,
        usd=usd,
        most_tokens=settings.budget_tokens,
        most_usd=settings.budget_usd,
        set_aside=min((sum(one.tokens for one in part.set_aside) for part in work), default=0),
        set_aside_usd=set_aside_usd,
        seconds=seconds,
        used=used,
        note="",
        brief="",
        made_of="",
        stops=[_stops(part, settings) for part in work],
        stops_note="",
    )
    drafts = sum(part.drafts for part in work)
    rate = f"{records / drafts:.0%} accepted" if drafts else ""
    said = _words(estimate, _cost_words(estimate.usd, settings))
    note = f"{said}; {rate} ({_known_from(work)})" if rate else said
    unknown = (
        "" if seconds is not None else ", time not known" if usd is not None else ", price, time not known"
    )
    brief = said if usd is not None or seconds is not None else _words(estimate, "")
    return estimate.model_copy(
        update={
            "note": f"about {estimate.calls:,} model calls and {note}",
            "brief": f"about {brief}{unknown}{_brief_stops_words(estimate.stops, estimate.most_tokens)}",
            "made_of": _made_of(work, records, price, settings, estimate),
            "stops_note": _stops_words(estimate.stops, estimate.most_tokens),
        }
    )


def _known_from(work: Sequence[ExpectedWork]) -> str:
    """What the share of accepted drafts comes from; of one strategy all topics of a plan know the same drafts."""
    seen = {part.strategy: (part.accepted, part.judged) for part in work}
    accepted, judged = (sum(numbers) for numbers in zip(*seen.values(), strict=True))
    if not judged:
        return "assumed, since nothing was generated this way yet"
    others = ", and assumed for what was not tried" if not all(judged for _, judged in seen.values()) else ""
    return f"expected, after {accepted:,} of {judged:,} so far{others}"


def _stops(part: ExpectedWork, settings: Settings) -> Stops:
    draft = part.each.tokens
    expected = part.drafts * (part.each.prompt_tokens + part.each.completion_tokens) + part.verdicts * (
        part.each.verifier_prompt_tokens + part.each.verifier_completion_tokens
    )
    expected += sum(sent + written for sent, written in part.planning)
    return Stops(
        refusals=settings.refusals_in_a_row,
        tokens=stop_tokens(expected, draft, settings.estimate_factor),
        expected_tokens=expected,
        draft_tokens=draft,
    )


def _stops_words(stops: Sequence[Stops], cap: int | None) -> str:
    """When it stops by itself; a cap that comes before is the only number of tokens that is told."""
    if not stops:
        return ""
    tokens = sum(each.tokens or 0 for each in stops)
    whose, at = "It stops", f", or at {tokens:,} tokens"
    if len(stops) > 1:
        whose, at = "Each part of it stops", f", or when it has used its share of {tokens:,} tokens"
    at = at if _fits(tokens, cap) else ""
    return f"{whose} and asks after {stops[0].refusals} drafts refused for one reason{at}."


def _brief_stops_words(stops: Sequence[Stops], cap: int | None) -> str:
    if not stops:
        return ""
    tokens = sum(each.tokens or 0 for each in stops)
    whose, share = ("", "") if len(stops) == 1 else ("each part ", "its share of ")
    at = f"at {share}{tokens:,} tokens or " if _fits(tokens, cap) else "after "
    return f"; {whose}stops and asks {at}{stops[0].refusals} refused drafts"


def _made_of(
    work: Sequence[ExpectedWork], records: int, price: Price | None, settings: Settings, estimate: Estimate
) -> str:
    drafts, verdicts = sum(part.drafts for part in work), sum(part.verdicts for part in work)
    if not drafts:
        return ""
    calls = sum(part.drafts * part.calls_each for part in work) / drafts
    each = "1 call" if f"{calls:.2g}" == "1" else f"{calls:.2g} calls"
    sent = sum(part.drafts * part.each.prompt_tokens for part in work) / drafts
    written = sum(part.drafts * part.each.completion_tokens for part in work) / drafts
    said = (
        f"For {records:,} records about {drafts:,.0f} drafts are expected, since some do not pass the checks; a draft "
        f"takes {each}, with about {_rounded(round(sent)):,} tokens sent and {_rounded(round(written)):,} "
        "written."
    )
    if settings.tool_executor and calls > 1:
        said += f" {settings.tool_executor} answers the tool calls, and after each answer the model is asked to go on."
    if verdicts:
        said += f" A judge looks at about {verdicts:,.0f} of them, a call each."
    money = f" and {usd_words(float(f'{estimate.usd / records:.2g}'))}" if estimate.usd else ""
    said += f" That is about {_rounded(round(estimate.tokens / records)):,} tokens{money} for each record."
    if price is not None and not price.is_free:
        said += f" A million tokens cost {usd_words(price.input)} sent and {usd_words(price.output)} written."
    return said


def _cost_words(usd: float | None, settings: Settings) -> str:
    verifier = settings.for_verifier()
    if usd is None:
        whose = "price of the verifier" if price_of(settings) is not None else "price of the model"
        return f"{whose} not known"
    if usd == 0:
        is_embedded = all(one.uses_embedded_model for one in (settings, verifier) if one is not None)
        return "no cost (embedded model)" if is_embedded else "no cost"
    return f"about {usd_words(float(f'{usd:.2g}'))}"


def _words(estimate: Estimate, cost: str) -> str:
    caps = caps_words(estimate.most_tokens, estimate.most_usd)
    short = "" if estimate.fits_caps else ", where it would end short"
    cap = f" ({caps}{short})" if caps else ""
    time = f", about {duration_words(estimate.seconds)}" if estimate.seconds is not None else ""
    return f"{_rounded(estimate.tokens):,} tokens{f', {cost}' if cost else ''}{cap}{time}"


def _rounded(tokens: int) -> int:
    """To two digits: more would promise what nobody knows."""
    return int(float(f"{tokens:.2g}"))


def _fits(expected: float | None, cap: float | None) -> bool:
    return expected is None or cap is None or expected <= cap
