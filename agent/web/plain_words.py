"""Names of checks and commands, in words for somebody who has only the page before them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_SCREENS: Mapping[str, str] = {
    "analyze": "Overview",
    "recommend": "Overview",
    "export": "Export",
    "validate": "Export",
    "import": "Datasets",
    "jobs": "Plan",
    "plans": "Plan",
    "review": "Review",
    "records": "Review",
    "rules": "Topics",
    "scenarios": "Topics",
    "targets": "Topics",
    "topics": "Topics",
}
"""What commands of the terminal do is done on these screens."""
_COMMAND = re.compile(r"`finetune-coverage ([a-z]{1,20})[^`\n]{0,200}`")
_MORE = re.compile(r" \(“more” shows [^)\n]{0,60}\)")
_OTHERWISE: Mapping[str, str] = {
    "`export --oversample`": "repeating records as they are exported",
    "`topics review`": "see the screen “Topics”",
    "a look at some in `jobs show` tells": "a look at some of them tells",
    "at the calls with `jobs show`": "at the calls",
    "for the reasons that `jobs show` lists": "for the reasons below",
    "(`rules`)": "(see the screen “Topics”)",
}
"""What is said in the terminal's words, and how the page says it."""
_REFUSALS: Mapping[str, str] = {
    "answered_calls": "tool calls and results do not go together",
    "artefacts": "cut off, or with traces of the model",
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


def without_commands(said: str) -> str:
    """What is said, with a screen named in the place of each command that does the same."""

    def screen(found: re.Match[str]) -> str:
        name = _SCREENS.get(found.group(1))
        return f"the screen “{name}”" if name else found.group()

    for words, ours in _OTHERWISE.items():
        said = said.replace(words, ours)
    return _COMMAND.sub(screen, _MORE.sub("", said))


def has_more(said: str) -> bool:
    """Whether the agent offers the details of what it said."""
    return _MORE.search(said) is not None
