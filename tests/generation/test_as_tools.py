"""Every tool of the package can be called by hosts that wait for it and by hosts that run an event loop."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage import analyze_coverage_tool, generate_synthetic_data_tool, validate_dataset_tool
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.inspection.as_tools import inspection_tools
from finetune_coverage.tools.services import Services
from langchain_core.tools import StructuredTool

from ..mock_openai.server import MockOpenAI
from .test_engine_endpoint import TOPIC, WORKFLOW, approved, endpoint, no_meaning, services_for

pytestmark = pytest.mark.slow

__all__ = ["endpoint", "no_meaning"]

ITEM = {"topic": TOPIC, "count": 2, "strategy": "few_shot"}
MORE = {"generate_synthetic_data": ITEM, "inspect_plan": {"items": [ITEM]}, "plan_for_score": {"target": 0.8}}


@pytest.fixture
def services(endpoint: MockOpenAI, tmp_path: Path) -> Services:
    made = services_for(endpoint, tmp_path / "home")
    import_sample(made.store, WORKFLOW)
    return made


def tools_of(services: Services) -> list[StructuredTool]:
    makers: list[Callable[[Services], StructuredTool]] = [
        analyze_coverage_tool,
        validate_dataset_tool,
        generate_synthetic_data_tool,
    ]
    return [*(make(services) for make in makers), *inspection_tools(services)]


def in_a_loop(tool: StructuredTool, arguments: dict[str, Any]) -> Any:
    async def call() -> Any:
        return tool.invoke(arguments)

    return asyncio.run(call())


@pytest.mark.parametrize(
    "call",
    [
        lambda tool, arguments: tool.invoke(arguments),
        lambda tool, arguments: asyncio.run(tool.ainvoke(arguments)),
        in_a_loop,
    ],
    ids=["sync", "async", "sync inside of a running loop"],
)
def test_each_tool_answers_however_it_is_called(services: Services, call: Callable[..., Any]) -> None:
    tools = tools_of(services)
    assert len(tools) == 10
    refused = json.loads(call(tools[2], {"workflow_id": WORKFLOW, **ITEM}))
    assert refused["error"]["code"] == "approval_required"
    for _ in range(2):  # what the first call leaves behind, such as connections, does not break the next
        approved(services, 2)
        for tool in tools:
            answer = json.loads(call(tool, {"workflow_id": WORKFLOW, **MORE.get(tool.name, {})}))
            assert answer["success"] is True, (tool.name, answer)
            if tool.name == "generate_synthetic_data":
                assert answer["generation"]["accepted"] == 2
