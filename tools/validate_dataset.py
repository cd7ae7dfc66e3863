"""The tool that checks a dataset as a trainer would."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pydantic import BaseModel, Field

from .dataset.validation.report import ValidationReport
from .dataset.validation.rules import RULES, Finding
from .dataset.validation.validate import validate_records
from .dataset.validation.vendors import UNASKED, VENDORS, Vendor, refusing, severity_of, vendor_named
from .errors import CoverageError
from .failure import internal_failure
from .new_files import appearing_together, refuse_existing
from .store.stored_rows import OnProgress, StoredRow

if TYPE_CHECKING:
    from langchain_core.tools import StructuredTool

    from .services import Services
    from .shards.cluster import RayCluster


class ValidateDatasetInput(BaseModel):
    """What `validate_dataset` needs."""

    workflow_id: str = Field(description="The workflow (dataset) to validate, such as wf-123.")
    vendor: str | None = Field(
        default=None,
        description="Who is to take the file, for their own rules: "
        f"{', '.join(VENDORS)}. Null asks what trainers of OpenAI chat would say.",
    )
    max_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Tokens from which a record is too long; null is the vendor's limit, or 4096.",
    )


def validate(
    services: Services,
    workflow_id: str,
    *,
    vendor: str | None = None,
    max_tokens: int | None = None,
    findings_file: str | Path | None = None,
    overwrite: bool = False,
    cluster: RayCluster | None = None,
    on_progress: OnProgress | None = None,
) -> ValidationReport:
    """Check a dataset; the report names the first records of each rule.

    Args:
        services: where the store is.
        workflow_id: whose records.
        vendor: whose rules are asked for, a name of `dataset.validation.vendors.VENDORS`.
        max_tokens: tokens from which a record is too long; ``None`` is the vendor's limit, or 4096.
        findings_file: a file for all findings, one JSON object per line; it appears when it is whole.
        overwrite: whether that file may replace one that is there.
        cluster: what validates records that lie in shards; this process validates those in the store.
        on_progress: told how many records are done, and of how many.

    Raises:
        InvalidInput: the file is there already or cannot be written, there is no such vendor, or the limit is
            below 1.
        WorkflowNotFound: there is no such workflow.
    """
    if findings_file is None:
        return _validated(services, workflow_id, vendor, max_tokens, cluster, on_progress, None)
    target = Path(findings_file).expanduser()
    refuse_existing(target, overwrite)
    with appearing_together(target, overwrite) as files:
        file = files.open(target)
        return _validated(services, workflow_id, vendor, max_tokens, cluster, on_progress, file)


def _validated(
    services: Services,
    workflow_id: str,
    vendor: str | None,
    max_tokens: int | None,
    cluster: RayCluster | None,
    on_progress: OnProgress | None,
    findings: BinaryIO | None,
) -> ValidationReport:
    as_line = partial(_line, UNASKED if vendor is None else (vendor_named(vendor),))
    if cluster is not None:
        from .shards.validate_sharded import validate_sharded

        return validate_sharded(
            services.store,
            cluster,
            workflow_id,
            services.settings.shard_folder,
            vendor=vendor,
            max_tokens=max_tokens,
            findings=findings,
            as_line=as_line,
        )

    def write(row: StoredRow, finding: Finding) -> None:
        if findings is not None:
            findings.write(as_line(row, finding))

    return validate_records(
        services.store,
        workflow_id,
        vendor=vendor,
        max_tokens=max_tokens,
        on_finding=write,
        on_progress=on_progress,
    )


def validate_dataset(
    services: Services, workflow_id: str, max_tokens: int | None = None, vendor: str | None = None
) -> dict[str, Any]:
    """Check a dataset and answer as a tool does; never raises.

    Returns:
        ``{"success": true, "validation": {...}}``, or ``{"success": false, "error": {code, message, hint}}``.
    """
    try:
        report = validate(services, workflow_id, vendor=vendor, max_tokens=max_tokens)
        return {"success": True, "validation": {"workflow_id": workflow_id, **asdict(report)}}
    except CoverageError as error:
        return error.to_failure()
    except Exception as error:
        return internal_failure(error, "validate_dataset")


def validate_dataset_tool(services: Services) -> StructuredTool:
    """`validate_dataset` as a LangChain tool; it answers with JSON text."""
    from langchain_core.tools import StructuredTool

    def run(workflow_id: str, vendor: str | None = None, max_tokens: int | None = None) -> str:
        return json.dumps(validate_dataset(services, workflow_id, max_tokens, vendor), ensure_ascii=False)

    return StructuredTool.from_function(
        func=run,
        name="validate_dataset",
        description="Check a workflow's records as a trainer would, or by the rules of a named vendor of fine-tuning: "
        "role order, tool calls, duplicates, length. "
        "Says which records each rule finds and what a fix costs. Changes nothing.",
        args_schema=ValidateDatasetInput,
    )


def _line(vendors: tuple[Vendor, ...], row: StoredRow, finding: Finding) -> bytes:
    rule = RULES[finding.rule]
    line = {
        "rule": rule.id,
        "severity": severity_of(rule, vendors),
        "record_id": row.id,
        "place": row.place,
        "topic": row.topic,
        "evidence": finding.evidence,
        "wasted_tokens": finding.wasted,
        "refused_by": list(refusing(rule, vendors)),
        "fix": rule.fix,
    }
    return json.dumps(line, ensure_ascii=False).encode("utf-8") + b"\n"
