"""`validate`: what a trainer would refuse, waste or stumble over."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...tools.bounds import MOST_TOKENS
from ...tools.dataset.exports.report_lines import beside_lines
from ..output import note, print_json, print_table, say
from ..views.record_bar import record_bar
from .options_and_prompts import AsJson, Engine, Workflow, by_engine, open_services

if TYPE_CHECKING:
    from ...tools.dataset.validation.report import FileReport, RuleReport, ValidationReport

_PLACES_SHOWN = 3
_TOPICS_SHOWN = 3
_WORST = 0.1
"""Share of a topic from which its loss is worth a word."""


def validate(
    workflow: Workflow,
    vendor: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="NAME",
            help="By the rules of who is to take the file: openai, azure, together, mistral, bedrock, gemini (vertex), "
            "cohere, llamafactory or axolotl.",
            show_default=False,
        ),
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(
            "--max-tokens",
            min=1,
            max=MOST_TOKENS,
            metavar="N",
            help="Longer records are cut by the trainer; 4096, or the limit of who is named with --for.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write every finding there, one JSON object per line.",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", "--force", help="Replace that file if there is one.")
    ] = False,
    engine: Engine = "process",
    as_json: AsJson = False,
) -> None:
    """Check the dataset as a trainer would, and say what each fix costs; nothing is changed."""
    from ...tools.validate_dataset import validate as run

    services = open_services()
    with by_engine(services, engine) as cluster, record_bar("Validating") as on_progress:
        report = run(
            services,
            workflow,
            vendor=vendor,
            max_tokens=max_tokens,
            findings_file=output,
            overwrite=overwrite,
            cluster=cluster,
            on_progress=on_progress,
        )
    if as_json:
        print_json({"success": True, "validation": {"workflow_id": workflow, **asdict(report)}})
        return
    _show(report)
    if output is not None:
        say(f"All findings: {output}")


def _show(report: ValidationReport) -> None:
    about = "" if report.tokens_exact else "about "
    say(f"{report.records:,} records, {report.clean:,} of them without a finding.", style="bold")
    say(f"Tokens of one epoch: {about}{report.tokens:,}; the longest record: {about}{report.longest:,}.")
    note(f"Tokens are counted so: {report.token_method}.")
    for trainer, records in report.refused_by.items():
        say(f"{trainer} refuses or skips {records:,} records.", style="yellow")
    for line in beside_lines(report.beside, report.left_beside):
        say(line, style="yellow")
    if report.file is not None:
        _show_file(report.file)
    if not report.rules:
        return
    say()
    print_table(
        ["Severity", "What is wrong", "Records", "Share", "Wasted tokens/epoch", "Fix"],
        [
            (
                rule.severity,
                f"{rule.says} [{rule.rule}]",
                f"{rule.records:,}",
                f"{rule.share:.1%}",
                f"{rule.wasted_tokens:,}" if rule.wasted_tokens else None,
                f"{rule.fix_kind}: {rule.fix}",
            )
            for rule in report.rules
        ],
        numbers=(2, 3, 4),
    )
    for rule in report.rules:
        _show_rule(rule)
    if report.not_compared:
        note(f"Near duplicates of {report.not_compared:,} records were not looked for: there are too many.")


def _show_file(file: FileReport) -> None:
    say(
        f"For {file.title}: {file.records:,} records, {file.bytes / 1e6:,.1f} MB (export --format {file.form})."
    )
    for found in file.findings:
        say(f"{found.says} [{found.rule}]: {found.fix}.", style="yellow")
    for loss, count in file.lost.items():
        note(f"Not in this format, in {count:,} records: {loss}.")
    if file.note:
        note(file.note)
    note(f"Rules: {', '.join(file.sources)}")


def _show_rule(rule: RuleReport) -> None:
    say()
    refused = f" (refused by {', '.join(rule.refused_by)})" if rule.refused_by else ""
    say(f"{rule.rule}{refused}", style="bold")
    for place in rule.places[:_PLACES_SHOWN]:
        name = place.place if place.place == place.record_id else f"{place.place} ({place.record_id})"
        say(f"  {name}: {place.evidence}")
    more = rule.records - min(len(rule.places), _PLACES_SHOWN)
    if more:
        say(f"  … and {more:,} more")
    worst = [(topic, lost) for topic, lost in rule.if_dropped.items() if lost.share >= _WORST]
    if worst:
        named = ", ".join(
            f"{topic} {lost.share:.0%} ({lost.records:,})" for topic, lost in worst[:_TOPICS_SHOWN]
        )
        others = f", and {len(worst) - _TOPICS_SHOWN} more topics" if len(worst) > _TOPICS_SHOWN else ""
        say(f"  Dropping them costs: {named}{others}")
