"""What a chat page or Studio does: messages and answers over HTTP, and what came of them in the store."""

from __future__ import annotations

from typing import Any

from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.store import Store

from .studio_server import StudioServer

APPROVE = {"decisions": [{"type": "approve"}]}
GENERATE = "generate_synthetic_data"


class Page:
    """What a chat page or Studio does on one thread, about one workflow."""

    def __init__(self, client: Any, server: StudioServer, thread: str, workflow: str) -> None:
        self.client, self.server, self.thread, self.workflow = client, server, thread, workflow

    async def run(self, **what: Any) -> dict[str, Any]:
        result = await self.client.runs.wait(
            self.thread, "coverage", durability="sync", raise_error=False, **what
        )
        assert isinstance(result, dict), result
        return result

    async def says(self, text: str, **what: Any) -> dict[str, Any]:
        """Typed as a new message, also while a question waits."""
        said = {"messages": [{"role": "user", "content": text}], "workflow_id": self.workflow}
        return self._went_well(await self.run(input=said, **what))

    async def answers(self, answer: Any, **what: Any) -> dict[str, Any]:
        """Sent as the answer to the question that waits."""
        return self._went_well(await self.run(command={"resume": answer}, **what))

    async def interrupt(self) -> dict[str, Any] | None:
        state = await self.client.threads.get_state(self.thread)
        waiting: list[Any] = [i for task in state["tasks"] for i in task["interrupts"]]
        assert len(waiting) <= 1
        return dict(waiting[0]) if waiting else None

    async def asked(self) -> dict[str, Any]:
        """The first action of the question that waits."""
        waiting = await self.interrupt()
        assert waiting is not None, "nothing is asked"
        return dict(waiting["value"]["action_requests"][0])

    @property
    def generated(self) -> list[str]:
        store = Store.open(self.server.store_url)
        ids = [record.id for record in load_records(store, self.workflow, origin="synthetic")]
        store.close()
        return ids

    @property
    def approved(self) -> int:
        store = Store.open(self.server.store_url)
        plans = [plan for plan in list_plans(store, self.workflow) if plan.status == "approved"]
        store.close()
        return len(plans)

    def _went_well(self, result: dict[str, Any]) -> dict[str, Any]:
        assert "__error__" not in result, f"{result}\n{self.server.log[-4000:]}"
        return result


def edited(**args: Any) -> dict[str, Any]:
    return {"decisions": [{"type": "edit", "edited_action": {"name": GENERATE, "args": args}}]}


def said(result: dict[str, Any]) -> str:
    return str(result["messages"][-1]["content"])
