"""The rules of validation: what each finds, how bad it is, which trainers refuse it, and how it is fixed.

That a trainer refuses something is taken from its own checks. OpenAI: its cookbook (Chat_finetuning_data_prep), its
rule for names of functions, and what its chat API answers ("tool_calls must be followed by tool messages responding to
each tool_call_id", "messages with role 'tool' must be a response to a preceding message with 'tool_calls'").
Together AI: ``together.utils.files.check_file`` (1.5.35). LLaMA-Factory: its converter and formatter (0.9.5).
Axolotl: its chat_template strategy (0.19).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["refused", "wasteful", "suspicious"]
"""A trainer refuses or skips the record; tokens are paid for nothing; or it is probably a mistake."""
FixKind = Literal["automatic", "by hand", "drop"]

OPENAI = "OpenAI"
TOGETHER = "Together AI"
LLAMA_FACTORY = "LLaMA-Factory"
AXOLOTL = "Axolotl"


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        id: its name, for programs.
        says: what is wrong, for a person.
        severity: how bad it is.
        fix_kind: whether a program can fix it, a person must, or the record should go.
        fix: how.
        refused_by: trainers that refuse or skip such a record.
    """

    id: str
    says: str
    severity: Severity
    fix_kind: FixKind
    fix: str
    refused_by: tuple[str, ...] = ()


RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        Rule(
            "no_assistant_turn",
            "there is no assistant turn to learn from",
            "refused",
            "by hand",
            "write the answer, or drop the record",
            (OPENAI, TOGETHER, LLAMA_FACTORY),
        ),
        Rule(
            "empty_content",
            "a message has no text",
            "refused",
            "by hand",
            "write the text, or take the message out",
            (OPENAI,),
        ),
        Rule(
            "unknown_message_key",
            "a message has a key that OpenAI chat does not know",
            "refused",
            "automatic",
            "take the key out",
            (OPENAI,),
        ),
        Rule(
            "unanswered_call",
            "a tool call is not answered before the conversation goes on",
            "refused",
            "by hand",
            "add the tool's result after the call, or take the call out",
            (OPENAI,),
        ),
        Rule(
            "answer_to_nothing",
            "a tool message answers no call before it",
            "refused",
            "by hand",
            "correct its tool_call_id, or take it out",
            (OPENAI,),
        ),
        Rule(
            "bad_function_name",
            "a function's name is not 1 to 64 letters, digits, _ or -",
            "refused",
            "automatic",
            "replace the other characters by _, in tools and calls",
            (OPENAI,),
        ),
        Rule(
            "arguments_not_json",
            "the arguments of a tool call are not JSON",
            "refused",
            "by hand",
            "correct the arguments",
            (LLAMA_FACTORY, AXOLOTL),
        ),
        Rule(
            "roles_do_not_alternate",
            "the same speaker writes two messages in a row",
            "refused",
            "automatic",
            "join the two messages",
            (TOGETHER, LLAMA_FACTORY),
        ),
        Rule(
            "system_not_first",
            "a system message comes after the beginning",
            "refused",
            "by hand",
            "move it to the beginning, or take it out",
            (LLAMA_FACTORY,),
        ),
        Rule(
            "starts_with_assistant",
            "the assistant speaks first",
            "refused",
            "by hand",
            "begin with what the user said",
            (LLAMA_FACTORY,),
        ),
        Rule(
            "does_not_end_with_assistant",
            "the last message is not the assistant's",
            "refused",
            "automatic",
            "cut after the last assistant turn",
            (LLAMA_FACTORY,),
        ),
        Rule(
            "nothing_weighted",
            "every assistant turn has weight 0: nothing is learnt",
            "wasteful",
            "drop",
            "drop the record, or give a turn weight 1",
        ),
        Rule(
            "too_long",
            "it is longer than the limit: the end is cut off",
            "wasteful",
            "by hand",
            "shorten it, or train with a higher limit",
        ),
        Rule(
            "exact_duplicate",
            "another record has the same messages and tools",
            "wasteful",
            "drop",
            "drop it; the first one stays",
        ),
        Rule(
            "near_duplicate",
            "another record says almost the same",
            "suspicious",
            "drop",
            "drop it, unless the small difference matters",
        ),
        Rule(
            "same_record_other_topic",
            "the same record stands under another topic",
            "suspicious",
            "by hand",
            "correct one of the labels, or drop one record",
        ),
        Rule(
            "undeclared_tool",
            "a call names a tool that the record does not declare",
            "suspicious",
            "by hand",
            "declare the tool, or correct the name",
        ),
        Rule(
            "arguments_not_an_object",
            "the arguments of a tool call are JSON, but no object",
            "suspicious",
            "by hand",
            "write them as an object: {name: value}",
        ),
        Rule(
            "call_id_twice",
            "calls have the same id, so that only their order tells which result is whose",
            "suspicious",
            "automatic",
            "give each call an id of its own, and its result the same",
        ),
        Rule(
            "tool_declared_twice",
            "two declared tools have the same name",
            "suspicious",
            "by hand",
            "take one of them out",
        ),
        Rule(
            "blank_content",
            "a message holds nothing but white space",
            "suspicious",
            "by hand",
            "write the text, or take the message out",
        ),
        Rule(
            "empty_tool_result",
            "a tool's result is empty",
            "suspicious",
            "by hand",
            "write what the tool gave, if only null",
        ),
        Rule(
            "no_user_turn",
            "the user says nothing",
            "suspicious",
            "by hand",
            "add what the user said, unless it is meant so",
        ),
        Rule(
            "unreadable",
            "the record cannot be checked",
            "suspicious",
            "by hand",
            "look at it, and import it again",
        ),
    )
}


@dataclass(frozen=True)
class Finding:
    """A rule that a record breaks.

    Attributes:
        rule: the rule's id.
        evidence: where in the record, and what.
        wasted: tokens that are paid for nothing each epoch.
    """

    rule: str
    evidence: str
    wasted: int = 0
