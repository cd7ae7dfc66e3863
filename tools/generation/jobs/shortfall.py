"""Why a job ended short, and what would help, in words for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from .ledger import Attempt

SHARE_WORTH_NAMING = 0.15
"""Reasons with a smaller share of the refusals are left out of the advice."""
_SHOWN = 120

_HELP = ". What would help: "
_OR_THE_CHECK = "; or the check is wrong about them, which a look at some in `jobs show` tells"
_UNKNOWN = f"the texts are not as this check wants them{_OR_THE_CHECK}"
_ADVICE: Mapping[str, str] = {
    "parse": "the model does not keep to the form that is asked for, or says that it will not write this: a larger "
    f"model, one with structured output, or another strategy{_OR_THE_CHECK}",
    "cut_off": "the answers end before they are whole: a model that thinks less (or a lower reasoning effort), or one "
    "with a longer context",
    "declined": "the model refuses to write this: another model, or other records as examples",
    "content_filter": "the endpoint's content filter keeps it back: other records as examples, or another endpoint",
    "check_failed": "the check itself fails, a fault of this program whatever the texts are: report it with the log",
    "hidden_text": "the texts hold characters that nobody sees: another model",
    "role_grammar": "the model mixes up who speaks: a larger model",
    "language": "the texts are in another language or script than the real ones: another model, or examples in one "
    "language",
    "length": "the texts are far longer than the real ones: another model",
    "known_words": "the texts are no words of the dataset's language: a larger model",
    "refusals": f"the model refuses to write this: another model, or other records as examples{_OR_THE_CHECK}",
    "artefacts": f"the texts show traces of the model, letters of another script, or are cut off: a larger model"
    f"{_OR_THE_CHECK}",
    "tool_calls": "the tool calls do not stand: a larger model, or records with more tool calls as seeds",
    "tool_schema": "the tool calls do not keep to their tools' schemas: a larger model, or schemas that say more",
    "answered_calls": "calls and results do not go together: a larger model",
    "tool_executor": "your own tools fail with these calls, or take too long (`FINETUNE_COVERAGE_TOOL_SECONDS`): look "
    "at the calls with `jobs show`; examples whose values your tools know help",
    "exact_duplicate": "the model repeats itself: fewer records, more seeds, or another strategy",
    "near_duplicate": "the texts are too like those that are there, since the examples are few or alike: fewer "
    "records, more seeds, or another strategy",
    "semantic_duplicate": "the texts say what others say already, since the examples are few or alike: fewer records, "
    f"or scenario expansion{_OR_THE_CHECK}",
    "copied_phrase": "the texts copy their examples, which are few or alike: more seeds, a larger model, or topic "
    "description",
    "variation": f"the variations leave their sources: a larger model, or few-shot{_OR_THE_CHECK}",
    "reworded": f"the variations drop or invent facts: a larger model, or few-shot{_OR_THE_CHECK}",
    "axis": f"the edge case does not show: a larger model, or few-shot{_OR_THE_CHECK}",
    "topic": "the texts read like another topic: the records of this topic, or of that one, may be labelled wrongly "
    f"(`topics review`), or its description is not clear{_OR_THE_CHECK}",
    "review_rule": "a rule that a person made refuses them: another wording of the rule (`rules`), or no rule",
    "decontamination": "the texts are too close to the evaluation set: seeds that are not in it",
    "verifier": "the verifier finds fault with the texts, for the reasons that `jobs show` lists: a larger model, or "
    f"another strategy{_OR_THE_CHECK}",
    "endpoint_answer": "the endpoint sends what is no answer: its log, or another endpoint",
    "endpoint": "the endpoint fails now and then: try again later",
    "interrupted": "the program was ended during the calls: nothing is wrong with the texts",
    "changed_draft": "records changed while the job was stopped: nothing is wrong with the texts",
}


def evidence_of(attempts: Iterable[Attempt]) -> dict[str, str]:
    """What each check saw most often in the attempts that it refused."""
    seen: dict[str, Counter[str]] = {}
    for one in attempts:
        if one.check and one.evidence:
            seen.setdefault(one.check, Counter())[one.evidence] += 1
    return {check: evidence.most_common(1)[0][0] for check, evidence in seen.items()}


def likely_cause(check: str) -> str:
    """Why a check refuses so many texts, and what would help."""
    return _ADVICE.get(check, _UNKNOWN)


def advice(rejected: Mapping[str, int], seen: Mapping[str, str]) -> list[str]:
    """The likely cause and what would help, by the most frequent reasons for refusals; empty when there were none.

    Args:
        rejected: refused attempts by check.
        seen: as `evidence_of` has it.
    """
    total = sum(rejected.values())
    often = sorted(rejected.items(), key=lambda item: (-item[1], item[0]))
    return [
        f"{count} of {total} refused by {check}{_such_as(seen.get(check))}: {likely_cause(check)}"
        for check, count in often
        if count >= SHARE_WORTH_NAMING * total
    ]


def stop_words(reason: str, rejected: Mapping[str, int], seen: Mapping[str, str]) -> str:
    """The reason why a job stopped, with what would help."""
    helpful = advice(rejected, seen)
    return f"{reason.rstrip('.')}{_HELP}{'; '.join(helpful)}" if helpful else reason


def brief_stop(reason: str, rejected: Mapping[str, int]) -> str:
    """Why a job stopped and what would help most, in two short sentences; `jobs show` says more.

    Args:
        reason: as `stop_words` put it.
        rejected: refused attempts by check.
    """
    why, found, _ = reason.partition(_HELP)
    if not found or not rejected:
        return reason
    often = max(rejected, key=lambda check: rejected[check])
    _, _, helpful = likely_cause(often).removesuffix(_OR_THE_CHECK).rpartition(": ")
    return f"{why}{_HELP}{helpful}"


def _such_as(evidence: str | None) -> str:
    line = " ".join((evidence or "").split())
    return f" (“{line if len(line) <= _SHOWN else line[: _SHOWN - 1] + '…'}”)" if line else ""
