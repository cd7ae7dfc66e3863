"""Topics are given to records without one, with confidence, and never against a person or the source."""

from __future__ import annotations

import json

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import InvalidInput, TopicNotFound, WorkflowNotFound
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import get_record, load_records, set_topic, topic_counts
from finetune_coverage.tools.store.workflows import TopicInfo, create_workflow, set_topics
from finetune_coverage.tools.topics import assign as assign_module
from finetune_coverage.tools.topics.assign import assign_topics
from finetune_coverage.tools.topics.assignments import (
    Assignment,
    current_assignments,
    undo_last_run,
    write_run,
)
from finetune_coverage.tools.topics.corrections import correct, review_queue
from finetune_coverage.tools.topics.text import judged_text

from .conftest import WORDS, Add, mixed_records, record, text_about


def topics_of(services: Services) -> dict[str, str | None]:
    return {found.id: found.topic for found in load_records(services.store, "wf-1")}


def right(services: Services) -> float:
    found = topics_of(services)
    return sum(record_id.startswith(f"{topic}-") for record_id, topic in found.items()) / len(found)


def test_learns_from_a_few_labelled_records(services: Services, add: Add) -> None:
    add(mixed_records(20, labelled=3))
    report = assign_topics(services, "wf-1")
    assert (report.method, report.judged, report.labelled) == ("examples", 51, 9)
    assert sum(report.assigned.values()) + report.uncategorized == 51
    assert sum(report.assigned.values()) >= 45
    found = topics_of(services)
    assert all(topic is None or key.startswith(topic) for key, topic in found.items())
    rows = current_assignments(services.store, "wf-1")
    assert set(rows) == {key for key in found if int(key.split("-")[1]) >= 3}
    assert all(row.decided_by == "model" and 1 / 3 <= row.confidence <= 1 for row in rows.values())


@pytest.mark.parametrize("as_examples", [False, True])
def test_descriptions_or_examples_of_the_file_are_enough(
    services: Services, add: Add, as_examples: bool
) -> None:
    add(mixed_records(20, labelled=0))
    about = {topic: " ".join(words[:6]) for topic, words in WORDS.items()}
    infos = [
        TopicInfo(topic, examples=(text_about(topic, 900), text_about(topic, 901)))
        if as_examples
        else TopicInfo(topic, description=about[topic])
        for topic in WORDS
    ]
    set_topics(services.store, "wf-1", infos)
    report = assign_topics(services, "wf-1", at_least=0)
    assert report.method == ("examples" if as_examples else "descriptions")
    assert report.uncategorized == 0
    assert right(services) >= 0.95


def test_the_same_data_gives_the_same_topics(services: Services, add: Add) -> None:
    add(mixed_records(12, labelled=2))
    assign_topics(services, "wf-1")
    first = {key: row.confidence for key, row in current_assignments(services.store, "wf-1").items()}
    undo_last_run(services.store, "wf-1")
    assign_topics(services, "wf-1")
    again = {key: row.confidence for key, row in current_assignments(services.store, "wf-1").items()}
    assert again == pytest.approx(first, abs=1e-6)


def test_undo_gives_back_what_was_there_but_not_over_a_persons_word(services: Services, add: Add) -> None:
    add(mixed_records(12, labelled=3))
    before = topics_of(services)
    assign_topics(services, "wf-1", at_least=0)
    set_topic(services.store, "wf-1", "chess-7", "cooking")
    assert undo_last_run(services.store, "wf-1") == (1, 26, 1)
    assert topics_of(services) == {**before, "chess-7": "cooking"}
    with pytest.raises(InvalidInput, match="nothing to take back"):
        undo_last_run(services.store, "wf-1")


def test_a_topic_that_changed_meanwhile_is_kept(services: Services, add: Add) -> None:
    add([record("a", "x"), record("b", "y")])
    set_topic(services.store, "wf-1", "a", "said by a person")
    stale = [Assignment(key, "guess", "guess", 0.9, previous_topic=None) for key in ("a", "b")]
    write_run(services.store, "wf-1", stale, method="examples")
    assert topics_of(services) == {"a": "said by a person", "b": "guess"}


def test_corrections_are_learnt_from_at_once(services: Services, add: Add) -> None:
    """A record that reads like cooking is said to be chess: those that read the same follow it."""
    odd = [
        record(f"odd-{n}", "flour board sugar check salt mate " + text_about("cooking", n, 2))
        for n in range(6)
    ]
    add([*mixed_records(10, labelled=3), *odd])
    assign_topics(services, "wf-1", at_least=0)
    answers = {f"odd-{n}": "Chess" for n in range(3)}
    assert correct(services.store, "wf-1", answers) == 3
    report = assign_topics(services, "wf-1", at_least=0)
    found = topics_of(services)
    assert [found[f"odd-{n}"] for n in range(6)] == ["chess"] * 6
    assert report.labelled == 12
    undo_last_run(services.store, "wf-1")
    undo_last_run(services.store, "wf-1")
    assert right_labels_learnt(services) == 9


def right_labels_learnt(services: Services) -> int:
    return assign_topics(services, "wf-1").labelled


def test_what_is_uncertain_waits_for_a_person_most_telling_first(services: Services, add: Add) -> None:
    unclear = [record(f"between-{n}", "flour oven boat wind sugar sail") for n in range(4)]
    add([*mixed_records(12, labelled=4), *unclear])
    assign_topics(services, "wf-1", at_least=0.9)
    queue = review_queue(services.store, "wf-1", 50)
    assert {doubt.record.id for doubt in queue} >= {item.id for item in unclear}
    assert queue[0].record.id.startswith("between")
    assert all(doubt.record.topic is None and doubt.confidence < 0.9 for doubt in queue)
    correct(services.store, "wf-1", {queue[0].record.id: "sailing"})
    left = review_queue(services.store, "wf-1", 50)
    assert queue[0].record.id not in {doubt.record.id for doubt in left}


def test_corrections_name_topics_and_records_that_exist(services: Services, add: Add) -> None:
    add(mixed_records(4, labelled=2))
    with pytest.raises(TopicNotFound, match="no topic 'cokking'"):
        correct(services.store, "wf-1", {"chess-3": "chess", "cooking-3": "cokking"})
    with pytest.raises(InvalidInput, match="no record 'nobody'"):
        correct(services.store, "wf-1", {"chess-3": "chess", "nobody": "chess"})
    assert get_record(services.store, "wf-1", "chess-3").topic is None


def test_the_rest_beyond_the_sample_is_judged_by_its_likeness(
    services: Services, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assign_module, "MOST_TOGETHER", 40)
    add(mixed_records(40, labelled=4))
    report = assign_topics(services, "wf-1", at_least=0)
    assert report.judged == 108 and report.uncategorized == 0
    assert right(services) >= 0.95


def test_says_what_is_missing(services: Services, add: Add) -> None:
    with pytest.raises(WorkflowNotFound):
        assign_topics(services, "wf-1")
    create_workflow(services.store, "wf-1")
    with pytest.raises(InvalidInput, match="fewer than two topics"):
        assign_topics(services, "wf-1")
    add(mixed_records(3, labelled=3))
    assert assign_topics(services, "wf-1").judged == 0
    with pytest.raises(InvalidInput, match="The confidence is 2"):
        assign_topics(services, "wf-1", at_least=2)


def test_records_without_a_word_are_left_alone_or_harmless(services: Services, add: Add) -> None:
    add([*mixed_records(6, labelled=3), record("empty-1", ""), record("empty-2", "  \n ")])
    report = assign_topics(services, "wf-1")
    assert report.judged == 11
    counts = {count.topic: count.records for count in topic_counts(services.store, "wf-1")}
    assert sum(counts.values()) == 20


def test_tools_and_their_results_are_not_read() -> None:
    messages = [
        {"role": "system", "content": "secret system"},
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "hi", "tool_calls": [{"function": {"name": "give_away"}}]},
        {"role": "tool", "content": "give away"},
    ]
    assert judged_text(Record("r", json.dumps({"messages": messages}), None)) == "hello\nhi"
