"""Export: the dataset as a trainer reads it, as a download; what a format loses is said before it is used."""

from __future__ import annotations

import asyncio
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from nicegui import ui
from nicegui.element import Element

from ....tools.dataset.exporter import ExportReport, export_records
from ....tools.dataset.exports.export_format import FORMATS
from ....tools.dataset.validation.report import ValidationReport
from ....tools.services import Services
from ....tools.store.workflows import dataset_version
from ....tools.validate_dataset import validate
from ..conversations import PageConversation
from ..elements import box, button, checkbox, choice, tell, text
from ..elements import field as labelled
from ..frame import frame
from .lasting_work import LastingWork, OnProgress

_LOOKS_EVERY = 0.5


@dataclass(frozen=True)
class Files:
    """What was written: one file, packed where the format has several; it lies in a folder of its own.

    Attributes:
        report: how many records were written, and what was lost.
        folder: is deleted with this.
        file: what is downloaded.
    """

    report: ExportReport
    folder: tempfile.TemporaryDirectory[str]
    file: Path


@dataclass
class Outcomes:
    """What was made of a dataset and found in it since the server started, for all tabs."""

    files: LastingWork[Files] = field(default_factory=LastingWork)
    check: LastingWork[ValidationReport] = field(default_factory=LastingWork)


_OUTCOMES: WeakKeyDictionary[PageConversation, Outcomes] = WeakKeyDictionary()


class Export:
    """The screen of one tab."""

    def __init__(self, services: Services, workflow_id: str, conversation: PageConversation) -> None:
        self._services, self._workflow_id, self._conversation = services, workflow_id, conversation
        self._format = "openai"
        self._options: dict[str, Any] = {
            "split": None,
            "oversample": False,
            "provenance": False,
            "origin": None,
        }
        self._outcomes = _OUTCOMES.setdefault(conversation, Outcomes())
        self._drawn: object = None

    async def draw(self) -> None:
        """Draw the form, and what was made and found before."""
        self._version = await asyncio.to_thread(dataset_version, self._services.store, self._workflow_id)
        with frame(self._workflow_id, "export", self._conversation) as listen:
            self._draw_form()
            with box("section", "card", aria_label="Check"):
                text("Check as a trainer would", "h2")
                text(
                    "What would be refused, wasted or doubtful in training; nothing is changed.", "p", "soft"
                )
                self._check = box("div", role="status")
            listen(self._changed)
        ui.timer(_LOOKS_EVERY, self._follow)
        self._follow()

    def _changed(self) -> None:
        self._version = self._conversation.dataset_version or self._version
        self._follow()

    def _follow(self) -> None:
        """Show how far both are, where that is not what is drawn."""
        files, check = self._outcomes.files, self._outcomes.check
        now = (
            self._version,
            *((one.is_under_way, one.done, one.result, one.problem) for one in (files, check)),
        )
        if now == self._drawn:
            return
        self._drawn = now
        self._draw_standing(files, self._outcome, "Writing", self._draw_files)
        self._draw_standing(check, self._check, "Reading every record", self._draw_found)
        with self._check:
            if not check.is_under_way:
                words = "Check the records" if check.version is None else "Check them again"
                button(words, self._validate, quiet=True)

    def _draw_standing(
        self, work: LastingWork[Any], place: Element, doing: str, draw: Callable[[Any], None]
    ) -> None:
        place.clear()
        with place:
            if work.is_under_way:
                count = f": {work.done:,} of {work.total:,}" if work.total else ""
                text(f"{doing}{count}…", "p", "working")
            elif work.problem:
                text(work.problem, "p", "bad")
            elif work.result is not None:
                if work.version != self._version:
                    text("This is of the dataset as it was before its last change.", "p", "warn")
                draw(work.result)

    def _draw_form(self) -> None:
        with box("section", "card", aria_label="Export"):
            text("Export", "h1")
            text("Nothing in the dataset is changed by it.", "p", "soft")
            with box("div").style("display:grid;gap:.8rem;margin:.8rem 0;justify-items:start"):
                with labelled("Format"):
                    choice(self._format, {name: name for name in FORMATS}, self._set_format, name="Format")
                with labelled("Records"):
                    choice(
                        "",
                        {"": "Real and generated", "real": "Real only", "synthetic": "Generated only"},
                        lambda value: self._options.update(origin=value or None),
                        name="Records",
                    )
                for name, words in (
                    ("split", "Keep 10% of each topic for validation"),
                    (
                        "oversample",
                        "Repeat records of small topics up to their targets (free, nothing is invented)",
                    ),
                    ("provenance", "Also where each record comes from"),
                ):
                    with box("label"):
                        checkbox(False, partial(self._set, name), name=words)
                        text(f" {words}")
            button("Make the files", self._make)
            self._outcome = box("div", role="status").style("margin-top:1rem")

    def _validate(self) -> None:
        def work(on_progress: OnProgress) -> ValidationReport:
            return validate(self._services, self._workflow_id, on_progress=on_progress)

        self._outcomes.check.begin(self._services, self._workflow_id, work)
        self._follow()

    def _draw_found(self, report: ValidationReport) -> None:
        text(
            f"{report.clean:,} of {report.records:,} records are clean; {report.tokens:,} tokens an epoch, the "
            f"longest record has {report.longest:,}.",
            "p",
        )
        for rule in report.rules:
            with box("details"):
                refused = f"; {', '.join(rule.refused_by)} would refuse them" if rule.refused_by else ""
                text(f"{rule.records:,} records: {rule.says} ({rule.severity}{refused})", "summary")
                text(rule.fix, "p", "small")

    def _set_format(self, name: str) -> None:
        self._format = name

    def _set(self, name: str, value: bool) -> None:
        self._options[name] = (0.9 if value else None) if name == "split" else value

    def _make(self) -> None:
        before = self._outcomes.files.result
        work = partial(_written, self._services, self._workflow_id, self._format, dict(self._options))
        self._outcomes.files.begin(self._services, self._workflow_id, work)
        if before is not None and self._outcomes.files.is_under_way:
            before.folder.cleanup()
        self._follow()

    def _draw_files(self, files: Files) -> None:
        report = files.report
        text(f"{report.written:,} records, {report.synthetic:,} of them generated.", "p")
        for loss, count in report.lost.items():
            text(f"Not in this format, in {count:,} records: {loss}.", "p", "warn")
        if report.left_out_without_assistant:
            without = f"{report.left_out_without_assistant:,} records without an answer were left out."
            text(without, "p", "warn")
        button(f"Download {files.file.name}", partial(_download, files.file))


def _written(
    services: Services, workflow_id: str, file_format: str, options: dict[str, Any], on_progress: OnProgress
) -> Files:
    """The files in a folder of their own: nothing else of this machine can be asked for."""
    folder = tempfile.TemporaryDirectory()
    try:
        target = Path(folder.name) / f"{workflow_id}-{file_format}.jsonl"
        report = export_records(
            services.store, workflow_id, target, file_format=file_format, on_progress=on_progress, **options
        )
        files = sorted(path for path in Path(folder.name).rglob("*") if path.is_file())
        if len(files) == 1:
            return Files(report, folder, files[0])
        packed = Path(folder.name) / f"{workflow_id}-{file_format}.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, file.relative_to(folder.name))
        return Files(report, folder, packed)
    except BaseException:
        folder.cleanup()
        raise


def _download(file: Path) -> None:
    ui.download.content(file.read_bytes(), file.name)
    tell(f"{file.name} is in your browser's downloads.")
