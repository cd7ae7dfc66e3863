"""Looks at every record of a workflow as a trainer would, one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from ...errors import InvalidInput
from ...store.store import Store
from ...store.stored_rows import OnProgress, StoredRow, count_rows, stored_rows, told
from ..exports.converted import Unfit
from ..formats.marks import bad_mark
from ..kept_beside import KeptBeside
from .content_rules import check_content
from .duplicates import Duplicates, Earlier, findings_of
from .report import Collector, ValidationReport
from .role_rules import check_roles
from .rules import RULES, Finding
from .tokens import make_counter
from .tool_rules import check_answers, check_tools
from .vendor_file import VendorFile
from .vendors import MAX_TOKENS, UNASKED, severity_of, vendor_named

OnFinding = Callable[[StoredRow, Finding], None]
_ROWS_AT_ONCE = 1_000


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
    validation = Validation(vendor, max_tokens)
    duplicates = Duplicates()
    with store.read() as connection:
        total = count_rows(connection, workflow_id) if on_progress else 0
        rows = told(stored_rows(connection, workflow_id), on_progress, total)
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            sources = [parsed(row.body) for row in some]
            known = duplicates.check(some, sources)
            for row, source, one in zip(some, sources, known, strict=True):
                for finding in validation.add(row, one, source):
                    if on_finding is not None:
                        on_finding(row, finding)
    return validation.report(not_compared=duplicates.not_remembered)


class Validation:
    """A validation under way, of a dataset or of a part of it; parts add up.

    Args:
        vendor: as for `validate_records`.
        max_tokens: likewise.

    Raises:
        InvalidInput: the limit is below 1, or there is no such vendor.
    """

    def __init__(self, vendor: str | None, max_tokens: int | None) -> None:
        if max_tokens is not None and max_tokens < 1:
            raise InvalidInput(
                f"The limit is {max_tokens} tokens.", hint="Give a number above 0, such as 4096."
            )
        asked = None if vendor is None else vendor_named(vendor)
        self._most = max_tokens or (asked and asked.most_tokens) or MAX_TOKENS
        self._vendors = UNASKED if asked is None else (asked,)
        self._file = None if asked is None else VendorFile(asked)
        self._counter = make_counter()
        self._collector = Collector(self._vendors)
        self._beside = KeptBeside()

    def add(
        self, row: StoredRow, earlier: Sequence[Earlier], source: dict[str, Any] | None = None
    ) -> list[Finding]:
        """Look at a record.

        Args:
            row: the record.
            earlier: the records before it that it repeats or contradicts.
            source: its parsed body, if it is at hand.

        Returns:
            What was found, one for each rule.
        """
        tokens = 0
        try:
            source = json.loads(row.body) if source is None else source
            self._beside.add(source, row.topic_field)
            tokens = self._counter.of_record(source)
            found = [*_of_length(tokens, self._most)]
            found += (finding for one in earlier for finding in findings_of(one, row.topic, tokens))
            found += _of_mark(source, row.topic_field)
            found += check_record(source) if self._file is None else _in_file(self._file, row, source)
        except Exception as error:  # one record that is not as it should be must not hide all others
            found = [Finding("unreadable", f"{type(error).__name__}: {error}")]
        found = [one for one in found if severity_of(RULES[one.rule], self._vendors) is not None]
        findings = _one_of_each(found)
        self._collector.add(row, findings, tokens)
        return findings

    def add_part(self, later: Validation) -> None:
        """Add what was found in the records after these."""
        self._collector.add_part(later._collector)
        self._beside.add_part(later._beside)
        if self._file is not None and later._file is not None:
            self._file.add_part(later._file)

    def __getstate__(self) -> dict[str, Any]:
        """Without the tokenizer, which each process has its own of."""
        return {name: value for name, value in vars(self).items() if name != "_counter"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._counter = make_counter()

    def report(self, *, not_compared: int = 0) -> ValidationReport:
        """What was found in all records."""
        collector = self._collector
        return ValidationReport(
            records=collector.records,
            clean=collector.clean,
            refused_by=dict(sorted(collector.refused_by.items())),
            tokens=collector.tokens,
            longest=collector.longest,
            max_tokens=self._most,
            token_method=self._counter.method,
            tokens_exact=self._counter.exact,
            not_compared=not_compared,
            rules=collector.rules(),
            left_beside=dict(self._beside.unread.most_common()),
            beside=dict(self._beside.fields.most_common()),
            file=None if self._file is None else self._file.report(),
        )


def parsed(body: str) -> dict[str, Any] | None:
    """The value of a record's JSON text; ``None`` where it cannot be read."""
    try:
        source: dict[str, Any] = json.loads(body)
    except ValueError:
        return None
    return source


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
