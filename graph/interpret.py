"""The node that has the model read what the grammar could not; its reading can start nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from .exact import asked_first
from .model_reading import read_by_model
from .scope import ServicesSource
from .state import State, as_json, offer_in, the_reply, with_reading


class Interpreting:
    """The node `interpret`."""

    def __init__(self, services: ServicesSource) -> None:
        self._services = services

    async def interpret(self, state: State) -> dict[str, Any]:
        """Read the reply once more, by the model; what it cannot read stays as the grammar left it."""
        reply, offer = the_reply(state), offer_in(state)
        assert offer is not None
        services = await asyncio.to_thread(self._services)
        read, usage = await read_by_model(reply.text, offer, services)
        # Whatever the model read, a person's plain answer is needed.
        settled = asked_first(read or reply.model_copy(update={"is_open": False, "read_by": "model"}))
        return {"reply": as_json(settled), **with_reading(state, usage)}

    def interpret_here(self, state: State) -> dict[str, Any]:
        """`interpret` for hosts that call the graph synchronously."""
        return asyncio.run(self.interpret(state))
