"""`export`: the dataset out, as a trainer reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...tools.bounds import MOST_LISTED
from ...tools.dataset.exports.report_lines import loss_lines, outcome_lines
from ...tools.errors import InvalidInput
from ..output import note, print_json, say
from ..views.record_bar import record_bar
from .file_or_stdout import STDOUT, file_or_stdout
from .options_and_prompts import AsJson, Engine, Workflow, by_engine, finite, open_services

if TYPE_CHECKING:
    from ...tools.dataset.exporter import ExportReport
    from ...tools.dataset.record import Origin
    from ...tools.shards.export_sharded import ExportOrder


def export(
    workflow: Workflow,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="File (huggingface: folder) to write; - is standard output.",
            show_default=False,
        ),
    ],
    file_format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAME",
            help="openai, openai-upload, sharegpt, alpaca, huggingface, trl, axolotl, llamafactory, azure, together, "
            "mistral, bedrock, gemini or cohere.",
        ),
    ] = "openai",
    split: Annotated[
        float | None,
        typer.Option(
            "--split",
            metavar="SHARE",
            min=0,
            max=1,
            callback=finite,
            help="Divide into training and validation, topic by topic: 0.9 is 90% for training.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, max=MOST_LISTED, help="Another seed divides in another way.")
    ] = 0,
    real_validation: Annotated[
        bool,
        typer.Option(
            "--real-validation",
            help="No generated record for validation, nor a real one of which alone one was generated.",
        ),
    ] = False,
    with_synthetic: Annotated[
        bool, typer.Option("--with-synthetic/--no-synthetic", help="Also generated records.")
    ] = True,
    only_synthetic: Annotated[bool, typer.Option("--only-synthetic", help="Only generated records.")] = False,
    provenance: Annotated[
        bool,
        typer.Option(
            "--provenance", help="Also write where each record comes from (a file beside it; a column)."
        ),
    ] = False,
    leave_out_unfit: Annotated[
        bool,
        typer.Option("--leave-out-unfit", help="Leave out records that the format cannot hold."),
    ] = False,
    oversample: Annotated[
        bool,
        typer.Option(
            "--oversample",
            help="Repeat the records of small topics for training, up to their targets: free, and nothing is invented.",
        ),
    ] = False,
    include_all: Annotated[
        bool,
        typer.Option(
            "--all", help="Also records without an assistant turn, and those that are marked as bad answers."
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written and lost, and write nothing.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", "--force", help="Replace files that are there.")
    ] = False,
    without_topic: Annotated[
        list[str] | None,
        typer.Option(
            "--without-topic",
            metavar="NAME",
            help="Leave out the records of a topic; may be given several times.",
            show_default=False,
        ),
    ] = None,
    ending_with_assistant: Annotated[
        bool,
        typer.Option(
            "--ending-with-assistant", help="Leave out records whose last message is not the assistant's."
        ),
    ] = False,
    engine: Engine = "process",
    as_json: AsJson = False,
) -> None:
    """Write the dataset as a trainer reads it; what a format cannot hold is said."""
    from ...tools.dataset.exporter import export_records
    from ...tools.dataset.exports.export_format import FORMATS
    from ...tools.shards.export_sharded import ExportOrder

    if file_format not in FORMATS:
        known = ", ".join(FORMATS)
        raise typer.BadParameter(f"{file_format!r} is not known; use one of {known}.", param_hint="--format")
    if split is not None and not 0 < split < 1:
        raise typer.BadParameter("give a share between 0 and 1, such as 0.9.", param_hint="--split")
    if real_validation and split is None:
        raise typer.BadParameter("give --split too, such as 0.9.", param_hint="--real-validation")
    if only_synthetic and not with_synthetic:
        raise typer.BadParameter("it leaves nothing with --no-synthetic.", param_hint="--only-synthetic")
    if output == STDOUT and as_json:
        raise typer.BadParameter("both would be on standard output; leave --json out.", param_hint="--output")
    origin: Origin | None = "synthetic" if only_synthetic else None if with_synthetic else "real"
    if engine == "ray":
        if output == STDOUT:
            raise typer.BadParameter("--engine ray writes a folder; name one.", param_hint="--output")
        if dry_run:
            raise typer.BadParameter("--engine ray does not do it yet.", param_hint="--dry-run")
        order = ExportOrder(
            file_format,
            include_all=include_all,
            origin=origin,
            split=split,
            seed=seed,
            real_validation=real_validation,
            provenance=provenance,
            leave_out_unfit=leave_out_unfit,
            oversample=oversample,
            without_topics=tuple(without_topic or ()),
            ending_with_assistant=ending_with_assistant,
        )
        _export_by_ray(workflow, output, order, overwrite=overwrite, as_json=as_json)
        return
    told: list[ExportReport] = []

    def tell(planned: ExportReport) -> None:
        told.append(planned)
        show_losses(planned)

    with file_or_stdout(output) as target, record_bar("Exporting") as on_progress:
        report = export_records(
            open_services().store,
            workflow,
            target,
            include_all=include_all,
            overwrite=overwrite,
            origin=origin,
            file_format=file_format,
            split=split,
            seed=seed,
            real_validation=real_validation,
            provenance=provenance,
            leave_out_unfit=leave_out_unfit,
            oversample=oversample,
            without_topics=without_topic or (),
            ending_with_assistant=ending_with_assistant,
            dry_run=dry_run,
            on_survey=None if as_json else tell,
            on_progress=on_progress,
        )
        if output == STDOUT and report.files != (target,):
            raise InvalidInput(
                f"{file_format} with these options is more than one file.",
                hint="Name a file or folder to write.",
            )
    if as_json:
        print_json({"success": True, "export": {"workflow_id": workflow, **asdict(report)}})
    elif dry_run:
        say(f"{report.written} records would be written to {report.path} ({report.synthetic} synthetic).")
    else:
        show_export(report, note if output == STDOUT else say, losses_told=bool(told))


def _export_by_ray(
    workflow: str, output: Path, order: ExportOrder, *, overwrite: bool, as_json: bool
) -> None:
    from ...tools.shards.export_sharded import export_sharded

    services = open_services()
    with by_engine(services, "ray") as cluster:
        assert cluster is not None
        folder = services.settings.shard_folder
        report = export_sharded(services.store, cluster, workflow, output, folder, order, overwrite=overwrite)
    if as_json:
        print_json({"success": True, "export": {"workflow_id": workflow, **asdict(report)}})
    else:
        show_export(replace(report, files=(report.path,)))


def show_losses(report: ExportReport) -> None:
    """Print what the format does not hold, and what is left out."""
    for line in loss_lines(report, keep="; --all keeps such records"):
        note(line, style="yellow")


def show_export(report: ExportReport, tell: Callable[..., None] = say, *, losses_told: bool = False) -> None:
    """Print what was written and, unless it was told before, what the format lost and what was left out.

    Args:
        report: what the export did.
        tell: prints a line: `note` where the records themselves are on standard output.
        losses_told: whether the losses were printed before it wrote.
    """
    place = "standard output" if tell is note else report.path
    tell(f"{report.written} records written to {place} ({report.synthetic} synthetic).", style="bold")
    if report.files != (report.path,):
        for file in report.files:
            say(f"  {file}")
    if not losses_told:
        show_losses(report)
    for line in outcome_lines(report):
        tell(line)
    if report.config:
        say()
        say(report.config.rstrip())
