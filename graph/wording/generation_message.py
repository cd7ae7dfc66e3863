"""The one message in which a chat page shows how far a generation is.

A page that knows nothing of our events shows messages, and puts the pieces of a streamed one together by its id: so
each piece says only what is new. What the conversation keeps under the id in the end takes their place.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage
from langgraph.graph.message import push_message

from ...tools.coverage.recommendation import PlanItem
from ...tools.generation.jobs.progress import Progress
from .markdown import escape
from .plan_words import item_words, items_words

GENERATING = "coverage-generating-"
"""How the id of such a message begins: where progress is shown otherwise, it need not be said."""
_NOTE_SECONDS = 5.0
"""What is waited for is said when nothing else was for so long."""
_PIECES = 10
"""About so many times the number of accepted records is told, and so many refusals are worth a word."""


def announcement(items: Sequence[PlanItem]) -> AIMessage:
    """What is said to a yes. It is kept before anything starts, so that a page that is loaded anew shows it."""
    return AIMessage(
        f"Generating {items_words(items)}. Should this page lose the connection or be reloaded, write a word here: I "
        "say how far it came, and carry on if you like. Nothing that was accepted is lost.",
        id=f"{GENERATING}{uuid.uuid4()}",
    )


def is_about_progress(message: AnyMessage) -> bool:
    """Whether the message says what events tell too."""
    return str(message.id).startswith(GENERATING)


class GenerationMessage:
    """The message about one item of a plan.

    Args:
        item: what is generated.
        announced: the message that said so, which this one goes on with, if there is one.
    """

    def __init__(self, item: PlanItem, announced: AnyMessage | None) -> None:
        self._item = item
        self._accepted = self._refused = -1
        said = str(announced.id) if announced is not None else ""
        self.id = said if said.startswith(GENERATING) else f"{GENERATING}{uuid.uuid4()}"
        self._say("\n\n" if self.id == said else f"Generating {item_words(item)}. ")

    def update(self, progress: Progress) -> None:
        """Say what is new, if it is worth a word."""
        refused = sum(progress.rejected.values())
        step = -(-progress.requested // _PIECES)
        if self._accepted < 0:
            # Where it carries on, some are there already.
            self._accepted, self._refused = progress.accepted, refused
            self._say(f"Accepted so far: {progress.accepted:,}")
        elif (
            progress.accepted >= self._accepted + step
            or self._accepted < progress.accepted == progress.requested
        ):
            self._accepted, self._refused = progress.accepted, refused
            self._say(f" · {progress.accepted:,}")
        elif refused >= self._refused + _PIECES:
            self._refused = refused
            self._say(f" ({refused:,} drafts refused)")
        elif progress.note and time.monotonic() >= self._said_at + _NOTE_SECONDS:
            self._say(f" ({escape(progress.note)})")

    def in_the_end(self, result: Mapping[str, Any]) -> str:
        """What the message says from then on; the report tells the rest."""
        if not result["success"]:
            return f"Generating {item_words(self._item)} stopped."
        generation = result["generation"]
        return f"Generated {generation['accepted']:,} of {item_words(self._item)}."

    def _say(self, piece: str) -> None:
        self._said_at = time.monotonic()
        push_message(AIMessageChunk(content=piece, id=self.id), state_key=None)
