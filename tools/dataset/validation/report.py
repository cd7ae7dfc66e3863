"""The report of a validation: each rule with its records, its places and what it would cost to fix."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ...store.stored_rows import StoredRow
from .rules import RULES, Finding, FixKind, Severity
from .vendors import UNASKED, Vendor, refusing, severity_of

PLACES = 20
"""Places that are named of each rule; the others are counted, and written where all findings are asked for."""
NO_TOPIC = "(no topic)"
_ORDER: dict[Severity, int] = {"refused": 0, "wasteful": 1, "suspicious": 2}


@dataclass(frozen=True)
class Place:
    """A record that breaks a rule.

    Attributes:
        record_id: of the record.
        place: ``file:line``, or the id of a record that no file has.
        evidence: where in the record, and what.
    """

    record_id: str
    place: str
    evidence: str


@dataclass(frozen=True)
class DroppedTopic:
    """What a topic would lose.

    Attributes:
        records: that would go.
        share: of the topic, 0 to 1; 1 leaves it empty.
    """

    records: int
    share: float


@dataclass(frozen=True)
class RuleReport:
    """What was found of one rule.

    Attributes:
        rule: its id.
        says: what is wrong.
        severity: ``refused``, ``wasteful`` or ``suspicious``.
        refused_by: trainers that refuse or skip these records.
        records: how many break it.
        share: of all records, 0 to 1.
        tokens: in these records.
        wasted_tokens: paid for nothing each epoch.
        if_dropped: what each topic would lose if the records were dropped.
        fix_kind: ``automatic``, ``by hand`` or ``drop``.
        fix: how.
        places: the first records.
    """

    rule: str
    says: str
    severity: Severity
    refused_by: tuple[str, ...]
    records: int
    share: float
    tokens: int
    wasted_tokens: int
    if_dropped: dict[str, DroppedTopic]
    fix_kind: FixKind
    fix: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class FileFinding:
    """What is wrong with a file as a whole.

    Attributes:
        rule: ``too_few_records``, ``too_many_records`` or ``file_too_large``.
        says: what is wrong, with the figures.
        fix: what to do.
        models: whose limit it is; empty when all models of the vendor have it.
    """

    rule: str
    says: str
    fix: str
    models: str = ""


@dataclass(frozen=True)
class FileReport:
    """The file as a vendor would get it.

    Attributes:
        vendor: its name.
        title: its name for a person.
        form: the export format of the file.
        records: that `export` would write into it.
        bytes: how large it would be.
        findings: what is wrong with it as a whole.
        lost: what the format does not hold, and how many records lose it.
        note: what else is to be known.
        sources: where the vendor's rules are documented.
    """

    vendor: str
    title: str
    form: str
    records: int
    bytes: int
    findings: tuple[FileFinding, ...]
    lost: dict[str, int]
    note: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class ValidationReport:
    """What a validation found.

    Attributes:
        records: that were looked at.
        clean: those of which no rule found anything.
        refused_by: how many records each trainer would refuse or skip.
        tokens: of all records, one epoch.
        longest: tokens of the longest record.
        max_tokens: the limit that was used.
        token_method: how tokens were counted.
        tokens_exact: whether a tokenizer counted them.
        not_compared: records that were not kept for finding near duplicates of them, for want of room.
        rules: the rules that found something, the worst first.
        left_beside: fields that may carry a part of the conversation and stand beside it, with how many records have
            them; nothing is learnt from them.
        beside: all fields that stand beside the conversation and the topic, the same way.
        file: the file of the vendor that was named, if one was.
    """

    records: int
    clean: int
    refused_by: dict[str, int]
    tokens: int
    longest: int
    max_tokens: int
    token_method: str
    tokens_exact: bool
    not_compared: int
    rules: tuple[RuleReport, ...]
    left_beside: dict[str, int] = field(default_factory=dict)
    beside: dict[str, int] = field(default_factory=dict)
    file: FileReport | None = None


@dataclass
class _Found:
    records: int = 0
    tokens: int = 0
    wasted: int = 0
    topics: Counter[str] = field(default_factory=Counter)
    places: list[Place] = field(default_factory=list)


@dataclass
class Collector:
    """Gathers findings, record by record; its size depends on rules and topics, not on records.

    Attributes:
        vendors: whose verdict is asked for; findings that are not their matter do not belong here.
    """

    vendors: tuple[Vendor, ...] = UNASKED
    records: int = 0
    clean: int = 0
    tokens: int = 0
    longest: int = 0
    topics: Counter[str] = field(default_factory=Counter)
    refused_by: Counter[str] = field(default_factory=Counter)
    _found: dict[str, _Found] = field(default_factory=dict)

    def add(self, row: StoredRow, findings: list[Finding], tokens: int) -> None:
        """Count a record and what was found in it: one finding for each rule."""
        topic = NO_TOPIC if row.topic is None else row.topic
        self.records += 1
        self.clean += not findings
        self.tokens += tokens
        self.longest = max(self.longest, tokens)
        self.topics[topic] += 1
        self.refused_by.update(
            {trainer for one in findings for trainer in refusing(RULES[one.rule], self.vendors)}
        )
        for finding in findings:
            found = self._found.setdefault(finding.rule, _Found())
            found.records += 1
            found.tokens += tokens
            found.wasted += finding.wasted
            found.topics[topic] += 1
            if len(found.places) < PLACES:
                found.places.append(Place(row.id, row.place, finding.evidence))

    def add_part(self, later: Collector) -> None:
        """Add what was gathered of later records."""
        self.records += later.records
        self.clean += later.clean
        self.tokens += later.tokens
        self.longest = max(self.longest, later.longest)
        self.topics.update(later.topics)
        self.refused_by.update(later.refused_by)
        for rule, more in later._found.items():
            found = self._found.setdefault(rule, _Found())
            found.records += more.records
            found.tokens += more.tokens
            found.wasted += more.wasted
            found.topics.update(more.topics)
            found.places += more.places[: PLACES - len(found.places)]

    def rules(self) -> tuple[RuleReport, ...]:
        """The rules that found something, the worst first, then the most frequent."""
        reports = [self._report(rule, found) for rule, found in self._found.items()]
        return tuple(sorted(reports, key=lambda one: (_ORDER[one.severity], -one.records, one.rule)))

    def _report(self, rule_id: str, found: _Found) -> RuleReport:
        rule = RULES[rule_id]
        severity = severity_of(rule, self.vendors)
        if severity is None:
            raise ValueError(f"nobody asked about {rule_id}")
        dropped = {
            topic: DroppedTopic(count, count / self.topics[topic])
            for topic, count in sorted(
                found.topics.items(), key=lambda item: (-item[1] / self.topics[item[0]], item[0])
            )
        }
        return RuleReport(
            rule=rule.id,
            says=rule.says,
            severity=severity,
            refused_by=refusing(rule, self.vendors),
            records=found.records,
            share=found.records / self.records,
            tokens=found.tokens,
            wasted_tokens=found.wasted,
            if_dropped=dropped,
            fix_kind=rule.fix_kind,
            fix=rule.fix,
            places=tuple(found.places),
        )
