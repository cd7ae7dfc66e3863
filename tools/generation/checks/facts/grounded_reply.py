"""Grounded reply: a variation gives no menu or number that its source does not know."""

from __future__ import annotations

import re

from ....dataset.record import message_text
from ...attempts.draft import Candidate, Rejection
from ...recognised_facts import MENU_PATH, READ

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_NO_WORD = re.compile(r"[^\w]+")


class GroundedReply:
    """For message variation: the reply may reword its source, and must not add facts to it.

    Small models like to add a menu that does not exist; a model that learns from such a record learns to
    invent. Numbers, codes and the parts of menu paths must stand in the source's messages or the new user turn.
    """

    name = "grounded_reply"

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first thing in the reply that is from nowhere."""
        if candidate.draft.strategy != "message_variation":
            return None
        # No turn that was written is longer; the source's own, which stands in for one that is not written yet, may be.
        user, reply = (candidate.written_text(role)[:READ] for role in ("user", "assistant"))
        own = "\n".join(message_text(message) for message in candidate.seed_messages())
        known = f"{own}\n{user}"
        for number in _NUMBER.findall(user):
            if len(number) >= 2 and number not in own:
                return Rejection(self.name, f"the user's number {number!r} is not in the source")
        for number in _NUMBER.findall(reply):
            if len(number) >= 2 and number not in known:
                return Rejection(
                    self.name, f"the number {number!r} is not in the source or the user's message"
                )
        plain = _plain(known)
        for path in MENU_PATH.findall(reply):
            for part in path.split(">"):
                words = _plain(part).split()
                # The first part may begin with the words of the sentence, the last may end with them.
                if words and not any(
                    " ".join(words[start:end]) in plain
                    for start, end in ((0, 1), (0, 2), (-1, None), (-2, None))
                ):
                    return Rejection(self.name, f"the menu {part.strip()!r} is not in the source")
        return None


def _plain(text: str) -> str:
    return " ".join(_NO_WORD.sub(" ", text.lower()).split())
