"""Mapping files: YAML or JSON that says which fields are what, as ``import --map`` takes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ...errors import InvalidInput
from ..yaml_file import load_yaml
from .field_mapping import FieldMapping

UNSETTLED = "unsettled"
"""The key of what a person has to settle in a mapping that is only begun."""
_HINT = "Such a file is proposed by: finetune-coverage import FILE --suggest"


def read_mapping(path: str | Path) -> FieldMapping:
    """Read a mapping file.

    Raises:
        InvalidInput: the file cannot be read, or what it says is no mapping; the key is named.
    """
    file = Path(path).expanduser()
    return _mapping(load_yaml(file, _HINT), str(file))


def mapping_of(text: str) -> FieldMapping:
    """The mapping that a text says, as a file of it would.

    Raises:
        InvalidInput: it is no YAML, or what it says is no mapping; the key is named.
    """
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidInput(f"The mapping is no YAML: {' '.join(str(error).split())}.", hint=_HINT) from error
    return _mapping(document, "The mapping")


def _mapping(document: Any, named: str) -> FieldMapping:
    if not isinstance(document, dict):
        raise InvalidInput(f"{named} does not hold `key: field` lines.", hint=_HINT)
    if unsettled := document.get(UNSETTLED):
        first = unsettled[0] if isinstance(unsettled, list) else unsettled
        raise InvalidInput(
            f"{named} is only begun: {first}",
            hint=f"Settle what stands under `{UNSETTLED}` and delete it; --suggest --map FILE shows the first record.",
        )
    try:
        return FieldMapping.model_validate(_with_texts_as_keys(document))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"] if step != "function-after")
        if first["type"] == "extra_forbidden":
            known = ", ".join(FieldMapping.model_fields)
            raise InvalidInput(f"{named}: unknown key {place!r}.", hint=f"Known keys: {known}.") from error
        said = first["msg"].removeprefix("Value error, ")
        raise InvalidInput(f"{named}{f', {place}' if place else ''}: {said}.", hint=_HINT) from error


def mapping_text(mapping: FieldMapping, unsettled: Sequence[str] = ()) -> str:
    """A mapping as the text of a file; what is not settled in it keeps it from being read until somebody deletes it."""
    document: dict[str, Any] = {UNSETTLED: list(unsettled)} if unsettled else {}
    document |= mapping.model_dump(exclude_defaults=True)
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=1000)


def _with_texts_as_keys(document: dict[Any, Any]) -> dict[Any, Any]:
    """YAML reads unquoted names such as 1, yes and null as other things than text; names of speakers are texts."""
    roles = document.get("roles")
    if isinstance(roles, dict):
        return document | {"roles": {str(name): role for name, role in roles.items()}}
    return document
