"""What a job was taught when it began: it is carried on with that, so that its prompts can be drawn again."""

from __future__ import annotations

from typing import TypedDict

from ...store.store import Store
from ..jobs import notes as job_notes
from ..jobs.ledger import Job
from .lessons import Lesson, lessons_of
from .rules import list_rules


class Taught(TypedDict):
    """Lessons and rules, as JSON; ``in_words`` are those of the rules that only a reader can judge by."""

    lessons: list[Lesson]
    rules: list[str]
    in_words: list[str]


def taught_now(store: Store, workflow_id: str, topic: str) -> Taught:
    """What the reviews so far teach for a topic."""
    rules = list_rules(store, workflow_id, topic)
    return {
        "lessons": lessons_of(store, workflow_id, topic),
        "rules": [rule.words for rule in rules],
        "in_words": [rule.words for rule in rules if rule.is_in_words],
    }


def teach_job(store: Store, job: Job) -> None:
    """Note what a job is taught, at its beginning; what is noted already stays."""
    if job_notes.noted_lessons(store, job.id) is None:
        taught = taught_now(store, job.workflow_id, job.topic)
        job_notes.note_lessons(store, job.id, dict(taught))


def taught_of_job(store: Store, job_id: str) -> Taught:
    """What a job was taught; nothing for one from before there were lessons."""
    noted = job_notes.noted_lessons(store, job_id) or {}
    return {
        "lessons": noted.get("lessons", []),
        "rules": noted.get("rules", []),
        "in_words": noted.get("in_words", []),
    }
