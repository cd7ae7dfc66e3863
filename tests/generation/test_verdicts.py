"""The verdicts on refused real records: complete, and counted against what is refused now."""

from __future__ import annotations

from pathlib import Path

import pytest
from finetune_coverage.benchmarks.verdicts import COLUMNS, VERDICTS, counted, read_verdicts
from finetune_coverage.tools.generation.attempts.draft import Rejection


def written(path: Path, *rows: str) -> Path:
    path.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n", encoding="utf-8")
    return path


def test_every_committed_verdict_can_be_read() -> None:
    assert len(read_verdicts()) == len(VERDICTS.read_text(encoding="utf-8").splitlines()) - 1


def test_another_evidence_than_was_read_counts_as_unread(tmp_path: Path) -> None:
    path = written(
        tmp_path / "v.csv",
        "a,check,s,topic,old,right,is of another",
        "b,check,s,topic,same,wrong,on its topic",
    )
    refused = [
        ("a", Rejection("topic", "new")),
        ("b", Rejection("topic", "same")),
        ("c", Rejection("x", "y")),
    ]
    assert counted(refused, path) == {"unread": 2, "wrong": 1}
    assert counted([("a", Rejection("topic", "old"))], path) == {"right": 1}
    assert counted(refused, tmp_path / "none.csv") == {"unread": 3}


@pytest.mark.parametrize(
    "row", ["a,check,s,topic,e,perhaps,no idea", "a,check,s,topic,e,right, ", "a,all,s,topic,e,right,it is"]
)
def test_a_verdict_needs_a_reason(tmp_path: Path, row: str) -> None:
    with pytest.raises(ValueError, match="line 2"):
        read_verdicts(written(tmp_path / "v.csv", row))
