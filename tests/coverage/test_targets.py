"""New target weights from wishes, and from a reference's topic mix."""

from __future__ import annotations

import math

import pytest
from finetune_coverage.tools.coverage.targets import Aim, match_topics, weights_for
from finetune_coverage.tools.errors import CoverageError, InvalidInput, TopicNotFound
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

EQUAL = {"billing": 1.0, "technical": 1.0, "account": 1.0}


def share(topic: str, value: float) -> Aim:
    return Aim(kind="share", topic=topic, value=value)


def factor(topic: str, value: float, than: str | None = None) -> Aim:
    return Aim(kind="factor", topic=topic, value=value, than=than)


@pytest.mark.parametrize(
    ("current", "aims", "expected"),
    [
        (EQUAL, [factor("billing", 2)], {"billing": 2, "technical": 1, "account": 1}),
        (EQUAL, [factor("billing", 0.5)], {"billing": 1, "technical": 2, "account": 2}),
        ({**EQUAL, "technical": 3}, [factor("billing", 2, "technical")],
         {"billing": 6, "technical": 3, "account": 1}),
        (EQUAL, [share("billing", 0.5)], {"billing": 2, "technical": 1, "account": 1}),
        (EQUAL, [share("billing", 1 / 3)], {"billing": 1, "technical": 1, "account": 1}),
        ({"billing": 4, "technical": 3, "account": 1}, [share("billing", 0.2)],
         {"billing": 1, "technical": 3, "account": 1}),
        (EQUAL, [share("billing", 0.5), share("technical", 0.3), share("account", 0.2)],
         {"billing": 5, "technical": 3, "account": 2}),
        (EQUAL, [Aim(kind="weight", topic="billing", value=2.5)], {"billing": 5, "technical": 2, "account": 2}),
        (EQUAL, [share("stray", 0.25)], {"billing": 1, "technical": 1, "account": 1, "stray": 1}),
        ({"billing": 0.1, "technical": 0.2}, [factor("billing", 2)], {"billing": 1, "technical": 1}),
        (EQUAL, [factor("billing", 2), Aim(kind="equal")], None),
        ({**EQUAL, "technical": 3}, [Aim(kind="factor", topic="billing", than="technical")],
         {"billing": 3, "technical": 3, "account": 1}),
    ],
)  # fmt: skip
def test_what_a_wish_comes_to(
    current: dict[str, float], aims: list[Aim], expected: dict[str, float] | None
) -> None:
    assert weights_for(current, aims) == expected


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({"kind": "weight", "topic": "billing"}, "which weight 'billing' should have"),
        ({"kind": "share", "topic": "billing", "than": "technical"}, "which share 'billing' should have"),
        ({"kind": "factor", "topic": "billing"}, "which factor 'billing' should have"),
        ({"kind": "weight", "value": 2}, "no topic"),
    ],
)
def test_half_a_wish_says_what_is_missing(said: dict[str, object], missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        Aim.model_validate(said)


@pytest.mark.parametrize(
    ("aims", "error", "words"),
    [
        ([share("billing", 1.0)], InvalidInput, "leave nothing"),
        ([share("billing", 0.7), share("technical", 0.4)], InvalidInput, "110%"),
        ([share("billing", 0.5), share("technical", 0.3), share("account", 0.1)], InvalidInput, "90%"),
        ([factor("billing", 0)], InvalidInput, "above 0"),
        ([Aim(kind="weight", topic="billing", value=math.inf)], InvalidInput, "above 0"),
        ([Aim(kind="weight", topic="billing", value=-1)], InvalidInput, "above 0"),
        ([factor("stray", 2)], TopicNotFound, "no target"),
    ],
)
def test_what_cannot_be_is_refused(aims: list[Aim], error: type[CoverageError], words: str) -> None:
    with pytest.raises(error, match=words):
        weights_for(EQUAL, aims)


@given(
    st.lists(st.integers(1, 10**6), min_size=2, max_size=8),
    st.floats(0.001, 0.999).map(lambda value: round(value, 3)),
)
def test_a_share_is_met_and_the_others_keep_their_proportion(numbers: list[int], part: float) -> None:
    current = {f"t{i}": float(number) for i, number in enumerate(numbers)}
    new = weights_for(current, [share("t0", part)])
    assert new is not None
    assert new["t0"] / sum(new.values()) == pytest.approx(part)
    for topic in list(current)[2:]:
        assert new[topic] / new["t1"] == pytest.approx(current[topic] / current["t1"])


def test_a_mix_is_read_under_the_dataset_s_own_names() -> None:
    topics = ["billing_questions", "Tech-Issues", "tech issues", "account"]
    mix = {"Billing Questions": 3.0, "billing_questions": 4.0, "tech_issues": 1.0, "account": 2.0, "New": 5.0}
    assert match_topics(mix, topics) == {
        "billing_questions": 7.0,
        "tech_issues": 1.0,  # could be either
        "account": 2.0,
        "New": 5.0,
    }
