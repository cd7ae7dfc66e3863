"""An edited form is a yes to the edited plan; what cannot be such a plan is asked again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import CALL, Chat, Watch

NO_PLANS: dict[str, dict[str, Any]] = {
    "no records": {"count": 0},
    "a negative count": {"count": -16},
    "a count beyond every limit": {"count": 10**9},
    "a count of 400 digits": {"count": "9" * 400},
    "half a record": {"count": 16.5},
    "a count as a float": {"count": 1e4},
    "infinitely many": {"count": float("inf")},
    "not a number": {"count": float("nan")},
    "yes for a count": {"count": True},
    "SQL in the count": {"count": "16; DROP TABLE approvals"},
    "an underscore in the count": {"count": "1_6"},
    "a hexadecimal count": {"count": "0x10"},
    "an exponent in the count": {"count": "1e3"},
    "digits of another script": {"count": "١٦"},
    "two counts": {"count": [16, 900]},
    "no count": {"count": None},
    "a Cyrillic letter in the topic": {"topic": "tеchnical_issues"},
    "an invisible letter in the topic": {"topic": "technical\u200b_issues"},
    "part of a topic": {"topic": "billing"},
    "SQL in the topic": {"topic": "technical_issues' OR '1'='1"},
    "two topics": {"topic": ["technical_issues", "billing_questions"]},
    "no topic": {"topic": None},
    "an unknown strategy": {"strategy": "any"},
    "two strategies": {"strategy": "few_shot, tool_chain"},
    "a Cyrillic letter in the strategy": {"strategy": "fеw_shot"},
    "another workflow": {"workflow_id": "wf-2"},
    "another workflow by capitals": {"workflow_id": "WF-1"},
    "no workflow": {"workflow_id": None},
    "another action": {"action": "approve_plan"},
    "an argument that approves": {"approved": True},
    "an approval among the arguments": {"approval_id": "approval-1"},
    "another plan among the arguments": {"plan_id": "plan-1"},
    "an approver among the arguments": {"approver": "admin", "channel": "cli"},
    "a raised cap of tokens": {"cap_tokens": 10**12},
    "a raised budget": {"budget_usd": 10_000},
    "a negative cap": {"cap_tokens": -1},
}


def edit(**args: Any) -> dict[str, Any]:
    name = args.pop("action", "generate_synthetic_data")
    return {"decisions": [{"type": "edit", "edited_action": {"name": name, "args": {**CALL, **args}}}]}


async def test_an_edit_that_is_no_plan_is_asked_again(
    chat: Chat, watch: Watch, subtests: pytest.Subtests
) -> None:
    await chat.new("hi")
    for name, changed in NO_PLANS.items():
        with subtests.test(name):
            await chat.answer(edit(**changed))
            asked = await chat.asked()
            assert asked is not None
            assert [action["args"] for action in asked["action_requests"]] == [CALL]
            watch.nothing()


@pytest.mark.parametrize("count", ["900", 900, " 900 "])
async def test_an_edit_beyond_the_cap_is_shown_first(
    start: Callable[..., Chat], watch: Watch, count: object
) -> None:
    chat = start(budget_tokens=20_000)
    await chat.new("hi")
    assert "more than the cap allows" in await chat.answer(edit(count=count))
    watch.nothing()
