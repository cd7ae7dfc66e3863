"""Every failure of an MCP tool as data, `{"success": false, "error": {code, message, hint}}`, and as an error."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, get_type_hints

from fastmcp.exceptions import ValidationError as BadArguments
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from fastmcp.tools import ToolResult
from mcp_types import CallToolRequestParams
from pydantic import ValidationError

from ...tools.errors import CoverageError, InvalidInput
from ...tools.failure import internal_failure
from .answers import Answer

P = ParamSpec("P")
A = TypeVar("A", bound=Answer)


def answering(tool: Callable[P, A]) -> Callable[P, A]:
    """The tool (not a coroutine) with its errors as its answer."""
    # The answer is of the tool's own type, so that it fits the schema that clients were told.
    kind: type[A] = get_type_hints(tool)["return"]

    @wraps(tool)
    def answer(*arguments: P.args, **named: P.kwargs) -> A:
        try:
            return tool(*arguments, **named)
        except CoverageError as error:
            return kind.model_validate(error.to_failure())
        except Exception as error:
            return kind.model_validate(internal_failure(error, tool.__name__))

    return answer


class FailuresAsData(Middleware):
    """Whatever fails is answered with the failure document, marked as an error of the tool (`isError`).

    Arguments that do not fit a tool's schema are answered like any other bad input.
    """

    async def on_call_tool(
        self,
        context: MiddlewareContext[CallToolRequestParams],
        call_next: CallNext[CallToolRequestParams, ToolResult],
    ) -> ToolResult:
        """Call the tool; say what is wrong with its arguments, if something is."""
        try:
            result = await call_next(context)
        except BadArguments as error:
            failure = InvalidInput(
                f"{context.message.name}: {_problems(error)}.", hint="The tool's schema says what it takes."
            )
            return ToolResult(structured_content=failure.to_failure(), is_error=True)
        result.is_error = not (result.structured_content or {}).get("success", False)
        return result


def _problems(error: BadArguments) -> str:
    cause: Any = error.__cause__
    if not isinstance(cause, ValidationError):
        return str(error)
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in cause.errors())
