"""The bundled sample has the shape of the specification's example, and imports wholly."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from finetune_coverage.tools.dataset.bundled_sample import import_sample, sample_path
from finetune_coverage.tools.dataset.exporter import export_records
from finetune_coverage.tools.store.records import load_records, topic_counts
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import TopicInfo, create_workflow, list_topics, set_topics


def test_imports_with_topics(store: Store, tmp_path: Path) -> None:
    report = import_sample(store, "wf-1")
    assert (report.added, report.bad, report.without_topic, report.without_assistant) == (150, [], 0, 0)
    counts = {count.topic: count for count in topic_counts(store, "wf-1")}
    assert {topic: count.records for topic, count in counts.items()} == {
        "billing_questions": 45,
        "technical_issues": 15,
        "account_management": 90,
    }
    assert sum(count.multi_turn for count in counts.values()) > 75
    assert all(count.uses_tools for count in counts.values())
    assert {info.name for info in list_topics(store, "wf-1")} == set(counts)
    assert all(info.description for info in list_topics(store, "wf-1"))
    export_records(store, "wf-1", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == sample_path().read_bytes()


def test_no_two_are_alike(store: Store) -> None:
    import_sample(store, "wf-1")
    texts = Counter(record.user_text for record in load_records(store, "wf-1"))
    assert max(texts.values()) == 1


def test_keeps_the_workflows_own_topics(store: Store) -> None:
    create_workflow(store, "wf-1")
    set_topics(store, "wf-1", [TopicInfo("mine")])
    import_sample(store, "wf-1")
    assert list_topics(store, "wf-1") == [TopicInfo("mine")]
    assert import_sample(store, "wf-1").added == 0
