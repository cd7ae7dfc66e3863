"""The dataset card of a Hugging Face export: what is in it, by topic, and who wrote the synthetic part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from .split import NO_TOPIC
from .tally import Tally
from .templates import render

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def dataset_card(name: str, tally: Tally, files: Mapping[str, str]) -> str:
    """The text of ``README.md``: YAML front matter and tables. It has no date, so equal data give equal cards.

    Args:
        name: what the dataset is called.
        tally: what was written.
        files: path of each half within the folder.
    """
    front_matter = _front_matter(name, tally, files)
    return render("dataset_card.md", front_matter=front_matter, name=name, tally=tally, rows=_rows(tally))


def _front_matter(name: str, tally: Tally, files: Mapping[str, str]) -> str:
    synthetic = tally.synthetic.total()
    size = next((label for limit, label in _SIZES if tally.records < limit), "n>1M")
    fields: dict[str, Any] = {
        "pretty_name": name,
        "task_categories": ["text-generation"],
        "tags": ["fine-tuning", "chat", *(["synthetic"] if synthetic else [])],
        "size_categories": [size],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": half, "path": path} for half, path in files.items()],
            }
        ],
    }
    return yaml.safe_dump(fields, sort_keys=False, allow_unicode=True)


def _rows(tally: Tally) -> list[dict[str, Any]]:
    return [
        {
            "topic": NO_TOPIC if topic is None else topic,
            "records": count,
            "share": count / tally.records,
            "synthetic": tally.synthetic[topic],
        }
        for topic, count in sorted(tally.topics.items(), key=lambda item: (-item[1], item[0] or ""))
    ]
