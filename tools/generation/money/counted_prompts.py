"""What an endpoint counted for one prompt bounds the next one, far below a token for each of its bytes."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import orjson

from ..attempts.draft import ChatTurn, Draft, Request
from .worst_case import most_prompt_tokens, most_tokens

TOKENS_PER_LINE = 2
"""For the break at the end of a line, and for a word that would be cut otherwise beside it."""
MARGIN = 16
"""A prompt may take a sixteenth more than its count says: the same lines, joined and cut otherwise."""
TOKENS_PER_PROMPT = 64
"""The same for short ones."""
DENSER = 1.5
"""Of text that is not there yet: so many times the tokens a byte that were counted last."""
_KINDS = 64


@dataclass(frozen=True)
class _Counted:
    prompt: Sequence[ChatTurn]
    lines: Sequence[Counter[str]]
    size: int
    tokens: int

    @property
    def most(self) -> int:
        return self.tokens + self.tokens // MARGIN + TOKENS_PER_PROMPT


class CountedPrompts:
    """Of one model at one endpoint, the prompt with the highest count of each kind. For several threads.

    The drafts of a job share most of their lines: instructions, declared tools, examples. Tokenizers split at line
    breaks, so a prompt takes at most what one that holds these lines took, and a token for each byte of the lines that
    are new in it. Prompts are of one kind when their roles and the schema of their answers are the same. The highest
    count is kept, not the last: some endpoints leave out what they had in their cache.
    """

    def __init__(self) -> None:
        self._of_kind: dict[bytes, _Counted] = {}
        self._lock = threading.Lock()

    def learn(self, request: Request, tokens: int) -> None:
        """Take note of a count.

        Args:
            request: what was asked.
            tokens: of its prompt; 0 where the endpoint did not count.
        """
        kind = _kind(request)
        with self._lock:
            known = self._of_kind.get(kind)
            if tokens <= (known.tokens if known else 0):
                return
            size = most_prompt_tokens(request.prompt, request.schema)
            lines = [Counter(text.split("\n")) for _, text in request.prompt]
            self._of_kind[kind] = _Counted(request.prompt, lines, size, tokens)
            if len(self._of_kind) > _KINDS:
                del self._of_kind[next(iter(self._of_kind))]

    def bounded(self, request: Request) -> Request:
        """The request with the most tokens that its prompt can take by what was counted, if anything was."""
        known = self._known(request)
        if known is None:
            return request
        new = sum(
            _new_tokens(text, lines)
            for (_, text), (_, before), lines in zip(request.prompt, known.prompt, known.lines, strict=True)
            if text != before
        )
        return replace(request, most_counted=known.most + new)

    def bounded_draft(self, draft: Draft) -> Draft:
        """A draft, likewise; of several requests nothing is learned."""
        return replace(draft, requests=[self.bounded(request) for request in draft.requests])

    def of_text(self, request: Request, size: int) -> int:
        """About the most tokens that text which is not in the request yet adds to its prompt.

        Args:
            request: whose kind is looked up.
            size: bytes of the text.
        """
        known = self._known(request)
        return size if known is None else min(size, round(size * DENSER * known.tokens / known.size))

    def _known(self, request: Request) -> _Counted | None:
        with self._lock:
            return self._of_kind.get(_kind(request))


def _new_tokens(text: str, known: Counter[str]) -> int:
    new = Counter(text.split("\n")) - known
    return most_tokens("\n".join(new.elements())) + TOKENS_PER_LINE * new.total()


def _kind(request: Request) -> bytes:
    return orjson.dumps([[role for role, _ in request.prompt], request.schema])
