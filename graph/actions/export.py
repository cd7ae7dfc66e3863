"""Writes the dataset into a new file, in one folder: nothing that is there is touched, and nothing else is started."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...tools.data_folder import make_private_folder
from ...tools.dataset.exporter import ExportReport, export_records, free_target
from ...tools.dataset.exports.export_format import format_named
from ...tools.dataset.exports.report_lines import loss_lines, outcome_lines
from ...tools.errors import CoverageError, InvalidInput
from ...tools.inspection.set_aside import set_aside
from ...tools.services import Services
from ...tools.store.records import topic_counts
from ..scope import ServicesSource, scoped
from ..state import State, the_offer
from ..wording.markdown import code, escape, plural
from .catalog import Export
from .messages import said_beside, tool_messages

_ENDINGS = (".jsonl", ".json")
_LONGEST_NAME = 100
"""Bytes, so that what is put behind it fits into a file's name."""
_NO_PART_OF_A_NAME = re.compile(r"[^\w.~-]+")


def export(source: ServicesSource, state: State, action: Export) -> dict[str, Any]:
    """Write the file and say what is in it and what is not; where it cannot be written, why."""
    services, offer = scoped(source(), state), the_offer(state)
    asked = {"workflow_id": offer.workflow_id, **action.model_dump(mode="json", exclude_defaults=True)}
    try:
        named = _named(services.export_folder, action, offer.workflow_id)
        target = free_target(named, action.format, split=action.train, provenance=action.provenance)
        report = _written(services, offer.workflow_id, target, action)
    except CoverageError as error:
        refused = said_beside(offer, f"Nothing was exported. {escape(str(error))}")
        call = tool_messages("export_records", asked, error.to_failure())
        return {**refused, "messages": [*call, *refused["messages"]]}
    taken = (
        "" if target.stem == named.stem else f"{code(named.name)} was there already, so it has another name."
    )
    lines = [*_outcome(report, taken), *_left_out(services, offer.workflow_id, report, action)]
    command = code(_command(offer.workflow_id, report, action))
    command = f"The same by a command (`--overwrite` replaces what is there): {command}"
    done = said_beside(offer, "\n".join([*lines, "", command]))
    result = {
        "path": str(report.path),
        "written": report.written,
        "synthetic": report.synthetic,
        "files": [str(file) for file in report.files],
    }
    call = tool_messages("export_records", asked, {"success": True, "result": result})
    return {**done, "messages": [*call, *done["messages"]]}


def _named(folder: Path, action: Export, workflow_id: str) -> Path:
    """What was asked for, in the one folder; a dataset's own name may hold what no file's should."""
    is_folder = format_named(action.format).is_folder
    if action.name is None:
        name = _NO_PART_OF_A_NAME.sub("-", workflow_id).strip("-.")
        name = name.encode()[:_LONGEST_NAME].decode(errors="ignore") or "dataset"
    else:
        name = action.name.strip()
        if not _is_plain(name):
            raise InvalidInput(
                f"{name!r} cannot be the name: here I write into {folder} only, so it has no slash, backslash or "
                f"colon, begins with no dot or dash, and is at most {_LONGEST_NAME} bytes long.",
                hint="Say another name; the command `finetune-coverage export -o PATH` writes anywhere.",
            )
    # No other ending: in a folder of code, a file's name may make a program read it.
    return folder / (name if is_folder or name.lower().endswith(_ENDINGS) else f"{name}.jsonl")


def _is_plain(name: str) -> bool:
    return (
        bool(name)
        and not name.startswith((".", "-"))
        and not any(mark in name for mark in "/\\:")
        and name.isprintable()
        and len(name.encode(errors="replace")) <= _LONGEST_NAME
    )


def _written(services: Services, workflow_id: str, target: Path, action: Export) -> ExportReport:
    folder = services.export_folder
    try:
        make_private_folder(folder)
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be made: {error.strerror or error}.") from error
    return export_records(
        services.store,
        workflow_id,
        target,
        file_format=action.format,
        origin=None if action.origin == "any" else action.origin,
        split=action.train,
        real_validation=action.real_validation,
        provenance=action.provenance,
        leave_out_unfit=action.leave_out_unfit,
        oversample=action.oversample,
        without_topics=action.without,
        ending_with_assistant=action.ending_with_assistant,
    )


def _outcome(report: ExportReport, taken: str) -> Iterator[str]:
    real = report.written - report.synthetic
    yield (
        f"Written in the format {escape(report.format)}: {plural(report.written, 'record')}, {real:,} real and "
        f"{report.synthetic:,} synthetic. {taken}".rstrip()
    )
    yield ""
    yield from (f"- {code(str(file))}" for file in report.files)
    yield from (f"- {escape(line)}" for line in outcome_lines(report))


def _left_out(services: Services, workflow_id: str, report: ExportReport, action: Export) -> Iterator[str]:
    """What the format does not hold, what was asked to be left out, and what had been taken out before."""
    yield from (
        f"- {escape(line)}" for line in loss_lines(report, "; the command with --all keeps such records")
    )
    if action.origin != "any":
        counts = topic_counts(services.store, workflow_id)
        synthetic = sum(count.synthetic for count in counts)
        real = sum(count.records for count in counts) - synthetic
        other, number = ("real", real) if action.origin == "synthetic" else ("synthetic", synthetic)
        yield f"- Left out: {plural(number, f'{other} record')}, as you said."
    aside = set_aside(services.store, workflow_id)
    parts = [
        (aside.dropped, "dropped"),
        (aside.undone, "of rounds taken back"),
        (aside.replaced, "replaced by an edit"),
    ]
    if named := [f"{number:,} {how}" for number, how in parts if number]:
        yield f"- Not in it, since taken out before: {', '.join(named)}."


def _command(workflow_id: str, report: ExportReport, action: Export) -> str:
    words = ["finetune-coverage", "export", "-w", workflow_id, "-o", str(report.path)]
    words += ["--format", action.format]
    words += {"any": [], "real": ["--no-synthetic"], "synthetic": ["--only-synthetic"]}[action.origin]
    words += [word for topic in action.without for word in ("--without-topic", topic)]
    words += ["--ending-with-assistant"] if action.ending_with_assistant else []
    words += [] if action.train is None else ["--split", f"{action.train:g}"]
    words += ["--real-validation"] if action.real_validation else []
    words += ["--provenance"] if action.provenance else []
    words += ["--oversample"] if action.oversample else []
    words += ["--leave-out-unfit"] if action.leave_out_unfit else []
    return shlex.join(words)
