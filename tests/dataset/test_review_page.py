"""Reading records in pages by what the checks said of them, and deciding about many at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.inspection import review_page as reading
from finetune_coverage.tools.inspection.record_filter import RecordFilter, find_records
from finetune_coverage.tools.inspection.review_page import Wanted, count_meant, meant_by, review_page
from finetune_coverage.tools.inspection.worth_a_look import grounds_of
from finetune_coverage.tools.store.records import (
    NewRecord,
    get_record,
    insert_records,
    move_records,
    note_kept,
    set_status,
    topic_counts,
)
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import create_workflow, dataset_version

SOUND = {"worth": 1.0, "scores": {"topic": 0.9}, "verifier": {"model": "m"}, "not_judged": []}
GENERATED: dict[str, dict[str, Any]] = {
    "sound": {},
    "copy": {"worth": 0.1},
    "elsewhere": {"worth": -1.0, "scores": {"topic": 0.01}},
    "narrow": {"scores": {"topic": 0.1}},
    "unjudged": {"scores": {}, "not_judged": ["topic"], "verifier": None},
    "unmeasured": {"worth": None},
}


@pytest.fixture
def filled(store: Store) -> Store:
    create_workflow(store, "wf")
    body = json.dumps({"messages": [{"role": "user", "content": "x"}]})
    rows = [NewRecord(Record(f"real-{number}", body, "a" if number % 2 else "b")) for number in range(6)]
    for number, (name, differs) in enumerate(GENERATED.items()):
        found = {key: value for key, value in {**SOUND, **differs}.items() if value is not None}
        job = f"job-{number % 2}"
        rows.append(NewRecord(Record(name, body, "a", "synthetic", provenance=found), job_id=job))
    with store.write() as connection:
        insert_records(connection, "wf", rows)
    return store


def ids(store: Store, wanted: Wanted, size: int = 40) -> list[str]:
    """Of all pages, one after the other; the count and the filter's whole agree with them."""
    found: list[str] = []
    after = None
    while True:
        page = review_page(store, "wf", wanted, after, most=size)
        found += [record.id for record in page.records]
        after = page.after
        if after is None:
            assert sorted(found) == sorted(meant_by(store, "wf", wanted).topics)
            assert len(found) == count_meant(store, "wf", wanted)
            return found


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(origin="synthetic"), list(reversed(GENERATED))),
        (Wanted(origin="real", topic="b"), ["real-0", "real-2", "real-4"]),
        (Wanted(jobs=("job-1",)), ["copy", "narrow", "unmeasured"]),
        (Wanted(judged="unverified"), ["unjudged"]),
        (Wanted(judged="partly"), ["unjudged"]),
        (Wanted(worth="nothing"), ["elsewhere"]),
        (Wanted(worth="under half"), ["elsewhere", "copy"]),
        (Wanted(worth="unknown"), ["unmeasured"]),
        (Wanted(worth="half", judged="verified"), ["narrow", "sound"]),
        (Wanted(topic="b", judged="verified"), []),
    ],
)
def test_each_filter_finds_what_it_says(filled: Store, wanted: Wanted, expected: list[str]) -> None:
    assert ids(filled, wanted) == expected


@pytest.mark.parametrize("size", [1, 2, 40])
@pytest.mark.parametrize("most", [1, 3, 10_000])
def test_pages_leave_nothing_out_and_show_nothing_twice(
    filled: Store, monkeypatch: pytest.MonkeyPatch, size: int, most: int
) -> None:
    monkeypatch.setattr(reading, "MOST_LOOKED_AT", most)
    assert ids(filled, Wanted(), size) == [*(f"real-{n}" for n in range(6)), *GENERATED]
    assert ids(filled, Wanted(worth="half"), size) == ["unjudged", "narrow", "sound"]
    assert ids(filled, Wanted(worth="nothing"), size) == ["elsewhere"]


@pytest.mark.parametrize("size", [1, 2, 40])
def test_the_queue_has_the_most_doubtful_first_and_says_why(filled: Store, size: int) -> None:
    doubtful = {"real-1": "b", "real-4": "a"}
    queue = Wanted(is_queue=True, doubtful=doubtful)
    assert ids(filled, queue, size) == ["real-4", "real-1", "elsewhere", "copy", "unjudged", "narrow"]
    assert ids(filled, Wanted(is_queue=True, origin="synthetic", topic="b")) == []
    assert ids(filled, Wanted(is_queue=True, origin="real", topic="b", doubtful=doubtful)) == ["real-4"]
    why = {name: grounds_of(get_record(filled, "wf", name)) for name in GENERATED}
    assert why["sound"] == []
    assert why["elsewhere"] == ["reads like another topic", "another topic is nearly as likely"]
    assert why["copy"] == ["worth 0.1: much like one that was there"]
    assert why["unjudged"] == ["its topic was not judged", "no verifier read it"]
    assert why["narrow"] == ["another topic is nearly as likely"]


def test_the_most_doubtful_are_found_with_what_is_doubted(filled: Store) -> None:
    found = find_records(filled, "wf", RecordFilter(origin="synthetic", order="doubtful"), 2)
    assert ([record.id for record in found.records], found.number) == (["elsewhere", "copy"], 4)
    assert found.notes["copy"] == "worth 0.1: much like one that was there"
    newest = find_records(filled, "wf", RecordFilter(origin="synthetic"), 1)
    assert ([record.id for record in newest.records], newest.notes) == (["unmeasured"], {"unmeasured": ""})


def test_what_was_kept_is_worth_no_look_until_that_is_taken_back(filled: Store) -> None:
    version = dataset_version(filled, "wf")
    assert note_kept(filled, "wf", ["copy", "real-1"]) == 1
    assert "copy" not in ids(filled, Wanted(is_queue=True))
    assert ids(filled, Wanted(judged="kept")) == ["copy"]
    assert (get_record(filled, "wf", "copy").provenance or {})["worth"] == 0.1
    assert note_kept(filled, "wf", ["copy"], is_kept=False) == 1
    assert ids(filled, Wanted(judged="kept")) == []
    assert dataset_version(filled, "wf") == version, "a plan made before is as good as it was"


def test_many_are_moved_at_once_or_none(filled: Store) -> None:
    meant = meant_by(filled, "wf", Wanted(topic="a"))
    assert meant.real == 3 and set(meant.topics.values()) == {"a"}
    with pytest.raises(InvalidInput):
        move_records(filled, "wf", {**dict.fromkeys(meant.topics, "c"), "nope": "c"})
    assert {count.topic: count.records for count in topic_counts(filled, "wf")} == {"a": 9, "b": 3}
    assert move_records(filled, "wf", dict.fromkeys(meant.topics, "c")) == 9
    assert {count.topic: count.records for count in topic_counts(filled, "wf")} == {"b": 3, "c": 9}
    assert move_records(filled, "wf", meant.topics) == 9
    set_status(filled, "wf", ["real-1"], "rejected")
    assert ids(filled, Wanted(status="rejected")) == ["real-1"]
