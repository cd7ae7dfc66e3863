"""Asking a model for its verdict on a record, and reading it."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from ....dataset.record import message_text
from ....models.answer_room import AnswerRoom
from ....models.json_reply import parse_json
from ...attempts.draft import Candidate, Draft, Rejection, Request, TopicContext
from ...strategies.answer import answer_tokens
from ...strategies.prompt import render
from .hints import hints_of
from .material import drawn_for, neighbours_of, shown_messages, shown_tools, sources_of, system_prompt
from .rubric import FOLDER, LONGEST_FINDING, LONGEST_QUOTE, RUBRICS, Rubric, rubric_of

if TYPE_CHECKING:
    from ...money.counted_prompts import CountedPrompts

NAME = "verifier"
"""Of the check, as a rejection has it."""
BYTES_PER_TOKEN = 5
"""Of what was written, for setting money aside before it is there; what is missing is added before the call."""


class Verifier:
    """Questions and verdicts of one job.

    Args:
        model: the judging model in words, for the provenance.
        context: the topic.
        room: for the model's answers; when not given, just what a verdict takes.
        share: of the records that are looked at, 0 to 1.
    """

    def __init__(
        self, model: str, context: TopicContext, room: AnswerRoom | None = None, *, share: float = 1.0
    ) -> None:
        self._model = model
        self._share = share
        self._context = context
        self._room = room or AnswerRoom.fixed()

    def is_asked(self, attempt: int) -> bool:
        """Whether this attempt is one of those that are looked at; the same after a crash."""
        return random.Random(f"{self._context.topic}:{attempt}").random() < self._share

    def question(self, candidate: Candidate) -> Request:
        """The request for a verdict on a record."""
        messages, first = candidate.messages, candidate.first_written
        return self._question(
            candidate.draft,
            system=system_prompt(messages),
            tools=shown_tools(candidate.source.get("tools") or []),
            kept=shown_messages(messages[:first]),
            written=shown_messages(messages[first:]),
            hints=hints_of(candidate),
        )

    def expected_worst_case(self, draft: Draft, counted: CountedPrompts) -> tuple[int, int]:
        """About the most (prompt, completion) tokens that a verdict can take, before there is a record.

        Args:
            draft: of the record.
            counted: what was counted for earlier questions.
        """
        question = counted.bounded(self._question(draft))
        written = sum(request.text_tokens for request in draft.requests) * BYTES_PER_TOKEN
        kept = max((len(seed.body) for seed in draft.seeds), default=0)
        prompt, completion = question.set_aside
        return prompt + counted.of_text(question, written + kept), completion

    def refusal(self, candidate: Candidate, verdict: str) -> Rejection | None:
        """What the verifier finds fault with, with its quotes, or None; the share that passed becomes a score."""
        rubric = self._rubric(candidate.draft)
        try:
            decisions = _decisions(verdict, rubric)
        except ValueError as error:
            return Rejection(NAME, f"the verifier's answer cannot be read: {str(error)[:200]}")
        failed = {name: said for name, said in decisions.items() if not said["passes"]}
        candidate.scores[NAME] = 1 - len(failed) / len(decisions)
        if not failed:
            return None
        texts = _plain(" ".join(_texts(candidate)))
        named = {name: f"breaks the rule “{rule}”" for name, rule in rubric.rules.items()}
        return Rejection(
            NAME, "; ".join(_evidence(named.get(name, name), said, texts) for name, said in failed.items())
        )

    def provenance(self, draft: Draft) -> dict[str, Any]:
        """Who judged an accepted record, by what: all of these criteria passed."""
        criteria = list(self._rubric(draft).criteria)
        return {"model": self._model, "template": _template_hash(), "passed": criteria}

    def _rubric(self, draft: Draft) -> Rubric:
        return rubric_of(
            draft.strategy,
            draft.details.get("negative"),
            self._context.in_words,
            has_scenario="scenario" in draft.details,
        )

    def _question(self, draft: Draft, **record: Any) -> Request:
        rubric = self._rubric(draft)
        shown = {"system": "", "tools": [], "kept": [], "written": [], "hints": []} | record
        prompt = render(
            "verifier",
            folder=FOLDER,
            criteria=rubric.criteria,
            made=rubric.made,
            about=self._context.about,
            neighbours=neighbours_of(self._context),
            source=sources_of(draft),
            drawn=drawn_for(draft),
            **shown,
        )
        longest = len(rubric.criteria) * (LONGEST_QUOTE + LONGEST_FINDING)
        return Request(
            prompt,
            rubric.schema,
            answer_tokens(longest, 4 * len(rubric.criteria), self._context.style.bytes_per_character),
            temperature=0,
            room=self._room.extra,
        )


def _decisions(verdict: str, rubric: Rubric) -> dict[str, dict[str, Any]]:
    answer = parse_json(verdict)
    decisions = {}
    for name in rubric.criteria:
        said = answer.get(name) if isinstance(answer, dict) else None
        if not isinstance(said, dict) or not isinstance(said.get("passes"), bool):
            raise ValueError(f"expected true or false for {name!r}, got {said!r:.80}")
        decisions[name] = said
    return decisions


def _evidence(name: str, said: dict[str, Any], texts: str) -> str:
    finding = str(said.get("finding") or "no finding given")[:LONGEST_FINDING]
    quote = str(said.get("quote") or "")[:LONGEST_QUOTE].strip()
    if not quote:
        return f"{name}: {finding}"
    # A verifier that makes its quotes up should be seen to do so.
    made_up = "" if _plain(quote) in texts else " (which stands nowhere in the record)"
    return f"{name}: {finding}: {quote!r}{made_up}"


def _texts(candidate: Candidate) -> Iterator[str]:
    for message in candidate.messages:
        yield message_text(message)
        for call in message.get("tool_calls") or ():
            yield f"{call['function']['name']} {call['function']['arguments']}"


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


@cache
def _template_hash() -> str:
    both = (FOLDER / "verifier.jinja").read_bytes() + RUBRICS.read_bytes()
    return hashlib.sha256(both).hexdigest()[:16]
