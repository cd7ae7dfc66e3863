"""Writes down what belongs to a topic, as the person says it; the plan on the table was made without it and goes."""

from __future__ import annotations

from typing import Any

from ...tools.dataset.topic_description import describe_topic, description_of
from ...tools.errors import CoverageError
from ..offers.pending import withdraw
from ..scope import ServicesSource
from ..state import State, the_offer
from ..wording.markdown import escape, shorten, topic_title
from .catalog import DescribeTopic
from .messages import noticed, said_beside

_SHOWN = 300
"""Characters of a description that are said back."""


def describe(source: ServicesSource, state: State, action: DescribeTopic) -> dict[str, Any]:
    """Set the description and say the one before it; nothing changes where it holds already."""
    store, offer = source().store, the_offer(state)
    name, new = topic_title(action.topic), " ".join(action.description.split())
    if description_of(store, offer.workflow_id, action.topic) == new:
        return said_beside(offer, f'That is the description of "{name}" already.')
    try:
        before = describe_topic(store, offer.workflow_id, action.topic, new)
    except CoverageError as error:
        return said_beside(offer, escape(str(error)))
    withdraw(store, offer)
    said = f'"{name}" is described now: “{escape(shorten(new, _SHOWN))}”.'
    said += f" Before it was: “{escape(shorten(before, _SHOWN))}”." if before else ""
    return noticed(None, f"{said} It counts from the next plan on.")
