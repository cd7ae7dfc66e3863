"""Drafts written by hand for the prompts of each strategy, and what the checks and a verifier made of them.

``python -m benchmarks.hand_written`` prints the figures. A capable model was played twice: one wrote twelve drafts for
each strategy and dataset, a third of them with one planted fault that was named before any check saw it; another one,
who saw the verifier's requests only, judged what the checks of form had let through. ``hand_written/DATASET.jsonl`` has
every draft with its label, and what refused it at first sight. Where the datasets are there, today's checks of form
judge the drafts once more; copies of records by others are not kept, so their text is missing.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generation.attempts.acceptance import Acceptance
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.strategies import make_strategy
from finetune_coverage.tools.generation.topic_context import topic_context
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.workflows import create_workflow

from .table import markdown_table

DRAFTS = Path(__file__).with_name("hand_written")
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FILES = {
    "sample": Path(__file__).resolve().parents[1] / "tools" / "dataset" / "sample" / "customer_support.jsonl",
    "star": DATA / "support" / "star_spec_shape_150.jsonl",
    "crosswoz": DATA / "languages" / "crosswoz_zh_250.jsonl",
    "functionchat": DATA / "languages" / "functionchat_singlecall_ko.jsonl",
}
PER_STRATEGY = 12

Kept = dict[str, Any]
"""A draft: dataset, strategy, topic, attempt, label, fault, note, answer, and what it was refused by at first sight."""


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
    print("\nPlanted faults refused at first sight, by form or the verifier:\n")
    print(markdown_table(["fault", "refused"], faults))


if __name__ == "__main__":
    main()
