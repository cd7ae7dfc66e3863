"""A whole dataset: counts, places, costs, duplicates, tokens; and nothing stops it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.validation import duplicates
from finetune_coverage.tools.dataset.validation.report import RuleReport, ValidationReport
from finetune_coverage.tools.dataset.validation.tokens import BYTES_PER_TOKEN
from finetune_coverage.tools.dataset.validation.validate import validate_records
from finetune_coverage.tools.errors import InvalidInput, WorkflowNotFound
from finetune_coverage.tools.store.records import load_records, set_status, set_topic
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.stored_rows import StoredRow
from hypothesis import given
from hypothesis import strategies as st

Json = dict[str, Any]
Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def _no_encodings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "encodings"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "coverage.db")
    yield opened
    opened.close()


@pytest.fixture
def load(store: Store, tmp_path: Path) -> Callable[..., Path]:
    """Imports records from a file into wf-1."""

    def run(*records: Json, name: str = "data.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        assert import_files(store, "wf-1", [path]).added == len(records)
        return path

    return run


def chat(asked: str, said: str = "Certainly, here is what I found.", **more: Any) -> Json:
    messages = [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
    return {"messages": messages, **more}


def rules_of(report: ValidationReport) -> dict[str, RuleReport]:
    return {rule.rule: rule for rule in report.rules}


def test_places_counts_and_what_dropping_costs(store: Store, load: Callable[..., Path]) -> None:
    unanswered = {"messages": [{"role": "user", "content": "Hello?"}]}
    path = load(
        chat("One?", topic="a"),
        {**unanswered, "topic": "a"},
        chat("", topic="b"),
        {"messages": [{"role": "user", "content": "Bye?"}]},
        {"messages": [{"role": "user", "content": ""}], "topic": "c"},
    )
    report = validate_records(store, "wf-1")
    assert (report.records, report.clean) == (5, 1)
    assert report.refused_by == {"LLaMA-Factory": 3, "OpenAI": 4, "Together AI": 3}
    missing = rules_of(report)["no_assistant_turn"]
    assert [place.place for place in missing.places] == [f"{path}:{line}" for line in (2, 4, 5)]
    assert missing.places[0].record_id == list(load_records(store, "wf-1"))[1].id
    assert (missing.records, missing.share) == (3, 0.6)
    dropped = {topic: (lost.records, lost.share) for topic, lost in missing.if_dropped.items()}
    assert dropped == {"(no topic)": (1, 1.0), "c": (1, 1.0), "a": (1, 0.5)}
    assert list(rules_of(report)) == ["no_assistant_turn", "empty_content"]


def test_rejected_records_are_not_looked_at(store: Store, load: Callable[..., Path]) -> None:
    load(chat("One?"), chat(""))
    set_status(store, "wf-1", [list(load_records(store, "wf-1"))[1].id], "rejected")
    assert validate_records(store, "wf-1").records == validate_records(store, "wf-1").clean == 1


def test_one_record_counts_once_for_a_rule_and_names_how_often(
    store: Store, load: Callable[..., Path]
) -> None:
    user = {"role": "user", "content": "x"}
    load({"messages": [user, user, user, user, {"role": "assistant", "content": "y"}]})
    (rule,) = validate_records(store, "wf-1").rules
    assert rule.records == 1
    assert rule.places[0].evidence == "messages 1 and 2 are by user, and 2 more"


def test_places_end_but_every_finding_is_told(store: Store, load: Callable[..., Path]) -> None:
    load(*(chat("", f"{number}") for number in range(25)))
    told: list[str] = []
    report = validate_records(store, "wf-1", on_finding=lambda row, finding: told.append(row.id))
    (rule,) = report.rules
    assert (rule.records, len(rule.places), len(set(told))) == (25, 20, 25)


LONG = "My parcel from the shop in Ghent has not come, and the tracking page shows nothing at all."


def test_duplicates(store: Store, load: Callable[..., Path]) -> None:
    load(
        chat(LONG, topic="a", n=1),
        chat(LONG, topic="a", n=2),
        chat(LONG.replace("Ghent", "Bruges"), topic="a"),
        chat(
            LONG,
            "No. Ask somebody else about it, since we only sell garden chairs and lamps here.",
            topic="a",
        ),
        chat("Hi!", topic="a"),
        chat("Hi?", topic="a"),
        chat(LONG, topic="b", n=3),
    )
    ids = [record.id for record in load_records(store, "wf-1")]
    report = validate_records(store, "wf-1")
    rules = rules_of(report)
    exact, near = rules["exact_duplicate"], rules["near_duplicate"]
    assert [(one.record_id, one.evidence) for one in exact.places] == [
        (ids[1], f"the same as {ids[0]}"),
        (ids[6], f"the same as {ids[0]}"),
    ]
    assert [one.record_id for one in near.places] == [ids[2]] and ids[0] in near.places[0].evidence
    assert exact.wasted_tokens == exact.tokens > 0 and near.wasted_tokens == 0
    other = rules["same_record_other_topic"]
    assert [one.record_id for one in other.places] == [ids[6]]
    assert other.places[0].evidence == f"'b' here, 'a' in {ids[0]}"
    set_topic(store, "wf-1", ids[6], "a")
    assert "same_record_other_topic" not in rules_of(validate_records(store, "wf-1"))


def asked(*answer: Json, before: tuple[Json, ...] = (), tools: tuple[str, ...] = ("lookup",)) -> Json:
    """A record that asks the same each time."""
    declared = [{"type": "function", "function": {"name": name, "parameters": {}}} for name in tools]
    return {
        "messages": [*before, {"role": "user", "content": "¿Qué pedido llega tarde?"}, *answer],
        "tools": declared,
    }


def says(text: str) -> Json:
    return {"role": "assistant", "content": text}


def calls(name: str, result: str = "{}") -> tuple[Json, Json]:
    call = {"type": "function", "id": "1", "function": {"name": name, "arguments": "{}"}}
    return {"role": "assistant", "content": None, "tool_calls": [call]}, {
        "role": "tool", "tool_call_id": "1", "content": result
    }  # fmt: skip


def test_one_question_with_several_answers(store: Store, load: Callable[..., Path]) -> None:
    load(
        asked(says("Ninguno.")),
        asked(*calls("lookup"), says("El segundo.")),
        asked(
            *calls("lookup", "[3]"), says("El tercero.")
        ),  # as the one before: the tool gave something else
        asked(says("No lo sé.")),
        asked(says("Ninguno.")),  # the same record once more, which another rule says
        asked(*calls("search"), says("El segundo.")),
    )
    ids = [record.id for record in load_records(store, "wf-1")]
    rules = rules_of(validate_records(store, "wf-1"))
    of_calls, of_words = rules["other_calls"], rules["other_words"]
    first = f"asks what {ids[0]} asks"
    assert [(one.record_id, one.evidence) for one in of_calls.places] == [(ids[1], first), (ids[5], first)]
    assert [(one.record_id, one.evidence) for one in of_words.places] == [(ids[3], first)]
    assert of_calls.severity == of_words.severity == "suspicious" and of_words.wasted_tokens == 0


@pytest.mark.parametrize(
    "other",
    [
        asked(says("El segundo."), tools=("lookup", "search")),
        asked(says("El segundo."), before=({"role": "system", "content": "Responda con un número."},)),
        asked(says("El segundo."), before=({"role": "user", "content": "Hola"}, says("Hola, ¿qué desea?"))),
        {"messages": [{"role": "user", "content": "¿Qué pedido llega tarde?"}], "tools": asked()["tools"]},
    ],
    ids=["other tools", "another system prompt", "after something else", "no answer"],
)
def test_what_is_not_the_same_question(store: Store, load: Callable[..., Path], other: Json) -> None:
    load(asked(says("Ninguno.")), other)
    assert not {"other_calls", "other_words"} & rules_of(validate_records(store, "wf-1")).keys()


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from(["", "lookup", "search"])),
        max_size=25,
    ),
    st.integers(1, 7),
)
def test_the_first_record_with_the_question_is_named(drawn: list[tuple[int, int, str]], at_once: int) -> None:
    """However many records are looked at together, as one that compares each with all before it."""

    def source(question: int, words: int, called: str) -> Json:
        answer = [*calls(called)] if called else []
        return {"messages": [{"role": "user", "content": str(question)}, *answer, says(str(words))]}

    sources = [source(*one) for one in drawn]
    rows = [StoredRow(str(n), "{}", None, "topic", "real", None, True, None, n) for n in range(len(sources))]
    known = duplicates.Duplicates()
    found = []
    for start in range(0, len(sources), at_once):
        found += known.check(rows[start : start + at_once], sources[start : start + at_once])
    # What a called tool leads to is no other answer.
    answers = [(question, called, None if called else words) for question, words, called in drawn]
    for number, answer in enumerate(answers):
        before = [one for one in answers[:number] if one[0] == answer[0]]
        expected = [
            (str(answers.index(before[0])), answer[1] not in {called for _, called, _ in before})
            for _ in before[:1]
            if answer not in before
        ]
        others = [one for one in found[number] if isinstance(one, duplicates.OtherAnswer)]
        assert [(one.id, one.is_call) for one in others] == expected


def test_a_duplicate_is_one_however_it_was_written(store: Store, tmp_path: Path) -> None:
    first = '{"messages": [{"role": "user", "content": "\\u00e9 x"}, {"role": "assistant", "content": "y"}]}'
    second = (
        '{"id": 7, "messages": [{"content": "é x", "role": "user"}, {"content": "y", "role": "assistant"}]}'
    )
    (tmp_path / "d.jsonl").write_text(f"{first}\n{second}\n", encoding="utf-8")
    import_files(store, "wf-1", [tmp_path / "d.jsonl"])
    assert [rule.rule for rule in validate_records(store, "wf-1").rules] == ["exact_duplicate"]


def test_without_room_later_records_are_compared_with_earlier_ones(
    store: Store, load: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "MOST_HASHES", 60)
    second = "The invoice of March has a wrong address, and nobody answers my letters about that."
    load(chat(LONG), chat(second), chat(LONG + " Help!"), chat(second + " Help!"))
    report = validate_records(store, "wf-1")
    assert report.not_compared == 3
    assert rules_of(report)["near_duplicate"].records == 1


def test_too_long_counts_what_is_cut_off(store: Store, load: Callable[..., Path]) -> None:
    load(chat("x" * 380), chat("short"))
    report = validate_records(store, "wf-1", max_tokens=50)
    rule = rules_of(report)["too_long"]
    assert rule.records == 1 and rule.wasted_tokens == report.longest - 50
    assert rule.places[0].evidence == f"{report.longest} tokens"
    # 380 bytes are 100 tokens; the rest is the answer, the roles and what a chat costs.
    assert report.longest == 100 + sum(-(-len(text) // BYTES_PER_TOKEN) for text in (
        "Certainly, here is what I found.", "user", "assistant",
    )) + 9  # fmt: skip
    assert not report.tokens_exact and "estimated" in report.token_method
    with pytest.raises(InvalidInput, match="limit"):
        validate_records(store, "wf-1", max_tokens=0)


def test_a_record_that_is_not_as_it_should_be_stops_nothing(store: Store, load: Callable[..., Path]) -> None:
    load(chat("One?"), chat("Two?"), chat("Three?"))
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE records SET body = '{\"messages\": 7' WHERE source_line = 2")
        connection.exec_driver_sql("UPDATE records SET body = '{\"messages\": [[]]}' WHERE source_line = 3")
    report = validate_records(store, "wf-1")
    (rule,) = report.rules
    assert (rule.rule, rule.records, report.clean) == ("unreadable", 2, 1)


def test_nothing_and_nobody(store: Store, load: Callable[..., Path]) -> None:
    with pytest.raises(WorkflowNotFound):
        validate_records(store, "wf-9")
    load(chat("One?"))
    set_status(store, "wf-1", [next(iter(load_records(store, "wf-1"))).id], "rejected")
    report = validate_records(store, "wf-1")
    assert (report.records, report.tokens, report.rules) == (0, 0, ())


def test_progress_is_told(store: Store, load: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finetune_coverage.tools.store.stored_rows._ROWS_AT_ONCE", 2)
    load(*(chat(f"Question {number}?") for number in range(5)))
    told: list[tuple[int, int]] = []
    validate_records(store, "wf-1", on_progress=lambda *now: told.append(now))
    assert told == [(2, 5), (4, 5)]
