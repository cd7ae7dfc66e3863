"""The topic check: which topic a text reads like, and what it costs to know."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.checks.check_settings import CheckSettings
from finetune_coverage.tools.generation.checks.form.topic import PENALTY, TopicCheck, _Probe
from finetune_coverage.tools.generation.checks.form.written_vector import WrittenVector
from finetune_coverage.tools.services import Services

Make = Callable[..., Candidate]
Check = Callable[..., TopicCheck]
Seeds = Callable[[str], list[Record]]

USER = {"role": "user", "content": "The export stops at 80 percent on my laptop since Monday."}
REPLY = {"role": "assistant", "content": "Free some disk space and start the export again."}


def record(user: str, topic: str = "technical_issues", number: int = 0) -> Record:
    source = {"messages": [{"role": "user", "content": user}, REPLY], "topic": topic}
    return Record(id=f"r{number}", body=json.dumps(source), topic=topic)


@pytest.fixture
def topic_check(services: Services) -> Callable[..., TopicCheck]:
    """The check over some records, by the embedded model."""

    def make(topic: str, real: list[Record], **settings: float) -> TopicCheck:
        written = WrittenVector(services.embeddings)
        vectors = np.array([written.of_text(record.user_text) for record in real])
        return TopicCheck(topic, real, vectors, written, CheckSettings(**settings))

    return make


def test_topic_check_knows_the_topics(candidate: Make, seeds: Seeds, topic_check: Check) -> None:
    real = [*seeds("technical_issues"), *seeds("billing_questions"), *seeds("account_management")]
    check = topic_check("technical_issues", real)
    assert check.not_judged is None
    stray = {
        "role": "user",
        "content": "Why was my card charged twice? I want a refund of the second invoice payment.",
    }
    says = {"role": "assistant", "content": "The second charge goes back to your card within five days."}
    judged = candidate(stray, says)
    rejection = check.check(judged)
    assert rejection is not None and "billing_questions" in rejection.evidence
    assert judged.scores["topic"] < 0
    fits = {
        "role": "user",
        "content": "Sync is stuck and the app crashes with an error since the update.",
    }
    assert check.check(candidate(fits, REPLY)) is None


def test_topic_check_says_when_it_cannot_judge(candidate: Make, topic_check: Check) -> None:
    few = [record("it crashes", number=n) for n in range(2)] + [
        record("a bill", "billing", n) for n in range(9)
    ]
    check = topic_check("technical_issues", few)
    assert check.not_judged is not None and "too few" in check.not_judged
    assert check.check(candidate(USER, REPLY)) is None
    alone = topic_check("technical_issues", [record(f"it crashes {n}", number=n) for n in range(9)])
    assert alone.not_judged is not None and "second topic" in alone.not_judged


def test_fifteen_records_are_enough_and_three_make_the_limit_far(seeds: Seeds, topic_check: Check) -> None:
    others = [*seeds("billing_questions"), *seeds("account_management")]
    own = seeds("technical_issues")
    many, few = (topic_check("technical_issues", [*own[:number], *others]) for number in (15, 3))
    assert many.not_judged is None and few.limit < many.limit - 0.1


def test_topics_that_cannot_be_told_apart_are_said_to_be_so(
    candidate: Make, seeds: Seeds, topic_check: Check
) -> None:
    mixed = [
        replace(record, topic=("technical_issues", "billing_questions")[number % 2])
        for number, record in enumerate([*seeds("account_management"), *seeds("billing_questions")])
    ]
    check = topic_check("technical_issues", mixed)
    assert check.not_judged is not None and "hard to tell" in check.not_judged
    own = [record for record in mixed if record.topic == "technical_issues"]
    refused = [check.check(candidate(*record.messages)) for record in own]
    assert sum(found is not None for found in refused) <= 0.03 * len(own)


def test_each_record_is_judged_as_if_the_probe_had_not_seen_it() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [9, 5, 4])
    features = rng.normal(size=(len(labels), 6)) + 0.3 * (labels == 0)[:, None]
    wanted, weighs = np.eye(3)[labels], len(labels) / (3 * np.bincount(labels)[labels])
    margins = []
    for out in range(len(labels)):
        seen = np.arange(len(labels)) != out
        kernel = features[seen] @ features[seen].T + 1 + np.diag(PENALTY / weighs[seen])
        scores = (features[seen] @ features[out] + 1) @ np.linalg.solve(kernel, wanted[seen])
        margins.append(scores[0] - max(scores[1:]))
    probe, found = _Probe(features, np.array(["a", "b", "c"])[labels]), set()
    for false_alarms in (0.02, 0.1, 0.3, 0.5):
        limit, noticed = probe.limit("a", false_alarms)
        assert noticed == np.mean(np.array(margins[9:]) < limit)
        found.add(noticed)
    assert len(found) > 2


def test_the_limit_follows_the_setting(seeds: Seeds, topic_check: Check) -> None:
    real = [*seeds("technical_issues"), *seeds("billing_questions")]
    real += [replace(record, topic="technical_issues") for record in seeds("account_management")[:9]]
    strict, lax = (topic_check("technical_issues", real, topic_false_alarms=share) for share in (0.0, 0.2))
    assert strict.limit < lax.limit <= 0


def test_the_called_tools_tell_the_topic(candidate: Make, topic_check: Check) -> None:
    def calling(tool: str, number: int) -> Record:
        call = {"id": "1", "type": "function", "function": {"name": tool, "arguments": "{}"}}
        messages = [
            {"role": "user", "content": f"please do it number {number}"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
        ]
        return Record(id=f"{tool}{number}", body=json.dumps({"messages": messages}), topic=tool)

    real = [calling(tool, number) for tool in ("reset", "refund") for number in range(12)]
    check = topic_check("reset", real)
    assert check.check(candidate(*calling("reset", 99).messages)) is None
    assert check.check(candidate(*calling("refund", 99).messages)) is not None


def test_a_record_of_several_topics_may_say_most_about_another_of_them(
    candidate: Make, seeds: Seeds, topic_check: Check
) -> None:
    check = topic_check("technical_issues", [*seeds("technical_issues"), *seeds("billing_questions")])
    bill = {
        "role": "user",
        "content": "Why was my card charged twice? I want a refund of the second invoice.",
    }
    says = {"role": "assistant", "content": "The second charge goes back to your card within five days."}
    made = candidate(bill, says)
    assert check.check(made) is not None
    made.source["topics"] = ["technical_issues", "billing_questions"]
    assert check.check(made) is None
    made.source["topics"] = ["billing_questions", "account_management"]
    assert check.check(made) is not None
