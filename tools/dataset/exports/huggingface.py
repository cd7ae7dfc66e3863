"""Hugging Face: a folder with Parquet files and a dataset card, as a dataset repository has them.

Columns: ``id``, ``messages`` (role, content, name, reasoning_content, tool_calls, tool_call_id, weight), ``tools``
(JSON text), ``topic``, ``origin``, ``extra`` (JSON text: what of the record the other columns do not hold) and, where
it is asked for, ``provenance`` (JSON text). So nothing is lost: `source_of` makes the record again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO

from ...errors import InvalidInput
from ...store.stored_rows import StoredRow
from ..record import Message, message_text
from .chat_turns import REASONING

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS_AT_ONCE = 1000
_TEXTS = ("role", "name", REASONING, "tool_call_id")


def require_parquet() -> None:
    """Refuse where the library is missing; raises `InvalidInput`."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise InvalidInput(
            "Writing Parquet needs the package pyarrow, which is not installed.",
            hint="pip install 'finetune-coverage[parquet]'",
        ) from error


def columns_of(row: StoredRow, source: dict[str, Any], *, with_provenance: bool) -> dict[str, Any]:
    """A record as columns."""
    messages = [_columns_of_message(message) for message in source["messages"]]
    extra = {key: value for key, value in source.items() if key not in ("messages", "tools")}
    if extra.get("topic") == row.topic:
        extra.pop("topic", None)
    if [_message_of(message) for message in messages] != source["messages"]:
        extra["messages"] = source["messages"]
    tools = source.get("tools")
    columns = {
        "id": row.id,
        "messages": messages,
        "tools": None if tools is None else _json(tools),
        "topic": row.topic,
        "origin": row.origin,
        "extra": _json(extra) if extra else None,
    }
    if with_provenance:
        columns["provenance"] = _json(row.provenance) if row.provenance else None
    return columns


def source_of(columns: dict[str, Any]) -> dict[str, Any]:
    """The record that `columns_of` wrote, equal as JSON but for the order of its fields and the topic now."""
    source: dict[str, Any] = {"messages": [_message_of(message) for message in columns["messages"]]}
    if columns["tools"] is not None:
        source["tools"] = json.loads(columns["tools"])
    if columns["topic"] is not None:
        source["topic"] = columns["topic"]
    return source | (json.loads(columns["extra"]) if columns["extra"] else {})


class ParquetFile:
    """Writes rows of columns into a file, a thousand at a time."""

    def __init__(self, file: BinaryIO, *, with_provenance: bool) -> None:
        import pyarrow.parquet as pq

        self._schema = _schema(with_provenance)
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []

    def write(self, columns: dict[str, Any]) -> None:
        """Add a row."""
        self._rows.append(columns)
        if len(self._rows) == _ROWS_AT_ONCE:
            self._flush()

    def close(self) -> None:
        """Write what is left; a file without rows has its columns all the same."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa

        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []


def _schema(with_provenance: bool) -> pa.Schema:
    import pyarrow as pa

    text = pa.string()
    call = pa.struct(
        [("id", text), ("type", text), ("function", pa.struct([("name", text), ("arguments", text)]))]
    )
    message = pa.struct(
        [
            ("role", text),
            ("content", text),
            ("name", text),
            (REASONING, text),
            ("tool_calls", pa.list_(call)),
            ("tool_call_id", text),
            ("weight", pa.int8()),
        ]
    )
    fields = [("id", text), ("messages", pa.list_(message)), ("tools", text), ("topic", text)]
    fields += [("origin", text), ("extra", text)]
    return pa.schema(fields + ([("provenance", text)] if with_provenance else []))


def _columns_of_message(message: Message) -> dict[str, Any]:
    columns: dict[str, Any] = {key: message.get(key) for key in _TEXTS}
    columns = {key: value if isinstance(value, str) else None for key, value in columns.items()}
    content, weight = message.get("content"), message.get("weight")
    columns["content"] = message_text(message) if isinstance(content, list) else content
    columns["weight"] = None if weight is None else int(weight)
    calls = message.get("tool_calls")
    columns["tool_calls"] = [_columns_of_call(call) for call in calls] if calls else None
    return columns


def _columns_of_call(call: dict[str, Any]) -> dict[str, Any]:
    function = {key: call["function"].get(key) for key in ("name", "arguments")}
    return {"id": call.get("id"), "type": call.get("type"), "function": function}


def _message_of(columns: dict[str, Any]) -> Message:
    """A message without its empty columns; content stays where a call stands beside it."""
    message = {key: value for key, value in columns.items() if value is not None}
    if "content" not in message:
        message["content"] = None
    if "tool_calls" in message:
        message["tool_calls"] = [
            {key: value for key, value in call.items() if value is not None} for call in message["tool_calls"]
        ]
    return message


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
