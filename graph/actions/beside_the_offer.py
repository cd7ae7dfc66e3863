"""Something said while an offer lies on the table: the offer stays, and is reminded of below."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage

from ..offers.offer import Offer
from ..state import as_json
from ..wording.plan_words import brief_reminder, reminder


def said_beside(offer: Offer, said: str, *, briefly: bool = False) -> dict[str, Any]:
    """The update of the state: what is said, then what lies on the table; ``briefly`` where the screen is full."""
    return shown(f"{said}\n\n{brief_reminder(offer) if briefly else reminder(offer)}", offer)


def shown(text: str, offer: Offer) -> dict[str, Any]:
    """The update of the state with the offer under another text, all of which the person reads."""
    return {
        "offer": as_json(offer.model_copy(update={"text": text})),
        "reply": None,
        "messages": [AIMessage(text)],
    }
