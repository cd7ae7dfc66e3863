"""Checks in words: what a draft did not pass, and what a record was checked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_REFUSALS: Mapping[str, str] = {
    "answered_calls": "tool calls and results do not go together",
    "artefacts": "cut off, with letters of another script, or with traces of the model",
    "axis": "the edge case does not show",
    "check_failed": "a check failed itself",
    "content_filter": "kept back by the endpoint's filter",
    "copied_phrase": "copies its examples",
    "cut_off": "the answer ends too early",
    "declined": "the model would not write it",
    "decontamination": "too close to the evaluation set",
    "endpoint": "the endpoint failed",
    "endpoint_answer": "the endpoint sent no answer",
    "exact_duplicate": "the same as another record",
    "hidden_text": "holds characters that nobody sees",
    "known_words": "no words of the dataset's language",
    "language": "another language or script",
    "length": "far longer than real ones",
    "near_duplicate": "too like another record",
    "parse": "not in the form asked for",
    "refusals": "the model declines in it",
    "review_rule": "against one of your rules",
    "reworded": "drops or invents facts",
    "role_grammar": "mixes up who speaks",
    "semantic_duplicate": "says what another record says",
    "results_fit_calls": "a result does not fit its call",
    "tool_calls": "tool calls do not stand",
    "tool_chain": "the topic's tool is not called",
    "tool_executor": "your tools failed with its calls",
    "tool_schema": "tool calls do not fit their tools",
    "topic": "reads like another topic",
    "used_results": "a call does not use what a result gave",
    "variation": "leaves its source",
    "verifier": "the second model found fault with it",
}


def refusal_words(check: str) -> str:
    """``too like another record``; of a check that is not ours its own name."""
    return _REFUSALS.get(check, check.replace("_", " "))


def refusals_in_words(rejected: Mapping[str, int]) -> str:
    """``3 too like another record, 1 not in the form asked for``, the most frequent first."""
    ordered = sorted(rejected.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} {refusal_words(check)}" for check, count in ordered)


def check_names(checks: Iterable[str]) -> str:
    """``near duplicate, topic``."""
    return ", ".join(check.replace("_", " ") for check in checks)


def what_is_checked(*, by_meaning: bool, reader: str, share: float) -> str:
    """What a draft is refused for before anything was generated, in one or two sentences.

    Args:
        by_meaning: whether meanings are compared, too.
        reader: the model that reads what passed the rest; empty where none does.
        share: of these, so many; 0 to 1.
    """
    copies = "in words or in meaning" if by_meaning else "in words"
    said = (
        "Each draft is checked before it is added. Refused is what is cut off or mixes up who speaks, what has tool "
        f"calls that do not fit their tools, what copies a record or another draft {copies}, what is in another "
        "language, far longer or on another topic than the real records, what declines, breaks one of your rules, or "
        "invents or drops facts."
    )
    if not reader or not share:
        return f"{said} No second model reads what passed."
    return f"{said} {reader} reads {'all' if share == 1 else f'{share:.0%}'} of what passed once more, as a judge."
