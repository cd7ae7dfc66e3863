"""A JMESPath expression of a mapping: what it finds in an item, or why it finds nothing there.

Language: https://jmespath.org/specification.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from ..formats.refusal import Refused, keys_of, shown

Source = dict[str, Any]


class Expression:
    """An expression and what it is for.

    The name of a field is always that field, whatever signs stand in it; anything else is JMESPath.

    Attributes:
        part: what it is for, as the mapping file calls it.
        text: as it is written there.
        path: the names of the fields that it leads through; ``None`` when it does more than that.
    """

    def __init__(self, part: str, text: str) -> None:
        self.part = part
        self.text = text
        self.path: Sequence[str] | None = (text,)
        self._compiled: Any = None
        self._fault = ""
        try:
            self._compiled = jmespath.compile(text)
        except JMESPathError as error:
            self._fault = " ".join(str(error).split())
        else:
            self.path = _path_of(self._compiled.parsed)

    def __str__(self) -> str:
        return f"`{self.part}: {self.text}`"

    def find(self, value: Any) -> Any:
        """What it gives for an item or a turn; ``None`` when there is nothing.

        Raises:
            Refused: it cannot be asked of this value.
        """
        if isinstance(value, dict) and self.text in value:
            return value[self.text]
        if self._compiled is None:  # a name that is no JMESPath, and a field that not every item has
            return None
        try:
            return self._compiled.search(value)
        except (JMESPathError, ArithmeticError, RecursionError) as error:
            raise Refused("no_messages", f"{self} cannot be asked of it: {error}") from error

    def text_in(self, value: Any) -> str | list[Any]:
        """The text, or the content parts, that it gives; raises `Refused` with what it gave when that is neither."""
        found = self.find(value)
        if isinstance(found, str) and found.strip():
            return found
        if isinstance(found, list) and found and all(isinstance(part, dict) for part in found):
            return found
        raise Refused("bad_message", f"{self} gave {given(found)}, not text{self._no_field(value)}")

    def _no_field(self, value: Any) -> str:
        if self._compiled is not None:
            return ""
        found = f"; the fields are {keys_of(value)}" if isinstance(value, dict) else ""
        return f": it is no field{found}; nor is it JMESPath: {self._fault}"

    def taken_from(self, source: Source) -> Source:
        """An item without the field that it leads to, where it only names one: what it gives is said elsewhere."""
        path = (self.text,) if self.text in source else self.path
        return _without(source, path) if path else source


def given(value: Any) -> str:
    """What an expression gave, for a person."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, str):
        return f"the text {shown(value)}" if value.strip() else "nothing but spaces"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"an object (keys: {keys_of(value)})"
    return f"{shown(value)}"


def _path_of(node: dict[str, Any]) -> Sequence[str] | None:
    if node["type"] == "field":
        return (node["value"],)
    if node["type"] == "subexpression":
        paths = [_path_of(child) for child in node["children"]]
        if all(path is not None for path in paths):
            return tuple(name for path in paths if path for name in path)
    return None


def _without(source: Source, path: Sequence[str]) -> Source:
    name, *further = path
    if name not in source:
        return source
    rest = {key: value for key, value in source.items() if key != name}
    if further and isinstance(source[name], dict):
        inner = _without(source[name], further)
        return {key: inner if key == name else value for key, value in source.items()} if inner else rest
    return source if further else rest
