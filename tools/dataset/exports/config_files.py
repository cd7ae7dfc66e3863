"""What a trainer needs to know about the files: its stanza, shown to the person and written beside the data."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ...errors import InvalidInput
from .axolotl import datasets_block
from .dataset_card import dataset_card
from .export_format import TRAIN, VALIDATION, ExportFormat, beside
from .llamafactory import dataset_entry
from .tally import Tally
from .templates import render


@dataclass(frozen=True)
class ConfigFile:
    """A file of configuration.

    Attributes:
        path: where it goes.
        merges: whether it may be there already: it is read, and written with what it had.
    """

    path: Path
    merges: bool = False


def config_file(form: ExportFormat, target: Path) -> ConfigFile | None:
    """The file that a format writes beside its data, if it writes one."""
    if form.name == "trl":
        return ConfigFile(beside(target, "trl.py"))
    if form.name == "axolotl":
        return ConfigFile(beside(target, "axolotl.yaml"))
    if form.name == "llamafactory":
        return ConfigFile(target.with_name("dataset_info.json"), merges=True)
    if form.name == "huggingface":
        return ConfigFile(target / "README.md")
    return None


def config_text(
    form: ExportFormat,
    target: Path,
    files: Mapping[str, Path],
    tally: Tally,
    *,
    overwrite: bool,
) -> tuple[str, str]:
    """The text of the file of `config_file`, and what to show the person of it.

    Args:
        form: the format.
        target: what was asked for.
        files: the data file of each half.
        tally: what was written.
        overwrite: whether entries of the same name may be replaced.

    Raises:
        InvalidInput: a ``dataset_info.json`` that is there cannot be read, or has such an entry.
    """
    train, validation = files[TRAIN], files.get(VALIDATION)
    if form.name == "trl":
        text = render("trl_script.py", train=train.name, validation=validation.name if validation else None)
        return text, text
    if form.name == "axolotl":
        text = datasets_block(train, validation)
        return text, text
    if form.name == "llamafactory":
        return _dataset_info(target, files, tally.columns, overwrite=overwrite)
    relative = {half: path.relative_to(target).as_posix() for half, path in files.items()}
    return dataset_card(target.name, tally, relative), ""


def _dataset_info(
    target: Path, files: Mapping[str, Path], columns: Collection[str], *, overwrite: bool
) -> tuple[str, str]:
    path = target.with_name("dataset_info.json")
    entries = {file.stem: dataset_entry(file.name, columns) for file in files.values()}
    known = read_dataset_info(path)
    taken = [name for name, entry in entries.items() if known.get(name, entry) != entry]
    if taken and not overwrite:
        raise InvalidInput(
            f"{path} describes {', '.join(taken)} already, in another way.",
            hint="Name another file, or allow it to be replaced (--overwrite).",
        )
    use = {"dataset": files[TRAIN].stem, "dataset_dir": str(target.parent)}
    if VALIDATION in files:
        use["eval_dataset"] = files[VALIDATION].stem
    shown = f"{_json(entries)}\n\n# In the training config:\n{yaml.safe_dump(use, sort_keys=False)}"
    return _json(known | entries) + "\n", shown


def read_dataset_info(path: Path) -> dict[str, Any]:
    """The entries of a ``dataset_info.json`` that is there; none when it is not."""
    if path.is_symlink():  # what it points to would be written where others may read it
        raise InvalidInput(
            f"{path} is a link, and is not read.", hint="Remove it, or export to another folder."
        )
    if not path.exists():
        return {}
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"{path} cannot be read: {error}.", hint="Mend it or move it, or export to another folder."
        ) from error
    if not isinstance(known, dict):
        raise InvalidInput(f"{path} is not a JSON object.", hint="Mend it, or export to another folder.")
    return known


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
