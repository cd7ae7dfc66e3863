"""The nodes that write the approval down and carry it out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.config import get_stream_writer

from ..tools.dataset.store import Store
from ..tools.errors import CoverageError, InvalidInput
from ..tools.generate_synthetic_data import run_approved_item
from ..tools.generation.approval import approval_of, approve_plan
from ..tools.generation.prices import require_keepable_cap
from ..tools.generation.progress import Progress
from .context import approver, from_context, thread_id
from .markdown import escape, plural
from .measure import error_words, tool_messages
from .offer import Offer, Option
from .plan_words import option_lines
from .scope import ServicesSource, scoped
from .seal import is_sealed
from .state import State, as_json, the_offer, the_reply
from .table import accepted_of, keep_with_plan, put, require_shown_plan, takes_yes


class Working:
    """The nodes `accept`, `generate` and `hold`."""

    def __init__(self, services: ServicesSource) -> None:
        self._services = services

    def accept(self, state: State) -> dict[str, Any]:
        """Write the person's yes down, once: run again after a crash, it finds the approval it wrote."""
        services = scoped(self._services(), state)
        store = services.store
        offer, reply = the_offer(state), the_reply(state)
        assert offer.plan_id is not None
        try:
            if not is_sealed(reply, offer):
                raise InvalidInput("The yes to it did not come from an answer of yours.")
            require_shown_plan(store, offer, thread_id())
            services.settings.settle_models()
            require_keepable_cap(services.settings)
            approval = approval_of(store, offer.plan_id) or approve_plan(
                store,
                offer.plan_id,
                approver=approver(),
                channel=from_context("channel") or ("chat" if reply.channel == "typed" else "form"),
            )
            keep_with_plan(store, offer.plan_id, decided=state.get("decided") or [])
        except CoverageError as error:
            # Answered elsewhere, the dataset changed, or its cap cannot be kept: it is never revived, but made anew.
            notice = f"That plan can no longer be used, so I analyzed again. {escape(error.message)}"
            return {"approval_id": None, "notice": notice, "reply": None}
        return {
            "approval_id": approval.id,
            "reply": None,
            "round_before": state.get("coverage"),
            "results": [],
        }

    async def generate(self, state: State) -> dict[str, Any]:
        """Carry the approved items out, one after the other.

        The engine journals every step in the store, so carrying on gives the results of finished items and goes on
        with the one that was under way. It does so when a person said yes to that: taken up again after a crash, an
        answer that was kept with the conversation included, this gives no results, and the person is asked. Run the
        graph with ``durability="sync"``.
        """
        write = get_stream_writer()
        offer, approval_id = the_offer(state), state["approval_id"]
        assert approval_id is not None
        if not await asyncio.to_thread(takes_yes, self._services().store, offer, approval_id):
            return {"results": []}
        services = await asyncio.to_thread(lambda: scoped(self._services(), state, models=True))
        messages: list[AnyMessage] = []
        results: list[dict[str, Any]] = []

        def report(progress: Progress) -> None:
            write({"type": "progress", **{name: getattr(progress, name) for name in _PROGRESS}})

        for number, item in enumerate(offer.items):
            args = {"workflow_id": offer.workflow_id, **item.model_dump()}
            write({"type": "started", "number": number + 1, "of": len(offer.items), **args})
            result = await run_approved_item(services, approval_id, number, on_progress=report)
            messages += tool_messages("generate_synthetic_data", args, result)
            results.append(_shortened(item.model_dump(), result))
            if not result["success"]:
                break
        return {"messages": messages, "results": results}

    def generate_here(self, state: State) -> dict[str, Any]:
        """`generate` for hosts that call the graph synchronously."""
        return asyncio.run(self.generate(state))

    def hold(self, state: State) -> dict[str, Any]:
        """Say what stopped the generation, and how to go on under the same approval."""
        failed = next((result for result in state.get("results") or [] if result["error"]), None)
        said = f"The generation stopped. {error_words(failed)}" if failed else INTERRUPTED
        held = ask_to_resume(
            self._services().store, the_offer(state), state.get("approval_id") or "", state, said
        )
        return {"offer": as_json(held), "reply": None, "messages": [AIMessage(held.text)]}


INTERRUPTED = "The generation was interrupted."


def ask_to_resume(
    store: Store, offer: Offer, approval_id: str, state: State, said: str = INTERRUPTED
) -> Offer:
    """The question whether to go on with an approved plan that is not carried out yet.

    It is kept with the plan, since the answer may come with an empty state, and an answer to the plan is none to it.

    Args:
        store: knows how far it came.
        offer: that of the plan.
        approval_id: of the plan.
        state: of the conversation.
        said: what happened.
    """
    held = put(offer, state).model_copy(
        update={
            "action": "resume_generation",
            "approval_id": approval_id,
            "options": [
                Option(label="Carry on with the approved plan", effect="resume"),
                Option(label="Skip the rest and proceed to grader config", effect="proceed"),
                Option(label="Stop here", effect="stop"),
            ],
            "shown_records": [],
            "review": None,
        }
    )
    accepted, wanted = accepted_of(store, approval_id), sum(item.count for item in offer.items)
    kept = f" {accepted:,} of its {plural(wanted, 'record')} are finished." if accepted else ""
    lines = [f"{number}. {line}" for number, line in enumerate(option_lines(held), 1)]
    held.text = "\n".join([f"{said}\n\nNothing that was accepted is lost.{kept} Would you like to:", *lines])
    if offer.plan_id is not None:
        keep_with_plan(store, offer.plan_id, offer=held.model_dump(mode="json"))
    return held


_PROGRESS = ("job_id", "topic", "accepted", "requested", "attempts", "rejected", "note")


def _shortened(item: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """What the state keeps of one generation: numbers and ids.

    Args:
        item: the approved item (topic, count, strategy).
        result: the tool's document.
    """
    generation = result.get("generation") or {}
    return {
        "topic": item["topic"],
        "strategy": item["strategy"],
        "requested": generation.get("requested", item["count"]),
        "accepted": generation.get("accepted", 0),
        "rejected": generation.get("rejected", {}),
        "record_ids": generation.get("record_ids", []),
        "cost": generation.get("cost", {}),
        "reason": generation.get("stop_reason") or "",
        "remarks": generation.get("remarks", []),
        "error": result.get("error"),
    }
