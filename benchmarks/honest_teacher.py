"""An honest teacher: an endpoint that serves real records which were held out, and plants faults into three of ten.

``python -m benchmarks.honest_teacher [DATASET…]`` runs jobs against it, once without a verifier and once with one that
judges truly, since the teacher knows what it planted. It shows what was refused of each kind, and for Banking77 how
much of the gap the accepted records close that lies between the cut dataset and all of its real records, on the test
set. The data are by others; nothing was tuned on them.
"""

from __future__ import annotations

import asyncio
import difflib
import json
import random
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.jobs.ledger import list_attempts
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import NewRecord, insert_records
from finetune_coverage.tools.store.workflows import create_workflow
from numpy.typing import NDArray
from pydantic import SecretStr

from .cached_embeddings import embedded
from .endpoint import completion, listening, schema_asked
from .table import markdown_table

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
KNOWN, WANTED, MOST_OTHERS = 20, 40, 60
"""Real records that a cut topic keeps, records asked for each, real records of each other topic."""
SHARES = {
    "wrong topic, near": 0.05,
    "wrong topic, far": 0.05,
    "copy with one edit": 0.05,
    "reworded copy": 0.05,
    "letters": 0.025,
    "word salad": 0.025,
    "empty": 0.015,
    "refusal in prose": 0.015,
    "refusing reply": 0.02,
}
ALIKE = 0.85
"""Ratio of equal characters from which a good record counts as a true near duplicate of one before it."""
REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "I am unable to assist with this request.",
    "Sorry, I cannot do that.",
)

Source = dict[str, Any]


@dataclass(frozen=True)
class Dataset:
    """Where a dataset is, and which topics are cut.

    Attributes:
        test: a test set, where there is one.
        has_replies: whether its records hold replies of an assistant.
    """

    path: Path
    cut: int
    test: Path | None = None
    has_replies: bool = True


DATASETS = {
    "Banking77": Dataset(
        DATA / "intents" / "banking77_train.jsonl",
        8,
        DATA / "intents" / "banking77_test.jsonl",
        has_replies=False,
    ),
    "STAR, tools": Dataset(DATA / "support" / "star_support.jsonl", 4),
}


def users_text(source: Source) -> str:
    """What the user says in a record."""
    return "\n".join(str(m.get("content") or "") for m in source["messages"] if m["role"] == "user")


def as_answer(source: Source) -> list[dict[str, Any]]:
    """A record's messages in the form that is asked of a model: no ids, no system prompt."""
    shown = []
    for message in source["messages"]:
        if message["role"] in ("system", "developer"):
            continue
        one = {"role": message["role"], "content": message.get("content") or ""}
        if message.get("tool_calls"):
            one["tool_calls"] = [
                {name: call["function"][name] for name in ("name", "arguments")}
                for call in message["tool_calls"]
            ]
        shown.append(one)
    return shown


_SMALL = {"the", "a", "an", "just", "please", "so", "really", "very"}
_AROUND = {
    "English": (
        ["Hello there,", "Quick question:", "Hi, could someone tell me,", "Good morning."],
        ["Thanks in advance!", "Any idea?", "Hope you can help."],
    ),
    "Korean": (
        ["안녕하세요,", "궁금한 게 있는데요,", "저기요, 혹시"],
        ["감사합니다!", "부탁드려요.", "꼭 알려주세요."],
    ),
    "Chinese": (["你好，", "请问一下，", "打扰了，"], ["谢谢！", "麻烦你了。", "有人知道吗？"]),
}
"""What a lazy model puts before and after."""


def reworded(text: str, rng: random.Random, language: str = "English") -> str:
    """The same said in another order with other small words: what a lazy model gives for a new record.

    Korean words may stand in any order before the last one, so they do.
    """
    clauses = [
        part.strip() for part in re.split(r"(?<=[.!?,;])\s+|(?<=[。！？，；])|\n", text) if part.strip()
    ]
    rng.shuffle(clauses)
    words = " ".join(clauses).split()
    kept = [word for word in words if word.lower() not in _SMALL]
    if language == "Korean":
        before = kept[:-1]
        rng.shuffle(before)
        kept = [*before, *kept[-1:]]
    openers, closers = _AROUND[language]
    opener = rng.choice(openers)
    return f"{opener} {' '.join(kept)} {rng.choice(closers)}"


@dataclass
class Teacher:
    """Serves the held-out records of one topic.

    Attributes:
        held: real records that the dataset lacks.
        known: those that it has.
        near: real records of the topics that are nearest, and of the others.
        served: every answer with its kind ("good" or the fault's name).
        texts: what is said in each, with the same, for the verdicts.
    """

    held: list[Source]
    known: list[Source]
    near: list[Source]
    far: list[Source]
    has_replies: bool
    rng: random.Random
    served: dict[str, str] = field(default_factory=dict)
    texts: dict[tuple[str, ...], str] = field(default_factory=dict)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        """POST /v1/chat/completions."""
        body = await request.json()
        return web.json_response(completion(body, self._text(body)))

    def _text(self, body: dict[str, Any]) -> str:
        schema = schema_asked(body)
        properties = schema["properties"]
        if "cases" in properties:
            names = properties["cases"]["items"]["properties"]
            return json.dumps({"cases": [{name: f"{name} {n}" for name in names} for n in range(10)]})
        if "messages" in properties:
            return self._record()
        return json.dumps(self._verdict(schema, str(body["messages"][-1]["content"])))

    def _verdict(self, schema: dict[str, Any], asked: str) -> Any:
        written = asked.rpartition("Written, to be checked:")[2]
        written = re.sub(r"\\u00(3e|3c|26|27)", lambda found: chr(int(found[1], 16)), written)  # for HTML
        found = [
            said
            for said in self.texts
            if all(json.dumps(text, ensure_ascii=False)[1:-1] in written for text in said)
        ]
        longest = max(found, key=lambda said: sum(map(len, said)), default=())
        return _filled(schema, self.texts.get(longest, "good") == "good")

    def _record(self) -> str:
        drawn = self.rng.random()
        kind = "good"
        for name, share in SHARES.items():
            if name == "refusing reply" and not self.has_replies:
                continue
            drawn -= share
            if drawn < 0:
                kind = name
                break
        text = self._of(kind)
        self.served.setdefault(text, kind)
        return text

    def _of(self, kind: str) -> str:
        rng = self.rng
        if kind == "empty":
            return json.dumps({"messages": [{"role": "user", "content": ""}]})
        if kind == "refusal in prose":
            return rng.choice(REFUSALS) + f" ({rng.randrange(10**6)})"
        if kind == "good" or kind == "refusing reply":
            messages = as_answer(self.held.pop() if self.held else rng.choice(self.known))
            if kind == "refusing reply":
                first = next(n for n, m in enumerate(messages) if m["role"] == "user")
                messages = [*messages[: first + 1], {"role": "assistant", "content": rng.choice(REFUSALS)}]
        elif kind.startswith("wrong topic"):
            messages = as_answer(rng.choice(self.near if kind.endswith("near") else self.far))
        else:
            messages = as_answer(rng.choice(self.known))
            place = rng.choice([n for n, m in enumerate(messages) if m["role"] == "user" and m["content"]])
            messages[place]["content"] = self._spoiled(kind, messages[place]["content"])
            if kind in ("letters", "word salad"):
                for m in messages:
                    if m["role"] == "user":
                        m["content"] = self._spoiled(kind, m["content"])
            elif kind == "reworded copy":
                for n, m in enumerate(messages):
                    if m["role"] == "user" and n != place and m["content"]:
                        m["content"] = reworded(m["content"], rng)
        self.texts[tuple(m["content"] for m in messages if m["content"] and m["role"] != "tool")] = kind
        return json.dumps({"messages": messages}, ensure_ascii=False)

    def _spoiled(self, kind: str, text: str) -> str:
        rng = self.rng
        if kind == "letters":
            return " ".join(
                "".join(rng.choices("bcdfghjklmnpqrstvwxz", k=rng.randint(3, 9))) for _ in range(12)
            )
        if kind == "word salad":
            words = " ".join(users_text(one) for one in rng.sample(self.far, 8)).split()
            return " ".join(rng.sample(words, min(14, len(words))))
        if kind == "copy with one edit":
            words = text.split()
            words[rng.randrange(len(words))] = rng.choice(users_text(rng.choice(self.far)).split() or ["it"])
            return " ".join(words)
        return reworded(text, rng)


def _filled(schema: dict[str, Any], passes: bool) -> Any:
    if schema.get("type") == "object":
        return {name: _filled(part, passes) for name, part in schema["properties"].items()}
    if schema.get("type") == "array":
        return [_filled(schema["items"], passes)]
    if schema.get("type") == "boolean":
        return passes
    return "" if passes else "planted"


def run(name: str, dataset: Dataset, *, is_verified: bool) -> dict[str, Any]:
    """Jobs for each cut topic; what became of every kind, and the texts that were accepted."""
    sources = [json.loads(line) for line in dataset.path.read_text(encoding="utf-8").splitlines()]
    by_topic: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        by_topic[source["topic"]].append(source)
    rng = random.Random(f"{name} honest teacher")
    for of_topic in by_topic.values():
        rng.shuffle(of_topic)
    large = sorted(topic for topic, rows in by_topic.items() if len(rows) >= KNOWN + 2 * WANTED)
    cut = sorted(rng.sample(large, dataset.cut))
    known = {t: rows[: KNOWN if t in cut else MOST_OTHERS] for t, rows in by_topic.items()}
    near = _nearest(known, cut)
    outcomes: dict[str, Counter[str]] = defaultdict(Counter)
    accepted: dict[str, list[str]] = {}
    calls = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for topic in cut:
            teacher = Teacher(
                held=by_topic[topic][KNOWN:],
                known=known[topic],
                near=[
                    one
                    for other in near[topic]
                    for one in by_topic[other][len(known[other]) :] or known[other]
                ],
                far=[
                    one
                    for other in by_topic
                    if other not in (topic, *near[topic])
                    for one in by_topic[other][len(known[other]) :]
                ],
                has_replies=dataset.has_replies,
                rng=random.Random(f"{name} {topic}"),
            )
            done = asyncio.run(_job(Path(folder) / str(cut.index(topic)), known, topic, teacher, is_verified))
            seen = [users_text(one) for one in known[topic]]
            accepted[topic] = []
            for response, check in done:
                kind = teacher.served.get(response, "unknown")
                text = _user_of(response)
                if kind == "good":
                    if any(alike(text, other) for other in seen):
                        kind = "good, near duplicate"
                    seen.append(text)
                outcomes[kind][check or "accepted"] += 1
                if check is None:
                    accepted[topic].append(text)
            calls += len(done)
            print(
                name,
                topic,
                is_verified,
                {k: dict(v) for k, v in outcomes.items()},
                file=sys.stderr,
                flush=True,
            )
    return {"outcomes": outcomes, "accepted": accepted, "cut": cut, "by_topic": by_topic, "known": known}


def alike(one: str, other: str) -> bool:
    compared = difflib.SequenceMatcher(None, one.lower(), other.lower(), autojunk=False)
    return compared.quick_ratio() >= ALIKE and compared.ratio() >= ALIKE


def _user_of(response: str) -> str:
    try:
        return "\n".join(m["content"] for m in json.loads(response)["messages"] if m["role"] == "user")
    except ValueError:
        return ""


def _nearest(known: dict[str, list[Source]], cut: Sequence[str], most: int = 3) -> dict[str, list[str]]:
    names = list(known)
    centres = np.array([embedded([users_text(one) for one in known[name]]).mean(axis=0) for name in names])
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    alike = centres @ centres.T
    return {
        topic: [names[n] for n in np.argsort(-alike[names.index(topic)]) if names[n] != topic][:most]
        for topic in cut
    }


async def _job(
    home: Path, known: dict[str, list[Source]], topic: str, teacher: Teacher, is_verified: bool
) -> list[tuple[str, str | None]]:
    async with listening(teacher.chat) as url:
        settings = Settings(
            home=home,
            openai_base_url=url,
            openai_api_key=SecretStr("sk-mock"),
            model="teacher",
            model_profile="full",
            verifier_share=1.0 if is_verified else 0.0,
            max_concurrency=8,
            refusals_in_a_row=200,
            estimate_factor=20,
        )
        services = Services(settings)
        try:
            create_workflow(services.store, "wf")
            rows = [one for of_topic in known.values() for one in of_topic]
            with services.store.write() as connection:
                made = [
                    Record(f"r{n}", json.dumps(one, ensure_ascii=False), one["topic"])
                    for n, one in enumerate(rows)
                ]
                insert_records(connection, "wf", [NewRecord(record) for record in made])
            item = PlanItem(
                topic=topic, count=WANTED, strategy="few_shot" if teacher.has_replies else "topic_description"
            )
            plan = await asyncio.to_thread(propose_plan, services.store, "wf", [item])
            approval = await asyncio.to_thread(
                lambda: approve_plan(services.store, plan.id, approver="benchmark", channel="benchmark").id
            )
            answer = await run_approved_item(services, approval, 0)
            assert answer["success"], answer
            job = answer["generation"]["job_id"]
            attempts = [one for one in list_attempts(services.store, job) if one.number >= 0 and one.response]
            return [
                (_whole(one.response), None if one.status == "accepted" else one.check) for one in attempts
            ]
        finally:
            services.index.close()
            services.store.close()


def _whole(response: str | None) -> str:
    """The answer as it was sent; the journal keeps a list of an attempt's answers."""
    assert response is not None
    try:
        listed = json.loads(response)
    except ValueError:
        return response
    return str(listed[0]) if isinstance(listed, list) and listed and isinstance(listed[0], str) else response


def closed(arm: dict[str, Any], test: Path) -> list[str]:
    """Parts of the gap that accepted and random real records close, by probes on MiniLM's vectors and on TF-IDF."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    tests = [json.loads(line) for line in test.read_text(encoding="utf-8").splitlines()]
    asked, truth = [users_text(one) for one in tests], [one["topic"] for one in tests]
    base = [(users_text(one), topic) for topic, rows in arm["known"].items() for one in rows]
    made = [(text, topic) for topic, texts in arm["accepted"].items() for text in texts]
    held = {topic: [users_text(one) for one in arm["by_topic"][topic][KNOWN:]] for topic in arm["cut"]}
    rng = random.Random(5)
    real = [
        (text, topic)
        for topic in arm["cut"]
        for text in rng.sample(held[topic], min(len(arm["accepted"][topic]), len(held[topic])))
    ]
    whole = [(text, topic) for topic in arm["cut"] for text in held[topic]]
    tfidf = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True).fit([text for text, _ in base + whole])
    found = []
    for vectors in (embedded, lambda texts: tfidf.transform(texts)):
        scores = [_f1(vectors, base + more, asked, truth, arm["cut"]) for more in ([], made, real, whole)]
        gap = scores[3] - scores[0]
        found += [f"{(scores[1] - scores[0]) / gap:.2f}", f"{(scores[2] - scores[0]) / gap:.2f}"]
    return found


def _f1(
    vectors: Callable[[list[str]], Any],
    rows: list[tuple[str, str]],
    asked: list[str],
    truth: list[str],
    topics: Sequence[str],
) -> float:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score

    probe = LogisticRegression(C=10, class_weight="balanced", max_iter=300)
    probe.fit(vectors([text for text, _ in rows]), [topic for _, topic in rows])
    said: NDArray[np.str_] = probe.predict(vectors(asked))
    return float(f1_score(truth, said, labels=list(topics), average="macro"))


def main(wanted: Sequence[str]) -> None:
    """Run and print."""
    rows, gaps = [], []
    for name, dataset in DATASETS.items():
        if wanted and not any(word in name for word in wanted):
            continue
        arms = [run(name, dataset, is_verified=is_verified) for is_verified in (False, True)]
        for kind in ("good", "good, near duplicate", *SHARES, "unknown"):
            cells = []
            for arm in arms:
                became = arm["outcomes"].get(kind, Counter())
                by_check = ", ".join(
                    f"{check} {n}" for check, n in became.most_common() if check != "accepted"
                )
                cells += [f"{became['accepted']} of {became.total()}", by_check]
            if any(not cell.endswith("of 0") for cell in cells[::2]):
                rows.append([name, kind, *cells])
        if dataset.test is not None:
            gaps += [
                [name, arm, *closed(one, dataset.test)]
                for arm, one in zip(("no verifier", "true verifier"), arms, strict=True)
            ]
    print(
        markdown_table(
            ["dataset", "served", "passed, no verifier", "refused by", "passed, true verifier", "refused by"],
            rows,
        )
    )
    if gaps:
        print("\nPart of the gap to all real records that is closed, on the test set:\n")
        header = ["dataset", "", "MiniLM: accepted", "as many real", "TF-IDF: accepted", "as many real"]
        print(markdown_table(header, gaps))


if __name__ == "__main__":
    main(sys.argv[1:])
