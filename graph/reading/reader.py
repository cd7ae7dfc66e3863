"""Reads what was typed and is no bare answer; the reading can start nothing."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from langchain_core.messages import HumanMessage

from ...tools.coverage.report import Coverage
from ...tools.errors import EndpointError
from ...tools.models.tool_calling import NoTools
from ..actions.asked_tools import Asked
from ..actions.catalog import Decline, NothingAsked
from ..actions.plan import of_everything_words
from ..offers.reply import AskBack, Deed, Told, Unclear
from ..scope import ServicesSource, scoped, with_caps
from ..state import State, as_json, reading_used, the_offer, the_reply, with_reading
from ..wording.markdown import escape
from .by_model import read_with_tools
from .by_small_model import read_in_one_step
from .exact import asked_first

_log = logging.getLogger(__name__)

LONGEST_WAIT = 60.0
"""Seconds that a person waits for the reading of a sentence."""
LONGEST_EMBEDDED_WAIT = 600.0
"""The same for the embedded model: on busy cores the first prompt alone takes minutes, and whoever gives up before its
end begins anew with the next sentence, so that nothing would ever be read."""
_SILENT = (
    "I could not read that: the language model does not answer ({why}). Without it I understand a yes, a no, and a "
    "number of the list."
)


async def read_typed(source: ServicesSource, state: State) -> dict[str, Any]:
    """What was typed, as a reply that can be carried out: by a model that calls tools, or in one step by a small one.

    It takes `LONGEST_WAIT` seconds at most, `LONGEST_EMBEDDED_WAIT` with the embedded model; then the person is told
    that the model does not answer.
    """
    unread, offer = the_reply(state), the_offer(state)
    services = await asyncio.to_thread(lambda: scoped(source(), state))
    asked = Asked(
        with_caps(services, usd=offer.cap_usd, tokens=offer.cap_tokens),
        offer,
        limits_of_all=of_everything_words(services.store, state) if state.get("limits_of_all") else "",
        changes=[one["change"] for one in state.get("changes") or [] if one["dataset"] == offer.workflow_id],
        began_with=(state.get("began_with") or {}).get(offer.workflow_id, {}),
        reading=reading_used(state),
    )
    deed = await _read(unread.text, asked, state)
    calls = asked.messages if isinstance(deed, Told) else []
    if unread.channel == "decision" and isinstance(deed, Unclear | AskBack | NothingAsked):
        deed = Decline()  # it was sent with a no
    if isinstance(deed, NothingAsked) and _was_said(state) and not state.get("next_step"):
        deed = Told(note="Gladly. Nothing starts without a yes to the plan.")
    # Whatever the model read, a person's plain answer is needed.
    read = {"deed": asked_first(deed), "read_by": "model", "beside": asked.beside}
    reply = unread.model_copy(update=read)
    told = {"language": asked.language, **with_reading(state, asked.usage)}
    return {"reply": as_json(reply), "messages": calls, **told}


async def _read(text: str, asked: Asked, state: State) -> Deed:
    try:
        deed = await _read_by_model(text, asked, state)
    except (EndpointError, TimeoutError) as error:
        _log.info("the model did not answer: %s", error)
        late = f"it took longer than {_wait(asked):.0f} s"
        why = late if isinstance(error, TimeoutError) else error.message
        return Unclear(note=_SILENT.format(why=escape(why)))
    return deed.model_copy(update={"was_read": True}) if isinstance(deed, Unclear) else deed


def _wait(asked: Asked) -> float:
    return LONGEST_EMBEDDED_WAIT if asked.services.settings.uses_embedded_model else LONGEST_WAIT


async def _read_by_model(text: str, asked: Asked, state: State) -> Deed:
    known = state.get("coverage")
    coverage = Coverage.model_validate(known) if known else None
    if asked.services.settings.profile == "full":
        try:
            turns = state.get("messages") or []
            return await read_with_tools(text, asked, coverage, turns, wait=_wait(asked))
        except EndpointError as error:
            if type(error) not in (EndpointError, NoTools):
                raise
            _log.info("the endpoint refuses tools: %s", error)
    return await read_in_one_step(text, asked, wait=_wait(asked))


def _was_said(state: State) -> bool:
    """Whether the person said it to what lies there; what came before the analysis was answered by the analysis."""
    messages = state.get("messages") or []
    return bool(messages) and isinstance(messages[-1], HumanMessage)
