"""What earlier drafts of the same kind came to: how many were accepted, and how many tokens they took."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select

from ...store.journal_tables import attempts, jobs
from ...store.store import Store

PRIOR_DRAFTS = 10
"""How many drafts' worth an assumption weighs beside what was seen: after 10 drafts both count the same, after 90
nearly only what was seen. There is no number from which on one jumps to the other."""
PRIOR_ANSWERS = 1
"""The same for what a draft takes, which varies little from one to the next, while an assumption can be far off: a
model that thinks first takes ten times as much."""


@dataclass(frozen=True)
class Experience:
    """What the drafts of one kind came to.

    Attributes:
        judged: drafts that were accepted or rejected; failed calls are neither.
        accepted: how many of them were accepted.
        measured: drafts of which the endpoint counted every call.
        prompt_tokens: of all these together.
        completion_tokens: of all these together.
        cached_tokens: those of the prompts that came from the endpoint's cache.
        verdicts: drafts that the judge was asked about.
        passed: how many of them were accepted.
        weighed: verdicts that the endpoint counted.
        judge_prompt_tokens: of all these together.
        judge_completion_tokens: of all these together.
    """

    judged: int = 0
    accepted: int = 0
    measured: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    verdicts: int = 0
    passed: int = 0
    weighed: int = 0
    judge_prompt_tokens: int = 0
    judge_completion_tokens: int = 0


@dataclass(frozen=True)
class Expected:
    """What one draft is expected to come to, and one verdict of the judge, on average.

    Attributes:
        acceptance: the share of drafts that are accepted.
        prompt_tokens: tokens sent for a draft.
        completion_tokens: tokens written for a draft, hidden ones included.
        cached_tokens: tokens sent for a draft that come from the endpoint's cache.
        pass_rate: the share of verdicts that are good.
        judge_prompt_tokens: tokens sent for a verdict; 0 without a judge.
        judge_completion_tokens: tokens written for a verdict; 0 without a judge.
    """

    acceptance: float
    prompt_tokens: float
    completion_tokens: float
    cached_tokens: float = 0.0
    pass_rate: float = 1.0
    judge_prompt_tokens: float = 0.0
    judge_completion_tokens: float = 0.0

    @property
    def tokens(self) -> float:
        """Of one draft with a verdict."""
        return (
            self.prompt_tokens
            + self.completion_tokens
            + self.judge_prompt_tokens
            + self.judge_completion_tokens
        )

    def after(self, seen: Experience) -> Expected:
        """The expectation once more drafts were seen: the mean of both, this one weighing as many as the priors say.

        That is the posterior mean of a beta prior for the share, and of a normal one for the tokens.
        """
        return Expected(
            acceptance=_share(self.acceptance, seen.accepted, seen.judged),
            prompt_tokens=_mean(self.prompt_tokens, seen.prompt_tokens, seen.measured),
            completion_tokens=_mean(self.completion_tokens, seen.completion_tokens, seen.measured),
            cached_tokens=_mean(self.cached_tokens, seen.cached_tokens, seen.measured),
            pass_rate=_share(self.pass_rate, seen.passed, seen.verdicts),
            judge_prompt_tokens=_mean(self.judge_prompt_tokens, seen.judge_prompt_tokens, seen.weighed),
            judge_completion_tokens=_mean(
                self.judge_completion_tokens, seen.judge_completion_tokens, seen.weighed
            ),
        )


def experiences(
    store: Store, *, workflow_id: str, strategy: str, model: str, topic: str, job_id: str | None = None
) -> list[Experience]:
    """What the drafts of a strategy by a model came to in a workflow, from the farthest to the nearest.

    Returns:
        Three: for other topics, for other jobs of this topic, for this job. Each draft counts in one of them.
    """
    nearness = case((jobs.c.id == job_id, 2), (jobs.c.topic == topic, 1), else_=0)
    # What the endpoint counted only in part would pull the averages down.
    is_counted = (
        (attempts.c.prompt_tokens + attempts.c.completion_tokens > 0)
        & (attempts.c.uncounted_calls == 0)
        & (attempts.c.status != "failed")
    )
    is_weighed = attempts.c.judge_prompt_tokens + attempts.c.judge_completion_tokens > 0
    query = (
        select(
            nearness,
            func.count(case((attempts.c.status.in_(("accepted", "rejected")), 1))),
            func.count(case((attempts.c.status == "accepted", 1))),
            func.count(case((is_counted, 1))),
            func.sum(case((is_counted, attempts.c.prompt_tokens), else_=0)),
            func.sum(case((is_counted, attempts.c.completion_tokens), else_=0)),
            func.sum(case((is_counted, attempts.c.cached_tokens), else_=0)),
            func.count(attempts.c.verdict),
            func.count(case((attempts.c.verdict.is_not(None) & (attempts.c.status == "accepted"), 1))),
            func.count(case((is_weighed, 1))),
            func.sum(attempts.c.judge_prompt_tokens),
            func.sum(attempts.c.judge_completion_tokens),
        )
        .join(jobs, jobs.c.id == attempts.c.job_id)
        .where(jobs.c.workflow_id == workflow_id, jobs.c.strategy == strategy, jobs.c.model == model)
        .group_by(nearness)
    )
    with store.read() as connection:
        found = {near: Experience(*counts) for near, *counts in connection.execute(query)}
    return [found.get(near, Experience()) for near in range(3)]


def _share(assumed: float, total: float, number: int) -> float:
    return (PRIOR_DRAFTS * assumed + total) / (PRIOR_DRAFTS + number)


def _mean(assumed: float, total: float, number: int) -> float:
    return (PRIOR_ANSWERS * assumed + total) / (PRIOR_ANSWERS + number)
