"""`review`: read records, accept them, reject them, edit them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...tools.bounds import MOST_LISTED
from ...tools.errors import CoverageError, InvalidInput
from ..output import note, print_error, print_json, say
from ..views.origin import say_origin
from ..views.records import record_heading, record_lines
from .options_and_prompts import AsJson, Workflow, asked, can_ask, open_services, says_yes

if TYPE_CHECKING:
    from ...tools.dataset.record import Record
    from ...tools.services import Services
    from ...tools.store.store import Store

_ANSWERS = {
    "a": "a", "accept": "a", "r": "r", "reject": "r", "t": "t", "topic": "t", "e": "e", "edit": "e",
    "w": "w", "why": "w", "n": "n", "next": "n", "q": "q", "quit": "q",
}  # fmt: skip
"""A key or its word, whole: "really?" and "no, reject it" are neither."""
_KEYS = "[a]ccept  [r]eject  [t]opic  [e]dit  [w]hy is it here  [n]ext  [q]uit"


def review(
    workflow: Workflow,
    topic: Annotated[
        str | None, typer.Option("--topic", metavar="NAME", help="Only this topic.", show_default=False)
    ] = None,
    synthetic: Annotated[bool, typer.Option("--synthetic", help="Only generated records.")] = False,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, max=MOST_LISTED, metavar="N", show_default=False)
    ] = None,
    accept: Annotated[
        list[str] | None, typer.Option("--accept", metavar="ID", help="Take a rejected record back in.")
    ] = None,
    reject: Annotated[
        list[str] | None, typer.Option("--reject", metavar="ID", help="Leave a record out; it is kept aside.")
    ] = None,
    reason: Annotated[
        str,
        typer.Option("--reason", metavar="TEXT", help="Why, with --reject: the next rounds avoid it."),
    ] = "",
    set_topic: Annotated[
        list[str] | None, typer.Option("--set-topic", metavar="ID=TOPIC", help="Correct a record's topic.")
    ] = None,
    replace: Annotated[
        list[str] | None,
        typer.Option("--replace", metavar="ID=FILE", help="Put an edited record in the place of one."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read records one by one and accept, reject or edit them; without a terminal they are listed.

    With --accept, --reject, --set-topic or --replace only that is done.
    """
    from ...tools.dataset.topic_names import require_topics
    from ...tools.store.records import load_records

    services = open_services()
    store = services.store
    if reason and not reject:
        raise typer.BadParameter("--reason goes with --reject ID.")
    if accept or reject or set_topic or replace:
        rejected = (reject or [], reason)
        _apply(store, workflow, accept or [], rejected, set_topic or [], replace or [], as_json=as_json)
        return
    origin: Any = "synthetic" if synthetic else None
    if topic is not None:
        require_topics(store, workflow, [topic])
    found = load_records(store, workflow, topic=... if topic is None else topic, origin=origin, limit=limit)
    if as_json:
        print_json({"success": True, "records": [_document(record) for record in found]})
    elif can_ask() and sys.stdout.isatty():
        _walk(services, workflow, list(found))
    else:
        for record in found:
            _show(record)


def _apply(
    store: Store,
    workflow: str,
    accept: list[str],
    rejected: tuple[list[str], str],
    set_topic: list[str],
    replace: list[str],
    *,
    as_json: bool,
) -> None:
    from ...tools.dataset.replace_record import replace_record
    from ...tools.generation.lessons.lessons import reject_records
    from ...tools.store import records

    topics = [_pair(text, "--set-topic ID=TOPIC") for text in set_topic]
    files = [_pair(text, "--replace ID=FILE") for text in replace]
    done: dict[str, Any] = {"accepted": 0, "rejected": 0, "topics_set": 0, "replaced": {}}
    if accept:
        done["accepted"] = records.set_status(store, workflow, accept, "active")
    ids, reason = rejected
    if ids:
        done["rejected"] = reject_records(store, workflow, ids, reason)
    for record_id, topic in topics:
        new = _new_topic(store, workflow, topic)
        records.set_topic(store, workflow, record_id, topic)
        done["topics_set"] += 1
        if new:
            note(f"{new} It is one now, with record {record_id}.")
    for record_id, file in files:
        done["replaced"][record_id] = replace_record(store, workflow, record_id, _read(Path(file)))
    if as_json:
        print_json({"success": True, "review": done})
        return
    say(
        f"{done['accepted']} accepted, {done['rejected']} rejected, {done['topics_set']} topics set, "
        f"{len(done['replaced'])} replaced."
    )
    _say_rule(workflow, reason)


def _new_topic(store: Store, workflow: str, name: str) -> str:
    """That the workflow has no such topic yet, and which it has that are written much like it; empty where it has."""
    from ...tools.dataset.topic_names import names_like, topic_names

    known = topic_names(store, workflow)
    if not name.strip() or name.strip() in known:
        return ""
    like = names_like(name, known)
    meant = f" Like it: {', '.join(map(repr, like))}." if like else ""
    return f"No topic is called {name.strip()!r} yet.{meant}"


def _say_rule(workflow: str, reason: str) -> None:
    """How a reason becomes a rule; it never does by itself."""
    if reason:
        note(
            f"If no record shall be so: finetune-coverage rules add -w {shlex.quote(workflow)} {shlex.quote(reason)}"
        )


def _pair(text: str, usage: str) -> tuple[str, str]:
    left, separator, right = text.partition("=")
    if not separator or not left or not right:
        raise typer.BadParameter(f"{text!r} is not of the form {usage}.")
    return left, right


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{file} cannot be read: {error}", hint="Name a UTF-8 file with one record."
        ) from error


def _walk(services: Services, workflow: str, found: list[Record]) -> None:
    from ...tools.dataset.replace_record import replace_record
    from ...tools.generation.jobs.origin import origin_of
    from ...tools.generation.lessons.lessons import reject_records
    from ...tools.store.records import set_status, set_topic

    store = services.store
    note(f"{len(found)} records. {_KEYS}")
    for position, record in enumerate(found, start=1):
        _show(record)
        while True:
            typed = asked(f"{position}/{len(found)}", default="n")
            key = _ANSWERS.get(typed.strip().lower())
            if key == "q":
                return
            if key == "n":
                break
            try:
                if key == "a":
                    set_status(store, workflow, [record.id], "active")
                elif key == "r":
                    why = asked("Why (empty for no reason)")
                    reject_records(store, workflow, [record.id], why)
                    _say_rule(workflow, why)
                elif key == "t":
                    topic = asked("Topic", default=record.topic or "", show_default=True)
                    new = _new_topic(store, workflow, topic)
                    if new and not says_yes(f"{new} Make it one?"):
                        continue
                    set_topic(store, workflow, record.id, topic)
                elif key == "w":
                    say_origin(origin_of(services, workflow, record.id))
                    continue
                elif key == "e":
                    replace_record(store, workflow, record.id, _edit(record))
                else:
                    note(_KEYS)
                    continue
            except CoverageError as error:
                print_error(error)
                continue
            break


def _edit(record: Record) -> str:
    """The record's JSON after the person's editor had it."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ("notepad" if os.name == "nt" else "vi")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "record.json"
        file.write_text(json.dumps(record.source, ensure_ascii=False, indent=2), encoding="utf-8")
        try:
            subprocess.run([*shlex.split(editor, posix=os.name != "nt"), str(file)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise InvalidInput(f"The editor {editor!r} failed: {error}", hint="Set EDITOR.") from error
        return _read(file)


def _show(record: Record) -> None:
    say()
    say(record_heading(record), style="bold")
    for who, text in record_lines(record):
        say(f"{who}: {text}")


def _document(record: Record) -> dict[str, Any]:
    return {
        "id": record.id,
        "topic": record.topic,
        "other_topics": list(record.other_topics),
        "origin": record.origin,
        "record": record.source,
        "provenance": record.provenance,
    }
