"""Ids that a later call takes from an earlier result."""

from __future__ import annotations

from finetune_coverage.tools.generation.checks.form.used_results import UsedResults

from .test_checks_tools import REPLY, Make, user
from .tool_messages import call, result


def test_a_later_value_comes_from_the_result_that_gave_it(candidate: Make) -> None:
    found = [call({}, "find"), result('{"booking_id": "B-1207", "room_id": "R-3301"}')]
    for booking, passes in (("B-1207", True), ("R-3301", False)):
        later = call({"booking_id": booking}, "cancel", "call_2")
        made = candidate(user("Cancel it"), *found, later, result(call_id="call_2"), REPLY)
        rejection = UsedResults().check(made)
        assert (rejection is None) == passes
    named = candidate(user("Cancel R-3301"), *found, later, result(call_id="call_2"), REPLY)
    assert UsedResults().check(named) is None
