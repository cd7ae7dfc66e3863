"""Lets the language model say what an unclear sentence is about. It can point to an answer, never to an approval."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Literal

from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from ..tools.services import Services

_log = logging.getLogger(__name__)

About = Literal["score", "topics", "strategies", "cost", "rejected", "plan", "help", "none"]

_PROMPT = (
    "A person is talking to an agent that balances a fine-tuning dataset. Say what the person's sentence asks about. "
    "Answer with the JSON object only. Use none when it asks about nothing in the list."
)
_QUESTIONS: dict[str, str] = {
    "score": "what is the score",
    "topics": "how many records in the dataset",
    "strategies": "which strategies are there",
    "cost": "what does it cost",
    "rejected": "what was rejected",
    "plan": "what is the plan",
    "help": "help",
}
_LONGEST = 500


class Reading(BaseModel):
    """What a sentence asks about; there is no value that would start anything."""

    about: About = Field(description="what the sentence asks about")


def reading_of(text: str, services: Services) -> str | None:
    """A question that we can answer and that ``text`` seems to ask; ``None`` when there is none.

    The embedded model is not asked: loading it takes longer than typing the question anew.
    """
    if services.settings.uses_embedded_model or len(text.split()) < 3:
        return None
    sentence = f"<sentence>\n{text[:_LONGEST]}\n</sentence>"
    try:
        model = services.chat_model.with_structured_output(Reading)
        reading = model.invoke([SystemMessage(_PROMPT), HumanMessage(sentence)])
    except Exception as error:
        # Reading is a convenience: whatever goes wrong, the person is simply asked back.
        _log.info("the model could not read a sentence: %s", error)
        return None
    return _QUESTIONS.get(reading.about) if isinstance(reading, Reading) else None
