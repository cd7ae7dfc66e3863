"""What the name of a file tells about what is in it."""

from __future__ import annotations

from pathlib import PurePath

TABLE_SUFFIXES = (".csv", ".tsv")
PACKED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
_DATASET_SUFFIXES = (*TABLE_SUFFIXES, ".jsonl", ".ndjson", ".json", ".parquet", ".arrow", ".xlsx")
_ABOUT_DATASETS = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")
"""What the library ``datasets`` writes beside the data, by name:
https://huggingface.co/docs/datasets/package_reference/main_classes#datasets.Dataset.save_to_disk"""
_CACHED = "cache-"


def inner_suffix(name: str) -> str:
    """The suffix that tells what is in a file, in small letters: that before ``.gz`` of a packed one."""
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes]
    while suffixes and suffixes[-1] in PACKED_SUFFIXES:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def is_dataset_name(name: str) -> bool:
    """Whether a file in a folder or an archive is called as datasets are, and nothing in its path is hidden."""
    path = PurePath(name)
    if any(part.startswith((".", "__MACOSX", "~$")) for part in path.parts):
        return False
    if path.name in _ABOUT_DATASETS or (path.name.startswith(_CACHED) and path.suffix == ".arrow"):
        return False
    return inner_suffix(name) in _DATASET_SUFFIXES
