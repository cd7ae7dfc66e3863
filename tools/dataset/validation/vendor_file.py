"""A dataset as the file that a vendor would get: each record as it is in it, and the file as a whole."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from ..exports.export_format import format_named
from ..formats.registry import read_item
from .report import FileFinding, FileReport
from .rules import Finding
from .vendors import DOES_NOT_FIT, GB, MB, Limit, Vendor


class VendorFile:
    """The file of a vendor, record by record; nothing is written."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._form = format_named(vendor.form)
        self._records = 0
        self._bytes = len(self._form.begins_with)
        self._lost: Counter[str] = Counter()

    def add(self, body: str, source: dict[str, Any], topic: str | None) -> dict[str, Any]:
        """Count a record that goes into the file.

        Args:
            body: its JSON text in the workflow.
            source: the same, parsed.
            topic: its topic.

        Returns:
            The record as one reads it who reads the file: the rules are about that.

        Raises:
            Unfit: the vendor's format cannot hold it.
        """
        if self._form.convert is None:
            chat, text = source, body
        else:
            converted = self._form.convert(source, topic)
            text = json.dumps(converted.row, ensure_ascii=False)
            chat = read_item(json.loads(text)).body
            self._lost.update(converted.lost)
        self._records += 1
        self._bytes += len(text.encode("utf-8")) + 1
        return chat

    def add_part(self, later: VendorFile) -> None:
        """Add the records of a later part of the dataset."""
        self._records += later._records
        self._bytes += later._bytes - len(self._form.begins_with)
        self._lost.update(later._lost)

    def unfit(self, reason: str, others: list[Finding]) -> list[Finding]:
        """The findings about a record that the format cannot hold: that it cannot, where no other rule says why."""
        if any(one.rule in self._vendor.refuses for one in others):
            return others
        return [Finding(DOES_NOT_FIT, reason), *others]

    def report(self) -> FileReport:
        """The file as it came to be."""
        vendor = self._vendor
        return FileReport(
            vendor=vendor.name,
            title=vendor.title,
            form=vendor.form,
            records=self._records,
            bytes=self._bytes,
            findings=tuple(found for limit in vendor.limits if (found := self._beyond(limit)) is not None),
            lost=dict(self._lost.most_common()),
            note=vendor.note,
            sources=vendor.sources,
        )

    def _beyond(self, limit: Limit) -> FileFinding | None:
        who = limit.models or self._vendor.title
        has = self._records if limit.of == "records" else self._bytes
        if has < limit.least:
            return FileFinding(
                "too_few_records",
                f"{has:,} records go into the file; {who} wants at least {limit.least:,}",
                "add records, or generate them for the topics that are thin",
                limit.models,
            )
        if limit.most is None or has <= limit.most:
            return None
        if limit.of == "records":
            says = f"{has:,} records go into the file; {who} takes at most {limit.most:,}"
            return FileFinding("too_many_records", says, "export a part of them", limit.models)
        most = f"{limit.most // GB} GB" if limit.most >= GB else f"{limit.most // MB} MB"
        says = f"the file has {has / MB:,.0f} MB; {who} takes at most {most}"
        return FileFinding("file_too_large", says, "export a part of the records", limit.models)
