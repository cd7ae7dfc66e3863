"""Why a job ended short, and what would help, in words for a person."""

from __future__ import annotations

from collections.abc import Mapping

SHARE_WORTH_NAMING = 0.15
"""Reasons with a smaller share of the refusals are left out of the advice."""

_ADVICE: Mapping[str, str] = {
    "parse": "the model does not keep to the form that is asked for: a larger model, or one with structured output",
    "cut_off": "the answers end before they are whole: a model that thinks less (or a lower reasoning effort), or one "
    "with a longer context",
    "hidden_text": "the texts hold characters that nobody sees: another model",
    "role_grammar": "the model mixes up who speaks: a larger model",
    "language": "the texts are in another language or script than the real ones: another model, or examples in one "
    "language",
    "length": "the texts are far longer than the real ones: another model",
    "known_words": "the texts are no words of the dataset's language: a larger model",
    "artefacts": "the texts show traces of the model, or are cut off: a larger model",
    "tool_calls": "the tool calls do not stand: a larger model, or records with more tool calls as seeds",
    "exact_duplicate": "the model repeats itself: fewer records, more seeds, or another strategy",
    "near_duplicate": "the texts are too like those that are there: fewer records, more seeds, or another strategy",
    "semantic_duplicate": "the texts say what others say already: fewer records, or scenario expansion",
    "copied_phrase": "the texts copy their examples: a larger model, or topic description",
    "variation": "the variations leave their sources: a larger model, or few-shot",
    "reworded": "the variations drop or invent facts: a larger model, or few-shot",
    "topic": "the texts read like another topic: a clearer description of the topic, or a look at its labels",
    "decontamination": "the texts are too close to the evaluation set: seeds that are not in it",
    "verifier": "the verifier finds fault with the texts, for the reasons that `jobs show` lists: a larger model, or "
    "another strategy",
    "endpoint_answer": "the endpoint sends what is no answer: its log, or another endpoint",
    "endpoint": "the endpoint fails now and then: try again later",
}


def advice(rejected: Mapping[str, int]) -> list[str]:
    """What would help, by the most frequent reasons for refusals; empty when there were none.

    Args:
        rejected: refused attempts by check.
    """
    total = sum(rejected.values())
    often = sorted(rejected.items(), key=lambda item: (-item[1], item[0]))
    return [
        f"{count} of {total} refused by {check}: {_ADVICE[check]}"
        for check, count in often
        if check in _ADVICE and count >= SHARE_WORTH_NAMING * total
    ]


def stop_words(reason: str, rejected: Mapping[str, int]) -> str:
    """The reason why a job stopped, with what would help."""
    helpful = advice(rejected)
    return f"{reason.rstrip('.')}. What would help: {'; '.join(helpful)}" if helpful else reason
