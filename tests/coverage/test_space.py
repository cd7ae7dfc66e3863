"""Coverage within topics: cells and their words, groups, samples, the command and what is kept."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from finetune_coverage.tools.coverage.space import languages
from finetune_coverage.tools.coverage.space.cached import space_of
from finetune_coverage.tools.coverage.space.cells import Cell, cells_of
from finetune_coverage.tools.coverage.space.report import TopicSpace, measure_space
from finetune_coverage.tools.coverage.space.sample import sample_topics
from finetune_coverage.tools.coverage.space.shapes import RecordShape, shape_of
from finetune_coverage.tools.coverage.space.sub_areas import group
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import TopicNotFound
from finetune_coverage.tools.index.spread import unit_rows
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import set_topic
from hypothesis import given
from hypothesis import strategies as st

from ..agent.conftest import Command, command, sample
from ..topics.conftest import Add, add, record, services, text_about

__all__ = ["add", "command", "sample", "services"]


def shapes(number: int, **changes: Any) -> list[RecordShape]:
    values: dict[str, Any] = {
        "id": "a",
        "turns": "1 user turn",
        "length": None,
        "language": None,
        "declared": frozenset(),
        "called": frozenset(),
    }
    return [RecordShape(**values | changes)] * number


def thin_words(own: Sequence[RecordShape], others: Sequence[RecordShape] = ()) -> list[str]:
    return [cell.words for cell in cells_of("hotel_book", own, others) if cell.is_thin]


def test_what_is_missing_beside_other_topics_is_named() -> None:
    others = shapes(80) + shapes(20, turns="more than 12 user turns")
    assert thin_words(shapes(40), others) == [
        "no record of `hotel_book` has more than 12 user turns (0 of 40; other topics: 20%)"
    ]
    some = shapes(38) + shapes(2, turns="more than 12 user turns")
    assert thin_words(some, others) == [
        "only 2 of 40 records of `hotel_book` have more than 12 user turns (other topics: 20%)"
    ]


def test_a_missing_language_is_named() -> None:
    others = shapes(88, language="English") + shapes(12, language="Spanish")
    assert thin_words(shapes(50, language="English"), others) == [
        "no record of `hotel_book` is in Spanish (0 of 50; other topics: 12%)"
    ]
    # What could not be told is neither here nor there.
    assert thin_words(shapes(50), others) == []


def test_rarely_used_tools_are_named() -> None:
    both = frozenset({"book_room", "cancel_booking"})
    own = shapes(44, declared=both, called=frozenset({"book_room"})) + shapes(
        1, declared=both, called=frozenset({"cancel_booking"})
    )
    others = shapes(5, declared=both, called=both) + shapes(5, declared=both)
    assert thin_words(own, others) == [
        "only 1 of 45 records of `hotel_book` uses `cancel_booking` (an even share would be 22)",
        "no record of `hotel_book` calls no tool (0 of 45; other topics: 50%)",
        "no record of `hotel_book` calls `book_room` and `cancel_booking` together "
        "(0 of 45; an even share would be 15)",
    ]


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_a_thin_cell_lacks_half_of_at_least_two_records(one: int, two: int, three: int, four: int) -> None:
    own = shapes(one) + shapes(two, turns="2 user turns")
    for cell in cells_of("t", own, shapes(three) + shapes(four, turns="2 user turns")):
        assert cell.count <= cell.of == one + two
        assert cell.is_thin == (cell.expected >= 2 and cell.count < cell.expected / 2) == bool(cell.words)
        assert not cell.is_thin or 1 <= cell.missing <= cell.expected


def test_thin_cells_come_most_lacking_first() -> None:
    cells = [
        Cell(facet="turns", value=str(number), count=count, of=9, expected=8.0, is_thin=count < 4)
        for number, count in enumerate((3, 0, 9, 1))
    ]
    space = TopicSpace(topic="t", records=9, sampled=9, cells=cells)
    assert [cell.value for cell in space.thin] == ["1", "3", "0"]


def test_a_record_is_measured() -> None:
    messages = [
        {"role": "user", "content": "Please cancel my room for tonight, the train does not go any more."},
        {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "cancel"}}, "odd"]},
        {"role": "user", "content": [{"type": "text", "text": "Thanks"}]},
    ]
    tools = [{"type": "function", "function": {"name": "cancel"}}, {"name": "book"}, {}, None]
    shape = shape_of(Record("a", json.dumps({"messages": messages, "tools": tools}), "t"))
    assert (shape.turns, shape.length) == ("2 user turns", "a longest user message of 9 to 20 words")
    assert (shape.declared, shape.called) == ({"cancel", "book"}, {"cancel"})
    silent = shape_of(Record("b", json.dumps({"messages": [{"role": "user", "content": None}]}), "t"))
    assert (silent.turns, silent.length, silent.language) == (None, None, None)


def test_scripts_are_told_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "language_detector", lambda: None)
    assert languages.language_of("Где находится моя посылка, я жду уже две недели") == "Cyrillic script"
    assert languages.language_of("My parcel has not arrived for two weeks") == "Latin script"
    assert languages.language_of("too short") is None
    assert languages.language_of("1234567890 1234567890 1234567890 1234567890") is None


def test_languages_are_told_with_the_extra() -> None:
    pytest.importorskip("py3langid", reason="needs the extra languages")
    assert (
        languages.language_of("Mi paquete no ha llegado todavía y lo espero desde hace semanas") == "Spanish"
    )
    assert languages.language_of("My parcel has not arrived and I have waited for two weeks") == "English"


@pytest.mark.slow
def test_groups_are_found_again_or_there_is_one() -> None:
    draw = np.random.default_rng(1)
    middles = draw.normal(size=(3, 32)) * 4
    apart = unit_rows(np.vstack([middle + draw.normal(size=(30, 32)) for middle in middles]))
    groups = group(apart)
    assert [len(set(groups[start : start + 30])) for start in (0, 30, 60)] == [1, 1, 1]
    assert set(groups) == {0, 1, 2} and (groups == group(apart)).all()
    assert set(group(unit_rows(draw.normal(size=(60, 32))))) == {0}


def test_samples_are_bounded_and_the_same_each_time(services: Services, add: Add) -> None:
    add([record(f"r{number}", f"question {number}", "big") for number in range(310)])
    add([record("one", "a question", "small")])
    found = sample_topics(services.store, "wf-1", ["big", "small", "none"])
    assert {topic: len(records) for topic, records in found.items()} == {"big": 300, "small": 1, "none": 0}
    assert found == sample_topics(services.store, "wf-1", ["big", "small", "none"])
    report = measure_space(services, "wf-1", topics=["big"])
    assert (report.topics[0].records, report.topics[0].sampled) == (310, 300)
    assert "300 of the 310 records" in report.notes[0] and "seed 0" in report.notes[0]


def test_groups_of_a_topic_are_named_by_their_words(services: Services, add: Add) -> None:
    subjects = ["cooking"] * 32 + ["sailing"] * 32 + ["chess"] * 12
    random.Random(0).shuffle(subjects)
    add([record(f"{subject}{n}", text_about(subject, n), "all") for n, subject in enumerate(subjects)])
    (space,) = measure_space(services, "wf-1").topics
    areas = [cell for cell in space.cells if cell.facet == "sub_area"]
    assert [cell.count for cell in areas] == [32, 32, 12]
    assert areas[2].is_thin and all(record_id.startswith("chess") for record_id in areas[2].record_ids)
    assert "only 12 of 76 records of `all` are about" in areas[2].words


def test_the_report_is_kept_until_the_dataset_changes(
    services: Services, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    add([record(f"r{number}", f"question {number}", "one") for number in range(5)])
    add([record("other", "another question", "two")])
    first = space_of(services, "wf-1")
    with monkeypatch.context() as context:
        context.setattr("finetune_coverage.tools.coverage.space.cached.measure_space", _must_not_run)
        assert space_of(services, "wf-1") == first
        assert [space.topic for space in space_of(services, "wf-1", topics=["two"]).topics] == ["two"]
    set_topic(services.store, "wf-1", "r0", "two")
    assert sorted(space.records for space in space_of(services, "wf-1").topics) == [2, 4]
    with pytest.raises(TopicNotFound, match="three"):
        space_of(services, "wf-1", topics=["three"])


def _must_not_run(*_: Any, **__: Any) -> None:
    raise AssertionError("measured again")


def test_analyze_within(command: Command, sample: str) -> None:
    document = command("analyze", "-w", sample, "--within", "--topic", "technical_issues", "--json").document
    (space,) = document["within"]["topics"]
    assert space["topic"] == "technical_issues" and document["coverage"]["total_records"] == 150
    thin = [cell["words"] for cell in space["cells"] if cell["is_thin"]]
    assert "no record of `technical_issues` has 3 or 4 user turns (0 of 15; other topics: 15%)" in thin
    shown = command("analyze", "-w", sample, "--within", "--topic", "technical_issues").out
    assert thin[0] in shown and "Balance score" not in shown and "3 or 4 user turns" in shown


def test_within_is_refused_with_reasons(command: Command, sample: str) -> None:
    assert command("analyze", "-w", sample, "--topic", "technical_issues").code == 2
    outcome = command("analyze", "-w", sample, "--within", "--topic", "nothing", "--json")
    assert outcome.code == 1 and outcome.document["error"]["code"] == "topic_not_found"


def test_real_dialogues_have_thin_cells(shared_data: Path, command: Command) -> None:
    path = shared_data / "support" / "star_spec_shape_150.jsonl"
    assert command("import", path, "-w", "star").code == 0
    report = command("analyze", "-w", "star", "--within", "--topic", "bank_balance", "--json").document[
        "within"
    ]
    (space,) = report["topics"]
    assert space["records"] == space["sampled"] == 15
    turns = [cell for cell in space["cells"] if cell["facet"] == "turns"]
    assert sum(cell["count"] for cell in turns) == 15
