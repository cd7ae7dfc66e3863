"""What a schema says of one argument: what needs no saying, and which words tell its choices apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
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


def is_described(value: Any, schema: dict[str, Any], words: Collection[str]) -> bool:
    """Whether the declaration says that a code stands for what was said, "1 for Bangkok", or that it is the default."""
    described = schema.get("description")
    if not isinstance(described, str) or isinstance(value, bool) or not str(value).strip():
        return False
    code = rf"(?<![\w.])['\"]?{re.escape(str(value))}['\"]?(?![\w.]*\w)"
    if re.search(rf"\bdefaults?\b( value)?( is| to|:| of| =)? {code}", described, re.IGNORECASE):
        return True
    meant = re.findall(
        rf"{code}\s*(?:for|=|:|-|means|is)\s*(?:the |an? )?['\"]?(\w+)", described, re.IGNORECASE
    )
    return any(word.lower() in words for word in meant)


def telling_words(schema: dict[str, Any]) -> frozenset[str] | None:
    """The words that only one of an argument's choices has; None where there are no choices."""
    choices = tuple(choice for choice in schema.get("enum") or () if isinstance(choice, str))
    return _unique_words(choices) if choices else None


@lru_cache(maxsize=1024)
def _unique_words(choices: tuple[str, ...]) -> frozenset[str]:
    counted = Counter(word for choice in choices for word in {value.written for value in values_of(choice)})
    return frozenset(word for word, times in counted.items() if times == 1)
