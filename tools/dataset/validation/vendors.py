"""Who takes files for fine-tuning: a table of what each refuses, in the form of file that it takes.

Each row cites where its rules are documented. A rule is written once, in `rules` and the checks beside it; whether it
matters is said here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ...errors import InvalidInput
from .rules import Rule, Severity

MAX_TOKENS = 4096
"""The limit of tokens where the trainer lets it be set; the one that OpenAI's cookbook counts by."""
MB, GB = 2**20, 2**30
DOES_NOT_FIT = "does_not_fit"
"""The rule that is broken where the format of the file cannot hold a record: so nobody gets it in that file."""


@dataclass(frozen=True)
class Limit:
    """How large a file may be.

    Attributes:
        of: what is counted: ``records``, or ``bytes`` of the file.
        least: fewer are refused.
        most: more are refused.
        models: who asks for this, where it is not every model of the vendor.
    """

    of: Literal["records", "bytes"]
    least: int = 0
    most: int | None = None
    models: str = ""


@dataclass(frozen=True)
class Vendor:
    """One who takes files for fine-tuning: a service, or a program that trains.

    Attributes:
        name: what ``--for`` takes.
        title: its name for a person.
        form: the export format of its files; the rules look at the records as they are in it.
        refuses: ids of the rules for whose sake it refuses or skips a record, or the file for one record.
        limits: of the file.
        most_tokens: of a record, where that is fixed.
        sources: where all this is documented.
        note: what else a person has to know before they upload.
    """

    name: str
    title: str
    form: str
    refuses: frozenset[str]
    sources: tuple[str, ...]
    limits: tuple[Limit, ...] = ()
    most_tokens: int | None = None
    note: str = ""


_OPENAI_CHAT = frozenset(
    (
        "no_assistant_turn",
        "empty_content",
        "empty_answer",
        "unknown_message_key",
        "bad_message_name",
        "weight_not_a_number",
        "empty_list",
        "tool_content_parts",
        "part_of_other_kind",
        "picture_not_by_user",
        "too_many_tools",
        "bad_tool_schema",
        "bad_function_name",
        "unanswered_call",
        "answer_to_nothing",
    )
)
"""What the checks of OpenAI's cookbook find, and what its chat API answers with an error."""

OPENAI = Vendor(
    "openai",
    "OpenAI",
    "openai-upload",
    _OPENAI_CHAT,
    (
        "https://cookbook.openai.com/examples/chat_finetuning_data_prep",
        "https://platform.openai.com/docs/guides/supervised-fine-tuning",
        "https://platform.openai.com/docs/api-reference/fine-tuning/chat-input",
        "https://community.openai.com/t/965584",
    ),
    limits=(Limit("records", least=10), Limit("bytes", most=512 * MB)),
    most_tokens=65_536,
)
AZURE = Vendor(
    "azure",
    "Azure OpenAI",
    "azure",
    _OPENAI_CHAT | {"no_user_turn"},
    (
        "https://learn.microsoft.com/azure/ai-services/openai/how-to/fine-tuning",
        "https://github.com/microsoft-foundry/fine-tuning/blob/main/Sample_Datasets/Supervised_Fine_Tuning/SCHEMA.md",
    ),
    limits=(Limit("records", least=10), Limit("bytes", most=512 * MB)),
    most_tokens=65_536,
)
TOGETHER = Vendor(
    "together",
    "Together AI",
    "together",
    frozenset(
        (
            "no_assistant_turn",
            "roles_do_not_alternate",
            "starts_with_assistant",
            "system_not_first",
            "part_of_other_kind",
            "picture_not_by_user",
            "picture_by_address",
            "text_and_parts",
        )
    ),
    (
        "https://docs.together.ai/docs/fine-tuning/data-preparation",
        "https://github.com/togethercomputer/together-python/blob/v1.5.35/src/together/utils/files.py",
    ),
    limits=(Limit("records", least=1), Limit("bytes", most=100 * GB)),
)
MISTRAL = Vendor(
    "mistral",
    "Mistral",
    "mistral",
    frozenset(
        (
            "no_assistant_turn",
            "does_not_end_with_assistant",
            "empty_answer",
            "text_beside_call",
            "bad_function_name",
            "unanswered_call",
            "answer_to_nothing",
            "bad_tool_schema",
            "system_not_first",
        )
    ),
    (
        "https://github.com/mistralai/mistral-finetune/blob/main/finetune/data/tokenize.py",
        "https://github.com/mistralai/mistral-common/blob/main/src/mistral_common/protocol/instruct/validator.py",
        "https://docs.mistral.ai/resources/deprecated/finetuning/text-vision-finetuning",
    ),
    limits=(Limit("bytes", most=512 * MB),),
    note="These are the rules of mistral-finetune; Mistral's own service for fine-tuning is deprecated.",
)
BEDROCK = Vendor(
    "bedrock",
    "Amazon Bedrock",
    "bedrock",
    frozenset(
        (
            "no_assistant_turn",
            "system_not_first",
            "starts_with_assistant",
            "does_not_end_with_assistant",
            "empty_content",
            "empty_answer",
            "arguments_not_json",
            "arguments_not_an_object",
            "undeclared_tool",
            "answer_to_nothing",
            "call_id_twice",
            "tool_declared_twice",
            "tool_without_description",
            "reserved_words",
        )
    ),
    (
        "https://docs.aws.amazon.com/bedrock/latest/userguide/preparing-text-data.html",
        "https://docs.aws.amazon.com/nova/latest/userguide/fine-tune-prepare-data-understanding.html",
        "https://github.com/aws-samples/amazon-nova-samples/blob/main/customization/bedrock-finetuning/understanding/"
        "dataset_validation/nova_ft_dataset_validator.py",
    ),
    limits=(Limit("records", least=8, most=20_000), Limit("records", least=200, models="Nova 2 Lite")),
    note="Reasoning is taken by Nova 2 Lite only, and other models of Bedrock have limits of their own.",
)
GEMINI = Vendor(
    "gemini",
    "Gemini on Vertex AI",
    "gemini",
    frozenset(
        (
            "no_assistant_turn",
            "system_not_first",
            "starts_with_assistant",
            "does_not_end_with_assistant",
            "empty_content",
            "empty_answer",
            "arguments_not_json",
            "arguments_not_an_object",
            "too_long",
        )
    ),
    (
        "https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning-prepare",
        "https://cloud.google.com/vertex-ai/generative-ai/docs/models/gemini-supervised-tuning",
        "https://cloud.google.com/vertex-ai/generative-ai/docs/models/tune-function-calling",
        "https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/TuningDataStats",
    ),
    limits=(
        Limit("records", most=10_000_000),
        Limit("records", most=1_000_000, models="Gemini 2.5"),
        Limit("bytes", most=GB),
    ),
    most_tokens=131_072,
    note="Google recommends 100 examples to begin with, and drops those that are too long.",
)
COHERE = Vendor(
    "cohere",
    "Cohere",
    "cohere",
    frozenset(("no_assistant_turn", "no_user_turn")),
    (
        "https://docs.cohere.com/v2/docs/chat-preparing-the-data",
        "https://docs.cohere.com/docs/chat-starting-the-training",
    ),
    limits=(Limit("records", least=2),),
    note="Cohere has deprecated fine-tuning on 15 September 2025.",
)
LLAMA_FACTORY = Vendor(
    "llamafactory",
    "LLaMA-Factory",
    "llamafactory",
    frozenset(
        (
            "no_assistant_turn",
            "arguments_not_json",
            "roles_do_not_alternate",
            "system_not_first",
            "starts_with_assistant",
            "does_not_end_with_assistant",
        )
    ),
    ("https://github.com/hiyouga/LLaMA-Factory/blob/main/src/llamafactory/data/converter.py",),
)
AXOLOTL = Vendor(
    "axolotl",
    "Axolotl",
    "axolotl",
    frozenset(("arguments_not_json",)),
    ("https://github.com/axolotl-ai-cloud/axolotl/blob/main/src/axolotl/prompt_strategies/chat_template.py",),
)

VENDORS = {
    vendor.name: vendor
    for vendor in (
        OPENAI,
        AZURE,
        TOGETHER,
        MISTRAL,
        BEDROCK,
        GEMINI,
        COHERE,
        LLAMA_FACTORY,
        AXOLOTL,
    )
}
_ALIASES = {"vertex": "gemini"}
UNASKED = (OPENAI, TOGETHER, LLAMA_FACTORY, AXOLOTL)
"""Whose verdict is told when nobody is named: they read OpenAI chat nearly as it is in the workflow."""


def vendor_named(name: str) -> Vendor:
    """The vendor of this name; raises `InvalidInput`."""
    found = VENDORS.get(_ALIASES.get(name.lower(), name.lower()))
    if found is None:
        known = ", ".join((*VENDORS, *_ALIASES))
        raise InvalidInput(f"{name!r} takes no files that are known here.", hint=f"Use one of {known}.")
    return found


def refusing(rule: Rule, vendors: Iterable[Vendor]) -> tuple[str, ...]:
    """Which of these vendors refuse a record for the sake of a rule."""
    return tuple(vendor.title for vendor in vendors if rule.id in vendor.refuses or rule.id == DOES_NOT_FIT)


def severity_of(rule: Rule, vendors: Iterable[Vendor]) -> Severity | None:
    """How bad the breach of a rule is for those who go to these vendors; ``None`` when it is not their matter."""
    return "refused" if refusing(rule, vendors) else rule.severity
