"""The counts that are kept beside the records are those of the records, whoever changed them and however."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.store.records import (
    NewRecord,
    TopicCount,
    insert_records,
    load_records,
    set_status,
    set_topic,
    topic_counts,
)
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import create_workflow, delete_workflow, list_workflows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

RECOUNT = """
    SELECT topic, count(*), count(CASE WHEN origin = 'synthetic' THEN 1 END), count(CASE WHEN is_multi_turn THEN 1 END),
           count(CASE WHEN uses_tools THEN 1 END), count(CASE WHEN origin = 'real' AND has_assistant_turn THEN 1 END)
    FROM records WHERE workflow_id = :workflow AND status = 'active' GROUP BY topic ORDER BY min(position)
"""


def recounted(store: Store, workflow_id: str) -> list[TopicCount]:
    with store.read() as connection:
        return [TopicCount(*row) for row in connection.execute(text(RECOUNT), {"workflow": workflow_id})]


TOPICS = st.sampled_from(["a", "b", None])
IDS = st.integers(0, 11).map(lambda number: f"r{number}")
ORIGINS = st.sampled_from(["real", "synthetic"])
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
USER = {"role": "user", "content": "x"}
BODIES = st.sampled_from(
    [
        [USER],
        [USER, {"role": "assistant", "content": "y"}],
        [USER, USER, {"role": "assistant", "content": None, "tool_calls": [CALL]}],
    ]
)
ADD = st.tuples(st.just("add"), st.lists(st.tuples(IDS, TOPICS, ORIGINS, BODIES), max_size=5))
CHANGE = st.one_of(
    st.tuples(st.just("topic"), IDS, TOPICS),
    st.tuples(st.just("status"), IDS, st.sampled_from(["active", "rejected"])),
)


@settings(
    max_examples=settings.default.max_examples // 4,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.lists(st.one_of(ADD, CHANGE), max_size=14))
def test_counts_are_those_of_the_records_after_any_changes(
    store: Store, steps: list[tuple[object, ...]]
) -> None:
    for name in ("wf-1", "wf-2"):
        create_workflow(store, name)
    for step in steps:
        take(store, step)
        assert topic_counts(store, "wf-1") == recounted(store, "wf-1")
    assert topic_counts(store, "wf-2") == recounted(store, "wf-2")
    for name in ("wf-1", "wf-2"):
        delete_workflow(store, name)


def take(store: Store, step: tuple[object, ...]) -> None:
    match step:
        case "add", list(rows):
            for workflow in ("wf-1", "wf-2"):
                new = [
                    NewRecord(Record(key, json.dumps({"messages": messages}), topic, origin))
                    for key, topic, origin, messages in rows
                ]
                with store.write() as connection:
                    insert_records(connection, workflow, new)
        case ("topic" | "status") as what, str(key), value:
            if key not in {record.id for record in load_records(store, "wf-1", status=None)}:
                return
            if what == "topic":
                set_topic(store, "wf-1", key, value)  # type: ignore[arg-type]
            else:
                set_status(store, "wf-1", [key], value)  # type: ignore[arg-type]


def test_an_import_that_knows_some_records_counts_the_others(
    store: Store, chat: Callable[..., dict[str, object]], jsonl: Callable[..., Path]
) -> None:
    first = jsonl(*[chat(f"q {n}", "more", topic=f"t{n % 3}") for n in range(20)], name="a.jsonl")
    second = jsonl(*[chat(f"q {n}", "more", topic=f"t{n % 3}") for n in range(10, 40)], name="b.jsonl")
    import_files(store, "wf-1", [first])
    assert import_files(store, "wf-1", [second]).added == 20
    assert [count.records for count in topic_counts(store, "wf-1")] == [14, 13, 13]
    assert topic_counts(store, "wf-1") == recounted(store, "wf-1")


def test_a_deleted_workflow_leaves_no_counts(store: Store, add: Callable[..., list[str]]) -> None:
    add("a", "b")
    add("a", workflow="wf-2")
    delete_workflow(store, "wf-1")
    create_workflow(store, "wf-1")
    assert topic_counts(store, "wf-1") == []
    assert [(one.id, one.records) for one in list_workflows(store)] == [("wf-2", 1), ("wf-1", 0)]
