"""A branch of a workflow: a copy that is counted right and leaves the source alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import InvalidInput, WorkflowNotFound
from finetune_coverage.tools.generation.lessons.lessons import lessons_of, reject_records
from finetune_coverage.tools.generation.lessons.rules import Rule, add_rule, list_rules
from finetune_coverage.tools.store.branches import branch_of, branch_workflow, branches_of
from finetune_coverage.tools.store.records import (
    NewRecord,
    insert_records,
    load_records,
    set_status,
    topic_counts,
)
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import TopicInfo, create_workflow, list_topics, set_topics

BODY = '{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}'


@pytest.fixture
def store(tmp_path: Path) -> Any:
    """Two real records of a topic, two of a first job, one of a second, one dropped without a word."""
    opened = Store.open(tmp_path / "store.db")
    create_workflow(opened, "wf-1")
    set_topics(opened, "wf-1", [TopicInfo("t", "Tea.", weight=2.0), TopicInfo("u", "Umbrellas.")])
    jobs = {"r1": None, "a1": "job-a", "r2": None, "a2": "job-a", "b1": "job-b", "x": None}
    rows = [
        NewRecord(Record(id=i, body=BODY, topic="t", origin="synthetic" if job else "real"), job_id=job)
        for i, job in jobs.items()
    ]
    with opened.write() as connection:
        insert_records(connection, "wf-1", rows)
    set_status(opened, "wf-1", ["x"], "rejected")
    yield opened
    opened.close()


def ids(store: Store, workflow: str, **wanted: Any) -> list[str]:
    return [record.id for record in load_records(store, workflow, **wanted)]


def test_a_branch_is_a_copy_without_what_was_left_out(store: Store) -> None:
    branch = branch_workflow(store, "wf-1", "few-shot", without_jobs=["job-b"])
    assert (branch.id, branch.source, branch.left_out) == ("wf-1~few-shot", "wf-1", ["job-b"])
    assert ids(store, branch.id, status=None) == ["r1", "a1", "r2", "a2"], (
        "in their order, the dropped one not"
    )
    assert [(c.records, c.synthetic, c.usable) for c in topic_counts(store, branch.id)] == [(4, 2, 2)]
    assert list_topics(store, branch.id) == list_topics(store, "wf-1")
    set_status(store, branch.id, ["r1"], "rejected")
    assert ids(store, "wf-1") == ["r1", "a1", "r2", "a2", "b1"], "the source is left alone"
    assert [c.records for c in topic_counts(store, "wf-1")] == [5]


def test_lessons_and_rules_go_along(store: Store) -> None:
    reject_records(store, "wf-1", ["a1"], "rude")
    add_rule(store, "wf-1", Rule("max_words", "9", "t"))
    branch = branch_workflow(store, "wf-1", "b")
    assert [lesson["why"] for lesson in lessons_of(store, branch.id, "t")] == ["rude"]
    (rule,) = list_rules(store, branch.id)
    assert (rule.kind, rule.value, rule.topic) == ("max_words", "9", "t")
    assert ids(store, branch.id, status="rejected") == ["a1"]


def test_branches_are_numbered_and_of_one_root(store: Store) -> None:
    first = branch_workflow(store, "wf-1", "b")
    second = branch_workflow(store, first.id, "b")
    create_workflow(store, "wf-10")
    create_workflow(store, "wf-1~by hand")
    assert (first.id, second.id, second.source) == ("wf-1~b", "wf-1~b-2", "wf-1~b")
    assert branches_of(store, second.id) == ["wf-1", "wf-1~b", "wf-1~b-2"]
    with pytest.raises(InvalidInput, match="is no branch"):
        branch_of(store, "wf-1")
    with pytest.raises(WorkflowNotFound):
        branch_workflow(store, "wf-9", "b")
