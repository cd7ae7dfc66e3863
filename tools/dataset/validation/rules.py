"""The rules of validation: what each finds, and how it is fixed. Who refuses what is in `vendors`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["refused", "wasteful", "suspicious"]
"""A trainer refuses or skips the record; tokens are paid for nothing; or it is probably a mistake."""
FixKind = Literal["automatic", "by hand", "drop"]


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        id: its name, for programs.
        says: what is wrong, for a person.
        fix_kind: whether a program can fix it, a person must, or the record should go.
        fix: how.
        severity: how bad it is where nobody refuses it; ``None`` when it is nobody's matter then.
    """

    id: str
    says: str
    fix_kind: FixKind
    fix: str
    severity: Severity | None = None


RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        Rule(
            "no_assistant_turn",
            "there is no assistant turn to learn from",
            "by hand",
            "write the answer, or drop the record",
            "suspicious",
        ),
        Rule(
            "empty_content",
            "a message has no text",
            "by hand",
            "write the text, or take the message out",
            "suspicious",
        ),
        Rule(
            "empty_answer",
            "the assistant says nothing",
            "by hand",
            "write the answer, or take the message out",
            "suspicious",
        ),
        Rule(
            "unknown_message_key",
            "a message has a key that OpenAI chat does not know",
            "automatic",
            "take the key out",
        ),
        Rule(
            "bad_message_name",
            "the name of a speaker has spaces or one of < | \\ / >",
            "automatic",
            "replace these characters by _",
        ),
        Rule(
            "weight_not_a_number",
            "a weight is true or false, not 0 or 1",
            "automatic",
            "write 1 for true and 0 for false",
        ),
        Rule(
            "empty_list",
            "`tools` or `tool_calls` is an empty list",
            "automatic",
            "leave the key out where there are none",
        ),
        Rule(
            "tool_content_parts",
            "the content of a tool message is a list, not text",
            "automatic",
            "write its text as a string",
        ),
        Rule(
            "part_of_other_kind",
            "a content part is neither text nor picture",
            "by hand",
            "take the part out, or put what it says into words",
        ),
        Rule(
            "picture_not_by_user",
            "a message that is not the user's holds a picture",
            "by hand",
            "take the picture out, or let the user show it",
        ),
        Rule(
            "picture_by_address",
            "a picture is named by its address instead of being in the record",
            "by hand",
            "put it in as data:image/png;base64,… (JPEG, PNG or WEBP)",
        ),
        Rule(
            "text_and_parts",
            "some messages of the record are text, others lists of parts",
            "automatic",
            "write all messages of the record in one way",
        ),
        Rule(
            "too_many_tools",
            "more than 128 tools are declared",
            "by hand",
            "declare those that the topic needs",
        ),
        Rule(
            "bad_tool_schema",
            "the parameters of a tool are no JSON Schema of an object",
            "by hand",
            "write {type: object, properties: {…}} with the types of JSON Schema",
            "suspicious",
        ),
        Rule(
            "tool_without_description",
            "a declared tool has no description",
            "by hand",
            "say in a sentence what the tool does",
        ),
        Rule(
            "reserved_words",
            "a text holds words that the service keeps for itself",
            "by hand",
            "put it in other words, such as 'the user said' for 'User:'",
        ),
        Rule(
            "text_beside_call",
            "a message has text beside its tool call",
            "by hand",
            "leave the text out, or let it be a message of its own",
        ),
        Rule(
            "does_not_fit",
            "the format cannot hold the record",
            "by hand",
            "change what is named, or leave it out (export --leave-out-unfit)",
        ),
        Rule(
            "unanswered_call",
            "a tool call is not answered before the conversation goes on",
            "by hand",
            "add the tool's result after the call, or take the call out",
            "suspicious",
        ),
        Rule(
            "answer_to_nothing",
            "a tool message answers no call before it",
            "by hand",
            "correct its tool_call_id, or take it out",
            "suspicious",
        ),
        Rule(
            "bad_function_name",
            "a function's name is not 1 to 64 letters, digits, _ or -",
            "automatic",
            "replace the other characters by _, in tools and calls",
        ),
        Rule(
            "arguments_not_json",
            "the arguments of a tool call are not JSON",
            "by hand",
            "correct the arguments",
            "suspicious",
        ),
        Rule(
            "roles_do_not_alternate",
            "the same speaker writes two messages in a row",
            "automatic",
            "join the two messages",
        ),
        Rule(
            "system_not_first",
            "a system message comes after the beginning",
            "by hand",
            "move it to the beginning, or take it out",
        ),
        Rule(
            "starts_with_assistant",
            "the assistant speaks first",
            "by hand",
            "begin with what the user said",
        ),
        Rule(
            "does_not_end_with_assistant",
            "the last message is not the assistant's",
            "automatic",
            "cut after the last assistant turn",
        ),
        Rule(
            "nothing_weighted",
            "every assistant turn has weight 0: nothing is learnt",
            "drop",
            "drop the record, or give a turn weight 1",
            "wasteful",
        ),
        Rule(
            "marked_as_bad",
            "the record is marked as a bad answer",
            "drop",
            "nothing: export leaves it out (--all keeps it)",
            "wasteful",
        ),
        Rule(
            "too_long",
            "it is longer than the limit: the end is cut off",
            "by hand",
            "shorten it, or train with a higher limit",
            "wasteful",
        ),
        Rule(
            "exact_duplicate",
            "another record has the same messages and tools",
            "drop",
            "drop it; the first one stays",
            "wasteful",
        ),
        Rule(
            "near_duplicate",
            "another record says almost the same",
            "drop",
            "drop it, unless the small difference matters",
            "suspicious",
        ),
        Rule(
            "same_record_other_topic",
            "the same record stands under another topic",
            "by hand",
            "correct one of the labels, or drop one record",
            "suspicious",
        ),
        Rule(
            "other_calls",
            "another record asks the same, and there other tools are called, or none",
            "by hand",
            "make them alike, unless both are meant: a model learns to do now one, now the other",
            "suspicious",
        ),
        Rule(
            "other_words",
            "another record asks the same, and is answered in other words",
            "by hand",
            "nothing where it is meant as variety; where they contradict each other, correct one",
            "suspicious",
        ),
        Rule(
            "undeclared_tool",
            "a call names a tool that the record does not declare",
            "by hand",
            "declare the tool, or correct the name",
            "suspicious",
        ),
        Rule(
            "arguments_not_an_object",
            "the arguments of a tool call are JSON, but no object",
            "by hand",
            "write them as an object: {name: value}",
            "suspicious",
        ),
        Rule(
            "arguments_not_as_declared",
            "a call has arguments that its tool does not declare, or lacks some that it requires",
            "by hand",
            "use the declared names, or declare what is called: else two names are learned for one thing",
            "suspicious",
        ),
        Rule(
            "call_id_twice",
            "calls have the same id, so that only their order tells which result is whose",
            "automatic",
            "give each call an id of its own, and its result the same",
            "suspicious",
        ),
        Rule(
            "tool_declared_twice",
            "two declared tools have the same name",
            "by hand",
            "take one of them out",
            "suspicious",
        ),
        Rule(
            "blank_content",
            "a message holds nothing but white space",
            "by hand",
            "write the text, or take the message out",
            "suspicious",
        ),
        Rule(
            "empty_tool_result",
            "a tool's result is empty",
            "by hand",
            "write what the tool gave, if only null",
            "suspicious",
        ),
        Rule(
            "no_user_turn",
            "the user says nothing",
            "by hand",
            "add what the user said, unless it is meant so",
            "suspicious",
        ),
        Rule(
            "unreadable",
            "the record cannot be checked",
            "by hand",
            "look at it, and import it again",
            "suspicious",
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
