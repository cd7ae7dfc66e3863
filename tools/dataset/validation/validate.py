"""Looks at every record of a workflow as a trainer would, one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from ...errors import InvalidInput
from ...store.store import Store
from ...store.stored_rows import OnProgress, StoredRow, count_rows, stored_rows, told
from ..exports.converted import Unfit
from ..formats.marks import bad_mark
from ..kept_beside import KeptBeside
from .content_rules import check_content
from .duplicates import Duplicates
from .report import Collector, ValidationReport
from .role_rules import check_roles
from .rules import RULES, Finding
from .tokens import make_counter
from .tool_rules import check_answers, check_tools
from .vendor_file import VendorFile
from .vendors import MAX_TOKENS, UNASKED, severity_of, vendor_named

OnFinding = Callable[[StoredRow, Finding], None]


def validate_records(
    store: Store,
    workflow_id: str,
    *,
    vendor: str | None = None,
    max_tokens: int | None = None,
    on_finding: OnFinding | None = None,
    on_progress: OnProgress | None = None,
) -> ValidationReport:
    """Find what a trainer would refuse, waste or stumble over. Changes nothing, and no record stops it.

    Args:
        store: where the records are.
        workflow_id: whose they are.
        vendor: whose rules are asked for, a name of `vendors.VENDORS`; they look at the records as they would be in
            the file that this vendor takes. ``None`` asks what trainers of OpenAI chat would say.
        max_tokens: tokens from which a record is too long; ``None`` is the vendor's limit, or 4096 where it has none.
        on_finding: called with every finding; the report names the first of each rule only.
        on_progress: told how many records are done, and of how many.

    Raises:
        InvalidInput: the limit is below 1, or there is no such vendor.
        WorkflowNotFound: there is no such workflow.
    """
    if max_tokens is not None and max_tokens < 1:
        raise InvalidInput(f"The limit is {max_tokens} tokens.", hint="Give a number above 0, such as 4096.")
    asked = None if vendor is None else vendor_named(vendor)
    most = max_tokens or (asked and asked.most_tokens) or MAX_TOKENS
    vendors = UNASKED if asked is None else (asked,)
    file = None if asked is None else VendorFile(asked)
    counter = make_counter()
    duplicates = Duplicates()
    collector = Collector(vendors)
    beside = KeptBeside()
    with store.read() as connection:
        rows = stored_rows(connection, workflow_id)
        total = count_rows(connection, workflow_id) if on_progress else 0
        for row in told(rows, on_progress, total):
            tokens = 0
            try:
                source = json.loads(row.body)
                beside.add(source, row.topic_field)
                tokens = counter.of_record(source)
                found = [*_of_length(tokens, most), *duplicates.check(row, source, tokens)]
                found += _of_mark(source, row.topic_field)
                found += check_record(source) if file is None else _in_file(file, row, source)
            except Exception as error:  # one record that is not as it should be must not hide all others
                found = [Finding("unreadable", f"{type(error).__name__}: {error}")]
            found = [one for one in found if severity_of(RULES[one.rule], vendors) is not None]
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
        max_tokens=most,
        token_method=counter.method,
        tokens_exact=counter.exact,
        not_compared=duplicates.not_remembered,
        rules=collector.rules(),
        left_beside=dict(beside.unread.most_common()),
        beside=dict(beside.fields.most_common()),
        file=None if file is None else file.report(),
    )


def check_record(source: dict[str, Any]) -> Iterator[Finding]:
    """All findings about one record by itself, without its length; whose matter they are is in `vendors`."""
    yield from check_roles(source["messages"])
    yield from check_content(source["messages"])
    yield from check_tools(source)
    yield from check_answers(source["messages"])


def _in_file(file: VendorFile, row: StoredRow, source: dict[str, Any]) -> list[Finding]:
    """The findings about a record as it is in a vendor's file; those of the record itself where it is in none."""
    if not row.has_assistant_turn or bad_mark(source, row.topic_field):
        return list(check_record(source))
    try:
        chat = file.add(row.body, source, row.topic)
    except Unfit as unfit:
        return file.unfit(unfit.reason, list(check_record(source)))
    return list(check_record(chat))


def _of_mark(source: dict[str, Any], topic_field: str) -> Iterator[Finding]:
    mark = bad_mark(source, topic_field)
    if mark is not None:
        yield Finding("marked_as_bad", f"`{mark}` is {str(source[mark]).strip().lower()}")


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
