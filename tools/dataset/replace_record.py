"""Putting an edited record in the place of another: the source stays, set aside as rejected."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Row, select, update

from ..errors import InvalidInput
from ..store.counts import counted
from ..store.records import NewRecord, get_record, insert_records
from ..store.store import Store
from ..store.tables import records
from .formats.json_text.json_line import parse_object
from .formats.layouts.openai_chat import check_chat
from .formats.refusal import Refused
from .record import Record, content_hash
from .topic_label import DEFAULT_FIELD, read_topics

_ID_DIGITS = 20


def replace_record(store: Store, workflow_id: str, record_id: str, text: str) -> str:
    """Add an edited record and reject the one that it replaces, in one transaction.

    Args:
        store: where both are.
        workflow_id: whose they are.
        record_id: the record to replace.
        text: the edited record as JSON.

    Returns:
        The id of the record that now counts; the old one when nothing was changed.

    Raises:
        InvalidInput: the text is not a record, or the workflow has no record with this id.
    """
    source = _checked(text)
    old = get_record(store, workflow_id, record_id)
    if content_hash(source) == content_hash(old.source):
        return old.id
    this = (records.c.workflow_id == workflow_id) & (records.c.id == record_id)
    with store.write(workflow_id) as connection:
        row = connection.execute(select(records).where(this)).one()
        new = _edited(connection, workflow_id, row, old, source)
        added = NewRecord(
            new,
            source_file=row.source_file,
            source_line=row.source_line,
            topic_field=row.topic_field,
            job_id=row.job_id,
        )
        insert_records(connection, workflow_id, [added])
        with counted(connection, workflow_id, this):
            connection.execute(update(records).where(this).values(status="rejected"))
    return new.id


def _checked(text: str) -> dict[str, Any]:
    try:
        source = parse_object(text)
        check_chat(source)
    except Refused as refused:
        raise InvalidInput(
            f"The edited record cannot be used: {refused.reason}.", hint="Nothing was changed."
        ) from refused
    return source


def _edited(
    connection: Connection, workflow_id: str, row: Row[Any], old: Record, source: dict[str, Any]
) -> Record:
    field = row.topic_field or DEFAULT_FIELD
    before, _ = read_topics(old.source, field)
    topic, others = read_topics(source, field)
    # A topic that was corrected in review stays, unless the edit itself gives another one.
    kept = old.topic if topic == before else topic
    return Record(
        id=_free_id(connection, workflow_id, content_hash(source)[:_ID_DIGITS]),
        body=json.dumps(source, ensure_ascii=False),
        topic=kept,
        origin=old.origin,
        other_topics=others,
        provenance={**(old.provenance or {}), "edited_from": old.id},
    )


def _free_id(connection: Connection, workflow_id: str, digits: str) -> str:
    query = select(records.c.id).where(
        records.c.workflow_id == workflow_id, records.c.id.startswith(f"{digits}-", autoescape=True)
    )
    taken = set(connection.execute(query).scalars())
    return next(f"{digits}-{n}" for n in range(1, len(taken) + 2) if f"{digits}-{n}" not in taken)
