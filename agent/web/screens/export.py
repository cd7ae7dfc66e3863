"""Export: the dataset as a trainer reads it, as a download; what a format loses is said before it is written."""

from __future__ import annotations

import asyncio
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from nicegui import ui
from nicegui.element import Element

from ....tools.coverage.wording import plural
from ....tools.dataset.exporter import ExportReport, export_records
from ....tools.dataset.exports.export_format import FORMATS
from ....tools.dataset.exports.report_lines import loss_lines, outcome_lines
from ....tools.dataset.record import Origin
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
    """What was made of a dataset and found in it since the server started, for all tabs.

    Attributes:
        files: the last that were made.
        check: the last check.
        ahead: what would be written and lost, by format and origin.
    """

    files: LastingWork[Files] = field(default_factory=LastingWork)
    check: LastingWork[ValidationReport] = field(default_factory=LastingWork)
    ahead: defaultdict[tuple[str, Origin | None], LastingWork[ExportReport]] = field(
        default_factory=lambda: defaultdict(LastingWork)
    )


_OUTCOMES: WeakKeyDictionary[PageConversation, Outcomes] = WeakKeyDictionary()


class Export:
    """The screen of one tab."""

    def __init__(self, services: Services, workflow_id: str, conversation: PageConversation) -> None:
        self._services, self._workflow_id, self._conversation = services, workflow_id, conversation
        self._format = "openai"
        self._origin: Origin | None = None
        self._options: dict[str, Any] = {"split": None, "oversample": False, "provenance": False}
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
        self._look_ahead()

    def _changed(self) -> None:
        self._version = self._conversation.dataset_version or self._version
        self._follow()

    def _follow(self) -> None:
        """Show how far both are, where that is not what is drawn."""
        files, check, ahead = self._outcomes.files, self._outcomes.check, self._ahead
        now = (
            self._version,
            *(
                (id(one), one.is_under_way, one.done, one.result, one.problem)
                for one in (files, check, ahead)
            ),
        )
        if now == self._drawn:
            return
        self._drawn = now
        self._draw_standing(ahead, self._losses, "Looking what it loses", _draw_ahead)
        unfit = ahead.result.left_out_unfit if ahead.result is not None else 0
        self._button.text = (
            f"Make the files without the {unfit:,} that do not fit" if unfit else "Make the files"
        )
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
                    formats = {name: f"{name}: {form.about}" for name, form in FORMATS.items()}
                    choice(self._format, formats, self._set_format, name="Format")
                with labelled("Records"):
                    origins = {
                        "": "Real and generated",
                        "real": "Real only",
                        "synthetic": "Generated only",
                    }
                    choice("", origins, self._set_origin, name="Records")
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
            self._losses = box("div", "note", role="status")
            with box("div", "acts").style("margin-top:.8rem"):
                self._button = button("Make the files", self._make)
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

    @property
    def _ahead(self) -> LastingWork[ExportReport]:
        return self._outcomes.ahead[self._format, self._origin]

    def _look_ahead(self) -> None:
        """Have it seen what would be written and lost, where that is not known of the dataset as it is."""
        ahead = self._ahead
        work = partial(_planned, self._services, self._workflow_id, self._format, self._origin)
        if ahead.version != self._version or ahead.result is None:
            ahead.begin(self._services, self._workflow_id, work)
        self._follow()

    def _set_format(self, name: str) -> None:
        self._format = name
        self._look_ahead()

    def _set_origin(self, value: str) -> None:
        self._origin = "real" if value == "real" else "synthetic" if value == "synthetic" else None
        self._look_ahead()

    def _set(self, name: str, value: bool) -> None:
        self._options[name] = (0.9 if value else None) if name == "split" else value

    def _make(self) -> None:
        before, ahead = self._outcomes.files.result, self._ahead.result
        options = self._options | {
            "origin": self._origin,
            # Only where the number of them stands on the button.
            "leave_out_unfit": ahead is not None and ahead.left_out_unfit > 0,
        }
        work = partial(_written, self._services, self._workflow_id, self._format, options)
        self._outcomes.files.begin(self._services, self._workflow_id, work)
        if before is not None and self._outcomes.files.is_under_way:
            before.folder.cleanup()
        self._follow()

    def _draw_files(self, files: Files) -> None:
        report = files.report
        text(f"{plural(report.written, 'record')}, {report.synthetic:,} of them generated.", "p")
        for line in (*outcome_lines(report), *_loss_lines(report)):
            text(line, "p", "small")
        if len(report.files) > 1:
            names = ", ".join(str(file.relative_to(files.folder.name)) for file in report.files)
            text(f"In it: {names}.", "p", "small")
        button(f"Download {files.file.name}", partial(_download, files.file))


def _draw_ahead(report: ExportReport) -> None:
    text(f"It will hold {plural(report.written, 'record')}, {report.synthetic:,} of them generated.", "p")
    for line in _loss_lines(report):
        text(line, "p", "small")


def _loss_lines(report: ExportReport) -> Iterator[str]:
    """Those of the terminal, with the names of files in the place of paths of the server."""
    named = tuple(replace(one, place=Path(one.place).name) for one in report.unfit)
    return loss_lines(replace(report, unfit=named))


def _planned(
    services: Services, workflow_id: str, file_format: str, origin: Origin | None, on_progress: OnProgress
) -> ExportReport:
    with tempfile.TemporaryDirectory() as folder:
        return export_records(
            services.store,
            workflow_id,
            Path(folder) / "planned.jsonl",
            file_format=file_format,
            origin=origin,
            leave_out_unfit=True,
            dry_run=True,
            on_progress=on_progress,
        )


def _written(
    services: Services, workflow_id: str, file_format: str, options: dict[str, Any], on_progress: OnProgress
) -> Files:
    """The files in a folder of their own: nothing else of this machine can be asked for."""
    folder = tempfile.TemporaryDirectory()
    try:
        name = f"{workflow_id}-{file_format}"
        target = Path(folder.name) / (name if FORMATS[file_format].is_folder else f"{name}.jsonl")
        report = export_records(
            services.store, workflow_id, target, file_format=file_format, on_progress=on_progress, **options
        )
        files = sorted(path for path in Path(folder.name).rglob("*") if path.is_file())
        if len(files) == 1:
            return Files(report, folder, files[0])
        packed = Path(folder.name) / f"{name}.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, file.relative_to(folder.name))
        return Files(report, folder, packed)
    except BaseException:
        folder.cleanup()
        raise


def _download(file: Path) -> None:
    ui.download.file(file)
    tell(f"{file.name} goes to your browser's downloads.")
