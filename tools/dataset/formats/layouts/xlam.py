"""xLAM: ``{"query": …, "answers": [calls], "tools": [functions]}``: a question and the calls that it wants.

Calls and functions are JSON, or JSON in a string.

Parameters of tools are named with types as Python writes them (``str``, ``int, optional``, ``List[int]``); they
become JSON Schema, and the tools are kept as they were. Layout:
https://huggingface.co/datasets/Salesforce/xlam-function-calling-60k.
"""

from __future__ import annotations

from typing import Any

from ..json_text.json_line import parse_value
from ..refusal import Refused
from ..turns.chat_body import chat_body, text_at
from ..turns.tool_calls import OpenCalls, read_calls
from ..turns.tool_declarations import read_tools

Source = dict[str, Any]
NAME = "xlam"
_TYPES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "tuple": "array",
    "set": "array",
    "dict": "object",
}


def recognise(source: Source) -> str | None:
    """What makes a record xLAM's; ``None`` when it is not."""
    if isinstance(source.get("query"), str) and "tools" in source and "answers" in source:
        return "`query` with `answers` and `tools`"
    return None


def to_chat(source: Source) -> Source:
    """The body of a record of xLAM; raises `Refused`."""
    calls, says_all = read_calls(source.get("answers"), "`answers`")
    open_calls = OpenCalls()
    made = [open_calls.call(name, arguments) for name, arguments in calls]
    messages: list[Source] = [
        {"role": "user", "content": text_at(source, "query")},
        {"role": "assistant", "content": None, "tool_calls": made},
    ]
    given = source.get("tools")
    tools = parse_value(given) if isinstance(given, str) and given.strip() else given
    if not isinstance(tools, list):
        raise Refused("bad_tools", "`tools` is no list")
    extra: Source = {} if says_all else {"answers": source["answers"]}
    declared = [_with_schema(tool) for tool in tools]
    if declared != tools:
        extra["tools"] = given
    used = {"query", "answers", "tools"}
    return chat_body(NAME, source, used, messages, tools=read_tools(declared), extra=extra)


def _with_schema(tool: Any) -> Any:
    """A tool with its parameters as JSON Schema; one that has them already as it is."""
    parameters = tool.get("parameters") if isinstance(tool, dict) else None
    if not isinstance(parameters, dict) or "properties" in parameters or parameters.get("type") == "object":
        return tool
    if not all(isinstance(parameter, dict) for parameter in parameters.values()):
        return tool
    required = [
        name
        for name, parameter in parameters.items()
        if "default" not in parameter and "optional" not in str(parameter.get("type", ""))
    ]
    schema: Source = {
        "type": "object",
        "properties": {name: _parameter(parameter) for name, parameter in parameters.items()},
    }
    if required:
        schema["required"] = required
    return {**tool, "parameters": schema}


def _parameter(parameter: Source) -> Source:
    written = parameter.get("type")
    if not isinstance(written, str):
        return parameter
    name = written.split(",")[0].split("[")[0].strip().lower()
    kind = _TYPES.get(name)
    if kind is None:  # JSON Schema's own names stay; what is neither says nothing about the value
        return (
            parameter
            if name in _TYPES.values()
            else {key: value for key, value in parameter.items() if key != "type"}
        )
    return {**parameter, "type": kind}
