"""The tool that checks a dataset as a trainer would."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from .dataset.validation.report import ValidationReport
from .dataset.validation.rules import RULES, Finding
from .dataset.validation.validate import MAX_TOKENS, validate_records
from .errors import CoverageError
from .failure import internal_failure
from .new_files import appearing_together, refuse_existing
from .store.stored_rows import OnProgress, StoredRow

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

    from .services import Services


class ValidateDatasetInput(BaseModel):
    """What `validate_dataset` needs."""

    workflow_id: str = Field(description="The workflow (dataset) to validate, such as wf-123.")
    max_tokens: int = Field(
        default=MAX_TOKENS, ge=1, description="Tokens from which a record is too long for the trainer."
    )


def validate(
    services: Services,
    workflow_id: str,
    *,
    max_tokens: int = MAX_TOKENS,
    findings_file: str | Path | None = None,
    overwrite: bool = False,
    on_progress: OnProgress | None = None,
) -> ValidationReport:
    """Check a dataset; the report names the first records of each rule.

    Args:
        services: where the store is.
        workflow_id: whose records.
        max_tokens: tokens from which a record is too long.
        findings_file: a file for all findings, one JSON object per line; it appears when it is whole.
        overwrite: whether that file may replace one that is there.
        on_progress: told how many records are done, and of how many.

    Raises:
        InvalidInput: the file is there already or cannot be written, or the limit is below 1.
        WorkflowNotFound: there is no such workflow.
    """
    if findings_file is None:
        return validate_records(services.store, workflow_id, max_tokens=max_tokens, on_progress=on_progress)
    target = Path(findings_file).expanduser()
    refuse_existing(target, overwrite)
    with appearing_together(target, overwrite) as files:
        file = files.open(target)

        def write(row: StoredRow, finding: Finding) -> None:
            file.write(json.dumps(_line(row, finding), ensure_ascii=False).encode("utf-8") + b"\n")

        return validate_records(
            services.store, workflow_id, max_tokens=max_tokens, on_finding=write, on_progress=on_progress
        )


def validate_dataset(services: Services, workflow_id: str, max_tokens: int = MAX_TOKENS) -> dict[str, Any]:
    """Check a dataset and answer as a tool does; never raises.

    Returns:
        ``{"success": true, "validation": {...}}``, or ``{"success": false, "error": {code, message, hint}}``.
    """
    try:
        report = validate(services, workflow_id, max_tokens=max_tokens)
        return {"success": True, "validation": {"workflow_id": workflow_id, **asdict(report)}}
    except CoverageError as error:
        return error.to_failure()
    except Exception as error:
        return internal_failure(error, "validate_dataset")


def validate_dataset_tool(services: Services) -> StructuredTool:
    """`validate_dataset` as a LangChain tool; it answers with JSON text."""
    from langchain_core.tools import StructuredTool

    def run(workflow_id: str, max_tokens: int = MAX_TOKENS) -> str:
        return json.dumps(validate_dataset(services, workflow_id, max_tokens), ensure_ascii=False)

    return StructuredTool.from_function(
        func=run,
        name="validate_dataset",
        description="Check a workflow's records as a trainer would: role order, tool calls, duplicates, length. "
        "Says which records each rule finds and what a fix costs. Changes nothing.",
        args_schema=ValidateDatasetInput,
    )


def _line(row: StoredRow, finding: Finding) -> dict[str, Any]:
    rule = RULES[finding.rule]
    return {
        "rule": rule.id,
        "severity": rule.severity,
        "record_id": row.id,
        "place": row.place,
        "topic": row.topic,
        "evidence": finding.evidence,
        "wasted_tokens": finding.wasted,
        "refused_by": list(rule.refused_by),
        "fix": rule.fix,
    }
