"""What new drafts keep away from: the nearest of what was accepted, while more of it comes."""

from __future__ import annotations

from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.accepted_cases import REMEMBERED, SHOWN, AcceptedCases


def made(number: int, seed: str = "", area: str = "") -> Record:
    drawn = {"scenario": {"area": area}} if area else {}
    return Record(f"r{number}", '{"messages": []}', "topic", provenance={"seeds": [seed], "drawn": drawn})


def test_the_same_seed_comes_before_the_same_area_and_both_before_the_newest() -> None:
    cases = AcceptedCases([made(0, "s"), made(1, area="a"), made(2, "s", "a"), *map(made, range(3, 9))])
    assert [one.id for one in cases.near(0, {"s"}, "a")] == ["r2", "r0", "r1", "r8"]


def test_one_may_be_accepted_while_another_is_drafted() -> None:
    cases = AcceptedCases(map(made, range(REMEMBERED)))

    class Meanwhile(frozenset[str]):
        def isdisjoint(self, other: object) -> bool:
            cases.add(made(1_000 + len(cases.records)))
            return True

    assert len(cases.near(0, Meanwhile(), "")) == SHOWN
    assert len(cases.records) == REMEMBERED
