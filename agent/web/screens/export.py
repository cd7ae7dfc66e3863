"""Export: the dataset as a trainer reads it, as a download; what a format loses is said before it is used."""

from __future__ import annotations

import asyncio
import io
import tempfile
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

from nicegui import ui

from ....tools.dataset.exporter import ExportReport, export_records
from ....tools.dataset.exports.export_format import FORMATS
from ....tools.errors import CoverageError
from ....tools.services import Services
from ....tools.validate_dataset import validate
from ..conversations import PageConversation
from ..elements import box, button, checkbox, choice, field, tell, text
from ..frame import frame
from ..plain_words import without_commands


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

    async def draw(self) -> None:
        """Draw the form."""
        with frame(self._workflow_id, "export", self._conversation):
            self._draw_form()
            with box("section", "card", aria_label="Check"):
                text("Check as a trainer would", "h2")
                text(
                    "What would be refused, wasted or doubtful in training; nothing is changed.", "p", "soft"
                )
                self._check = box("div", role="status")
                with self._check:
                    button("Check the records", self._validate, quiet=True)

    def _draw_form(self) -> None:
        with box("section", "card", aria_label="Export"):
            text("Export", "h1")
            text("Nothing in the dataset is changed by it.", "p", "soft")
            with box("div").style("display:grid;gap:.8rem;margin:.8rem 0;justify-items:start"):
                with field("Format"):
                    choice(self._format, {name: name for name in FORMATS}, self._set_format, name="Format")
                with field("Records"):
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

    async def _validate(self) -> None:
        self._check.clear()
        with self._check:
            text("Reading every record…", "p", "working")
        report = await asyncio.to_thread(validate, self._services, self._workflow_id)
        self._check.clear()
        with self._check:
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

    async def _make(self) -> None:
        self._outcome.clear()
        with self._outcome:
            text("Writing…", "p", "working")
        try:
            report, content, name = await asyncio.to_thread(self._written)
        except CoverageError as error:
            self._outcome.clear()
            with self._outcome:
                text(without_commands(str(error)), "p", "bad")
            return
        self._outcome.clear()
        with self._outcome:
            text(f"{report.written:,} records, {report.synthetic:,} of them generated.", "p")
            for loss, count in report.lost.items():
                text(f"Not in this format, in {count:,} records: {loss}.", "p", "warn")
            if report.left_out_without_assistant:
                text(
                    f"{report.left_out_without_assistant:,} records without an answer were left out.",
                    "p",
                    "warn",
                )
            button(f"Download {name}", partial(_download, content, name))

    def _written(self) -> tuple[ExportReport, bytes, str]:
        """The files in a folder of their own, then in memory: nothing else of this machine can be asked for."""
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / f"{self._workflow_id}-{self._format}.jsonl"
            report = export_records(
                self._services.store, self._workflow_id, target, file_format=self._format, **self._options
            )
            files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
            if len(files) == 1:
                return report, files[0].read_bytes(), files[0].name
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in files:
                    archive.write(file, file.relative_to(folder))
            return report, packed.getvalue(), f"{self._workflow_id}-{self._format}.zip"


def _download(content: bytes, name: str) -> None:
    ui.download.content(content, name)
    tell(f"{name} is in your browser's downloads.")
