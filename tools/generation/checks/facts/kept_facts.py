"""Kept facts: a variation says what its source says, in other words."""

from __future__ import annotations

import re

from ....dataset.record import message_text
from ...attempts.draft import Candidate, Rejection
from ...recognised_facts import facts, menus, numbers, quoted

MOST_LOST = {"user": 0.5, "assistant": 0.0}
"""Share of names and quotations (of the reply: menus and quotations) that may be put in other words; of the
numbers, none."""
_NEGATION = re.compile(
    r"\b(?:not|no|none|never|nothing|nobody|cannot|without|neither|nor|un\w{4,}|nicht|kein\w*|nie|ohne)\b|n['’]t\b",
    re.IGNORECASE,
)
_NO_WORD = re.compile(r"[^\w]+")


class KeptFacts:
    """For message variation: compares the user's turn and the reply with those that they vary.

    The reply answers the facts of the source. A user's turn that drops them makes a record whose reply comes from
    nowhere, and a reply that drops its menus and numbers helps nobody.
    """

    name = "kept_facts"

    def check(self, candidate: Candidate) -> Rejection | None:
        """The first fact that is gone."""
        if candidate.draft.strategy != "message_variation":
            return None
        seed, turn = candidate.draft.seeds[0], candidate.first_written
        said, replied = message_text(seed.messages[turn]), message_text(seed.messages[turn + 1])
        user, reply = candidate.written_text("user"), candidate.written_text("assistant")
        if _NEGATION.search(said) and not _NEGATION.search(user):
            return Rejection(self.name, f"the user's {_NEGATION.findall(said)[0]!r} is gone: {user[:80]!r}")
        for role, before, after, named in (
            ("user", said, user, facts(said)),
            ("assistant", replied, reply, [*menus(replied), *quoted(replied)]),
        ):
            # Numbers that the new user names need not come again in the reply.
            known = _plain(after if role == "user" else f"{after}\n{user}")
            lost = [number for number in numbers(before) if _plain(number) not in known]
            if lost:
                return Rejection(self.name, f"the {role}'s {lost[0]!r} is gone: {after[:80]!r}")
            kept = _plain(after)
            lost = [name for name in named if _beginning(name) not in kept]
            if named and len(lost) > MOST_LOST[role] * len(named):
                return Rejection(self.name, f"the {role} no longer says {lost}: {after[:80]!r}")
        return None


def _beginning(name: str) -> str:
    # The last part of a menu path runs on into the sentence: "Privacy and choose".
    return " ".join(_plain(name).split()[:2])


def _plain(text: str) -> str:
    return " ".join(_NO_WORD.sub(" ", text.lower()).split())
