"""What tools answer: replayed from real traces where the arguments match, else simulated under the real shape."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .data_links import Path, leaf_at, leaves
from .identifiers import identifiers, renumbered
from .tool_errors import WaysToFail, is_error
from .traces import TracedCall

LEAST_POOL = 5
"""Distinct numbers seen in a field from which it counts as free, so that another of them may be drawn."""
SHORTEST_ECHO = 3
"""Characters of an argument that is recognised inside a longer text of the result."""


class ToolResults:
    """The real calls of a topic with their results.

    Args:
        calls: of all traces of the topic.
        choices: names of the arguments, by tool, whose values a tool lists: what it answers depends on them.
    """

    def __init__(self, calls: Iterable[TracedCall], choices: Mapping[str, set[str]]) -> None:
        self._choices = choices
        self._calls: dict[str, list[TracedCall]] = {}
        self._exact: dict[tuple[str, bool], list[TracedCall]] = {}
        self._alike: dict[str, list[TracedCall]] = {}
        self._failures: dict[str, WaysToFail] = {}
        self._numbers: dict[tuple[str, Path], set[float]] = {}
        for call in calls:
            self._calls.setdefault(call.name, []).append(call)
            self._alike.setdefault(self._likeness(call), []).append(call)
            exact = _key(call.name, call.arguments), is_error(call.value)
            self._exact.setdefault(exact, []).append(call)
            for path, leaf in leaves(call.value):
                if _is_number(leaf):
                    self._numbers.setdefault((call.name, path), set()).add(leaf)

    def of_tool(self, name: str) -> list[TracedCall]:
        """The real calls of a tool."""
        return self._calls.get(name, [])

    def ways_to_fail(self, name: str) -> WaysToFail:
        """How a tool reports errors; looked for once."""
        if name not in self._failures:
            self._failures[name] = WaysToFail.of(self.of_tool(name))
        return self._failures[name]

    def replay(
        self, like: TracedCall, arguments: Mapping[str, Any], needed: Iterable[Path], rng: random.Random
    ) -> str | None:
        """The real result of exactly this call, byte for byte, or None when no trace has it.

        Args:
            like: the traced call whose place it takes. With its own arguments it has its own result; else a result
                that reports an error only stands for another such, since the chain goes on from there.
            arguments: of the new call.
            needed: fields that later calls take values from.
            rng: chooses among several.
        """
        key = _key(like.name, arguments)
        if key == _key(like.name, like.arguments):
            return like.result
        same = self._exact.get((key, is_error(like.value)), [])
        for call in rng.sample(same, len(same)):
            if all(leaf_at(call.value, path) is not None for path in needed):
                return call.result
        return None

    def alternatives(self, like: TracedCall) -> list[TracedCall]:
        """Real calls whose results may stand for that of ``like``: same tool, choices and fields of the result."""
        return self._alike[self._likeness(like)]

    def simulate(
        self, base: TracedCall, arguments: Mapping[str, Any], replaced: dict[str, str], rng: random.Random
    ) -> str:
        """The result of ``base`` for other arguments: same fields and types, and what it echoes of them is new.

        Args:
            base: a real call.
            arguments: of the new call.
            replaced: old values and what stands for them all along the chain. Identifiers that the result brings
                up are added, so that later results name the same ones.
            rng: draws new identifiers and numbers.
        """
        echoes = dict(replaced)
        for key, old in base.arguments.items():
            if key in arguments and not isinstance(old, (dict, list, bool)):
                echoes[str(old)] = str(arguments[key])
        value = _mapped(base.value, lambda leaf: _renewed(leaf, echoes, replaced, rng))
        if base.value is base.result:  # plain text, no JSON
            return str(value)
        return json.dumps(self._with_another_number(base, value, rng), **base.json_style)

    def _with_another_number(self, base: TracedCall, value: Any, rng: random.Random) -> Any:
        # Only where there is one: two numbers of a result may depend on each other.
        numbers = [path for path, leaf in leaves(base.value) if _is_number(leaf) and _is_amount(leaf)]
        if len(numbers) != 1 or leaf_at(value, numbers[0]) != leaf_at(base.value, numbers[0]):
            return value
        pool = self._numbers.get((base.name, numbers[0]), set())
        return _with_leaf(value, numbers[0], rng.choice(sorted(pool))) if len(pool) >= LEAST_POOL else value

    def _likeness(self, call: TracedCall) -> str:
        chosen = [call.arguments.get(key) for key in sorted(self._choices.get(call.name, ()))]
        shape = sorted((str(path), type(leaf).__name__) for path, leaf in leaves(call.value))
        return json.dumps([call.name, chosen, shape])


def _renewed(leaf: Any, echoes: Mapping[str, str], replaced: dict[str, str], rng: random.Random) -> Any:
    if leaf is None or isinstance(leaf, bool):
        return leaf
    text = str(leaf)
    if text in echoes:
        return _retyped(echoes[text], leaf)
    if isinstance(leaf, float):
        return leaf
    for identifier in identifiers(text):
        if identifier not in echoes:
            replaced.setdefault(identifier, renumbered(identifier, rng))
    known = {**replaced, **echoes}
    old = sorted((one for one in known if len(one) >= SHORTEST_ECHO and one in text), key=len, reverse=True)
    if not old:
        return leaf
    # All at once, so that no new value is replaced again.
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in old))
    return _retyped(pattern.sub(lambda match: known[match.group()], text), leaf)


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: _mapped(inner, change) for key, inner in value.items()}
    if isinstance(value, list):
        return [_mapped(inner, change) for inner in value]
    return change(value)


def _with_leaf(value: Any, path: Path, leaf: Any) -> Any:
    if not path:
        return leaf
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = _with_leaf(value[path[0]], path[1:], leaf)  # type: ignore[index]
    return changed


def _retyped(text: str, like: Any) -> Any:
    try:
        return type(like)(text) if isinstance(like, (int, float)) else text
    except ValueError:
        return like


def _is_number(leaf: Any) -> bool:
    return isinstance(leaf, (int, float)) and not isinstance(leaf, bool)


def _is_amount(leaf: float) -> bool:
    # Negative numbers and 0 are mostly codes, such as -1 for "all".
    return leaf > 0


def _key(name: str, arguments: Mapping[str, Any]) -> str:
    return json.dumps([name, arguments], sort_keys=True)
