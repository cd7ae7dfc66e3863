"""Which numbers of an answer no tool returned."""

from __future__ import annotations

from typing import Any

import pytest
from finetune_coverage.graph.actions.number_check import unsupported_numbers
from hypothesis import given
from hypothesis import strategies as st

RESULT: dict[str, Any] = {
    "balance_score": 0.45,
    "total": 1500,
    "median": 14.6,
    "topics": [{"topic": "tier_2_support", "place": 7, "records": 15, "share": 0.104, "under": True}, {}, {}],
    "note": "about 60 model calls and 53,000 tokens",
    "turns": [{"role": "user", "text": "I was charged $999 at 11:30"}],
}


@pytest.mark.parametrize(
    ("answer", "invented"),
    [
        ("It has 15 of 1,500 records, 10%, score 0.45.", []),
        ("Er hat 15 von 1\u202f500 Einträgen.", []),
        ("15 records (10.4%), three topics", []),
        ("about 60 calls and 53,000 tokens, 53k", []),
        ("٤٥ and १५", ["45"]),
        ("It has 16 records.", ["16"]),
        ("The median is 14.6, or 15", []),
        ("14 in the middle", ["14"]),
        ("score 0.46", ["0.46"]),
        ("11%", ["11%"]),
        ("It is the 7th.", ["7"]),
        ("You were charged $999.", ["999"]),
        ("Tier 2 Support (tier_2_support) is low", []),
        ("There are 2 topics.", ["2"]),
        ("fifteen records", []),
        ("twenty records, twice as many", ["twice", "twenty"]),
        ("no number at all", []),
        ("1.5 thousand records", []),
        ("1.6 thousand", ["1.6 thousand"]),
        ("a score of .45, or ,46", ["46"]),
        ("0,45 · 0.450 · .45 · ٠٫٤٥ · 45 % · ４５％", []),
        ("1.500 records, 1'500, 1,500.0, 1 500".replace(" 500", "\u00a0500"), []),
        ("1,5 records and 0.046", ["0.046", "1,5"]),
        ("1.500,5", ["1.500,5"]),
        ('Say “show me 99 more”, 「あと99件」, "drop 98" or `export --count 97`.', []),
        ('It said "99"; 98 of it, and 97"; `96` and `95 records`', ["95", "96", "97", "98", "99"]),
        ('"' + "a long one " * 20 + '" You have 57 records. "x"', ["57"]),
    ],
)
def test_invented_numbers(answer: str, invented: list[str]) -> None:
    assert sorted(unsupported_numbers(answer, [RESULT], ["tier_2_support"])) == sorted(invented)


@pytest.mark.parametrize("typed", [".45", "0.45", "0,45", "45%", "45 %", "٠٫٤٥"])
@pytest.mark.parametrize("answered", [".45", "0.45", "0,45", "45%", "0.450"])
def test_what_was_typed_may_be_answered_in_another_writing(typed: str, answered: str) -> None:
    assert unsupported_numbers(f"You said {answered}.", [{"note": f"what about {typed}?"}]) == []
    assert unsupported_numbers(answered.replace("5", "6"), [{"note": f"what about {typed}?"}])


@given(st.lists(st.integers(0, 10**7), max_size=5), st.lists(st.integers(0, 10**7), min_size=1, max_size=5))
def test_a_number_is_held_exactly_when_a_result_has_it(told: list[int], held: list[int]) -> None:
    answer = " and ".join(f"{number:,} records" for number in told)
    known = {"values": dict(zip("abcde", held, strict=False))}
    expected = [f"{number:,}" for number in told if number not in held]
    assert unsupported_numbers(answer, [known]) == expected
