"""The node that carries an approval out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.config import get_stream_writer
from langgraph.types import Command

from ...tools.generate_synthetic_data import run_approved_item
from ...tools.generation.approvals.approval import is_revoked
from ...tools.generation.approvals.pilot import outcome_of, rests, steps_of
from ...tools.generation.jobs.joined import joined
from ...tools.generation.jobs.progress import Progress
from ...tools.generation.workers.following import handed_over
from ..actions.messages import error_words, shown, tool_messages
from ..offers.pending import INTERRUPTED, ask_to_resume, takes_yes
from ..scope import ServicesSource, scoped
from ..state import State, offer_in, the_offer
from ..wording.generation_message import GenerationMessage


async def generate(source: ServicesSource, state: State) -> Command[AfterGeneration]:
    """Carry the approved items out, one after the other; the rest of one only where its pilot holds.

    The engine journals every step in the store, so carrying on gives the results of finished items and goes on
    with the one that was under way. It does so when a person said yes to that: taken up again after a crash, an
    answer that was kept with the conversation included, this gives no results, and the person is asked. Run the
    graph with ``durability="sync"``.
    """
    write = get_stream_writer()
    offer, approval_id = offer_in(state), state["approval_id"]
    if offer is None:  # kept by another version, which was killed here
        return Command(goto="reanalyze", update={"results": []})
    assert approval_id is not None
    if not await asyncio.to_thread(lambda: takes_yes(source().store, offer, approval_id)):
        return await asyncio.to_thread(_held, source, {**state, "results": []})
    services = await asyncio.to_thread(lambda: scoped(source(), state, models=True))
    messages: list[AnyMessage] = []
    announced = next(reversed(state["messages"]), None)

    by_item: dict[int, list[dict[str, Any]]] = {}
    followed: dict[int, str] = {}
    steps = steps_of(offer.items)
    async with handed_over(services, approval_id):
        for number, (item, part_of, _) in enumerate(steps):
            if await asyncio.to_thread(is_revoked, source().store, approval_id):
                break  # somebody stopped it for good; what is written counts
            waiting = await asyncio.to_thread(outcome_of, source().store, approval_id, number)
            if waiting is not None and not waiting.holds:
                continue  # the first records fell short: what is left needs another yes
            if waiting is not None:
                followed[part_of] = waiting.why
            message = GenerationMessage(item, announced if number == 0 else None)

            def report(progress: Progress, message: GenerationMessage = message) -> None:
                write({"type": "progress", **asdict(progress)})
                message.update(progress)

            args = {"workflow_id": offer.workflow_id, **item.model_dump()}
            write({"type": "started", "number": number + 1, "of": len(steps), **args})
            result = await run_approved_item(services, approval_id, number, on_progress=report)
            said = AIMessage(message.in_the_end(result), id=message.id)
            messages += tool_messages("generate_synthetic_data", args, result, said)
            by_item.setdefault(part_of, []).append(_shortened(item.model_dump(), result))
            if not result["success"]:
                break
    results = [
        {**joined(of_item), "followed": followed.get(number, "")}
        for number, of_item in sorted(by_item.items())
    ]
    if await asyncio.to_thread(is_revoked, source().store, approval_id):
        results = [result for result in results if not result["error"]]  # there is nothing to go on with
    if any(result["error"] for result in results):
        return await asyncio.to_thread(_held, source, {**state, "results": results}, messages)
    for rest in await asyncio.to_thread(rests, source().store, approval_id):
        same = (rest.item.topic, rest.item.strategy)
        pilot = next(result for result in results if (result["topic"], result["strategy"]) == same)
        pilot["rest"] = rest.model_dump()
    return Command(goto="reanalyze", update={"messages": messages, "results": results})


def _held(
    source: ServicesSource, state: State, messages: Sequence[AnyMessage] = ()
) -> Command[AfterGeneration]:
    """What stopped the generation, and the question how to go on under the same approval."""
    failed = next((result for result in state["results"] if result["error"]), None)
    said = f"The generation stopped. {error_words(failed)}" if failed else INTERRUPTED
    held = ask_to_resume(source().store, the_offer(state), state.get("approval_id") or "", state, said)
    return Command(goto="approve", update={**shown(held.text, held, messages), "results": state["results"]})


AfterGeneration = Literal["reanalyze", "approve"]


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
        "worth": generation.get("worth"),
        "uplift": generation.get("uplift"),
        "rejected": generation.get("rejected", {}),
        "record_ids": generation.get("record_ids", []),
        "cost": generation.get("cost", {}),
        "reason": generation.get("stop_reason") or "",
        "remarks": generation.get("remarks", []),
        "error": result.get("error"),
    }
