"""A record of each vendor's layout, written after its documentation, and the conversation that it holds."""

from __future__ import annotations

import json
from typing import Any

from ..sources import Source, answered, calling, said

SYSTEM = said("system", "Ferry desk.")
ASKED = said("user", "Where is K1?")
CALLED = calling(("call_1", "find", '{"code": "K1"}'))
RESULT = answered("call_1", '{"place": "Ely"}', name="find")
TOLD = said("assistant", "In Ely.")
CHAT = [SYSTEM, ASKED, TOLD]
WITH_CALL = [ASKED, CALLED, RESULT, TOLD]
SCHEMA: Source = {"type": "object", "properties": {"code": {"type": "string"}}}
TOOLS = [{"type": "function", "function": {"name": "find", "description": "Finds.", "parameters": SCHEMA}}]
ARGUMENTS = {"code": "K1"}
FOUND = {"place": "Ely"}


def spoken(*turns: Source, speaker: str, text: str, names: tuple[str, str, str]) -> list[Source]:
    """Turns of a plain chat in another spelling."""
    roles = dict(zip(("system", "user", "assistant"), names, strict=True))
    return [{speaker: roles[turn["role"]], text: turn["content"]} for turn in turns]


def with_ids(messages: list[Source], call_id: str) -> list[Source]:
    """The same conversation with another id of its call."""
    loaded: list[Source] = json.loads(json.dumps(messages).replace("call_1", call_id))
    return loaded


def unnamed(messages: list[Source]) -> list[Source]:
    """The same conversation where results do not name their tool."""
    return [{k: v for k, v in m.items() if not (k == "name" and m["role"] == "tool")} for m in messages]


def _lc(name: str, **kwargs: Any) -> Source:
    return {"lc": 1, "type": "constructor", "id": ["langchain_core", "messages", name], "kwargs": kwargs}


def _node(parent: str | None, children: list[str], role: str = "", text: str = "", **more: Any) -> Source:
    content = {"content_type": "text", "parts": [text]}
    message = {"author": {"role": role}, "content": content, "recipient": "all", **more} if role else None
    return {"message": message, "parent": parent, "children": children}


LAYOUTS: dict[str, tuple[str, Source, list[Source], list[Source]]] = {
    "Pydantic AI": (
        "pydantic_ai",
        {
            "messages": [
                {
                    "kind": "request",
                    "parts": [
                        {"part_kind": "system-prompt", "content": "Ferry desk."},
                        {"part_kind": "user-prompt", "content": "Where is K1?"},
                    ],
                },
                {
                    "kind": "response",
                    "parts": [
                        {
                            "part_kind": "tool-call",
                            "tool_name": "find",
                            "args": '{"code": "K1"}',
                            "tool_call_id": "call_1",
                        }
                    ],
                },
                {
                    "kind": "request",
                    "parts": [
                        {
                            "part_kind": "tool-return",
                            "tool_name": "find",
                            "content": FOUND,
                            "tool_call_id": "call_1",
                        }
                    ],
                },
                {"kind": "response", "parts": [{"part_kind": "text", "content": "In Ely."}]},
            ]
        },
        [SYSTEM, *WITH_CALL],
        [],
    ),
    "AutoGen": (
        "autogen",
        {
            "messages": [
                {"source": "user", "type": "TextMessage", "content": "Where is K1?"},
                {
                    "source": "desk",
                    "type": "ToolCallRequestEvent",
                    "content": [{"id": "call_1", "name": "find", "arguments": '{"code": "K1"}'}],
                },
                {
                    "source": "desk",
                    "type": "ToolCallExecutionEvent",
                    "content": [{"call_id": "call_1", "name": "find", "content": '{"place": "Ely"}'}],
                },
                {"source": "desk", "type": "MemoryQueryEvent", "content": []},
                {"source": "desk", "type": "TextMessage", "content": "In Ely."},
            ]
        },
        WITH_CALL,
        [],
    ),
    "Schema-Guided Dialogue": (
        "sgd",
        {
            "turns": [
                {"speaker": "USER", "utterance": "Where is K1?", "frames": []},
                {
                    "speaker": "SYSTEM",
                    "utterance": "In Ely.",
                    "frames": [
                        {
                            "service_call": {"method": "find", "parameters": ARGUMENTS},
                            "service_results": [FOUND],
                        }
                    ],
                },
            ]
        },
        [ASKED, CALLED, answered("call_1", '[{"place": "Ely"}]', name="find"), TOLD],
        [],
    ),
    "Semantic Kernel in .NET": (
        "turns",
        {
            "ChatHistory": [
                {"Role": {"Label": "user"}, "Items": [{"$type": "TextContent", "Text": "Where is K1?"}]},
                {
                    "Role": {"Label": "assistant"},
                    "Items": [
                        {
                            "$type": "FunctionCallContent",
                            "Id": "call_1",
                            "FunctionName": "find",
                            "Arguments": ARGUMENTS,
                        }
                    ],
                },
                {
                    "Role": {"Label": "tool"},
                    "Items": [
                        {
                            "$type": "FunctionResultContent",
                            "CallId": "call_1",
                            "FunctionName": "find",
                            "Result": FOUND,
                        }
                    ],
                },
                {"Role": {"Label": "assistant"}, "Items": [{"$type": "TextContent", "Text": "In Ely."}]},
            ]
        },
        WITH_CALL,
        [],
    ),
    "a call told three times": (
        "turns",
        {
            "transcript": "User: Where is K1?\nAgent: In Ely.\n",
            "transcript_object": [said("user", "Where is K1?"), said("agent", "In Ely.")],
            "transcript_with_tool_calls": [
                said("user", "Where is K1?"),
                {
                    "role": "tool_call_invocation",
                    "tool_call_id": "call_1",
                    "name": "find",
                    "arguments": '{"code": "K1"}',
                },
                {"role": "tool_call_result", "tool_call_id": "call_1", "content": '{"place": "Ely"}'},
                said("agent", "In Ely."),
            ],
        },
        unnamed(WITH_CALL),
        [],
    ),
    "Rasa's events": (
        "turns",
        {
            "events": [
                {"event": "action", "name": "action_listen"},
                {"event": "user", "text": "Where is K1?", "parse_data": {"text": "Where is K1?"}},
                {"event": "slot", "name": "code", "value": "K1"},
                {"event": "bot", "text": "In Ely."},
            ]
        },
        [ASKED, TOLD],
        [],
    ),
    "Bedrock": (
        "bedrock",
        {
            "schemaVersion": "bedrock-conversation-2024",
            "messages": [
                said("user", [{"text": "Where is K1?"}]),
                said("assistant", [{"toolUse": {"toolUseId": "t1", "name": "find", "input": ARGUMENTS}}]),
                said("user", [{"toolResult": {"toolUseId": "t1", "content": [{"json": FOUND}]}}]),
                said("assistant", [{"text": "In Ely."}]),
            ],
            "toolConfig": {
                "tools": [
                    {"toolSpec": {"name": "find", "description": "Finds.", "inputSchema": {"json": SCHEMA}}}
                ]
            },
        },
        unnamed(with_ids(WITH_CALL, "t1")),
        TOOLS,
    ),
    "Bedrock's system": (
        "bedrock",
        {
            "system": [{"text": "Ferry desk."}],
            "messages": [said("user", [{"text": "Where is K1?"}]), said("assistant", [{"text": "In Ely."}])],
        },
        CHAT,
        [],
    ),
    "Gemini": (
        "gemini",
        {
            "system_instruction": {"parts": [{"text": "Ferry desk."}]},
            "contents": [
                {"role": "user", "parts": [{"text": "Where is "}, {"text": "K1?"}]},
                {"role": "model", "parts": [{"functionCall": {"name": "find", "args": ARGUMENTS}}]},
                {"role": "user", "parts": [{"functionResponse": {"name": "find", "response": FOUND}}]},
                {"role": "model", "parts": [{"text": "In Ely."}]},
            ],
            "tools": [
                {
                    "functionDeclarations": [
                        {
                            "name": "find",
                            "description": "Finds.",
                            "parameters": {"type": "OBJECT", "properties": {"code": {"type": "STRING"}}},
                        }
                    ]
                }
            ],
        },
        [SYSTEM, *WITH_CALL],
        TOOLS,
    ),
    "Cohere's training files": (
        "openai",
        {"messages": spoken(*CHAT, speaker="role", text="content", names=("System", "User", "Chatbot"))},
        CHAT,
        [],
    ),
    "Cohere's chats": (
        "cohere",
        {
            "preamble": "Ferry desk.",
            "chat_history": [{"role": "USER", "message": "Hi"}, {"role": "CHATBOT", "message": "Hello"}],
            "message": "Where is K1?",
            "text": "In Ely.",
        },
        [SYSTEM, said("user", "Hi"), said("assistant", "Hello"), ASKED, TOLD],
        [],
    ),
    "Responses": (
        "openai_responses",
        {
            "instructions": "Ferry desk.",
            "input": [
                {
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_text", "text": "Where is K1?"}],
                },
                {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Look it up."}]},
                {"type": "function_call", "call_id": "c1", "name": "find", "arguments": '{"code": "K1"}'},
                {"type": "function_call_output", "call_id": "c1", "output": '{"place": "Ely"}'},
            ],
            "output": [
                {
                    "type": "message",
                    "status": "completed",
                    "role": "assistant",
                    "content": [{"type": "output_text", "text": "In Ely.", "annotations": []}],
                }
            ],
            "tools": [{"type": "function", "name": "find", "description": "Finds.", "parameters": SCHEMA}],
        },
        [
            SYSTEM,
            ASKED,
            calling(("c1", "find", '{"code": "K1"}'), reasoning_content="Look it up."),
            answered("c1", '{"place": "Ely"}'),
            TOLD,
        ],
        TOOLS,
    ),
    "a gateway's log": (
        "logged",
        {
            "request": {"model": "m", "messages": CHAT[:2], "tools": TOOLS},
            "response": {"id": "x", "choices": [{"index": 0, "message": TOLD}], "usage": {"total_tokens": 9}},
        },
        CHAT,
        TOOLS,
    ),
    "a log as text": (
        "logged",
        {
            "request_body": json.dumps({"messages": CHAT[:2]}),
            "response_body": json.dumps({"choices": [{"message": TOLD}]}),
        },
        CHAT,
        [],
    ),
    "OpenPipe": (
        "logged",
        {"reqPayload": {"messages": CHAT[:2]}, "respPayload": {"choices": [{"message": TOLD}]}},
        CHAT,
        [],
    ),
    "LiteLLM": (
        "logged",
        {"model": "m", "messages": CHAT[:2], "response": {"choices": [{"message": TOLD}]}},
        CHAT,
        [],
    ),
    "messages with a completion": ("logged", {"messages": CHAT[:2], "completion": "In Ely."}, CHAT, []),
    "Langfuse": ("logged", {"input": {"messages": CHAT[:2]}, "output": TOLD, "traceId": "t"}, CHAT, []),
    "LangSmith": (
        "logged",
        {
            "inputs": {
                "messages": [
                    [_lc("SystemMessage", content="Ferry desk."), _lc("HumanMessage", content="Where is K1?")]
                ]
            },
            "outputs": {
                "generations": [[{"text": "In Ely.", "message": _lc("AIMessage", content="In Ely.")}]]
            },
        },
        CHAT,
        [],
    ),
    "LangSmith's state": (
        "logged",
        {"inputs": {"messages": CHAT[:2]}, "outputs": {"messages": CHAT}},
        CHAT,
        [],
    ),
    "a Gemini log": (
        "logged",
        {
            "request": {
                "systemInstruction": {"parts": [{"text": "Ferry desk."}]},
                "contents": [{"role": "user", "parts": [{"text": "Where is K1?"}]}],
            },
            "response": {"candidates": [{"content": {"role": "model", "parts": [{"text": "In Ely."}]}}]},
        },
        CHAT,
        [],
    ),
    "a Bedrock log": (
        "logged",
        {
            "input": {
                "system": [{"text": "Ferry desk."}],
                "messages": [{"role": "user", "content": [{"text": "Where is K1?"}]}],
            },
            "output": {"message": {"role": "assistant", "content": [{"text": "In Ely."}]}},
        },
        CHAT,
        [],
    ),
    "LangChain's dictionaries": (
        "langchain",
        {
            "messages": [
                {"type": "human", "data": {"content": "Where is K1?", "additional_kwargs": {}}},
                {
                    "type": "ai",
                    "data": {
                        "content": "",
                        "tool_calls": [
                            {"name": "find", "args": ARGUMENTS, "id": "call_1", "type": "tool_call"}
                        ],
                        "invalid_tool_calls": [],
                    },
                },
                {
                    "type": "tool",
                    "data": {"content": '{"place": "Ely"}', "name": "find", "tool_call_id": "call_1"},
                },
                {"type": "ai", "data": {"content": "In Ely.", "tool_calls": []}},
            ]
        },
        WITH_CALL,
        [],
    ),
    "LangChain's constructors": (
        "langchain",
        {
            "messages": [
                _lc("SystemMessage", content="Ferry desk."),
                _lc("HumanMessage", content="Where is K1?"),
                _lc("AIMessage", content="In Ely."),
            ]
        },
        CHAT,
        [],
    ),
    "AI SDK 5": (
        "ai_sdk",
        {
            "messages": [
                {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Where is K1?"}]},
                {
                    "id": "2",
                    "role": "assistant",
                    "parts": [
                        {"type": "step-start"},
                        {
                            "type": "tool-find",
                            "toolCallId": "c1",
                            "state": "output-available",
                            "input": ARGUMENTS,
                            "output": FOUND,
                        },
                        {"type": "text", "text": "In Ely.", "state": "done"},
                    ],
                },
            ]
        },
        with_ids(WITH_CALL, "c1"),
        [],
    ),
    "AI SDK 4": (
        "ai_sdk",
        {
            "messages": [
                {
                    "role": "user",
                    "content": "Where is K1?",
                    "parts": [{"type": "text", "text": "Where is K1?"}],
                },
                {
                    "role": "assistant",
                    "content": "In Ely.",
                    "parts": [
                        {
                            "type": "tool-invocation",
                            "toolInvocation": {
                                "state": "result",
                                "toolCallId": "c1",
                                "toolName": "find",
                                "args": ARGUMENTS,
                                "result": FOUND,
                            },
                        },
                        {"type": "text", "text": "In Ely."},
                    ],
                },
            ]
        },
        with_ids(WITH_CALL, "c1"),
        [],
    ),
    "AI SDK's messages for models": (
        "ai_sdk",
        {
            "messages": [
                said("user", "Where is K1?"),
                said(
                    "assistant",
                    [{"type": "tool-call", "toolCallId": "c1", "toolName": "find", "input": ARGUMENTS}],
                ),
                said(
                    "tool",
                    [
                        {
                            "type": "tool-result",
                            "toolCallId": "c1",
                            "toolName": "find",
                            "output": {"type": "json", "value": FOUND},
                        }
                    ],
                ),
                said("assistant", [{"type": "text", "text": "In Ely."}]),
            ]
        },
        with_ids(WITH_CALL, "c1"),
        [],
    ),
    "ChatGPT": (
        "chatgpt",
        {
            "title": "K1",
            "current_node": "d",
            "mapping": {
                "root": _node(None, ["s"]),
                "s": _node("root", ["a"], "system", "", weight=0),
                "a": _node("s", ["b", "c"], "user", "Where is K1?"),
                "b": _node("a", [], "assistant", "No idea."),
                "c": _node("a", ["d"], "assistant", "In Ely."),
                "d": _node("c", [], "user", "Thanks."),
            },
        },
        [ASKED, TOLD, said("user", "Thanks.")],
        [],
    ),
    "Claude": (
        "claude",
        {
            "uuid": "u",
            "name": "K1",
            "chat_messages": [
                {
                    "sender": "human",
                    "text": "Where is K1?",
                    "content": [{"type": "text", "text": "Where is K1?"}],
                    "attachments": [{"file_name": "a.txt", "extracted_content": "K1: Ely"}],
                },
                {"sender": "assistant", "text": "In Ely.", "attachments": [], "files": []},
            ],
        },
        [
            said("user", [{"type": "text", "text": "Where is K1?"}, {"type": "text", "text": "K1: Ely"}]),
            TOLD,
        ],
        [],
    ),
    "ms-swift": (
        "sharegpt",
        {
            "tools": json.dumps(TOOLS),
            "messages": [
                said("user", "Where is K1?"),
                said("tool_call", '{"name": "find", "arguments": {"code": "K1"}}'),
                said("tool_response", '{"place": "Ely"}'),
                said("assistant", "In Ely."),
            ],
        },
        unnamed(WITH_CALL),
        TOOLS,
    ),
    "xLAM": (
        "xlam",
        {
            "query": "Where is K1?",
            "answers": json.dumps([{"name": "find", "arguments": ARGUMENTS}]),
            "tools": json.dumps(
                [
                    {
                        "name": "find",
                        "description": "Finds.",
                        "parameters": {
                            "code": {"description": "Its code.", "type": "str"},
                            "since": {"description": "A day.", "type": "str, optional"},
                            "lines": {"description": "Lines.", "type": "List[int]", "default": "[]"},
                        },
                    }
                ]
            ),
        },
        [ASKED, CALLED],
        [
            {
                "type": "function",
                "function": {
                    "name": "find",
                    "description": "Finds.",
                    "parameters": {
                        "type": "object",
                        "properties": {
                            "code": {"description": "Its code.", "type": "string"},
                            "since": {"description": "A day.", "type": "string"},
                            "lines": {"description": "Lines.", "type": "array", "default": "[]"},
                        },
                        "required": ["code"],
                    },
                },
            }
        ],
    ),
    "ToolACE": (
        "toolace",
        {
            "system": "You may call: " + json.dumps([TOOLS[0]["function"]]),
            "conversations": [
                {"from": "user", "value": "Where is K1, and when?"},
                {"from": "assistant", "value": '[find(code="K1"), Get Time(zone="a, b (c)", exact=true)]'},
                {"from": "tool", "value": '[{"place": "Ely"}, {"time": "4"}]'},
                {"from": "assistant", "value": "In Ely."},
            ],
        },
        [
            said("system", "You may call: " + json.dumps([TOOLS[0]["function"]])),
            said("user", "Where is K1, and when?"),
            calling(
                ("call_1", "find", '{"code": "K1"}'),
                ("call_2", "Get Time", '{"zone": "a, b (c)", "exact": true}'),
            ),
            answered("call_1", '{"place": "Ely"}'),
            answered("call_2", '{"time": "4"}'),
            TOLD,
        ],
        TOOLS,
    ),
    "Glaive": (
        "glaive",
        {
            "system": "SYSTEM: You have these functions -\n" + json.dumps(TOOLS[0]["function"], indent=1),
            "chat": "USER: Where is K1?\n\n\nASSISTANT: <functioncall> "
            '{"name": "find", "arguments": \'{"code": "K1"}\'} <|endoftext|>\n\n\n'
            'FUNCTION RESPONSE: {"place": "Ely"}\n\n\nASSISTANT: In Ely. <|endoftext|>\n\n\n',
        },
        [
            said("system", "You have these functions -\n" + json.dumps(TOOLS[0]["function"], indent=1)),
            *unnamed(WITH_CALL),
        ],
        TOOLS,
    ),
    "UltraChat": (
        "text_lists",
        {"id": "0", "data": ["Where is K1?", "In Ely.", "Thanks.", "Bye."]},
        [ASKED, TOLD, said("user", "Thanks."), said("assistant", "Bye.")],
        [],
    ),
    "XTuner": (
        "text_lists",
        {"conversation": [{"system": "Ferry desk.", "input": "Where is K1?", "output": "In Ely."}]},
        CHAT,
        [],
    ),
    "ms-swift's pairs": (
        "text_lists",
        {"system": "Ferry desk.", "conversation": [{"human": "Where is K1?", "assistant": "In Ely."}]},
        CHAT,
        [],
    ),
    "pairs of texts": ("text_lists", {"conversations": [["Where is K1?", "In Ely."]]}, CHAT[1:], []),
    "Pangu": (
        "prompt_completion",
        {"system": "Ferry desk.", "context": ["Hi", "Hello", "Where is K1?"], "target": "In Ely."},
        [SYSTEM, said("user", "Hi"), said("assistant", "Hello"), ASKED, TOLD],
        [],
    ),
    "Aya": ("prompt_completion", {"inputs": "Where is K1?", "targets": "In Ely."}, CHAT[1:], []),
    "Firefly": (
        "prompt_completion",
        {"kind": "QA", "input": "Where is K1?", "target": "In Ely."},
        CHAT[1:],
        [],
    ),
    "capital letters": ("prompt_completion", {"Question": "Where is K1?", "Answer": "In Ely."}, CHAT[1:], []),
    "a rendered prompt": (
        "prompt_completion",
        {
            "prompt": "<|im_start|>user\nWhere is K1?<|im_end|>\n<|im_start|>assistant\n",
            "completion": "In Ely.<|im_end|>\n",
        },
        CHAT[1:],
        [],
    ),
    "a row of the dataset server": ("openai", {"row_idx": 0, "row": {"messages": CHAT}}, CHAT, []),
    "a batch request": ("openai", {"custom_id": "1", "body": {"model": "m", "messages": CHAT}}, CHAT, []),
    "speakers": (
        "turns",
        {
            "transcript": spoken(
                *CHAT, speaker="speaker", text="utterance", names=("System", "Customer", "Virtual Agent")
            )
        },
        CHAT,
        [],
    ),
    "Label Studio": (
        "turns",
        {
            "id": 1,
            "data": {
                "dialogue": [
                    {"author": "Customer", "text": "Where is K1?"},
                    {"author": "Agent", "text": "In Ely."},
                ]
            },
        },
        CHAT[1:],
        [],
    ),
    "Argilla": ("turns", {"fields": {"chat": CHAT}, "responses": {"quality": [{"value": "good"}]}}, CHAT, []),
    "Rasa": (
        "turns",
        {
            "sender_id": "s",
            "events": [
                {"event": "action", "name": "action_session_start"},
                {"event": "user", "text": "Where is K1?", "parse_data": {"intent": {"name": "place"}}},
                {"event": "slot", "name": "code", "value": None},
                {"event": "bot", "text": "In Ely.", "data": {}},
            ],
        },
        CHAT[1:],
        [],
    ),
    "a contact centre of Google": (
        "turns",
        {
            "entries": [
                {"text": "Where is K1?", "user_id": 1, "role": "CUSTOMER", "start_timestamp_usec": 1},
                {"text": "In Ely.", "user_id": 2, "role": "AUTOMATED_AGENT", "start_timestamp_usec": 2},
            ]
        },
        CHAT[1:],
        [],
    ),
    "a contact centre of Amazon": (
        "turns",
        {
            "Channel": "VOICE",
            "Transcript": [
                {"Id": "1", "ParticipantId": "CUSTOMER", "Content": "Where is K1?", "Sentiment": "NEUTRAL"},
                {"Id": "2", "ParticipantId": "AGENT", "Content": "In Ely.", "Sentiment": "POSITIVE"},
            ],
        },
        CHAT[1:],
        [],
    ),
    "Intercom": (
        "intercom",
        {
            "source": {"body": "Where is K1?", "author": {"type": "user", "id": "5"}, "subject": ""},
            "conversation_parts": {
                "total_count": 2,
                "conversation_parts": [
                    {"part_type": "comment", "body": "In Ely.", "author": {"type": "admin", "id": "7"}},
                    {"part_type": "close", "body": None, "author": {"type": "admin", "id": "7"}},
                ],
            },
        },
        CHAT[1:],
        [],
    ),
    "Sunshine Conversations": (
        "turns",
        {
            "messages": [
                {"author": {"type": "user"}, "content": {"type": "text", "text": "Where is K1?"}},
                {
                    "author": {"type": "business", "displayName": "Al"},
                    "content": {"type": "text", "text": "In Ely."},
                },
            ]
        },
        CHAT[1:],
        [],
    ),
    "Open WebUI": (
        "open_webui",
        {
            "chat": {
                "title": "K1",
                "history": {
                    "currentId": "c",
                    "messages": {
                        "a": {"parentId": None, "childrenIds": ["b", "c"], **ASKED},
                        "b": {"parentId": "a", "childrenIds": [], "role": "assistant", "content": "No idea."},
                        "c": {"parentId": "a", "childrenIds": [], **TOLD},
                    },
                },
            },
            "meta": {"tags": ["parcels"]},
        },
        CHAT[1:],
        [],
    ),
    "vCon": (
        "turns",
        {
            "parties": [{"name": "Bo", "role": "customer"}, {"name": "Al", "role": "agent"}],
            "dialog": [
                {"type": "text", "parties": [0], "body": "Where is K1?"},
                {"type": "text", "parties": [1], "body": "In Ely."},
            ],
        },
        CHAT[1:],
        [],
    ),
    "a messaging bot": (
        "turns",
        {
            "messages": [
                {
                    "direction": "incoming",
                    "type": "text",
                    "payload": {"type": "text", "text": "Where is K1?"},
                },
                {"direction": "outgoing", "type": "text", "payload": {"type": "text", "text": "In Ely."}},
            ]
        },
        CHAT[1:],
        [],
    ),
    "LibreChat": (
        "turns",
        {
            "messages": [
                {"sender": "User", "isCreatedByUser": True, "text": "Where is K1?"},
                {"sender": "GPT-4", "isCreatedByUser": False, "text": "In Ely."},
            ]
        },
        CHAT[1:],
        [],
    ),
    "MultiWOZ": (
        "turns",
        {
            "turns": [
                {"speaker": "USER", "utterance": "Where is K1?"},
                {"speaker": "SYSTEM", "utterance": "In Ely."},
            ]
        },
        CHAT[1:],
        [],
    ),
    "LlamaIndex": (
        "turns",
        {
            "messages": [
                {
                    "role": "user",
                    "additional_kwargs": {},
                    "blocks": [{"block_type": "text", "text": "Where is K1?"}],
                },
                {"role": "assistant", "blocks": [{"block_type": "text", "text": "In Ely."}]},
            ]
        },
        CHAT[1:],
        [],
    ),
    "Semantic Kernel": (
        "turns",
        {
            "Messages": [
                {"Role": {"Label": "user"}, "Items": [{"$type": "TextContent", "Text": "Where is K1?"}]},
                {"Role": {"Label": "assistant"}, "Items": [{"$type": "TextContent", "Text": "In Ely."}]},
            ]
        },
        CHAT[1:],
        [],
    ),
    "DialogStudio": (
        "text_lists",
        {
            "log": [{"turn id": 1, "user utterance": "Where is K1?", "system response": "In Ely."}],
            "prompt": ["x"],
        },
        CHAT[1:],
        [],
    ),
}
"""By name: the format, a record, its messages, its tools."""

RENDERED = {
    "ChatML": "<|im_start|>system\nFerry desk.<|im_end|>\n<|im_start|>user\nWhere is K1?<|im_end|>\n"
    "<|im_start|>assistant\nIn Ely.<|im_end|>\n",
    "Llama 2": "<s>[INST] <<SYS>>\nFerry desk.\n<</SYS>>\n\nWhere is K1? [/INST] In Ely. </s>",
    "Llama 3": "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nFerry desk.<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\nWhere is K1?<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\nIn Ely.<|eot_id|>",
    "Llama 4": "<|begin_of_text|><|header_start|>system<|header_end|>\n\nFerry desk.<|eot|>"
    "<|header_start|>user<|header_end|>\n\nWhere is K1?<|eot|>"
    "<|header_start|>assistant<|header_end|>\n\nIn Ely.<|eot|>",
    "Harmony": "<|start|>system<|message|>Ferry desk.<|end|><|start|>user<|message|>Where is K1?<|end|>"
    "<|start|>assistant<|channel|>final<|message|>In Ely.<|return|>",
    "Gemma": "<bos><start_of_turn>system\nFerry desk.<end_of_turn>\n<start_of_turn>user\nWhere is K1?<end_of_turn>\n"
    "<start_of_turn>model\nIn Ely.<end_of_turn>\n",
    "Zephyr": "<|system|>\nFerry desk.</s>\n<|user|>\nWhere is K1?</s>\n<|assistant|>\nIn Ely.</s>",
    "Phi": "<|system|>\nFerry desk.<|end|>\n<|user|>\nWhere is K1?<|end|>\n"
    "<|assistant|>\nIn Ely.<|end|>\n<|endoftext|>",
    "DeepSeek": "<｜begin▁of▁sentence｜>Ferry desk.<｜User｜>Where is K1?<｜Assistant｜>In Ely.<｜end▁of▁sentence｜>",
    "Mistral": "<s>[INST] Where is K1? [/INST] In Ely.</s>",
    "Guanaco": "### Human: Where is K1?### Assistant: In Ely.",
    "Alpaca": "Below is an instruction that describes a task.\n\n### Instruction:\nWhere is\n\n### Input:\nK1?\n\n"
    "### Response:\nIn Ely.",
    "HH": "\n\nHuman: Where is K1?\n\nAssistant: In Ely.",
    "Vicuna": "Ferry desk. USER: Where is K1? ASSISTANT: In Ely.</s>",
    "OpenChat": "GPT4 Correct User: Where is K1?<|end_of_turn|>GPT4 Correct Assistant: In Ely.<|end_of_turn|>",
    "Baize": "The conversation between human and AI assistant.\n[|Human|] Where is K1?\n[|AI|] In Ely.\n[|Human|] ",
    "ChatGLM": "[Round 1]\n\n问：Where is K1?\n\n答：In Ely.",
    "a transcript": "Customer: Where is K1?\nAgent: In Ely.",
}
"""The same conversation as templates render it."""
