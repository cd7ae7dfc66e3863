"""What people say to see a few records before the whole plan is carried out."""

from __future__ import annotations

import re

from ...offers.offer import Reply

PILOT = 3
"""Records of a pilot when no number is named."""
MOST = 20
_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip
_WHAT = r"(?:records?|examples?|samples?|drafts?|of (?:them|those|these))"
_PILOT = re.compile(
    r"(?:please |can you |could you |let me |let'?s |i(?:'d| would) like to |i want to |but |ok |no )*"
    r"(?:(?:show|generate|make|try|write|give|do|run|see|start with|begin with)(?: me| us)? )?(?:just |only )?"
    r"(?:(?:a |the )?(?:pilot|preview|trial)(?: run)?(?: (?:of|with))?)?\s*"
    rf"(?P<number>\d{{1,3}}|{'|'.join(_NUMBERS)})?(?: {_WHAT})?"
    r"(?: as (?:a |the )?(?:pilot|preview|trial|test|sample))?"
    r"(?: (?:first|to (?:begin|start) with|before (?:the rest|you do the rest|we go on)))?(?: please)?"
    r"(?:,? so (?:that )?(?:i|we) can .+)?"
)
_SAMPLE_OF = re.compile(
    r"(?>.*?\b(?:samples?|examples?|few|preview|taste)\b).* (?:of )?what (?:you|it|this)(?:'d| would|'ll| will) "
    r"(?:generate|write|make|produce|look like)\b.*"
)
_MARK = re.compile(
    r"\b(?:pilot|preview|trial)\b|\b(?:first|to (?:begin|start) with)(?: please)?(?:$|,? so\b)|\bbefore \w+"
)


def read_pilot(plain: str) -> Reply | None:
    """The pilot that a sentence in lower case asks for: "show me three first"; ``None`` when it asks for none."""
    if _SAMPLE_OF.fullmatch(plain):
        return Reply(kind="pilot", number=PILOT)
    found = _PILOT.fullmatch(plain)
    mark = _MARK.search(plain)
    # "Show me first" and "try first" say not what.
    if found is None or mark is None or not (found["number"] or re.search(r"pilot|preview|trial", plain)):
        return None
    written = found["number"] or str(PILOT)
    number = _NUMBERS.get(written) or int(written)
    if not 1 <= number <= MOST:
        return Reply(kind="unclear", note=f"A pilot is of 1 to {MOST} records. How many shall it be?")
    return Reply(kind="pilot", number=number)
