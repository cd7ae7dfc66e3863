"""The planted defects: one change each, the same in every run, and those of form found by strict checks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from finetune_coverage.benchmarks import checks as checks_benchmark
from finetune_coverage.benchmarks.planted_defects import PLANTERS, planted_defects
from finetune_coverage.benchmarks.real_dialogues import UNLABELLED, Dataset, Part, datasets, part_of
from finetune_coverage.benchmarks.true_duplicates import true_duplicates
from finetune_coverage.tools.generation.checks.facts.tool_calls import tool_rungs
from finetune_coverage.tools.generation.checks.form.role_grammar import RoleGrammar


@pytest.fixture(scope="module")
def sample() -> Dataset:
    return datasets()[0]


def test_every_part_has_every_kind(sample: Dataset) -> None:
    parts: tuple[Part, ...] = ("tuning", "check", "held_out")
    for part in parts:
        kinds = Counter(planted.kind for planted in planted_defects(sample, part))
        assert set(kinds) == {"wrong_topic", "exact_copy", *PLANTERS}
        assert all(part_of(planted.record) == part for planted in planted_defects(sample, part))


def test_the_record_itself_stays_as_it_is(sample: Dataset) -> None:
    first = [planted.candidate.body for planted in planted_defects(sample, "held_out")]
    assert first == [planted.candidate.body for planted in planted_defects(sample, "held_out")]
    for planted in planted_defects(sample, "held_out"):
        changed = planted.candidate.source != planted.record.source
        assert changed == (planted.kind not in ("wrong_topic", "exact_copy"))


def test_defects_of_form_are_found_and_real_records_pass(sample: Dataset) -> None:
    checks = [RoleGrammar(sample.records), *tool_rungs(sample.records)[:2]]
    kinds = {
        "undeclared_tool",
        "wrong_argument_type",
        "missing_required_argument",
        "unanswered_call",
        "broken_roles",
    }
    for planted in planted_defects(sample, "tuning"):
        if planted.kind in kinds:
            assert any(check.check(planted.candidate) for check in checks), planted.kind


def test_true_duplicates(sample: Dataset) -> None:
    assert not true_duplicates(sample)
    twice = Dataset("twice", [*sample.records[:5], sample.records[2]])
    assert true_duplicates(twice) == {sample.records[2].id}


def test_datasets_that_were_taken_up_late_are_measured_apart(shared_data: Path) -> None:
    parts = {each.name: Counter(map(part_of, each.records)) for each in datasets(shared_data)}
    assert set(UNLABELLED) < set(parts)
    for name, counts in parts.items():
        expected = {"tuning", "fresh"} if name == "glaive" else {"fresh"} if name in UNLABELLED else None
        assert set(counts) == (expected or {"tuning", "check", "held_out"})


@pytest.mark.parametrize(
    ("option", "code", "says"),
    [("--help", 0, "--part"), ("--nonsense", 2, "unrecognized"), ("--part=all", 2, "")],
)
def test_a_wrong_option_measures_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str, code: int, says: str
) -> None:
    monkeypatch.setattr("sys.argv", ["checks", option])
    with pytest.raises(SystemExit) as stopped:
        checks_benchmark.main()
    out, err = capsys.readouterr()
    assert stopped.value.code == code
    assert says in out + err
