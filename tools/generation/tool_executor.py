"""The user's own tools: a function of theirs answers the calls of generated records, in the model's place.

Its name comes from the settings alone. A dataset names tools and arguments; which code runs, it has no say in.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from operator import attrgetter
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from ..errors import InvalidInput
from ..text.whole_characters import whole_characters

MOST_CHARACTERS = 20_000
"""Of one result. A longer one is refused, not cut: half a JSON document is nothing that a tool returns."""


class NoResult(RuntimeError):
    """A call to the user's function gave nothing that a record can hold; the text says why."""


@dataclass(frozen=True)
class ToolExecutor:
    """Calls the user's function, one call after the other.

    Attributes:
        name: as the setting has it.
        function: gets the tool's name and its arguments; a coroutine function is awaited.
        seconds: how long one call may take. One that takes longer is given up, though its thread cannot be ended.
    """

    name: str
    function: Callable[[str, dict[str, Any]], Any]
    seconds: float

    @classmethod
    def named(cls, name: str, seconds: float) -> ToolExecutor:
        """The function that a setting of the form ``module:function`` names.

        Raises:
            InvalidInput: it cannot be loaded, or is no function.
        """
        module, _, function = name.partition(":")
        try:
            found = attrgetter(function)(import_module(module))
        except Exception as error:  # whatever the user's module does when it is imported
            raise _unusable(name, f"{type(error).__name__}: {error}") from error
        if not callable(found):
            raise _unusable(name, f"it is no function but {type(found).__name__}")
        return cls(name, found, seconds)

    def result(self, tool: str, arguments: dict[str, Any]) -> str:
        """What a tool returns: text as it is, anything else as JSON.

        Raises:
            NoResult: the function failed, took too long, or returned what is no JSON or too long.
        """
        ended: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

        def call() -> None:
            try:
                value = self.function(tool, arguments)
                ended.put((asyncio.run(value) if inspect.iscoroutine(value) else value, None))
            except BaseException as error:  # also SystemExit: it would end a thread that somebody waits for
                ended.put((None, error))

        Thread(target=call, name=f"tool {tool}", daemon=True).start()
        try:
            value, error = ended.get(timeout=self.seconds)
        except Empty:
            raise NoResult(f"{tool}: no result within {self.seconds:g} seconds") from None
        if error is not None:
            raise NoResult(f"{tool} raised {type(error).__name__}: {error}"[:300]) from error
        try:
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as problem:
            raise NoResult(f"{tool} returned what is no JSON: {problem}"[:300]) from problem
        if len(text) > MOST_CHARACTERS:
            raise NoResult(
                f"{tool} returned {len(text):,} characters, where {MOST_CHARACTERS:,} are the most"
            )
        return whole_characters(text)


def _unusable(name: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"The tool executor {name!r} cannot be used: {why}.",
        hint="FINETUNE_COVERAGE_TOOL_EXECUTOR names a function as module:function, in a module that Python finds "
        "(installed, or in a folder of PYTHONPATH).",
    )
