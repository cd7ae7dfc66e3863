"""Worth: copies count nothing, what is as new as real records counts whole, what lies elsewhere takes away."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from finetune_coverage.tools.coverage.worth import WRITING, View, letters, nearest, together, worths
from numpy.typing import NDArray

USUAL = np.full(30, 0.5)


def at_likeness(*cosines: float) -> NDArray[Any]:
    """Unit rows that have these cosines with the first axis, and nothing else in common."""
    rows = np.zeros((len(cosines), len(cosines) + 1))
    rows[:, 0] = cosines
    for place, cosine in enumerate(cosines):
        rows[place, place + 1] = np.sqrt(1 - cosine**2)
    return rows


def view(added: NDArray[Any], usual: NDArray[Any] = USUAL) -> View:
    return View(added, np.eye(1, added.shape[1]), usual, 0.9)


def worth_of(*views: View, elsewhere: tuple[bool, ...] = ()) -> list[float]:
    count = views[0].added.shape[0]
    found = worths(views, np.array(elsewhere or [False] * count))
    return [round(float(worth), 6) for worth in found]


def test_from_the_usual_likeness_down_to_a_near_duplicate() -> None:
    assert worth_of(view(at_likeness(0.2, 0.5, 0.7, 0.9, 1.0))) == [1, 1, 0.5, 0, 0]


def test_one_that_repeats_an_earlier_one_is_worth_nothing() -> None:
    row = at_likeness(0.2)
    assert worth_of(view(np.vstack([row, row, row]))) == [1, 0, 0]


def test_real_records_that_are_alike_set_the_limit_of_a_duplicate_higher() -> None:
    assert worth_of(view(at_likeness(0.9), np.full(30, 0.95))) == [1]


def test_the_least_of_the_views_counts_and_elsewhere_takes_one_away() -> None:
    new, copied = view(at_likeness(0.1, 0.1)), view(at_likeness(0.7, 0.9))
    assert worth_of(new, copied) == [0.5, 0]
    assert worth_of(new, elsewhere=(True, False)) == [-1, 1]
    assert together(np.array([-1.0, 1.0, 0.5])) == 0.5 and together(np.array([-1.0, 0.5])) == 0


def test_without_anything_to_compare_with_all_but_repetitions_count() -> None:
    rows = at_likeness(0.1, 0.1)
    alone = View(np.vstack([rows, rows[:1]]), rows[:0], np.empty(0), 0.9)
    assert worth_of(alone)[0] == 1 and worth_of(alone)[2] == 0


@pytest.mark.parametrize(
    ("text", "copy", "other"),
    [
        (
            "How do I top up my card by cheque?",
            "How do I top up my phone by cheque?",
            "Is there a fee for adding money?",
        ),
        (
            "카드를 잃어버렸는데 어떻게 해야 하나요?",
            "카드를 잃어버렸는데 무엇을 해야 하나요?",
            "해외에서 결제가 거절되었어요.",
        ),
        ("我的卡丢了，现在应该怎么办呢？", "我的卡丢了，今天应该怎么办呢？", "在国外付款被拒绝了。"),
    ],
)
def test_a_copy_with_a_word_changed_is_told_by_its_letters_in_any_script(
    text: str, copy: str, other: str
) -> None:
    cosines = (letters([text]) @ letters([copy, other]).T).toarray()[0]
    assert cosines[1] < 0.3 < 0.5 < cosines[0] <= 1 and WRITING > 0.5


def test_nearest_leaves_a_row_itself_out() -> None:
    assert nearest(at_likeness(0.6, 0.5)).round(6).tolist() == [0.3, 0.3]
    assert nearest(letters(["a text", "a text"])).round(6).tolist() == [1, 1]
    assert len(nearest(at_likeness(0.6))) == 0


def test_many_are_compared_in_parts_and_none_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = at_likeness(0.2, 0.1, 0.3, 0.2, 0.1)
    added = np.vstack([rows, rows[2:4], rows[:1]])
    whole = worth_of(view(added))
    monkeypatch.setattr("finetune_coverage.tools.coverage.worth._AT_ONCE", 2)
    assert worth_of(view(added)) == whole == [1, 1, 1, 1, 1, 0, 0, 0]
