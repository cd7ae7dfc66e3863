"""kill -9 again and again, while an endpoint sends every kind of bad answer in turn: what is lost, doubled, unpaid.

Each job is begun and resumed by the command line, in a process of its own, and killed at random moments: mostly after
its first request of that run, now and then while it is being taken up. Then it is let end, in one of several ways.
After each kill and at the end the journal, the store, the export, the budget and the endpoint's own account are
compared.
``python -m benchmarks.kills_among_bad_answers [KILLS]`` ends with 1 when anything is wrong.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.generation.attempts.open_attempt import MOST_CHARACTERS
from finetune_coverage.tools.generation.jobs.ledger import (
    MAY_BE_CHARGED,
    Attempt,
    get_job,
    list_attempts,
    list_jobs,
)
from finetune_coverage.tools.generation.money.amounts import PICODOLLARS
from finetune_coverage.tools.generation.money.budget import Budget, budget_of
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.workflows import create_workflow

from .bad_answers import BAD, FATAL, GOOD, TOO_MUCH, BadAnswers
from .endpoint import MODEL, TOPIC, Answered, Behaviour, listening
from .kills import GRACE, Kill, journalled, kill, replies_of
from .one_job import WORKFLOW
from .priced import SENT, SPREAD, WRITTEN
from .table import markdown_table

KILLS = 40
KILLS_PER_JOB = 5
COUNT = 200
LATENCY = 0.2
CONCURRENCY = 8
LATEST = 3.0
"""Seconds after the first request of a run within which it is killed."""
TAKEN_UP = 0.25
"""Share of runs that are killed before their first request; those do not count as kills during generation."""
AT_ONCE = 2
"""Jobs beside each other, each with an endpoint and a data folder of its own."""
CAP_USD = 20.0
PATIENCE, CALL_SECONDS = 3.0, 3.0
LONGEST_RUN = 180.0
"""Seconds of one process, after which it counts as hanging."""
MOST_RESUMES = 40
STRATEGIES = ("few_shot", "message_variation", "topic_description", "scenario_expansion")
MAYBE_CHARGED = re.compile(r"did not answer in time|answered [5-9]\d\d\b")
"""What the evidence of a failed attempt says of which a part stays set aside: the endpoint may have charged for it."""


@dataclass(frozen=True)
class Ending:
    """How a job is let end when all of its kills are over.

    Attributes:
        name: in words.
        kinds: of answers, and nothing else; all in turn when there are none. A job that the endpoint refuses is
            then resumed with all in turn.
        cap: of the money.
        is_cancelled: whether somebody cancels it while it lies there.
    """

    name: str
    kinds: tuple[str, ...] = ()
    cap: float = CAP_USD
    is_cancelled: bool = False


ENDINGS = (
    Ending("all in turn"),
    Ending("nothing fits the schema", ("text: another schema",)),
    Ending("more tokens than can be", tuple(TOO_MUCH)),
    Ending("busy for a day", ("429: Retry-After 86400", "429: Retry-After inf")),
    Ending("white space without an end", ("without an end: white space",)),
    Ending("sent elsewhere", ("refuses: redirect",)),
    Ending("at its cap", cap=0.4),
    Ending("cancelled", is_cancelled=True),
)


@dataclass
class Run:
    """One process: how it ended, and what it said."""

    code: int | None
    said: dict[str, Any]
    told: int
    began: int
    kill: Kill | None = None
    hung: bool = False
    before_first: bool = False


@dataclass
class Job:
    """One job from its beginning to its end, and what was found wrong with it."""

    number: int
    home: Path
    url: str
    ending: Ending
    kills: int
    endpoint: BadAnswers
    strategy: str
    has_verifier: bool
    draw: random.Random
    runs: list[Run] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    first_request: float = 2.0
    lost: int = 0
    doubled: int = 0

    @property
    def killed(self) -> int:
        """Kills during generation."""
        return sum(run.kill is not None and not run.before_first for run in self.runs)

    def environment(self) -> dict[str, str]:
        """The settings of its processes, and nothing of those who run this."""
        kept = {
            name: text
            for name, text in os.environ.items()
            # Images of containers often set the last one; then every process compiles anew all that it imports.
            if not name.startswith(("FINETUNE_COVERAGE_", "OPENAI_", "PYTHONDONTWRITEBYTECODE"))
        }
        settings = {
            "HOME": self.home,
            "MODEL": MODEL,
            "EMBEDDING_MODEL": "wordllama",
            "PRICES": self.home.with_suffix(".yaml"),
            "MAX_CONCURRENCY": CONCURRENCY,
            "PATIENCE": PATIENCE,
            "CALL_SECONDS": CALL_SECONDS,
            "ESTIMATE_FACTOR": 1_000,  # every second answer is bad: more is used than anybody planned
            "BUDGET_USD": self.ending.cap,
            **({"VERIFIER_MODEL": MODEL} if self.has_verifier else {"VERIFIER_SHARE": "0"}),
        }
        return {
            **kept,
            "OPENAI_BASE_URL": self.url,
            "OPENAI_API_KEY": "sk-mock",
            **{f"FINETUNE_COVERAGE_{name}": str(value) for name, value in settings.items()},
        }

    def services(self) -> Services:
        """For looking at what is there; the processes have their own."""
        return Services(Settings(home=self.home, embedding_model="wordllama"))

    async def run(self, *, killed: bool) -> Run:
        """Begin it, or go on with it."""
        job = self._id()
        arguments = ["jobs", "resume", job] if job else ["generate", "-w", WORKFLOW, "--yes"]
        if not job:
            arguments += ["--topic", TOPIC, "--count", str(COUNT), "--strategy", self.strategy]
        run = await self._command([*arguments, "--json"], killed=killed)
        self.runs.append(run)
        return run

    def _id(self) -> str | None:
        services = self.services()
        jobs = list_jobs(services.store)
        services.store.close()
        return jobs[0].id if jobs else None

    async def _command(self, arguments: Sequence[str], *, killed: bool = False) -> Run:
        out, err = self.home.with_suffix(".out"), self.home.with_suffix(".err")
        before, began = len(self.endpoint.log), time.monotonic()
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "finetune_coverage.agent.cli", *arguments,
                env=self.environment(), stdout=stdout, stderr=stderr,
            )  # fmt: skip
            ended = asyncio.create_task(process.wait())
            run = Run(None, {}, 0, before)
            early = killed and bool(self.runs) and self.draw.random() < TAKEN_UP
            if early:
                await asyncio.wait([ended], timeout=self.draw.uniform(0.5, 1.0) * self.first_request)
            elif killed:
                while not ended.done() and len(self.endpoint.log) == before:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                self.first_request = time.monotonic() - began
                await asyncio.wait([ended], timeout=self.draw.uniform(0.05, LATEST))
            else:
                await asyncio.wait([ended], timeout=LONGEST_RUN)
            if not ended.done():
                run.kill = kill(process.pid, int(self.url.rsplit(":", 1)[1].split("/")[0]))
                run.hung = run.kill is not None and not killed
                run.before_first = len(self.endpoint.log) == before
            run.code = await ended
        said, told = out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
        counts = re.findall(r"(\d+) of \d+ accepted", told)
        run.told = int(counts[-1]) if counts else 0
        if run.hung:
            self.wrong.append(f"`{' '.join(arguments)}` had not ended after {LONGEST_RUN:.0f} s")
        elif run.kill is None:
            self._read(run, arguments, said, told)
        return run

    def _read(self, run: Run, arguments: Sequence[str], said: str, told: str) -> None:
        try:
            run.said = json.loads(said) if said.strip() else {}
        except ValueError:
            self.wrong.append(f"`{' '.join(arguments)}` said what is no JSON: {said[:200]!r}")
        error = run.said.get("error") or {}
        if "Traceback" in told or error.get("code") == "internal" or not run.said:
            self.wrong.append(f"`{' '.join(arguments)}` ended with {run.code}: {error or told[-600:]}")

    def look(self, run: Run) -> None:
        """Compare what is there with what was told and sent, after a process has ended, however it did."""
        if not (job := self._id()):
            return
        there = journalled(self.home)
        ids = there["records"]
        doubled = len(ids) - len(set(ids)) + len(there["slots"]) - len(set(there["slots"]))
        self.doubled += doubled
        self.lost += len(self.known - set(ids))
        self.known |= set(ids)
        if set(ids) != set(there["slots"]):
            self.wrong.append(f"records and slots differ by {len(set(ids) ^ set(there['slots']))}")
        if run.told > len(ids):
            self.wrong.append(f"{run.told} records were told accepted, and {len(ids)} are there")
        self._look_for_answers(run, {_key(answer) for answer in there["answers"]})
        services = self.services()
        with services.store.read() as connection:
            if (found := connection.exec_driver_sql("PRAGMA integrity_check").scalar()) != "ok":
                self.wrong.append(f"the store is damaged: {found}")
            budget = budget_of(connection, get_job(services.store, job).approval_id)
        services.store.close()
        held = budget.spent_picodollars + budget.reserved_picodollars
        if budget.cap_picodollars is None or held > budget.cap_picodollars:
            self.wrong.append(f"the cap of {budget.cap_picodollars} is passed: {held}")

    def _look_for_answers(self, run: Run, known: set[str]) -> None:
        """Answers that had been sent in whole when a process was killed, or ended, are written down."""
        moment = run.kill.moment - GRACE if run.kill else time.time()
        unread = run.kill.unread if run.kill else frozenset()
        missing = [
            one
            for one in self.endpoint.log[run.began :]
            if one.text is not None
            # A verdict that was cut off cannot be used, and is asked for again.
            and not (self.has_verifier and one.outcome.startswith("cut off"))
            and one.sent is not None
            and one.sent < moment
            and one.port not in unread
            and _key(one.text) not in known
        ]
        if missing:
            kinds = Counter(one.outcome for one in missing)
            self.wrong.append(f"{len(missing)} answers were paid for and are not written down: {dict(kinds)}")

    async def end(self) -> None:
        """Let it end as it should."""
        if self.ending.is_cancelled and (job := self._id()):
            await self._command(["jobs", "cancel", job, "--json"])
        if self.ending.kinds:
            self.endpoint.only = itertools.cycle(self.ending.kinds)
        for _ in range(MOST_RESUMES):
            run = await self.run(killed=False)
            self.look(run)
            if run.said.get("success") or run.hung:
                break
            self.endpoint.only = None
        if not self.runs[-1].said.get("success"):
            self.wrong.append(f"it does not end: {self.runs[-1].said}")

    async def compare(self) -> dict[str, Any]:
        """When it has ended: everything beside everything."""
        job = self._id() or ""
        generation = self.runs[-1].said.get("generation") or {}
        exported = self.home.with_suffix(".jsonl")
        await self._command(["export", "-w", WORKFLOW, "-o", str(exported), "--only-synthetic", "--json"])
        shown = (await self._command(["jobs", "show", job, "--json"])).said
        services = self.services()
        records = [one for one in load_records(services.store, WORKFLOW) if one.origin == "synthetic"]
        attempts = list_attempts(services.store, job)
        with services.store.read() as connection:
            budget = budget_of(connection, get_job(services.store, job).approval_id)
        services.store.close()
        ids = [record.id for record in records]
        texts = Counter(_said_by_user(record.messages) for record in records)
        lines = exported.read_text(encoding="utf-8").splitlines() if exported.exists() else []
        written = Counter(json.dumps(json.loads(line)["messages"], sort_keys=True) for line in lines)
        stored = Counter(json.dumps(record.messages, sort_keys=True) for record in records)
        checks = {
            "told records are those that are there": sorted(generation.get("record_ids", [])) == sorted(ids),
            "told records were there all the time": self.known == set(ids),
            "exported is what is stored": written == stored,
            "no text is there twice": all(times == 1 for times in texts.values()),
            "each accepted attempt has its record": sum(one.status == "accepted" for one in attempts)
            == len(ids),
            "every attempt has ended": all(
                one.status in ("accepted", "rejected", "failed") for one in attempts
            ),
            "no attempt was given up for its draft": all(one.check != "changed_draft" for one in attempts),
            "every check could look": all(one.check != "check_failed" for one in attempts),
            "nothing is left in the spool": not list((self.home / "answers").glob("*")),
            "complete or short": generation.get("status") in ("complete", "short"),
            "complete means all": (generation.get("status") == "complete") == (len(ids) == COUNT),
            "`jobs show` shows it": len(shown.get("attempts", [])) == len(attempts),
        }
        self.wrong += [f"not so: {name}" for name, holds in checks.items() if not holds]
        self._compare_money(budget, attempts)
        return {
            "job": self.number,
            "strategy": self.strategy + (" + judge" if self.has_verifier else ""),
            "ending": self.ending.name,
            "kills": self.killed,
            "early": sum(run.kill is not None and run.before_first for run in self.runs),
            "errors": sum((run.said.get("error") or {}).get("code") == "endpoint_error" for run in self.runs),
            "requests": len(self.endpoint.log),
            "status": generation.get("status"),
            "reason": generation.get("stop_reason"),
            "accepted": len(ids),
            "lost": self.lost,
            "doubled": self.doubled,
            "billed": _billed(self.endpoint.log) / PICODOLLARS,
            "spent": budget.spent_picodollars / PICODOLLARS,
            "reserved": budget.reserved_picodollars / PICODOLLARS,
            "checks": Counter(one.check for one in attempts if one.check),
            "wrong": self.wrong,
        }

    def _compare_money(self, budget: Budget, attempts: Sequence[Attempt]) -> None:
        log: list[Answered] = self.endpoint.log
        billed, held = _billed(log), budget.spent_picodollars + budget.reserved_picodollars
        if billed > held:
            self.wrong.append(f"billed are {billed} picodollars, and accounted for are {held}")
        known = {_key(one.text): one for one in log if one.text is not None}
        for attempt in attempts:
            answers = [known[key] for text in replies_of(attempt) if (key := _key(text)) in known]
            if _billed(answers) > (attempt.picodollars or 0):
                kinds = [one.outcome for one in answers]
                self.wrong.append(
                    f"attempt {attempt.number}, of {kinds}, was billed {_billed(answers)} picodollars, and "
                    f"{attempt.picodollars} are written down"
                )
        lost = {one.number: one.details[MAY_BE_CHARGED] for one in attempts if MAY_BE_CHARGED in one.details}
        tokens = sum(one["tokens"] for one in lost.values())
        money = sum(one["picodollars"] or 0 for one in lost.values())
        if (tokens, money) != (budget.reserved_tokens, budget.reserved_picodollars):
            self.wrong.append(
                f"reserved are {budget.reserved_tokens} tokens, and calls whose end nobody saw took {tokens}"
            )
        for one in attempts:
            if one.number in lost and lost[one.number]["tokens"] > one.reserved_tokens:
                self.wrong.append(
                    f"attempt {one.number} set {one.reserved_tokens} tokens aside, and lost more"
                )
            if one.number not in lost and _may_be_charged(one):
                self.wrong.append(
                    f"attempt {one.number} ({one.check}: {one.evidence}) may be charged, and nothing is set aside"
                )


def _billed(answers: Sequence[Answered]) -> int:
    """In picodollars."""
    rates = (round(SENT * PICODOLLARS / 1_000_000), round(WRITTEN * PICODOLLARS / 1_000_000))
    return sum(rates[0] * one.prompt_tokens + rates[1] * one.completion_tokens for one in answers)


def _may_be_charged(attempt: Attempt) -> bool:
    if attempt.status != "failed":
        return False
    says_so = attempt.check == "endpoint" and bool(MAYBE_CHARGED.search(attempt.evidence or ""))
    return says_so or attempt.check in ("interrupted", "endpoint_answer")


def _key(answer: str) -> str:
    """What an answer can be known by: the journal keeps only so much of it, and no halves of characters."""
    return "".join(filter(str.isascii, answer[:MOST_CHARACTERS]))


def _said_by_user(messages: Sequence[Any]) -> str:
    words = " ".join(str(one.get("content")) for one in messages if one["role"] == "user")
    return re.sub(r"[\W_]+", "", words).casefold()


async def one_job(number: int, kills: int, folder: Path) -> tuple[dict[str, Any], Counter[str]]:
    """A job, so many kills, and its end; and how often each kind of answer was sent."""
    endpoint = BadAnswers(Behaviour(latency=LATENCY, spread=SPREAD, seed=number))
    home = folder / f"job{number}"
    async with listening(endpoint.chat) as url:
        prices = f"{{input: {SENT}, output: {WRITTEN}}}"
        home.with_suffix(".yaml").write_text(f"endpoints: {{'{url}': {{{MODEL}: {prices}}}}}")
        job = Job(
            number,
            home,
            url,
            ENDINGS[number % len(ENDINGS)],
            kills,
            endpoint,
            STRATEGIES[number % len(STRATEGIES)],
            has_verifier=number // len(STRATEGIES) % 2 == 1,
            draw=random.Random(number),
        )
        services = job.services()
        create_workflow(services.store, WORKFLOW)
        import_sample(services.store, WORKFLOW)
        services.index.close()
        services.store.close()
        while job.killed < kills:
            run = await job.run(killed=True)
            job.look(run)
            if run.said.get("success"):
                break  # it has ended before its time
        if not job.runs[-1].said.get("success"):
            await job.end()
        found = await job.compare()
    return found, Counter(one.outcome for one in endpoint.log)


async def measure(kills: int = KILLS) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Jobs until there were so many kills; at least one for each way to end, when there are enough."""
    jobs: list[dict[str, Any]] = []
    sent: Counter[str] = Counter()
    numbers = itertools.count()
    shares = [kills // AT_ONCE + (one < kills % AT_ONCE) for one in range(AT_ONCE)]

    async def jobs_in_a_row(left: int, folder: Path) -> None:
        while left > 0:
            found, kinds = await one_job(next(numbers), min(left, KILLS_PER_JOB), folder)
            wrong = "; ".join(found["wrong"]) or "nothing wrong"
            print(f"job {found['job'] + 1}: {found['status']}, {wrong}", file=sys.stderr, flush=True)
            jobs.append(found)
            sent.update(kinds)
            left -= found["kills"]

    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        await asyncio.gather(*(jobs_in_a_row(share, Path(folder)) for share in shares))
    return sorted(jobs, key=lambda job: int(job["job"])), sent


def report(jobs: Sequence[dict[str, Any]], sent: Counter[str]) -> str:
    """The figures in Markdown."""
    header = [
        "job", "how it is let end", "kills", "also killed while taken up", "refused for a while", "requests", "ended",
        "delivered", "lost", "doubled", "billed", "spent and set aside",
    ]  # fmt: skip
    rows = [
        (
            job["strategy"],
            job["ending"],
            job["kills"],
            job["early"],
            job["errors"],
            job["requests"],
            job["status"],
            f"{job['accepted']} of {COUNT}",
            job["lost"],
            job["doubled"],
            f"${job['billed']:.4f}",
            f"${job['spent']:.4f} + ${job['reserved']:.4f}",
        )
        for job in jobs
    ]
    bad, fatal = ([sent[name] for name in names] for names in (BAD, FATAL))
    wrong = [f"- job {job['job'] + 1}: {what}" for job in jobs for what in job["wrong"]]
    lines = [
        markdown_table(header, rows),
        f"{sum(job['kills'] for job in jobs)} kills during generation, {sum(job['early'] for job in jobs)} more while "
        f"a job was taken up. {sent[GOOD]:,} good answers, {sum(bad):,} bad ones of {len(bad)} kinds, each at least "
        f"{min(bad)} times, {sum(fatal)} refusals for good of {len(fatal)} kinds, each at least {min(fatal)} times; "
        f"{LATENCY} s in the median, lognormal with sigma {SPREAD}; {CONCURRENCY} at once. Told "
        f"accepted, stored and exported records were compared, and what was sent with what is written down.",
        "\n".join(["**Wrong:**", *wrong]) if wrong else "Nothing was wrong.",
    ]
    return "\n\n".join(lines)


def main(kills: int) -> int:
    """Measure and print; 1 when anything is wrong."""
    jobs, sent = asyncio.run(measure(kills))
    print(report(jobs, sent))
    return int(any(job["wrong"] or job["lost"] or job["doubled"] for job in jobs))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else KILLS))
