"""Drafts written by hand for the prompts of each strategy, and what the checks and a verifier made of them.

``python -m benchmarks.hand_written`` prints the figures. A capable model was played twice: one wrote twelve drafts for
each strategy and dataset, a third of them with one planted fault that was named before any check saw it; another one,
who saw the verifier's requests only, judged what the checks of form had let through. Drafts with a day under "played"
were written later, when prompts and rubric had changed, and judged by the same person in a second role.
``hand_written/DATASET.jsonl`` has every draft with its label, and what refused it first. Where the datasets are
there, today's checks of form judge the drafts once more; copies of records by others are not kept, so their text is
missing.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.attempts.acceptance import Acceptance
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.strategies import make_strategy
from finetune_coverage.tools.generation.topic_context import topic_context
from finetune_coverage.tools.models.minilm import MiniLMEmbeddings
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.workflows import create_workflow
from langchain_core.messages import BaseMessage

from .table import markdown_table

DRAFTS = Path(__file__).with_name("hand_written")
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FILES = {
    "sample": Path(__file__).resolve().parents[1] / "tools" / "dataset" / "sample" / "customer_support.jsonl",
    "star": DATA / "support" / "star_spec_shape_150.jsonl",
    "crosswoz": DATA / "languages" / "crosswoz_zh_250.jsonl",
    "functionchat": DATA / "languages" / "functionchat_singlecall_ko.jsonl",
}
PER_STRATEGY, THIRTY = 12, 30
PLANS_CASES = "You plan which records are to be written"
"""How the prompt begins that plans a topic's cases, which is no attempt."""
SAME_MEANING = 0.9
"""Cosine of MiniLM's vectors."""

Kept = dict[str, Any]
"""A draft: dataset, strategy, topic, attempt, played, label, fault, note, answer, and what refused it first."""


def kept(dataset: str) -> list[Kept]:
    """The drafts of a dataset."""
    lines = (DRAFTS / f"{dataset}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def judged_now(dataset: str, drafts: Sequence[Kept]) -> list[str | None]:
    """What today's checks of form refuse each draft by; "" when nothing, None when its text is missing."""
    outcomes: list[str | None] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        services = Services(Settings(home=Path(folder), model_profile="full"))
        create_workflow(services.store, "wf")
        import_files(services.store, "wf", [FILES[dataset]])
        judges: dict[str, Acceptance] = {}
        for one in drafts:
            if one["answer"] is None:
                outcomes.append(None)
                continue
            topic = one["topic"]
            acceptance = judges.get(topic) or Acceptance.for_job(services, "wf", topic)
            judges[topic] = acceptance
            strategy = make_strategy(one["strategy"])
            context = topic_context(services, "wf", topic, PER_STRATEGY)
            draft = strategy.draft(context, one["attempt"], random.Random(one["attempt"]))
            found = acceptance.judge(strategy, draft, json.dumps(one["answer"]))
            outcomes.append("" if isinstance(found, Candidate) else found.check)
        services.index.close()
        services.store.close()
    return outcomes


def thirty_variations() -> str:
    """What thirty message variations from fifteen real records are worth, and how many differ in meaning."""
    drafts = kept("thirty_variations")
    topic = drafts[0]["topic"]
    generation, said = _generated(
        "sample", topic, "message_variation", THIRTY, [one["answer"] for one in drafts]
    )
    real, written = said["real"], said["synthetic"]
    vectors = MiniLMEmbeddings().embed_array([*real, *written])
    different = list(range(len(real)))
    for number in range(len(real), len(vectors)):
        if (vectors[different] @ vectors[number]).max() < SAME_MEANING:
            different.append(number)
    return (
        f"{THIRTY} message variations for “{topic}” from {len(real)} real records: {generation['accepted']} "
        f"accepted of {len(drafts)} drafts, worth {generation['worth']}; what the users of "
        f"{len(different) - len(real)} say is less than {SAME_MEANING} alike to the real ones and to each other."
    )


def worth_by_strategy(dataset: str) -> dict[str, tuple[int, int, float]]:
    """For each strategy the good drafts of a dataset: how many, how many are accepted, what these are worth."""
    found: dict[str, tuple[int, int, float]] = {}
    played: dict[tuple[str, str, str], dict[int, Kept]] = {}
    for one in kept(dataset):
        job = one["strategy"], one["topic"], one.get("played", "")
        played.setdefault(job, {})[one["attempt"]] = one
    for (strategy, topic, _), drafts in played.items():
        answers = [drafts.get(number) for number in range(max(drafts) + 1)]
        good = [one["answer"] if one is not None and one["label"] == "good" else None for one in answers]
        wanted = sum(answer is not None for answer in good)
        generation, _ = _generated(dataset, topic, strategy, wanted, good)
        before = found.get(strategy, (0, 0, 0.0))
        found[strategy] = (
            before[0] + wanted,
            before[1] + generation["accepted"],
            before[2] + generation["worth"],
        )
    return found


def _generated(
    dataset: str, topic: str, strategy: str, count: int, answers: Sequence[Any]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """What a job comes to whose attempts are answered so, and what users say in the topic by origin.

    Args:
        dataset: of `FILES`.
        topic: of the job.
        strategy: likewise.
        count: likewise.
        answers: to each attempt in its order; ``None``, and whatever comes after, is no record.
    """
    attempts = iter(answers)

    def answer(messages: Sequence[BaseMessage]) -> str:
        if messages[0].text.startswith(PLANS_CASES):
            return "none"
        written = next(attempts, None)
        return "none" if written is None else json.dumps(written)

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        settings = Settings(home=Path(folder), model_profile="full", verifier_share=0, max_concurrency=1)
        model = ScriptedChatModel([])
        model.default = answer
        services = Services(settings, make_chat_model=lambda _: model)
        create_workflow(services.store, "wf")
        import_files(services.store, "wf", [FILES[dataset]])
        item = PlanItem.model_validate({"topic": topic, "count": count, "strategy": strategy})
        plan = propose_plan(services.store, "wf", [item])
        approval = approve_plan(services.store, plan.id, approver="benchmark", channel="benchmark").id
        generation = asyncio.run(run_approved_item(services, approval, 0))["generation"]
        said: dict[str, list[str]] = {"real": [], "synthetic": []}
        for record in load_records(services.store, "wf"):
            if record.topic == topic:
                said[record.origin].append(record.user_text)
        services.index.close()
        services.store.close()
    return generation, said


def _worth_table() -> str:
    """The good drafts of all datasets by strategy, with what they are worth."""
    sums: dict[str, list[tuple[int, int, float]]] = {}
    for dataset, path in FILES.items():
        if path.is_file():
            for strategy, figures in worth_by_strategy(dataset).items():
                sums.setdefault(strategy, []).append(figures)
    rows = []
    for strategy, measured in sorted(sums.items()):
        good, accepted, worth = (sum(one[at] for one in measured) for at in (0, 1, 2))
        rows.append([strategy, str(len(measured)), str(good), str(accepted), f"{worth:.1f}"])
    return markdown_table(["strategy", "datasets", "good drafts", "accepted", "worth"], rows)


def _refused(refusals: Sequence[str]) -> str:
    by_check = Counter(filter(None, refusals))
    told = ", ".join(f"{check} {n}" for check, n in by_check.most_common())
    return f"{by_check.total()} of {len(refusals)}" + (f" ({told})" if told else "")


def main() -> None:
    """Print all."""
    rows, faults = [], []
    everything: list[Kept] = []
    for dataset, path in FILES.items():
        drafts = kept(dataset)
        everything += drafts
        row = [dataset]
        for label in ("good", "bad"):
            refusals = [one["refused_by"] or "" for one in drafts if one["label"] == label]
            row.append(_refused(["" if check == "verifier" else check for check in refusals]))
            row.append(_refused(refusals))
        if path.is_file():
            now = judged_now(dataset, drafts)
            for label in ("good", "bad"):
                pairs = zip(drafts, now, strict=True)
                row.append(
                    _refused([said for one, said in pairs if one["label"] == label and said is not None])
                )
        else:
            row += ["not measured"] * 2
        rows.append(row)
    for fault in sorted({one["fault"] for one in everything if one["label"] == "bad"}):
        refusals = [one["refused_by"] or "" for one in everything if one["fault"] == fault]
        faults.append([fault, _refused(refusals)])
    header = [
        "dataset",
        "good: by form",
        "good: in all",
        "bad: by form",
        "bad: in all",
        "good: form today",
        "bad: form today",
    ]
    print("Refused at first sight, and by today's checks of form:\n")
    print(markdown_table(header, rows))
    print(f"\n{thirty_variations()}")
    print(
        "\nWorth of the good drafts that are accepted, all but the 30 above a few from many real records:\n"
    )
    print(_worth_table())
    print("\nPlanted faults refused at first sight, by form or the verifier:\n")
    print(markdown_table(["fault", "refused"], faults))


if __name__ == "__main__":
    main()
