"""Workflows and the topics that they declare."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from finetune_coverage.tools.errors import InvalidInput, WorkflowNotFound
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import (
    TopicInfo,
    create_workflow,
    dataset_version,
    delete_workflow,
    list_topics,
    list_workflows,
    require_workflow,
    set_topics,
)


def test_creating_twice_is_creating_once(store: Store) -> None:
    create_workflow(store, "wf-1")
    created = list_workflows(store)
    create_workflow(store, "wf-1")
    assert list_workflows(store) == created
    assert dataset_version(store, "wf-1") == 0


@pytest.mark.parametrize("workflow_id", ["", " ", " wf", "wf\n1", "wf\x1b[2J", "w" * 201, "\ud800"])
def test_refuses_ids_that_cannot_be_typed_again(store: Store, workflow_id: str) -> None:
    with pytest.raises(InvalidInput):
        create_workflow(store, workflow_id)


def test_a_missing_workflow_is_named_with_those_there_are(store: Store) -> None:
    with pytest.raises(WorkflowNotFound) as caught:
        require_workflow(store, "wf-9")
    assert "import a dataset" in caught.value.hint
    create_workflow(store, "wf-1")
    create_workflow(store, "wf-2")
    with pytest.raises(WorkflowNotFound) as caught:
        require_workflow(store, "wf-9")
    assert "wf-9" in caught.value.message
    assert "wf-1" in caught.value.hint and "wf-2" in caught.value.hint
    require_workflow(store, "wf-1")


def test_lists_active_records_and_topics(store: Store, add: Callable[..., list[str]]) -> None:
    add("a", "a", "b", None)
    set_topics(store, "wf-1", [TopicInfo("a"), TopicInfo("c")])
    create_workflow(store, "wf-2")
    assert [(w.id, w.records, w.topics) for w in list_workflows(store)] == [("wf-1", 4, 3), ("wf-2", 0, 0)]


def test_deleting_takes_everything_of_one_workflow(store: Store, add: Callable[..., list[str]]) -> None:
    add("a", "b")
    add("a", workflow="wf-2")
    set_topics(store, "wf-1", [TopicInfo("a")])
    delete_workflow(store, "wf-1")
    with pytest.raises(WorkflowNotFound):
        list_topics(store, "wf-1")
    with pytest.raises(WorkflowNotFound):
        delete_workflow(store, "wf-1")
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM topics").scalar_one() == 0
    assert len(list(load_records(store, "wf-2"))) == 1
    create_workflow(store, "wf-1")
    assert list(load_records(store, "wf-1")) == []


def test_topics_keep_their_order_and_are_replaced_as_a_whole(store: Store) -> None:
    create_workflow(store, "wf-1")
    infos = [TopicInfo("b", "about b", "parent", 2.5), TopicInfo("a"), TopicInfo("ünïcode 話題")]
    set_topics(store, "wf-1", infos)
    assert list_topics(store, "wf-1") == infos
    set_topics(store, "wf-1", infos[1:])
    assert list_topics(store, "wf-1") == infos[1:]


def test_only_a_change_of_topics_is_a_new_version(store: Store) -> None:
    create_workflow(store, "wf-1")
    set_topics(store, "wf-1", [TopicInfo("a", weight=1)])
    version = dataset_version(store, "wf-1")
    set_topics(store, "wf-1", [TopicInfo("a", weight=1)])
    assert dataset_version(store, "wf-1") == version
    set_topics(store, "wf-1", [TopicInfo("a", weight=2)])
    assert dataset_version(store, "wf-1") == version + 1


@pytest.mark.parametrize(
    "infos",
    [
        [TopicInfo("")],
        [TopicInfo(" ")],
        [TopicInfo("a ")],
        [TopicInfo("a"), TopicInfo("a")],
        [TopicInfo("a", weight=0)],
        [TopicInfo("a", weight=-1)],
        [TopicInfo("a", weight=math.inf)],
        [TopicInfo("a", weight=math.nan)],
        [TopicInfo("a\ud800")],
    ],
)
def test_refuses_topics_that_cannot_be_counted(store: Store, infos: list[TopicInfo]) -> None:
    create_workflow(store, "wf-1")
    set_topics(store, "wf-1", [TopicInfo("kept")])
    with pytest.raises(InvalidInput):
        set_topics(store, "wf-1", infos)
    assert list_topics(store, "wf-1") == [TopicInfo("kept")]
