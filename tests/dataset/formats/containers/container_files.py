"""Files of every layout in every packing, and what is read out of one."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

from finetune_coverage.tools.dataset.formats.dataset_file import BadItem, DatasetReader, Item, read_dataset


def read(path: Path, format_name: str = "auto") -> tuple[DatasetReader, list[Item], list[BadItem]]:
    reader = read_dataset(path, format_name)
    items = list(reader)
    good = [item for item in items if isinstance(item, Item)]
    return reader, good, [item for item in items if isinstance(item, BadItem)]


def spread(records: list[dict[str, Any]]) -> str:
    return "\n".join(json.dumps(record, indent=2) for record in records)


LAYOUTS: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "one object per line": lambda records: "\n".join(map(json.dumps, records)),
    "JSON list": lambda records: json.dumps(records, indent=1),
    "JSON list ": lambda records: "[" + ",\n".join(map(json.dumps, records)) + "]\n\n",
    "JSON list  ": lambda records: json.dumps(records),
    "objects over several lines": spread,
    "list within an object": lambda records: json.dumps({"data": records}),
    "list within an object ": lambda records: json.dumps({"version": "1", "rows": records}, indent=2),
}


PACKINGS: dict[str, Callable[[str], bytes]] = {
    "": str.encode,
    "; gzip": lambda text: gzip.compress(text.encode()),
    "; bzip2": lambda text: bz2.compress(text.encode()),
    "; xz": lambda text: lzma.compress(text.encode()),
    "; UTF-16": lambda text: text.encode("utf-16"),
    "; UTF-16 ": lambda text: text.encode("utf-16-le"),
    "; UTF-16  ": lambda text: text.encode("utf-16-be"),
    "; UTF-32": lambda text: text.encode("utf-32"),
    "; gzip; UTF-16": lambda text: gzip.compress(text.encode("utf-16")),
    " ": lambda text: text.encode("utf-8-sig"),
    "  ": lambda text: text.replace("\n", "\r\n").encode(),
}
