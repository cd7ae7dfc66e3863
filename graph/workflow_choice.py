"""Finds out which dataset a conversation is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .bare_answers import bare_answer, is_yes
from .offer import Offer, Reply

_SAMPLE = re.compile(r"\b(?:sample|demo|example)(?: (?:data|dataset|data set))?\b")
_NEGATED = re.compile(r"\b(?:no|not|don'?t|without)\b")


def named_workflow(text: str, workflows: Sequence[str]) -> str | None:
    """The one workflow whose id stands in ``text`` as a word of its own."""
    named = [
        workflow
        for workflow in workflows
        if re.search(rf"(?<![\w~-]){re.escape(workflow)}(?![\w~-])", text, re.IGNORECASE)
    ]
    return named[0] if len(named) == 1 else None


def wants_sample(text: str) -> bool:
    """Whether the person asks for the bundled sample."""
    lower = text.lower()
    return bool(_SAMPLE.search(lower)) and not _NEGATED.search(lower)


def read_workflow_choice(text: str, workflows: Sequence[str], *, asked: bool) -> Reply:
    """The dataset that ``text`` chooses.

    Args:
        text: what the person typed.
        workflows: the ids there are.
        asked: whether this answers the question; then a yes or a number counts too.
    """
    plain = text.strip().lower().rstrip(" .!,")
    named = named_workflow(text, workflows)
    if named is not None:
        return Reply(kind="workflow", workflow_id=named, text=text)
    if wants_sample(plain):
        return Reply(kind="workflow", sample=True, text=text)
    if asked and plain.isdigit() and 1 <= int(plain) <= len(workflows) + 1:
        number = int(plain)
        chosen = workflows[number - 1] if number <= len(workflows) else None
        return Reply(kind="workflow", workflow_id=chosen, sample=chosen is None, text=text)
    if asked and not workflows and is_yes(text):
        return Reply(kind="workflow", sample=True, text=text)
    if asked and bare_answer(text) in ("stop", "no"):
        return Reply(kind="stop", text=text)
    return Reply(kind="unclear", text=text, note="I do not know that dataset.")


def ask_for_workflow(workflows: Sequence[str], *, note: str = "") -> Offer:
    """The question which dataset to work on; offers the bundled sample."""
    lines = [note, ""] if note else []
    sample = "the bundled sample: 150 customer-support conversations in three topics"
    if workflows:
        lines += ["Which dataset shall I look at?", ""]
        lines += [f"{number}. `{workflow}`" for number, workflow in enumerate(workflows, 1)]
        lines += [f"{len(workflows) + 1}. {sample} (say “sample”)"]
    else:
        lines += [
            "There is no dataset yet. Import one with `finetune-coverage import PATH -w NAME`, or say “sample” and I "
            f"import {sample}.",
        ]
    return Offer(action="choose_workflow", workflows=list(workflows), text="\n".join(lines))
