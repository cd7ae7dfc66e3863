"""Reworded: a small model's variation keeps the numbers, menus and quotations of its source, and adds none."""

from __future__ import annotations

import re

from ....dataset.record import message_text
from ....text.letters import squeezed
from ...attempts.draft import Candidate, Rejection
from ...recognised_facts import READ, menus, numbers, quoted
from ..check import ANY

_NUMBER = re.compile(r"\d[\d.,:]*\d")


class Reworded:
    """For message variation by rewording: compares the user's turn and the reply with those that they vary.

    Small models like to drop what matters and to add a menu that does not exist. Compared are digits and what stands
    in menu paths and double quotes, so it is the same in every language; a capable model's texts are the verifier's.
    """

    name = "reworded"
    languages = ANY

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first thing that is gone, or that is from nowhere."""
        if candidate.draft.strategy != "message_variation":
            return None
        seed, turn = candidate.draft.seeds[0], candidate.first_written
        said, replied = message_text(seed.messages[turn]), message_text(seed.messages[turn + 1])
        user, reply = (candidate.written_text(role)[:READ] for role in ("user", "assistant"))
        own = "\n".join(map(message_text, candidate.seed_messages()))
        # Numbers that the new user names need not come again in the reply.
        lost = [one for one in numbers(said) if squeezed(one) not in squeezed(user)]
        kept = squeezed(f"{reply}\n{user}")
        lost += [
            one
            for one in [*numbers(replied), *menus(replied), *quoted(replied)]
            if _beginning(one) not in kept
        ]
        if lost:
            return Rejection(self.name, f"{lost[0]!r} of the source is gone: {user[:80]!r}")
        for text, known in ((user, own), (reply, f"{own}\n{user}")):
            plain = squeezed(known)
            added = [one for one in [*_NUMBER.findall(text), *menus(text)] if _beginning(one) not in plain]
            if added:
                return Rejection(self.name, f"{added[0]!r} does not stand in the source: {text[:80]!r}")
        return None


def _beginning(named: str) -> str:
    # The last part of a menu path runs on into the sentence: "Privacy and choose".
    return squeezed(" ".join(named.split()[:2]))
