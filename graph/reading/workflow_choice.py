"""Finds out which dataset a conversation is about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage

from ...tools.dataset.bundled_sample import import_sample
from ...tools.store.store import Store
from ...tools.store.workflows import WorkflowSummary, list_workflows
from ..offers.offer import DatasetOffer
from ..offers.reply import ChooseDataset, Deed, Stop, Unclear
from ..wording.markdown import plural
from .bare_answers import bare_answer, is_yes

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


def read_workflow_choice(text: str, workflows: Sequence[str], *, asked: bool) -> Deed:
    """The dataset that ``text`` chooses.

    Args:
        text: what the person typed.
        workflows: the ids there are.
        asked: whether this answers the question; then a yes or a number counts too.
    """
    plain = text.strip().lower().rstrip(" .!,")
    named = named_workflow(text, workflows)
    if named is not None:
        return ChooseDataset(workflow_id=named)
    if wants_sample(plain):
        return ChooseDataset()
    if asked and plain.isdigit() and 1 <= int(plain) <= len(workflows) + 1:
        number = int(plain)
        chosen = workflows[number - 1] if number <= len(workflows) else None
        return ChooseDataset(workflow_id=chosen)
    if asked and not workflows and is_yes(text):
        return ChooseDataset()
    if asked and bare_answer(text) in ("stop", "no"):
        return Stop()
    return Unclear(note="I do not know that dataset.")


SAMPLE_WORKFLOW = "sample"
"""What the bundled sample is imported as."""


def opened(store: Store, deed: ChooseDataset) -> dict[str, Any]:
    """The update that takes the chosen dataset up; the bundled sample is imported first."""
    chosen = {"workflow_id": deed.workflow_id, "reply": None, "offer": None}
    if deed.workflow_id is not None:
        return chosen
    report = import_sample(store, SAMPLE_WORKFLOW)
    notice = f"I imported the bundled sample as `{SAMPLE_WORKFLOW}` ({report.added} records)."
    if not report.added:
        notice = f"The bundled sample is there already, as `{SAMPLE_WORKFLOW}`."
    return {**chosen, "workflow_id": SAMPLE_WORKFLOW, "notice": notice}


def ask_for_workflow(workflows: Sequence[WorkflowSummary], *, note: str = "") -> DatasetOffer:
    """The question which dataset to work on; offers the bundled sample."""
    lines = [note, ""] if note else []
    sample = "the bundled sample: 150 customer-support conversations in three topics"
    if workflows:
        lines += ["Which dataset shall I look at?", ""]
        lines += [
            f"{number}. `{known.id}`: {plural(known.records, 'record')}, {plural(known.topics, 'topic')}"
            for number, known in enumerate(workflows, 1)
        ]
        lines += [f"{len(workflows) + 1}. {sample} (say “sample”)"]
    else:
        lines += [
            "There is no dataset yet. Import one with `finetune-coverage import PATH -w NAME`, or say “sample” and I "
            f"import {sample}.",
        ]
    return DatasetOffer(workflows=[known.id for known in workflows], text="\n".join(lines))


def ask_which(store: Store, update: Mapping[str, Any], *, note: str = "") -> dict[str, Any]:
    """The update with the question which dataset to work on added to it.

    Args:
        store: knows the datasets.
        update: of the state, so far.
        note: said first.
    """
    offer = ask_for_workflow(list_workflows(store), note=note)
    asked = {
        "offer": offer.model_dump(mode="json"),
        "messages": [*update.get("messages", []), AIMessage(offer.text)],
    }
    return {**update, **asked, **dict.fromkeys(("workflow_id", "next_step", "reply", "notice"))}
