"""The datasets, and how one comes in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ....tools.analyze_coverage import analyze
from ....tools.coverage.balance import status_of
from ....tools.coverage.report import Coverage
from ....tools.dataset.bundled_sample import sample_path, sample_topics_path
from ....tools.dataset.import_report import ImportReport
from ....tools.dataset.importer import import_files
from ....tools.dataset.topics_file import read_topics
from ....tools.errors import CoverageError
from ....tools.services import Services
from ....tools.store.workflows import WorkflowSummary, list_workflows, set_topics
from ..elements import address, box, button, field, link, text, text_input
from ..frame import plain_frame
from ..uploads import Uploads

_BAD_SHOWN = 20
_MEASURED = 50
"""Datasets of a long list whose score is shown."""


class Datasets:
    """The screen of one tab."""

    def __init__(self, services: Services, uploads: Uploads) -> None:
        self._services, self._uploads = services, uploads
        self._name = ""
        self._topic_field = "topic"

    async def draw(self) -> None:
        """Draw the list and the form."""
        found = await asyncio.to_thread(list_workflows, self._services.store)
        scores = await asyncio.to_thread(
            lambda: {each.id: analyze(self._services, each.id) for each in found[:_MEASURED]}
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
                    _draw_table(found, scores)
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
            with box("label", "drop"):
                text("Choose a file, or drop it here", "div")
                file = box("input", type="file")
                file.on("change", lambda event: self._take(event.args), js_handler="(e) => sendFile(e, emit)")
            if is_first:
                with box("p").style("margin-top:.8rem"):
                    button("Use the bundled sample", self._take_sample, quiet=True)
            self._outcome = box("div", role="status").style("margin-top:.8rem")

    async def _take(self, answer: dict[str, str]) -> None:
        if begun := answer.get("begin"):
            self._say(f"Bringing {begun} in…", "working")
            return
        if problem := answer.get("problem"):
            self._say(problem, "bad")
            return
        file, name = self._uploads.take(answer["key"])
        try:
            await self._import(self._name or _id_from(name), [file], name)
        finally:
            file.unlink()

    async def _take_sample(self) -> None:
        await self._import(self._name or "sample", [sample_path()], "the bundled sample")
        set_topics(self._services.store, self._name or "sample", read_topics(sample_topics_path()))

    async def _import(self, workflow_id: str, files: list[Path], shown: str) -> None:
        self._say(f"Reading {shown}…", "working")
        try:
            report = await asyncio.to_thread(
                import_files,
                self._services.store,
                workflow_id,
                files,
                topic_field=self._topic_field or "topic",
            )
        except CoverageError as error:
            self._say(str(error), "bad")
            return
        self._outcome.clear()
        with self._outcome:
            _draw_report(report, workflow_id, shown)

    def _say(self, words: str, classes: str) -> None:
        self._outcome.clear()
        with self._outcome:
            text(words, "p", classes)


def _draw_table(found: Sequence[WorkflowSummary], measured: Mapping[str, Coverage]) -> None:
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
                    coverage = measured.get(each.id)
                    score = coverage.balance_score if coverage is not None else None
                    text("" if score is None else f"{score:.2f} ({status_of(score)})", "td", "number")


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
