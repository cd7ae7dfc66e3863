"""What a schema says of one argument: what needs no saying, and which words tell its choices apart."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Any

from .spoken_values import values_of


def schema_of(source: dict[str, Any], tool: str, argument: str) -> dict[str, Any]:
    """The JSON Schema of an argument in the tools that a record declares; empty where it has none."""
    for declared in source.get("tools") or []:
        function = declared.get("function", declared)
        if function.get("name") == tool:
            schema = (function.get("parameters") or {}).get("properties", {}).get(argument)
            return schema if isinstance(schema, dict) else {}
    return {}


def is_constant(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value is the default or least one of an argument, or its only choice: nobody needs to say them.

    Nor what stands for the least one in a query: ``is_less_than(3)``.
    """
    choices = schema.get("enum") or []
    least = schema.get("minimum")
    if isinstance(value, str) and least is not None and value.endswith(f"({least})"):
        return True
    return value in [schema.get("default"), least, *(choices if len(choices) == 1 else [])]


def telling_words(schema: dict[str, Any]) -> frozenset[str] | None:
    """The words that only one of an argument's choices has; None where there are no choices."""
    choices = tuple(choice for choice in schema.get("enum") or () if isinstance(choice, str))
    return _unique_words(choices) if choices else None


@lru_cache(maxsize=1024)
def _unique_words(choices: tuple[str, ...]) -> frozenset[str]:
    counted = Counter(word for choice in choices for word in {value.written for value in values_of(choice)})
    return frozenset(word for word, times in counted.items() if times == 1)
