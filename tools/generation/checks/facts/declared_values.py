"""What the tools of a dialogue declare: the assistant may tell a tool's name and bounds without having called it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from .spoken_values import number_form, values_of

_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


class Declared:
    """The names and numbers of the declared tools.

    Attributes:
        forms: their bounds and the numbers of their descriptions, as `spoken_values` writes them.
    """

    def __init__(self, tools: Sequence[dict[str, Any]]) -> None:
        names: set[str] = set()
        self.forms: set[str] = set()
        for tool in tools:
            function = tool.get("function", tool)
            names.add(str(function.get("name") or ""))
            for schema in _schemas(function):
                for bound in map(schema.get, _BOUNDS):
                    if isinstance(bound, (int, float)) and not isinstance(bound, bool):
                        self.forms.add(number_form(bound))
                described = schema.get("description")
                if isinstance(described, str):
                    self.forms.update(form for value in values_of(described) for form in value.forms)
        written = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if name)
        self._tools = re.compile(rf"\b(?:{written})\b") if written else None

    def without_tools(self, text: str) -> str:
        """A text without the tools that it names: which ones there are is known before any result."""
        return self._tools.sub(" ", text) if self._tools else text


def _schemas(function: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield function
    properties = (function.get("parameters") or {}).get("properties", {})
    yield from (schema for schema in properties.values() if isinstance(schema, dict))
