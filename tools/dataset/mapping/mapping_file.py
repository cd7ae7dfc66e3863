"""Mapping files: YAML or JSON that says which fields are what, as ``import --map`` takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ...errors import InvalidInput
from ..yaml_file import load_yaml
from .field_mapping import FieldMapping

_HINT = "Such a file is proposed by: finetune-coverage import FILE --suggest"


def read_mapping(path: str | Path) -> FieldMapping:
    """Read a mapping file.

    Raises:
        InvalidInput: the file cannot be read, or what it says is no mapping; the key is named.
    """
    file = Path(path).expanduser()
    document = load_yaml(file, _HINT)
    if not isinstance(document, dict):
        raise InvalidInput(f"{file} does not hold `key: field` lines.", hint=_HINT)
    try:
        return FieldMapping.model_validate(_with_texts_as_keys(document))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"] if step != "function-after")
        if first["type"] == "extra_forbidden":
            known = ", ".join(FieldMapping.model_fields)
            raise InvalidInput(f"{file}: unknown key {place!r}.", hint=f"Known keys: {known}.") from error
        said = first["msg"].removeprefix("Value error, ")
        raise InvalidInput(f"{file}{f', {place}' if place else ''}: {said}.", hint=_HINT) from error


def mapping_text(mapping: FieldMapping) -> str:
    """A mapping as the text of a file."""
    document = mapping.model_dump(exclude_defaults=True)
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=1000)


def _with_texts_as_keys(document: dict[Any, Any]) -> dict[Any, Any]:
    """YAML reads unquoted names such as 1, yes and null as other things than text; names of speakers are texts."""
    roles = document.get("roles")
    if isinstance(roles, dict):
        return document | {"roles": {str(name): role for name, role in roles.items()}}
    return document
