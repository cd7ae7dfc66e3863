"""The datasets, and how one comes in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from nicegui import ui

from ....tools.analyze_coverage import analyze
from ....tools.coverage.balance import status_of
from ....tools.coverage.report import Coverage
from ....tools.dataset.bundled_sample import sample_path, sample_topics_path
from ....tools.dataset.formats.containers.byte_stream import check_encoding
from ....tools.dataset.import_report import ImportProgress, ImportReport
from ....tools.dataset.importer import import_files
from ....tools.dataset.mapping.field_mapping import FieldMapping
from ....tools.dataset.mapping.mapping_file import mapping_of
from ....tools.dataset.mapping.model_proposal import mapping_model
from ....tools.dataset.mapping.suggestion import suggest_mapping
from ....tools.dataset.sources import SourceFile
from ....tools.dataset.topic_candidates import HowToRead
from ....tools.dataset.topic_label import DEFAULT_FIELD
from ....tools.dataset.topics_file import read_topics
from ....tools.errors import CoverageError
from ....tools.services import Services
from ....tools.store.workflows import WorkflowSummary, list_workflows, set_topics
from ...views.import_report import import_lines
from ...views.mapping_proposal import proposal_lines, sent_words
from ..elements import address, box, button, field, link, table, text, text_input
from ..frame import plain_frame
from ..plain_words import without_commands
from ..uploads import MOST_BYTES, Uploads
from .transcript import draw_messages

_BAD_SHOWN = 20
_UNREADABLE = frozenset({"not_utf8", "broken_file"})
"""What no mapping of fields mends."""
_CANDIDATES = 3
_TOLD_EVERY_SECONDS = 0.4
_MEASURED = 50
"""Datasets of a long list whose score is shown."""


class Datasets:
    """The screen of one tab."""

    def __init__(self, services: Services, uploads: Uploads) -> None:
        self._services, self._uploads = services, uploads
        self._name = ""
        self._topic_field = DEFAULT_FIELD
        self._encoding = ""
        self._read: ImportProgress | None = None
        self._file: SourceFile | None = None

    async def draw(self) -> None:
        """Draw the list and the form."""
        ui.context.client.on_delete(self._forget)
        with plain_frame("Datasets"):
            self._list = box("section", "card", aria_label="Datasets")
            found = await asyncio.to_thread(list_workflows, self._services.store)
            self._show_list(found, {})
            self._draw_import(is_first=not found)
        # Measuring many datasets takes a while: their names are there before it.
        await ui.context.client.connected()
        await self._draw_list()

    async def _draw_list(self) -> None:
        """Draw what there is, with its scores."""
        found = await asyncio.to_thread(list_workflows, self._services.store)
        scores = await asyncio.to_thread(
            lambda: {each.id: analyze(self._services, each.id) for each in found[:_MEASURED]}
        )
        self._show_list(found, scores)

    def _show_list(self, found: Sequence[WorkflowSummary], scores: Mapping[str, Coverage]) -> None:
        self._list.clear()
        with self._list:
            text("Datasets", "h1")
            if found:
                _draw_table(found, scores)
            else:
                none = "None yet. Bring a file of chat records, or look around with the bundled sample."
                text(none, "p", "empty")

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
                        value=DEFAULT_FIELD,
                    )
                with field("Encoding (found out when empty)"):
                    text_input(
                        lambda typed: setattr(self, "_encoding", typed.strip()), name="Encoding of the text"
                    )
            with box("label", "drop"):
                text("Choose a file, or drop it here", "div")
                file = box("input", type="file", data_most=str(MOST_BYTES))
                file.on("change", lambda event: self._take(event.args), js_handler="(e) => sendFile(e, emit)")
            if is_first:
                with box("p").style("margin-top:.8rem"):
                    button("Use the bundled sample", self._take_sample, quiet=True)
            self._outcome = box("div", role="status").style("margin-top:.8rem")

    async def _take(self, answer: dict[str, Any]) -> None:
        if begun := answer.get("begin"):
            self._say(f"Bringing {begun} in…", "working")
            return
        if sent := answer.get("sent"):
            self._say_how_far(f"Bringing {answer['name']} in", sent, answer["size"])
            return
        if problem := answer.get("problem"):
            self._say(problem, "bad")
            return
        self._forget()
        path, name = self._uploads.take(answer["key"])
        self._file = SourceFile(path, name)
        await self._import(self._name or _id_from(name), self._file)

    async def _take_sample(self) -> None:
        name = self._name or "sample"
        await self._import(name, SourceFile(sample_path(), "the bundled sample"))
        set_topics(self._services.store, name, read_topics(sample_topics_path()))

    def _forget(self) -> None:
        """Delete the copy of the file that came in; it stays until then, to be read in another way."""
        if self._file is not None:
            self._file.path.unlink(missing_ok=True)
            self._file = None

    async def _import(
        self, workflow_id: str, file: SourceFile, *, topic_field: str = "", mapping: str = ""
    ) -> None:
        self._say(f"Reading {file.name}…", "working")
        topic_field = topic_field or self._topic_field or DEFAULT_FIELD
        try:
            check_encoding(self._encoding)
            report = await self._imported(
                workflow_id, file, topic_field, mapping_of(mapping) if mapping else None
            )
        except CoverageError as error:
            self._say(without_commands(str(error)), "bad")
            if mapping:
                await self._propose(workflow_id, file, mapping)
            return
        await self._draw_list()
        self._outcome.clear()
        with self._outcome:
            _draw_report(report, workflow_id, file.name)
            self._draw_candidates(report, workflow_id, file)
            if any(unread.code == "not_utf8" for unread in report.bad):
                self._draw_encoding(workflow_id, file, topic_field, mapping)
        if not report.good and any(unread.code not in _UNREADABLE for unread in report.bad):
            await self._propose(workflow_id, file, mapping)

    def _draw_encoding(self, workflow_id: str, file: SourceFile, topic_field: str, mapping: str) -> None:
        """Have the encoding named, and the same file read again."""
        if file is not self._file:
            return
        again = partial(self._import, workflow_id, file, topic_field=topic_field, mapping=mapping)
        with box("div", "acts").style("align-items:end;margin-top:.6rem"):
            with field("Its encoding, such as cp1250, cp1251, shift_jis or gb18030"):
                text_input(
                    lambda typed: setattr(self, "_encoding", typed.strip()),
                    name="Its encoding",
                    value=self._encoding,
                )
            button("Read it again", again)

    async def _imported(
        self, workflow_id: str, file: SourceFile, topic_field: str, mapping: FieldMapping | None
    ) -> ImportReport:
        """Import in a thread, and say meanwhile how far it is."""
        self._read = None
        work = asyncio.create_task(
            asyncio.to_thread(
                import_files,
                self._services.store,
                workflow_id,
                [file],
                topic_field=topic_field,
                mapping=mapping,
                encoding=self._encoding,
                on_progress=partial(setattr, self, "_read"),
            )
        )
        shown = None
        while not (await asyncio.wait([work], timeout=_TOLD_EVERY_SECONDS))[0]:
            if (read := self._read) is not None and read != shown:
                shown = read
                self._say_how_far(
                    f"Reading {file.name}: {read.records:,} records so far", read.bytes_read, read.bytes_total
                )
        return await work

    def _draw_candidates(self, report: ImportReport, workflow_id: str, file: SourceFile) -> None:
        if file is not self._file:
            return
        for candidate in report.topic_candidates[:_CANDIDATES]:
            again = partial(
                self._import, f"{workflow_id}-{candidate.field}", file, topic_field=candidate.field
            )
            text(f"Topics could be in {candidate}.", "p")
            button(f"Import it anew with topics from {candidate.field}", again, quiet=True)

    async def _propose(self, workflow_id: str, file: SourceFile, edited: str) -> None:
        """Show how the file could be read: a proposal, or what the person made of it, with the first record by it."""
        try:
            how = HowToRead(mapping=mapping_of(edited) if edited else None, encoding=self._encoding)
            model = None if edited else mapping_model(self._services)
            if model is not None:
                with self._outcome:
                    text(f"To propose how it is read, {sent_words(model.name)}…", "p", "soft")
            found = await asyncio.to_thread(suggest_mapping, file, how, model)
            words, problem = edited or found.mapping, ""
        except CoverageError as error:
            found, words, problem = None, edited, without_commands(str(error))
        kept = [words]
        with self._outcome, box("section", aria_label="Mapping").style("margin-top:1rem"):
            text("What its fields are", "h2")
            if problem:
                text(problem, "p", "bad")
            area = text_input(
                partial(kept.__setitem__, 0), name="Mapping, as YAML", value=words, tag="textarea"
            )
            area.props["rows"] = str(min(16, words.count("\n") + 3))
            area.style("font-family:ui-monospace,monospace;font-size:.85rem")
            with box("div", "acts"):
                button(
                    "Show the first record by it",
                    lambda: self._preview(workflow_id, file, kept[0]),
                    quiet=True,
                )
                button("Import with this mapping", lambda: self._import(workflow_id, file, mapping=kept[0]))
            if found is not None:
                for line in proposal_lines(found):
                    text(line, "p", "soft")
                text(
                    f"By it {found.read} of the first {found.looked_at} can be read; the first of them:",
                    "p",
                    "soft",
                )
                draw_messages(found.messages)
                text(f"Topic: {found.topic or 'none'}", "p", "soft")

    async def _preview(self, workflow_id: str, file: SourceFile, edited: str) -> None:
        self._outcome.clear()
        await self._propose(workflow_id, file, edited)

    def _say_how_far(self, words: str, done: int, total: int) -> None:
        self._outcome.clear()
        with self._outcome:
            text(f"{words}: {min(1.0, done / max(1, total)):.0%}", "p", "working")
            bar = box("progress", max=str(max(1, total)), value=str(done), aria_label=words)
            bar.style("width:100%")

    def _say(self, words: str, classes: str) -> None:
        self._outcome.clear()
        with self._outcome:
            text(words, "p", classes)


def _draw_table(found: Sequence[WorkflowSummary], measured: Mapping[str, Coverage]) -> None:
    with table(
        "Dataset", "Records", "Topics", "Balance score", numbers=("Records", "Topics", "Balance score")
    ):
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
    if report.good:
        text(f"{report.added:,} records of {shown} are in {workflow_id}.", "p")
    else:
        text(f"Nothing was imported: {shown} holds no record that could be read.", "p", "bad")
    for found in report.formats:
        text(f"{found.text}: {found.records:,} records", "p", "soft small")
    for line in import_lines(report):
        text(line.replace("`", ""), "p", "small")
    for names in report.near_same:
        with box("p", "warn small"):
            text(f"Topics that differ only in how they are written: {', '.join(names)}. ")
            link("Make them one", address(workflow_id, "topics"))
    bad = [unread for unread in report.bad if unread.code != "marked_bad"]
    for unread in bad[:_BAD_SHOWN]:
        where = "" if unread.line is None else f"Line {unread.line}: "
        text(f"{where}{unread.reason}", "p", "bad small")
    if len(bad) > _BAD_SHOWN:
        text(f"… and {len(bad) - _BAD_SHOWN:,} more lines that could not be read.", "p", "bad small")
    if report.good:
        link(f"Look at {workflow_id}", address(workflow_id), "act")


def _id_from(name: str) -> str:
    """A dataset's id after a file's name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name.partition(".")[0]).strip("-")[:60] or "dataset"
