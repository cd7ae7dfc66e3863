"""Looks at every record of a workflow as a trainer would, one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ...errors import InvalidInput
from ...store.store import Store
from ...store.stored_rows import OnProgress, StoredRow, count_rows, stored_rows, told
from .duplicates import Duplicates
from .report import Collector, ValidationReport
from .role_rules import check_content, check_roles
from .rules import Finding
from .tokens import make_counter
from .tool_rules import check_answers, check_tools

MAX_TOKENS = 4096
"""The limit of the OpenAI cookbook; trainers differ, and most let it be set."""

OnFinding = Callable[[StoredRow, Finding], None]


def validate_records(
    store: Store,
    workflow_id: str,
    *,
    max_tokens: int = MAX_TOKENS,
    on_finding: OnFinding | None = None,
    on_progress: OnProgress | None = None,
) -> ValidationReport:
    """Find what a trainer would refuse, waste or stumble over. Changes nothing, and no record stops it.

    Args:
        store: where the records are.
        workflow_id: whose they are.
        max_tokens: tokens from which a record is too long.
        on_finding: called with every finding; the report names the first of each rule only.
        on_progress: told how many records are done, and of how many.

    Raises:
        InvalidInput: the limit is below 1.
        WorkflowNotFound: there is no such workflow.
    """
    if max_tokens < 1:
        raise InvalidInput(f"The limit is {max_tokens} tokens.", hint="Give a number above 0, such as 4096.")
    counter = make_counter()
    duplicates = Duplicates()
    collector = Collector()
    with store.read() as connection:
        rows = stored_rows(connection, workflow_id)
        total = count_rows(connection, workflow_id) if on_progress else 0
        for row in told(rows, on_progress, total):
            tokens = 0
            try:
                source = json.loads(row.body)
                tokens = counter.of_record(source)
                found = [*_of_length(tokens, max_tokens), *duplicates.check(row, source, tokens)]
                found += check_record(source)
            except Exception as error:  # one record that is not as it should be must not hide all others
                found = [Finding("unreadable", f"{type(error).__name__}: {error}")]
            findings = _one_of_each(found)
            collector.add(row, findings, tokens)
            for finding in findings if on_finding else ():
                on_finding(row, finding)  # type: ignore[misc]
    return ValidationReport(
        records=collector.records,
        clean=collector.clean,
        refused_by=dict(sorted(collector.refused_by.items())),
        tokens=collector.tokens,
        longest=collector.longest,
        max_tokens=max_tokens,
        token_method=counter.method,
        tokens_exact=counter.exact,
        not_compared=duplicates.not_remembered,
        rules=collector.rules(),
    )


def check_record(source: dict[str, Any]) -> Iterator[Finding]:
    """The findings about one record by itself, without its length."""
    yield from check_roles(source["messages"])
    yield from check_content(source["messages"])
    yield from check_tools(source)
    yield from check_answers(source["messages"])


def _of_length(tokens: int, most: int) -> Iterator[Finding]:
    if tokens > most:
        yield Finding("too_long", f"{tokens} tokens", tokens - most)


def _one_of_each(found: list[Finding]) -> list[Finding]:
    """The first finding of each rule, with the number of the others."""
    first: dict[str, Finding] = {}
    more: dict[str, int] = {}
    for finding in found:
        if finding.rule in first:
            more[finding.rule] = more.get(finding.rule, 0) + 1
        else:
            first[finding.rule] = finding
    return [
        Finding(rule, f"{one.evidence}, and {more[rule]} more", one.wasted) if rule in more else one
        for rule, one in first.items()
    ]
