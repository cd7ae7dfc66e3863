"""How many good records the checks of form refuse, and how many planted bad ones they pass, in several languages.

``python -m benchmarks.form_checks`` prints the figures. A third of each topic is held out: its records are new to the
checks, and good, whatever their language. The faults are planted into them here; nothing knows how the checks work.
The smallest and the largest topics of a dataset are written for, turn by turn, until enough records were judged.
"""

from __future__ import annotations

import copy
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.acceptance import Acceptance
from finetune_coverage.tools.generation.attempts.draft import Candidate, Draft
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import NewRecord, insert_records
from finetune_coverage.tools.store.workflows import create_workflow

from .table import markdown_table

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SAMPLE = Path(__file__).resolve().parents[1] / "tools" / "dataset" / "sample" / "customer_support.jsonl"
FILES = {
    "sample (en)": SAMPLE,
    "STAR, tools (en)": DATA / "support" / "star_support.jsonl",
    "Banking77 (en)": DATA / "intents" / "banking77_train.jsonl",
    "CrossWOZ (zh)": DATA / "languages" / "crosswoz_zh_250.jsonl",
    "FunctionChat, tools (ko)": DATA / "languages" / "functionchat_singlecall_ko.jsonl",
}
MOST_TOPICS, MOST_OF_TOPIC, MOST_JUDGED = 12, 50, 40
OTHER_LANGUAGES = (
    "Das habe ich gestern schon versucht, aber es hat leider nicht funktioniert.",
    "내 계정에 로그인할 수 없어요. 어떻게 해야 하나요?",
)

Plant = Callable[[list[dict[str, Any]], random.Random], None]


def _last(messages: list[dict[str, Any]], role: str) -> dict[str, Any] | None:
    spoken = [
        one
        for one in messages
        if one["role"] == role and isinstance(one.get("content"), str) and one["content"]
    ]
    return spoken[-1] if spoken else None


def _into(role: str, change: Callable[[str, random.Random], str]) -> Plant:
    def plant(messages: list[dict[str, Any]], rng: random.Random) -> None:
        if said := _last(messages, role):
            said["content"] = change(said["content"], rng)

    return plant


def _letters(text: str, rng: random.Random) -> str:
    return " ".join("".join(rng.choices("bcdfghjklmnpqrstvwxz", k=rng.randint(3, 9))) for _ in range(14))


PLANTS: dict[str, Plant] = {
    "letters": _into("user", _letters),
    "refusal": _into("assistant", lambda *_: "I'm sorry, but I can't assist with that."),
    "placeholder": _into("assistant", lambda text, _: text + " [Your Name]"),
    "markup": _into("assistant", lambda text, _: text + "<|im_end|>"),
    "loop": _into("assistant", lambda text, _: " ".join([text] * 4)),
    "cut off": _into("assistant", lambda text, _: text[: len(text) * 2 // 3].rstrip(" .,!?。，！？") + ","),
    "far too long": _into("assistant", lambda text, _: " ".join(f"{n}: {text}" for n in range(200))),
    "other language": _into(
        "user", lambda text, _: OTHER_LANGUAGES[any("가" <= c <= "힣" for c in text) - 1]
    ),
    "silent": _into("assistant", lambda *_: ""),
}


def measured(name: str, path: Path, folder: Path) -> dict[str, Any]:
    """What is refused of one dataset."""
    sources = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rng = random.Random(1)
    by_topic: dict[str, list[Record]] = {}
    for number, source in enumerate(sources):
        record = Record(f"r{number}", json.dumps(source, ensure_ascii=False), source["topic"])
        by_topic.setdefault(source["topic"], []).append(record)
    topics = sorted(by_topic) if len(by_topic) <= MOST_TOPICS else rng.sample(sorted(by_topic), MOST_TOPICS)
    held: list[Record] = []
    known: list[Record] = []
    for topic in topics:
        own = rng.sample(by_topic[topic], min(MOST_OF_TOPIC, len(by_topic[topic])))
        held += own[: len(own) // 3]
        known += own[len(own) // 3 :]
    services = Services(Settings(home=folder, model_profile="full"))
    create_workflow(services.store, "wf")
    with services.store.write() as connection:
        insert_records(
            connection,
            "wf",
            [NewRecord(record) for record in known],
        )
    figures: dict[str, Any] = {
        "dataset": name,
        "good": Counter(),
        "bad": {kind: Counter() for kind in ("wrong topic", "copy", *PLANTS)},
        "off": {},
        "why": [],
    }
    for topic in _by_turns(Counter(str(record.topic) for record in held)):
        if figures["good"].total() >= MOST_JUDGED:
            break
        acceptance = Acceptance.for_job(services, "wf", topic)
        figures["off"] |= acceptance.not_judged
        draft = Draft("few_shot", topic, [], [], profile="full")

        refused = partial(_refused_by, acceptance, draft)

        own = [record for record in held if record.topic == topic]
        for record in own:
            found = acceptance.refusal(Candidate(record.source, draft))
            figures["good"][found.check if found else ""] += 1
            figures["why"] += [f"{found.check}: {found.evidence}"] if found else []
        others = [record for record in held if record.topic != topic]
        strays = rng.sample(others, min(len(own), len(others)))
        figures["bad"]["wrong topic"].update(refused(record.source) for record in strays)
        copies = [record for record in known if record.topic == topic][: len(own)]
        figures["bad"]["copy"].update(refused(record.source) for record in copies)
        for kind, plant in PLANTS.items():
            for record in own:
                source = copy.deepcopy(record.source)
                plant(source["messages"], rng)
                if source != record.source:
                    figures["bad"][kind][refused(source)] += 1
    services.index.close()
    services.store.close()
    return figures


def _by_turns(counts: Counter[str]) -> list[str]:
    """The smallest topic, the largest one, the second smallest, and so on."""
    ordered = sorted(counts, key=lambda topic: (counts[topic], topic))
    return list(dict.fromkeys(name for pair in zip(ordered, reversed(ordered), strict=True) for name in pair))


def _refused_by(acceptance: Acceptance, draft: Draft, source: dict[str, Any]) -> str:
    found = acceptance.refusal(Candidate(source, draft))
    if found and "-v" in sys.argv:
        print(draft.topic, found)
    return found.check if found else ""


def main() -> None:
    """Measure all and print."""
    rows, offs, whys = [], [], []
    wanted = [word for word in sys.argv[1:] if word != "-v"]
    for name, path in FILES.items():
        if path.is_file() and (not wanted or any(word in name for word in wanted)):
            with tempfile.TemporaryDirectory() as folder:
                figures = measured(name, path, Path(folder))
            good = figures["good"]
            by_check = ", ".join(f"{check} {n}" for check, n in good.most_common() if check)
            passed = [f"{bad['']} of {bad.total()}" for bad in figures["bad"].values()]
            rows.append(
                [
                    name,
                    f"{good.total() - good['']} of {good.total()}" + (f" ({by_check})" if by_check else ""),
                    *passed,
                ]
            )
            offs += [f"- {name}: {why}" for why in figures["off"].values()]
            whys += [f"- {name}: {why}" for why in figures["why"]]
            print(rows[-1], file=sys.stderr, flush=True)
    print(markdown_table(["dataset", "good refused", "wrong topic passed", "copy", *PLANTS], rows))
    print(
        "\nThe good ones are held-out real records; of the records with a planted fault stands how many passed."
    )
    print("\n".join(["", "Good ones that were refused:", "", *whys]))
    print("\n".join(["", "Checks that judged little or nothing:", "", *offs]))


if __name__ == "__main__":
    main()
