"""Rules that generated records must keep to: in a person's own words, or exact; kept per workflow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, get_args

from sqlalchemy import delete, insert, or_, select

from ...dataset.record import Message, message_text
from ...errors import InvalidInput
from ...model_settings import ModelSettings
from ...store.records import load_records
from ...store.store import Store
from ...store.tables import review_rules
from ...store.workflows import check_storable, now, require_workflow, version_within
from ...text.phrases import phrase_pattern
from ..search.words import word_count

RuleKind = Literal[
    "in_words", "forbidden_phrase", "required_phrase", "max_words", "min_words", "max_turns", "forbidden_tool"
]
KINDS: tuple[RuleKind, ...] = get_args(RuleKind)
_COUNTED: tuple[RuleKind, ...] = ("max_words", "min_words", "max_turns")
_NUMBER = re.compile(r"[1-9]\d{0,5}")
LONGEST = 400
"""Characters of a rule: it goes into every prompt."""
MOST_MEASURED = 2000
"""Real records that a rule is tried on before it is confirmed."""


@dataclass(frozen=True)
class Rule:
    """What every generated record must keep to.

    Attributes:
        kind: ``in_words`` is what a person said, in any language: it stands in the prompts, and the verifier judges by
            it. The others are compared with the turns that were written, letter by letter, in every language.
        value: the rule as it was said, a phrase, the name of a tool, or a number.
        topic: only for this topic; None for all.
        id: in the store; 0 while it is not confirmed.
    """

    kind: RuleKind
    value: str
    topic: str | None = None
    id: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidInput(f"{self.kind!r} is no kind of rule.", hint=f"Use {', '.join(KINDS)}.")
        if len(self.value) > LONGEST:
            raise InvalidInput(
                f"A rule of {len(self.value):,} characters is too long.",
                hint=f"Each goes into every prompt: say it in at most {LONGEST}, or make several of it.",
            )
        is_number = bool(_NUMBER.fullmatch(self.value))
        if (self.kind in _COUNTED and not is_number) or not self.value.strip():
            raise InvalidInput(
                f"{self.value!r} cannot be the value of the rule {self.kind}.",
                hint="Give a number above 0." if self.kind in _COUNTED else "Say what records must keep to.",
            )
        check_storable(self.value, "The rule")

    @property
    def words(self) -> str:
        """The rule as a sentence."""
        return _WORDS[self.kind].format(self.value)

    @property
    def is_in_words(self) -> bool:
        """Whether only a reader can tell if it is kept."""
        return self.kind == "in_words"

    def broken_by(self, messages: Sequence[Message]) -> str | None:
        """What in these messages breaks the rule; None when nothing does, as far as letters tell."""
        replies = [message_text(m) for m in messages if m.get("role") == "assistant" and message_text(m)]
        match self.kind:
            case "forbidden_phrase":
                found = (phrase_pattern(self.value).search(reply) for reply in replies)
                hit = next((match for match in found if match), None)
                return f"a reply says {hit.group()!r}" if hit else None
            case "required_phrase":
                said = any(phrase_pattern(self.value).search(reply) for reply in replies)
                return None if said else f"no reply says {self.value!r}"
            case "max_words":
                most = max(map(word_count, replies), default=0)
                return f"a reply has {most} words" if most > int(self.value) else None
            case "min_words":
                least = min(map(word_count, replies), default=0)
                return f"a reply has {least} words" if least < int(self.value) else None
            case "max_turns":
                turns = sum(m.get("role") == "user" for m in messages)
                return f"the user speaks {turns} times" if turns > int(self.value) else None
            case "forbidden_tool":
                called = {
                    str((call.get("function") or {}).get("name"))
                    for m in messages
                    for call in m.get("tool_calls") or []
                }
                return f"calls {self.value}" if self.value in called else None
            case "in_words":
                return None


_COUNTED_WORDS = "words (characters, where there are no spaces between words)"
_WORDS: dict[RuleKind, str] = {
    "in_words": "{}",
    "forbidden_phrase": "no reply of the assistant may say “{}”",
    "required_phrase": "a reply of the assistant must say “{}”",
    "max_words": f"no reply of the assistant may have more than {{}} {_COUNTED_WORDS}",
    "min_words": f"every reply of the assistant must have at least {{}} {_COUNTED_WORDS}",
    "max_turns": "the user may speak at most {} times",
    "forbidden_tool": "the tool {} may not be called",
}


def why_unread(rules: Sequence[Rule], settings: ModelSettings) -> str | None:
    """That nothing judges drafts by some of these rules, where it is so."""
    if settings.for_verifier() is not None or not any(rule.is_in_words for rule in rules):
        return None
    return "no verifier runs: rules in words stand in the prompts, and nothing judges drafts by them"


def add_rule(store: Store, workflow_id: str, rule: Rule) -> Rule:
    """Keep a rule of a person; one that is there already is not added twice.

    Raises:
        WorkflowNotFound: there is no such workflow.
    """
    same = (
        (review_rules.c.workflow_id == workflow_id)
        & (review_rules.c.kind == rule.kind)
        & (review_rules.c.value == rule.value)
        & review_rules.c.topic.is_not_distinct_from(rule.topic)
    )
    with store.write(workflow_id) as connection:
        version_within(connection, workflow_id)
        known = connection.execute(select(review_rules.c.id).where(same)).scalar()
        if known is None:
            row = {"workflow_id": workflow_id, "kind": rule.kind, "value": rule.value, "topic": rule.topic}
            added = connection.execute(insert(review_rules).values(**row, created_at=now()))
            known = added.inserted_primary_key[0] if added.inserted_primary_key else 0
    return Rule(rule.kind, rule.value, rule.topic, int(known))


def list_rules(store: Store, workflow_id: str, topic: str | None = None) -> list[Rule]:
    """The rules of a workflow, oldest first; with a topic only those that hold for it."""
    require_workflow(store, workflow_id)
    query = select(review_rules).where(review_rules.c.workflow_id == workflow_id)
    if topic is not None:
        query = query.where(or_(review_rules.c.topic.is_(None), review_rules.c.topic == topic))
    with store.read() as connection:
        rows = connection.execute(query.order_by(review_rules.c.id)).all()
    return [Rule(row.kind, row.value, row.topic, row.id) for row in rows]


def get_rule(store: Store, workflow_id: str, rule_id: int) -> Rule:
    """The rule of that number.

    Raises:
        InvalidInput: the workflow has no such rule.
    """
    rule = next((rule for rule in list_rules(store, workflow_id) if rule.id == rule_id), None)
    if rule is None:
        raise InvalidInput(
            f"There is no rule {rule_id}.", hint="`finetune-coverage rules` lists those that there are."
        )
    return rule


def remove_rule(store: Store, workflow_id: str, rule_id: int) -> Rule:
    """Take a rule away.

    Raises:
        InvalidInput: the workflow has no such rule.
    """
    rule = get_rule(store, workflow_id, rule_id)
    with store.write(workflow_id) as connection:
        connection.execute(delete(review_rules).where(review_rules.c.id == rule_id))
    return rule


def broken_by_real(store: Store, workflow_id: str, rule: Rule) -> tuple[int, int]:
    """How many of the real records that the rule is about break it themselves, and of how many that were compared."""
    found = load_records(
        store, workflow_id, topic=... if rule.topic is None else rule.topic, origin="real", usable_only=True
    )
    looked = [] if rule.is_in_words else list(islice(found, MOST_MEASURED))
    return sum(rule.broken_by(record.messages) is not None for record in looked), len(looked)
