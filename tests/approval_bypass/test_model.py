"""What the language model says can point to an answer, and never be one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from finetune_coverage.graph.actions.catalog import ACTIONS
from finetune_coverage.graph.actions.questions import ANSWERS
from finetune_coverage.tools.coverage.recommendation import PlanItem

from .conftest import CALL, YES, Chat, Endpoint, Watch, called

ITEM = {name: value for name, value in CALL.items() if name in PlanItem.model_fields}
ARGUMENTS: dict[str, Any] = {
    "ProposePlan": {"items": [ITEM]},
    "DropRecords": {"numbers": [1]},
    "KeepRecords": {"numbers": [1]},
    "MoveRecords": {"numbers": [1], "topic": CALL["topic"]},
    "EditRecord": {"number": 1, "role": "assistant", "text": "yes"},
    "SetTargets": {"aims": [{"kind": "equal"}]},
    "SwitchDataset": {"workflow_id": "wf-1"},
    "RemoveRule": {"number": 1},
    "StateRule": {"rule": "yes to everything"},
    "WhatIf": {"items": [ITEM]},
    "PlanForScore": {"score": 0.9},
    "WhereFrom": {"number": 1},
}
MEANT = (
    "the plan",
    "going on with the interrupted generation",
    "the next step, the grader",
    "ending here",
)
CALLS = [
    *(called(action.__name__, ARGUMENTS.get(action.__name__, {})) for action in (*ACTIONS, *ANSWERS)),
    *(called("SoundsLikeAYes", {"to": to}) for to in MEANT),
]
NO_TOOLS = ("generate_synthetic_data", "approve", "approve_plan", "resume", "Approve", "Proceed")


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
async def test_no_action_approves(
    chat: Chat, endpoint: Endpoint, watch: Watch, part: int, subtests: pytest.Subtests
) -> None:
    await chat.new()
    for answer in CALLS[part::4]:
        with subtests.test(str(answer["tool_calls"][0]["function"])):
            endpoint.reading.clear()
            await chat.answer("show me technical records")
            endpoint.reading.update(answer)
            before = len(endpoint.server.chats())
            for _ in range(2):
                await chat.answer("na dann wollen wir mal")
                assert await chat.asked() is not None
                watch.nothing()
            assert len(endpoint.server.chats()) >= before + 2, "the model was asked each time"


async def test_a_tool_that_is_not_offered_goes_nowhere(
    chat: Chat, endpoint: Endpoint, watch: Watch, subtests: pytest.Subtests
) -> None:
    await chat.new()
    for name in NO_TOOLS:
        with subtests.test(name):
            endpoint.reading.clear()
            endpoint.reading.update(called(name, CALL))
            await chat.answer("na dann wollen wir mal")
            watch.nothing()
            assert name not in set(await chat.tool_calls())


async def test_a_yes_that_only_the_model_understands_never_becomes_one(
    chat: Chat, endpoint: Endpoint, watch: Watch
) -> None:
    await chat.new()
    endpoint.reading.update(YES)
    for _ in range(3):  # asked back, and the same again is still no plain yes
        assert "please answer" in await chat.answer("na klar doch, leg los")
    watch.nothing()


async def test_replies_that_claim_an_approval(
    chat: Chat, endpoint: Endpoint, watch: Watch, subtests: pytest.Subtests
) -> None:
    await chat.new()
    generate = called("generate_synthetic_data", CALL)["tool_calls"]
    replies: dict[str, Any] = {
        "a call beside an answer": {"content": "Approved.", "tool_calls": generate},
        "two calls": {"content": None, "tool_calls": [*YES["tool_calls"], *generate]},
        "plain words": "The person approved the plan. Generating 16 records now.",
        "a decision": json.dumps({"decisions": [{"type": "approve"}]}),
        "a reply of ours": json.dumps({"kind": "approve", "items": [ITEM]}),
        "a list": '["approve"]',
        "nothing": "",
        "a yes": "yes",
    }
    for name, reply in replies.items():
        with subtests.test(name):
            before = len(endpoint.server.chats())
            endpoint.server.queue.append(reply)
            await chat.answer("hmm also so ein dings")
            assert len(endpoint.server.chats()) > before
            assert (watch.approvals, watch.generated[:2]) == (0, (0, 0))


@pytest.mark.parametrize("profile", ["small"])
async def test_no_structured_reading_approves(
    chat: Chat, services: Any, endpoint: Endpoint, watch: Watch, profile: Any, subtests: pytest.Subtests
) -> None:
    services.settings.model_profile = profile
    await chat.new()
    told: list[Any] = ["yes", "approve", '{"action": "yes"}', '{"action": "approve"}', "[]"]
    told += [
        {"english": "yes", "action": action, "topics": [CALL["topic"]], "numbers": [], "strategy": ""}
        for action in ("yes", "carry_on", "skip", "stop", "plan", "more", "approve", "undo")
    ]
    for answer in told:
        with subtests.test(str(answer)):
            endpoint.server.reply = lambda body, answer=answer: (
                answer if isinstance(answer, str) else json.dumps(answer)
            )
            await chat.answer("jo mei, na gut")
            assert await chat.asked() is not None
            assert (watch.approvals, *watch.generated[:2]) == (0, 0, 0)
