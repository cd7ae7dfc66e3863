"""What people say to take a round back."""

from __future__ import annotations

import re

from ...offers.offer import Reply

UNDO = re.compile(
    r"(?:please |can you |could you |i want to |let'?s )*(?:"
    r"(?:undo|revert|reverse|roll ?back|take back)(?: (?:it|this|that|them|all|everything|the|last|"
    r"latest|previous|round|one|"
    r"generation|records?|new|changes?|you|what|just|have|added|generated|made|did|again))*|"
    r"(?:take|remove|throw)(?: (?:that|those|these|them|all|the|new|last|generated|synthetic|added|"
    r"round|records?|ones))* "
    r"(?:back out|back|out)(?: again)?)(?: (?:please|thanks|now))*"
)

_NAMED = re.compile(
    r"(?:please |can you |could you |i want to |let'?s )*(?:undo|revert|reverse|roll ?back|take back)(?: the)? "
    r"(?:round (?:number |no\.? ?|#)?(?P<number>\d{1,6})|(?P<ordinal>first|second|third|fourth) round)"
    r"(?: (?:please|thanks|now|again))?"
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}


_REMARK = re.compile(
    r"(?:(?:hm+|oh|ah|well|so|no|ok),? )?(?:those|these|they|that|it|this|the (?:new )?(?:records|ones|drafts))"
    r"(?:'s|'re| are| is| were| was| looks?| sounds?)(?: (?:not|really|too|so|very|just|all))* \w+(?: \w+)?[,;]+ "
)
"""What was thought of the records, before what shall be done about it: "those are bad, take them back"."""


def read_undo(plain: str) -> Reply | None:
    """The undo that a sentence in lower case asks for, of the last round or of one named by its number."""
    plain = _REMARK.sub("", plain, count=1) if _REMARK.match(plain) else plain
    named = _NAMED.fullmatch(plain)
    if named:
        return Reply(kind="undo", number=_ORDINALS.get(named["ordinal"] or "") or int(named["number"]))
    return Reply(kind="undo") if UNDO.fullmatch(plain) else None
