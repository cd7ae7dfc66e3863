"""What people say to try something else from an earlier point, to compare the two, and to choose one."""

from __future__ import annotations

import re

from ...offers.offer import Offer, Reply
from .mentions import find_mentions

_BEFORE = re.compile(
    r"(?:(?:please |can you |could you |let'?s |ok |no )*)(?:go|start|branch|fork|jump)(?: back| again| off)? ?"
    r"(?:to|from|at)? ?(?:just |right )?before (?:the )?(?:round (?:number )?#?(?P<number>\d{1,4})|last round)"
    r"(?:(?>(?:,| and| then)+) (?:try|use|do it with|do) (?P<what>.+?)(?: instead)?)?(?: please)?"
)
_COMPARE = re.compile(
    r"(?:please |can you |now |let'?s )*compare(?: (?:the|both|two|them|branches|forks|results?|sides?|side by side|"
    r"this|that|one|with|to|and|it|other|original|\S+~\S+))*"
)
_CHOOSE = re.compile(
    r"(?:please |ok |i(?:'ll| will)? |let'?s )*(?:use|keep|choose|pick|take|switch(?: back)? to|go (?:back to|with)|"
    r"work on|continue with) (?:the )?(?:branch |workflow )?`?(?P<id>[^\s`]+)`?(?: please)?"
)


def read_fork(plain: str, offer: Offer) -> Reply | None:
    """The fork, comparison or choice that a sentence in lower case asks for; ``None`` when it asks for none."""
    if offer.workflow_id is None:
        return None
    before = _BEFORE.fullmatch(plain)
    if before:
        named = find_mentions(before["what"] or "", []).strategies
        number = float(before["number"]) if before["number"] else None
        return Reply(kind="fork", number=number, strategy=str(named[0]) if named else None)
    root = offer.workflow_id.split("~")[0].lower()
    # The id of the workflow is a word like "it"; other words may be strategies, which are compared elsewhere.
    if _COMPARE.fullmatch(re.sub(rf"(?<!\S){re.escape(root)}(?!\S)", "it", plain)):
        return Reply(kind="compare", workflow_id=_other_in(plain, root, offer.workflow_id.lower()))
    chosen = _CHOOSE.fullmatch(plain)
    if chosen and chosen["id"].split("~")[0] == root:
        return Reply(kind="switch", workflow_id=chosen["id"])
    return None


def _other_in(plain: str, root: str, mine: str) -> str | None:
    """The branch that a comparison names beside the one that is worked on."""
    named = [word for word in plain.split() if word == root or word.startswith(f"{root}~")]
    return next((word for word in named if word != mine), None)
