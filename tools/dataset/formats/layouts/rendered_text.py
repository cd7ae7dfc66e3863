r"""Conversations that a chat template has made one text of: ChatML, Llama, Harmony, Guanaco, …, one table of marks.

A mark opens a turn and names its speaker; others end it. A text is taken apart where it has a turn of a user and one
of an assistant; what stands before the first turn is the system prompt, but for the preambles of Alpaca's template and
of Baize's, which are no part of the data. How it was spelled is not kept: an export renders with the template of the
model that is trained.

Templates: ChatML https://github.com/openai/openai-python/blob/release-v0.28.0/chatml.md, Llama 2 to 4
https://www.llama.com/docs/model-cards-and-prompt-formats/, Harmony
https://github.com/openai/harmony/blob/main/docs/format.md, Gemma
https://ai.google.dev/gemma/docs/core/prompt-structure, Guanaco
https://huggingface.co/datasets/timdettmers/openassistant-guanaco, Alpaca
https://github.com/tatsu-lab/stanford_alpaca, HH https://github.com/anthropics/hh-rlhf, Vicuna and OpenChat
https://github.com/lm-sys/FastChat/blob/main/fastchat/conversation.py, Baize
https://github.com/project-baize/baize-chatbot, Glaive
https://huggingface.co/datasets/glaiveai/glaive-function-calling-v2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..items.json_fields import with_turns_parsed
from ..refusal import Refused
from ..turns.conversation import are_turns, body_of_turns
from ..turns.roles import NAMES_BEFORE_TEXT, role_of

Source = dict[str, Any]
NAME = "rendered"


@dataclass(frozen=True)
class Template:
    """How a template writes turns.

    Attributes:
        name: for a person.
        opening: finds the mark that opens a turn; its group ``role`` names the speaker.
        ends: what may stand behind a turn or around the whole.
        roles: speakers that are no words, or mean something else than usual.
        has_preamble: its own text before the first turn belongs to the template, not to the data.
        is_sure: its marks are no words that a text could hold by chance; only such are looked for in a prompt.
    """

    name: str
    opening: re.Pattern[str]
    ends: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    has_preamble: bool = False
    is_sure: bool = True


_TEMPLATES = (
    Template("ChatML", re.compile(r"<\|im_start\|>(?P<role>\w+)[^\n]*\n"), ("<|im_end|>", "<|endoftext|>")),
    Template(
        "Llama 3",
        re.compile(r"<\|start_header_id\|>(?P<role>\w+)<\|end_header_id\|>"),
        ("<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|begin_of_text|>"),
    ),
    Template(
        "Llama 4",
        re.compile(r"<\|header_start\|>(?P<role>\w+)<\|header_end\|>"),
        ("<|eot|>", "<|eom|>", "<|end_of_text|>", "<|begin_of_text|>"),
    ),
    Template(
        "Harmony",
        re.compile(
            r"<\|start\|>(?P<role>[\w.-]+)(?: to=(?P<to>[\w.-]+))?"
            r"(?:<\|channel\|>(?P<channel>\w+)(?: to=(?P<recipient>[\w.-]+))?)?"
            r"(?: ?(?:<\|constrain\|>)?\w+)?<\|message\|>"
        ),
        ("<|end|>", "<|return|>", "<|call|>"),
    ),
    Template(
        "Gemma",
        re.compile(r"<start_of_turn>(?P<role>\w+)\n"),
        ("<end_of_turn>", "<eos>", "<bos>", "<end_of_turn>"),
    ),
    Template(
        "Zephyr, Phi or GLM",
        re.compile(
            r"<\|(?P<role>system|user|assistant|bot|prompter|human|observation|tool)\|>:?", re.IGNORECASE
        ),
        ("<|end|>", "</s>", "<|endoftext|>", "<|end_of_text|>", "<eoh>", "<eoa>", "[gMASK]", "<sop>", "<s>"),
    ),
    Template(
        "DeepSeek",
        re.compile("<｜(?P<role>User|Assistant)｜>"),
        ("<｜end▁of▁sentence｜>", "<｜begin▁of▁sentence｜>"),
    ),
    Template(
        "Llama 2 or Mistral",
        re.compile(r"(?P<role>\[/?INST\])"),
        ("</s>", "<s>"),
        {"[INST]": "user", "[/INST]": "assistant"},
    ),
    Template("Baize", re.compile(r"\[\|(?P<role>Human|AI)\|\]"), has_preamble=True),
    Template(
        "OpenChat",
        re.compile(r"(?:GPT4(?: Correct)?|Code|Math Correct) (?P<role>User|Assistant):"),
        ("<|end_of_turn|>", "<s>", "</s>"),
    ),
    Template(
        "Guanaco",
        re.compile(r"#{2,3} ?(?P<role>Human|User|Assistant|System|Bot|AI|GPT) ?:"),
        ("</s>", "<|endoftext|>", "<s>"),
    ),
    Template(
        "Alpaca's template",
        re.compile(
            r"(?:^|(?<=\n))#{2,3} ?(?P<role>Instruction|Input|Context|Response|Output|Answer|Question):?(?=\s)"
        ),
        ("</s>", "<|endoftext|>", "<s>", "### End"),
        {
            **dict.fromkeys(("Instruction", "Input", "Context", "Question"), "user"),
            **dict.fromkeys(("Response", "Output", "Answer"), "assistant"),
        },
        has_preamble=True,
    ),
    Template(
        "HH",
        re.compile(r"(?:^|\n\n)(?P<role>Human|Assistant):(?=\s|$)"),
    ),
    Template(
        "Vicuna",
        re.compile(r"(?:^|(?<=\s)|(?<=</s>))(?P<role>USER|ASSISTANT|SYSTEM|FUNCTION RESPONSE):"),
        ("</s>", "<|endoftext|>", "<s>"),
        {"FUNCTION RESPONSE": "tool"},
        is_sure=False,
    ),
    Template("ChatGLM", re.compile(r"(?:^|\n)(?P<role>问|答)："), roles={"问": "user", "答": "assistant"}),
    Template(
        "a transcript",
        re.compile(
            r"(?:^|\n)(?P<role>User|Human|Customer|Client|Assistant|Agent|Bot|AI|Chatbot|Support|System):(?=\s)"
        ),
        is_sure=False,
    ),
)
_PREAMBLE = re.compile(r"Below (?:is|are) |The (?:following is a )?conversation between ", re.IGNORECASE)
_NAMED_LINE = re.compile(
    rf"(?:^|\n)[ \t]*({'|'.join(map(re.escape, NAMES_BEFORE_TEXT))})[ \t]*[:：]", re.IGNORECASE
)
_ROUND = re.compile(r"\[Round [0-9]+\]$")
_LONGEST_ROUND = 20
_GLAIVE = re.compile(r"\{\s*\"name\":\s*\"(?P<name>[^\"]+)\",\s*\"arguments\":\s*")
_SYSTEM = ("<<SYS>>", "<</SYS>>")
_CALL = "<functioncall>"
_RESPONSE = "<tool_response>"


def recognise(source: Source) -> str | None:
    """What makes a record rendered text; ``None`` when it is not."""
    if any(map(are_turns, with_turns_parsed(source).values())):  # which say the same, and more of it
        return None
    found = _found(source)
    return f"`{found[0]}` rendered as {found[1]}" if found else None


def to_chat(source: Source) -> Source:
    """The body of a rendered conversation; raises `Refused`."""
    found = _found(source)
    if found is None:
        raise Refused("no_messages", "no text with the marks of a chat template")
    key, _, turns = found
    return body_of_turns(NAME, source, turns, {key})


def turns_of_prompt(text: str) -> list[Source] | None:
    """The turns of a prompt in a template whose marks are beyond doubt; ``None`` when the text is in none.

    An empty last turn of the assistant, which asks for the completion, is left out.
    """
    for template in _TEMPLATES:
        turns = _split(text, template) if template.is_sure else []
        roles = {turn["role"] for turn in turns}
        # Headings such as "### Context:" stand in prompts of all kinds: in a template they call for an answer.
        if "user" in roles and (not template.has_preamble or "assistant" in roles):
            if turns[0]["role"] == "assistant":
                return None
            return turns[:-1] if _is_open(turns[-1]) else turns
    return turns_by_names(text)


def turns_by_names(text: str) -> list[Source] | None:
    """The turns of a prompt that is nothing but ``Human: … Assistant: … Human: …`` (BELLE), in any known names.

    Each begins a line, user and assistant take turns, and the user, or an assistant who says nothing yet, is last:
    whatever else has such names in it may as well quote somebody.
    """
    pieces = _NAMED_LINE.split(text.strip())
    if pieces[0] or len(pieces) < 5:
        return None
    turns = [
        {"role": role_of(name), "content": said.strip()}
        for name, said in zip(pieces[1::2], pieces[2::2], strict=True)
    ]
    if turns[-1]["role"] == "assistant" and not turns[-1]["content"]:
        turns.pop()
    alternate = all(
        turn["role"] == ("assistant" if number % 2 else "user") and turn["content"]
        for number, turn in enumerate(turns)
    )
    return turns if alternate and len(turns) % 2 else None


def without_ends(text: str) -> str:
    """The answer to a rendered prompt without the marks of a template that stand at its end."""
    marks = [mark for template in _TEMPLATES if template.is_sure for mark in template.ends]
    bare = end = len(text)
    while True:
        while end and text[end - 1].isspace():
            end -= 1
        mark = next((mark for mark in marks if text.endswith(mark, 0, end)), None)
        if mark is None:
            return text[:bare]
        bare = end = end - len(mark)


def turns_of_text(text: str) -> tuple[str, list[Source]] | None:
    """The template of a text and its turns, one of a user and one of an assistant among them; ``None`` for others."""
    for template in _TEMPLATES:
        turns = _split(text, template)
        if turns and _is_open(turns[-1]):
            turns.pop()
        roles = [turn["role"] for turn in turns]
        if "user" in roles and "assistant" in roles and roles[0] != "tool":
            return template.name, turns
    return None


def _found(source: Source) -> tuple[str, str, list[Source]] | None:
    """The one text of an item that is a conversation: its key, its template and its turns."""
    found = [
        (key, *turns)
        for key, value in source.items()
        if isinstance(value, str) and (turns := turns_of_text(value))
    ]
    return found[0] if len(found) == 1 else next((one for one in found if one[0] == "text"), None)


def _split(text: str, template: Template) -> list[Source]:
    marks = list(template.opening.finditer(text))
    if not marks:
        return []
    turns: list[Source] = []
    before = _bare(text[: marks[0].start()], template)
    if before and not (template.has_preamble and _PREAMBLE.match(before)):
        if not template.is_sure and not (template.name == "Vicuna" and before[0].isalpha()):
            return []  # a text that only quotes somebody
        turns.append({"role": "system", "content": before})
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        said = _bare(text[mark.end() : following.start() if following else len(text)], template)
        turns += _turns(mark, said, template)
    return _joined(turns) if template.has_preamble else turns


def _turns(mark: re.Match[str], said: str, template: Template) -> list[Source]:
    """The turns of one mark: one, but for a system prompt within it, a thought or a call."""
    name = mark["role"]
    role = template.roles.get(name) or role_of(name)
    groups = mark.groupdict()
    to = groups.get("recipient") or groups.get("to")
    if template.name == "Harmony":
        if role is None or (role == "tool" and "." in name):
            return [{"role": "tool", "name": name.removeprefix("functions."), "content": said}]
        if role == "assistant" and to:
            call = {"type": "tool_call", "name": to.removeprefix("functions."), "arguments": said}
            return [{"role": "assistant", "content": [call]}]
        if groups.get("channel") == "analysis":
            return [{"role": "assistant", "content": [{"type": "reasoning", "text": said}]}]
    if role is None:
        raise Refused("bad_message", f"a turn of the rendered text has the unknown speaker {name!r}")
    if role == "user" and _SYSTEM[0] in said:
        before, _, rest = said.partition(_SYSTEM[0])
        system, closing, after = rest.partition(_SYSTEM[1])
        if closing:
            asked = (before + after).strip()
            return [{"role": "system", "content": system.strip()}, {"role": "user", "content": asked}]
    if role == "user" and said.startswith(_RESPONSE):  # Qwen's templates let the user say what a tool answers
        return [{"role": "tool", "content": said}]
    if role == "assistant" and said.startswith(_CALL):
        return [{"role": "assistant", "content": [_glaive_call(said.removeprefix(_CALL).strip())]}]
    return [{"role": role, "content": said}]


def _glaive_call(text: str) -> Source:
    """A call as Glaive writes it: its arguments are JSON between single quotation marks."""
    found = _GLAIVE.match(text)
    arguments = text[found.end() :].removesuffix("}").strip() if found and text.endswith("}") else ""
    if found is None or not arguments:
        raise Refused("bad_message", "a <functioncall> is no JSON with name and arguments")
    return {
        "type": "tool_call",
        "name": found["name"],
        "arguments": arguments.removeprefix("'").removesuffix("'"),
    }


def _bare(text: str, template: Template) -> str:
    """A turn's text without what ends it, and without the spaces around it."""
    begin, end = 0, len(text)
    while True:
        while begin < end and text[begin].isspace():
            begin += 1
        while begin < end and text[end - 1].isspace():
            end -= 1
        first = next((mark for mark in template.ends if text.startswith(mark, begin, end)), "")
        last = next((mark for mark in template.ends if text.endswith(mark, begin, end)), "")
        if not (first or last):
            break
        begin = min(begin + len(first), end)
        end = end if first else end - len(last)
    bare = text[begin:end]
    if template.name == "ChatGLM" and (round_ := _ROUND.search(bare[-_LONGEST_ROUND:])):
        bare = bare[: len(bare) - len(round_[0])].rstrip()
    return bare


def _joined(turns: list[Source]) -> list[Source]:
    """Turns of the same speaker in a row as one: what Alpaca asks, and the input that it is about."""
    joined: list[Source] = []
    for turn in turns:
        if joined and joined[-1]["role"] == turn["role"]:
            texts = [text for text in (joined[-1]["content"], turn["content"]) if text]
            joined[-1] = {**turn, "content": "\n".join(texts)}
        else:
            joined.append(turn)
    return joined


def _is_open(turn: Source) -> bool:
    return turn["role"] in ("assistant", "user") and turn["content"] == ""
