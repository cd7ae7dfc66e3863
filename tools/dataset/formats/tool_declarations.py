"""Tool declarations of other formats as OpenAI function tools."""

from __future__ import annotations

from typing import Any

from .json_line import parse_value
from .refusal import Refused, kind_of

Source = dict[str, Any]


def read_tools(value: Any) -> list[Any]:
    """Tools as OpenAI declares them.

    Args:
        value: a list of tools, the same as JSON in a string, or nothing. A tool is an OpenAI function tool, or the
            function alone (``name``, ``description``, ``parameters``; Anthropic calls the last ``input_schema``).

    Raises:
        Refused: they are no tools.
    """
    if value is None or value == "":
        return []
    if isinstance(value, str):
        try:
            value = parse_value(value)
        except Refused as refused:
            raise Refused("bad_tools", f"`tools` is a string that is {refused.reason}") from refused
    if isinstance(value, dict):
        value = [value]
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused("bad_tools", f"`tools` is {kind_of(value)}, not a list")
    return [_function_tool(tool, number) for number, tool in enumerate(value, start=1)]


def _function_tool(tool: Any, number: int) -> Any:
    if not isinstance(tool, dict):
        raise Refused("bad_tools", f"tool {number} is {kind_of(tool)}, not an object")
    if "function" in tool or "name" not in tool or tool.get("type", "function") not in ("function", "custom"):
        return tool  # judged like any OpenAI tool
    function = {key: value for key, value in tool.items() if key != "type"}
    if "input_schema" in function:
        function["parameters"] = function.pop("input_schema")
    return {"type": "function", "function": function}
