"""Tool declarations of other formats as OpenAI function tools."""

from __future__ import annotations

from typing import Any

from ..json_text.json_line import parse_value
from ..refusal import Refused, kind_of

Source = dict[str, Any]
_WITHIN = ("functionDeclarations", "function_declarations", "toolSpec")


def read_tools(value: Any) -> list[Any]:
    """Tools as OpenAI declares them.

    Args:
        value: a list of tools, the same as JSON in a string, or nothing; each of them may be JSON in a string too. A
            tool is an OpenAI function tool, or the function alone (``name``, ``description``, ``parameters``; Anthropic
            calls the last ``input_schema``, others ``inputSchema``), alone in ``toolSpec`` (Bedrock) or one of
            ``functionDeclarations`` (Gemini).

    Raises:
        Refused: they are no tools.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return []
    if isinstance(value, str):
        try:
            value = parse_value(value)
        except Refused as refused:
            raise Refused("bad_tools", f"`tools` is a string that is {refused.reason}") from refused
    if isinstance(value, dict):
        value = _named_tools(value) or [value]
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused("bad_tools", f"`tools` is {kind_of(value)}, not a list")
    tools = [inner for tool in value for inner in _opened(_parsed(tool))]
    return [_function_tool(tool, number) for number, tool in enumerate(tools, start=1)]


def _parsed(tool: Any) -> Any:
    """A tool that is JSON in a string as what it stands for; anything else as it is."""
    try:
        return parse_value(tool) if isinstance(tool, str) and tool.lstrip().startswith("{") else tool
    except Refused:
        return tool


def is_other_tool(tool: Any) -> bool:
    """Whether a declared tool is no function, such as a code interpreter or a search."""
    return isinstance(tool, dict) and "function" not in tool and isinstance(tool.get("type"), str)


def _named_tools(value: Source) -> list[Source]:
    """Tools that stand under their names, as the AI SDK writes them; none when the object is a tool itself."""
    if {"name", "function", "type", *_WITHIN}.intersection(value):
        return []
    if not value or not all(isinstance(tool, dict) for tool in value.values()):
        return []
    return [{"name": name, **tool} for name, tool in value.items()]


def _opened(tool: Any) -> list[Any]:
    """The functions of a tool that holds them one level deeper; any other tool as it is."""
    key = next((key for key in _WITHIN if key in tool), "") if isinstance(tool, dict) else ""
    if not key:
        return [tool]
    held = tool[key]
    rest = {name: value for name, value in tool.items() if name != key}
    if rest:  # a tool that is no function stands with them, such as a search
        return [*_opened({key: held}), {"type": "other", **rest}]
    if key == "toolSpec" and isinstance(held, dict):
        schema = held.get("inputSchema")
        if not isinstance(schema, dict) or "json" not in schema:
            return [held]
        beside = {name: value for name, value in schema.items() if name != "json"}
        return [{**held, **beside, "inputSchema": schema["json"]}]
    if key in _WITHIN and isinstance(held, list):
        return [_with_small_types(one) for one in held]
    return [tool]


def _with_small_types(schema: Any) -> Any:
    """A declaration with its types as JSON Schema writes them: Gemini writes ``OBJECT``, ``STRING``."""
    if isinstance(schema, dict):
        return {
            key: value.lower() if key == "type" and isinstance(value, str) else _with_small_types(value)
            for key, value in schema.items()
        }
    return [_with_small_types(item) for item in schema] if isinstance(schema, list) else schema


def _function_tool(tool: Any, number: int) -> Any:
    if not isinstance(tool, dict):
        raise Refused("bad_tools", f"tool {number} is {kind_of(tool)}, not an object")
    if "function" in tool or "name" not in tool or tool.get("type", "function") not in ("function", "custom"):
        return tool  # judged like any OpenAI tool
    function = {key: value for key, value in tool.items() if key != "type"}
    for name in ("input_schema", "inputSchema", "parametersJsonSchema"):
        if name in function:
            function["parameters"] = function.pop(name)
    if isinstance(function.get("parameter_definitions"), dict):  # Cohere's
        defined = function.pop("parameter_definitions")
        function["parameters"] = {"type": "object", "properties": defined}
    return {"type": "function", "function": function}
