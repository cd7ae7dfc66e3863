"""`import`: datasets in."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...tools.dataset.topic_label import DEFAULT_FIELD
from ..output import ExitCode, note, print_json, say, stderr
from ..views.progress import LINE_EVERY_SECONDS
from .import_suggestion import command_line, show_suggestion
from .options_and_prompts import AsJson, Engine, by_engine, open_services
from .targets import show_change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...tools.dataset.import_report import BadLine, ImportProgress, ImportReport
    from ...tools.dataset.importer import OnProgress
    from ...tools.dataset.sources import SourceFile
    from ...tools.dataset.topic_candidates import HowToRead
    from ...tools.services import Services

_FILES_NAMED = 5
_CANDIDATES_NAMED = 3
_OF_UNKNOWN_LAYOUT = ("no_messages", "unsupported_format")
BAD_LINES_SHOWN = 200
"""How many bad lines are printed one by one; `--json` has them all."""
BAD_LINES_OF_A_REASON = 5
"""How many of them with the same reason in the same file: what all lines have is said at a glance."""


def import_(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH…",
            help="Datasets: files (JSONL, JSON, CSV, Excel, Parquet), folders, patterns, - for standard input, "
            "hf://datasets/….",
            show_default=False,
        ),
    ],
    workflow: Annotated[
        str | None,
        typer.Option(
            "--workflow", "-w", metavar="ID", help="The dataset being prepared.", show_default=False
        ),
    ] = None,
    topic_field: Annotated[
        str, typer.Option("--topic-field", metavar="NAME", help="The field that holds a record's topic.")
    ] = DEFAULT_FIELD,
    topics: Annotated[
        Path | None,
        typer.Option(
            "--topics",
            metavar="FILE",
            help="YAML or JSON with the topics' names, descriptions and target weights.",
            show_default=False,
        ),
    ] = None,
    targets_from: Annotated[
        Path | None,
        typer.Option(
            "--targets-from",
            metavar="FILE",
            help="A file whose topic mix becomes the target, such as production traffic.",
            show_default=False,
        ),
    ] = None,
    file_format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAME",
            help="Format of the records, such as openai, sharegpt, alpaca, anthropic; auto finds out.",
        ),
    ] = "auto",
    mapping_file: Annotated[
        Path | None,
        typer.Option(
            "--map",
            metavar="FILE",
            help="YAML that says which fields are the turns, the system message, the tools and the topic.",
            show_default=False,
        ),
    ] = None,
    suggest: Annotated[
        bool,
        typer.Option(
            "--suggest", help="Import nothing; propose such a file and show the first record by it."
        ),
    ] = False,
    no_model: Annotated[
        bool,
        typer.Option(
            "--no-model", help="With --suggest: go by the values alone; nothing is sent to an endpoint."
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="With --suggest: write it there.", show_default=False
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", "--force", help="Replace that file if there is one.")
    ] = False,
    encoding: Annotated[
        str,
        typer.Option(
            "--encoding",
            metavar="NAME",
            help="What the text is written in, such as cp1252, where it is not UTF-8.",
            show_default=False,
        ),
    ] = "",
    engine: Engine = "process",
    as_json: AsJson = False,
) -> None:
    """Read datasets into a workflow; bad lines are reported and the rest goes in."""
    from ...tools.dataset.formats.registry import FORMAT_NAMES
    from ...tools.dataset.mapping.mapping_file import read_mapping
    from ...tools.dataset.reference_mix import read_mix
    from ...tools.dataset.sources import opened_sources
    from ...tools.dataset.topic_candidates import HowToRead
    from ...tools.dataset.topics_file import read_topics
    from ...tools.set_targets import targets_of_mix
    from ...tools.store.workflows import set_topics

    if file_format not in FORMAT_NAMES:
        known = ", ".join(FORMAT_NAMES)
        raise typer.BadParameter(f"{file_format!r} is not known; use one of {known}.", param_hint="--format")
    if mapping_file is not None and file_format != "auto":
        raise typer.BadParameter(
            "the mapping says what the fields are; leave --format out.", param_hint="--map"
        )
    mapping = read_mapping(mapping_file) if mapping_file is not None else None
    if mapping is not None and mapping.topic is not None and topic_field != DEFAULT_FIELD:
        raise typer.BadParameter("the mapping names the topic already.", param_hint="--topic-field")
    how = HowToRead(file_format, topic_field, mapping, encoding)
    if suggest:
        with opened_sources(paths[:1], lambda: sys.stdin.buffer) as sources:
            show_suggestion(
                sources.files[0], how, output, overwrite=overwrite, as_json=as_json, no_model=no_model
            )
        return
    if workflow is None:
        raise typer.BadParameter("name the dataset being prepared: -w ID.", param_hint="--workflow")
    if output is not None:
        raise typer.BadParameter("it belongs to --suggest.", param_hint="--output")
    declared = read_topics(topics) if topics else None
    mix = read_mix(targets_from, topic_field) if targets_from else None
    services = open_services()
    store = services.store
    with opened_sources(paths, lambda: sys.stdin.buffer, remote=engine == "ray") as sources:
        by_engine = _import_by_ray if engine == "ray" else _import_here
        report = by_engine(services, workflow, sources.files, how)
    if declared is not None and report.good:
        set_topics(store, workflow, declared)
    targets = targets_of_mix(services, workflow, mix) if mix is not None and report.good else None
    if as_json:
        document = {"workflow_id": workflow, **asdict(report), "left_alone": sources.left_alone}
        if targets is not None:
            document["targets"] = targets.after
        print_json({"success": report.good > 0 and not report.mostly_unread, "import": document})
    else:
        _show_import(workflow, report, paths, sources.left_alone)
        if targets is not None:
            show_change(targets)
    if not report.good:
        note("Nothing in it could be used.", style="red")
        raise typer.Exit(ExitCode.FAILED)
    if report.mostly_unread:
        for file in report.mostly_unread:
            note(f"Most of {file} could not be read; what could is in {workflow}.", style="red")
        raise typer.Exit(ExitCode.FAILED)


def _import_here(
    services: Services, workflow: str, files: Sequence[SourceFile], how: HowToRead
) -> ImportReport:
    from ...tools.dataset.importer import import_files

    with _import_bar() as on_progress:
        return import_files(
            services.store,
            workflow,
            files,
            topic_field=how.topic_field,
            file_format=how.file_format,
            mapping=how.mapping,
            encoding=how.encoding,
            on_progress=on_progress,
        )


def _import_by_ray(
    services: Services, workflow: str, files: Sequence[SourceFile], how: HowToRead
) -> ImportReport:
    from ...tools.shards.import_sharded import import_sharded

    with by_engine(services, "ray") as cluster:
        assert cluster is not None
        folder = services.settings.shard_folder
        return import_sharded(services.store, cluster, workflow, files, folder, how=how)


@contextmanager
def _import_bar() -> Iterator[OnProgress]:
    """A bar with the time left for files that take long to read; a line now and then where there is no terminal."""
    console = stderr()
    if not console.is_terminal:
        yield _told_now_and_then()
        return
    from rich.progress import Progress

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Importing", total=None)
        yield lambda done: bar.update(task, completed=done.bytes_read, total=done.bytes_total)


def _told_now_and_then() -> OnProgress:
    told_at = 0.0

    def tell(done: ImportProgress) -> None:
        nonlocal told_at
        if done.seconds - told_at < LINE_EVERY_SECONDS or done.seconds_left is None:
            return
        told_at = done.seconds
        note(f"{done.records:,} records imported, about {done.seconds_left:.0f} seconds left")

    return tell


def _show_import(workflow: str, report: ImportReport, named: list[str], left_alone: list[str]) -> None:
    from ...tools.coverage.wording import plural
    from ..views.import_report import import_lines

    for found in report.formats:
        say(f"{found.text}: {plural(found.records, 'record')}", style="dim")
    if left_alone:
        others = f" and {len(left_alone) - _FILES_NAMED} more" if len(left_alone) > _FILES_NAMED else ""
        say(f"Left alone, for their names: {', '.join(left_alone[:_FILES_NAMED])}{others}.", style="dim")
    say(f"{plural(report.added, 'record')} imported into {workflow}.", style="bold")
    for line in import_lines(report):
        say(line)
    if report.topic_candidates:
        likely = report.topic_candidates[:_CANDIDATES_NAMED]
        say(
            f"Topics could be in {'; '.join(map(str, likely))}. To use the first, import into another workflow:"
        )
        say(f"  {command_line('import', *named, '--topic-field', likely[0].field, '-w', 'ANOTHER-ID')}")
    for names in report.near_same:
        others = " ".join(shlex.quote(name) for name in names[1:])
        say(
            f"Topics that differ only in how they are written: {', '.join(map(repr, names))}. To make one of them: "
            f"finetune-coverage topics merge {others} -w {shlex.quote(workflow)} --into {shlex.quote(names[0])}"
        )
    bad = [line for line in report.bad if line.code != "marked_bad"]
    _show_bad(bad, named, is_most=not report.good or bool(report.mostly_unread))


def _show_bad(bad: list[BadLine], named: list[str], *, is_most: bool) -> None:
    seen: Counter[tuple[str, str]] = Counter()
    shown: list[BadLine] = []
    for line in bad:
        seen[line.file, line.reason] += 1
        if seen[line.file, line.reason] <= BAD_LINES_OF_A_REASON:
            shown.append(line)
    del shown[BAD_LINES_SHOWN:]
    for line in shown:
        say(f"{line.place}: {line.reason} [{line.code}]", style="yellow")
    more = len(bad) - len(shown)
    if more > 0:
        say(f"… and {more} more; --json lists them all.", style="yellow")
    if bad:
        say(f"{len(bad)} bad lines were left out.")
    # Messages that are bad in most of a file are another layout that looks like a known one.
    if any(line.code in _OF_UNKNOWN_LAYOUT or (is_most and line.code == "bad_message") for line in bad):
        say("Fields of your own are told with --map. A mapping is proposed by:")
        say(f"  {command_line('import', *named[:1], '--suggest', '-o', 'mapping.yaml')}")
    if any(line.code == "not_utf8" for line in bad):
        say("Text that is not UTF-8 is read when its encoding is named, such as --encoding cp1252.")
