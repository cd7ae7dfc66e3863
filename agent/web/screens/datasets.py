"""The datasets, and how one comes in."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path

from nicegui import ui
from nicegui.events import UploadEventArguments

from ....tools.analyze_coverage import analyze
from ....tools.dataset.bundled_sample import sample_path, sample_topics_path
from ....tools.dataset.import_report import ImportReport
from ....tools.dataset.importer import import_files
from ....tools.dataset.topics_file import read_topics
from ....tools.errors import CoverageError
from ....tools.services import Services
from ....tools.store.workflows import list_workflows, set_topics
from ..elements import address, box, button, field, link, text, text_input
from ..frame import plain_frame

MOST_BYTES = 2 * 2**30
_BAD_SHOWN = 20


class Datasets:
    """The screen of one tab."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._name = ""
        self._topic_field = "topic"

    async def draw(self) -> None:
        """Draw the list and the form."""
        found = await asyncio.to_thread(list_workflows, self._services.store)
        scores = await asyncio.to_thread(
            lambda: {each.id: analyze(self._services, each.id) for each in found[:50]}
        )
        with plain_frame("Datasets"):
            with box("section", "card", aria_label="Datasets"):
                text("Datasets", "h1")
                if not found:
                    text(
                        "None yet. Bring a file of chat records, or look around with the bundled sample.",
                        "p",
                        "empty",
                    )
                else:
                    with box("div", "wide"), box("table"):
                        with box("thead"), box("tr"):
                            for heading in ("Dataset", "Records", "Topics", "Balance score"):
                                text(heading, "th", "" if heading == "Dataset" else "number")
                        with box("tbody"):
                            for each in found:
                                with box("tr"):
                                    with box("td"):
                                        link(each.id, address(each.id))
                                    text(f"{each.records:,}", "td", "number")
                                    text(f"{each.topics:,}", "td", "number")
                                    measured = scores.get(each.id)
                                    score = measured.balance_score if measured is not None else None
                                    words = (
                                        ""
                                        if measured is None or score is None
                                        else f"{score:.2f} ({measured.status})"
                                    )
                                    text(words, "td", "number")
            self._draw_import(is_first=not found)

    def _draw_import(self, *, is_first: bool) -> None:
        with box("section", "card", aria_label="Import"):
            text("Import a file", "h2")
            text(
                "JSONL, JSON, CSV or Parquet, in any layout of chat records; it is copied, the file stays as it is.",
                "p",
                "soft",
            )
            with box("div", "acts").style("margin:.6rem 0;align-items:end"):
                with field("Name of the dataset"):
                    text_input(
                        lambda typed: setattr(self, "_name", typed.strip()), name="Name of the dataset"
                    )
                with field("Field that holds the topic"):
                    text_input(
                        lambda typed: setattr(self, "_topic_field", typed.strip()),
                        name="Field that holds the topic",
                        value="topic",
                    )
            upload = ui.upload(
                on_upload=self._take,
                max_file_size=MOST_BYTES,
                auto_upload=True,
                label="Drop a file here, or choose one with +",
            ).classes("upload")
            upload.style("width:100%;max-width:none;background:var(--hush);color:var(--ink);box-shadow:none")
            if is_first:
                with box("p").style("margin-top:.8rem"):
                    button("Use the bundled sample", self._take_sample, quiet=True)
            self._outcome = box("div", role="status").style("margin-top:.8rem")

    async def _take(self, event: UploadEventArguments) -> None:
        name = Path(event.file.name).name
        with tempfile.TemporaryDirectory() as folder:
            # A name of our own, with the ending that tells the format: nothing of the sender's names a place here.
            endings = "".join(
                ending for ending in Path(name).suffixes[-2:] if re.fullmatch(r"\.[A-Za-z0-9]{1,10}", ending)
            )
            file = Path(folder) / f"upload{endings}"
            await event.file.save(file)
            await self._import(self._name or _id_from(name), [file], name)

    async def _take_sample(self) -> None:
        await self._import(self._name or "sample", [sample_path()], "the bundled sample")
        set_topics(self._services.store, self._name or "sample", read_topics(sample_topics_path()))

    async def _import(self, workflow_id: str, files: list[Path], shown: str) -> None:
        self._outcome.clear()
        with self._outcome:
            text(f"Reading {shown}…", "p", "working")
        try:
            report = await asyncio.to_thread(
                import_files,
                self._services.store,
                workflow_id,
                files,
                topic_field=self._topic_field or "topic",
            )
        except CoverageError as error:
            self._outcome.clear()
            with self._outcome:
                text(str(error), "p", "bad")
            return
        self._outcome.clear()
        with self._outcome:
            _draw_report(report, workflow_id, shown)


def _draw_report(report: ImportReport, workflow_id: str, shown: str) -> None:
    text(f"{report.added:,} records of {shown} are in {workflow_id}.", "p")
    if report.already_there:
        text(f"{report.already_there:,} were there already.", "p")
    if report.without_topic:
        text(f"{report.without_topic:,} have no topic; they stay out of the balance score.", "p", "warn")
    for name, count in report.left_beside.items():
        text(f"The field {name} stays beside the conversation in {count:,} records.", "p", "warn")
    for line in report.bad[:_BAD_SHOWN]:
        text(f"Line {line.line}: {line.reason}", "p", "bad small")
    if len(report.bad) > _BAD_SHOWN:
        text(f"… and {len(report.bad) - _BAD_SHOWN:,} more lines that could not be read.", "p", "bad small")
    if report.added or report.already_there:
        link(f"Look at {workflow_id}", address(workflow_id), "act")


def _id_from(name: str) -> str:
    """A dataset's id after a file's name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name.partition(".")[0]).strip("-")[:60] or "dataset"
