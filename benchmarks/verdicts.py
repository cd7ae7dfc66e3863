"""What a reader found about each refused real record: right, since the record has the fault, or wrong.

``refused_records.csv`` has one line for each refused record of the parts that were measured: the record, its part and
where it is from, check and evidence, the verdict and its reason. Rules of reading: right is a refusal when the value
was never said or returned, the answer says something else than the result, the call breaks the schema that the record
itself declares, or the text is broken; in doubt, and where the assistant was free to choose, it is wrong. A refusal
with another check or evidence than was read is unread, and counts as wrong.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

from finetune_coverage.tools.generation.attempts.draft import Rejection

from .real_dialogues import Part

VERDICTS = Path(__file__).with_name("refused_records.csv")
COLUMNS = ("record", "part", "source", "check", "evidence", "verdict", "reason")
Verdict = Literal["right", "wrong", "unread"]


def read_verdicts(path: Path = VERDICTS) -> dict[tuple[str, str, str], Verdict]:
    """The verdict of each (record, check, evidence) that was read.

    Raises:
        ValueError: for a verdict that is neither right nor wrong, a line without a reason, or an unknown part.
    """
    found: dict[tuple[str, str, str], Verdict] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            verdict = next((one for one in get_args(Verdict)[:2] if one == row["verdict"]), None)
            if verdict is None or not row["reason"].strip() or row["part"] not in get_args(Part):
                raise ValueError(
                    f"{path.name}, line {number}: a verdict (right, wrong), a reason and a part are needed"
                )
            found[row["record"], row["check"], row["evidence"]] = verdict
    return found


def counted(refused: Iterable[tuple[str, Rejection]], path: Path = VERDICTS) -> Counter[Verdict]:
    """How many refusals were right, wrong or not read."""
    read = read_verdicts(path) if path.is_file() else {}
    return Counter(read.get((record, one.check, one.evidence), "unread") for record, one in refused)
