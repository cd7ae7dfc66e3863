"""OpenAI's Batch API: many requests in a file, answered within a day at a lower price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from ..errors import EndpointError
from ..observability.telemetry import answered_in_batch
from .chat_request import body_maker, read_completion
from .endpoint_errors import TransientEndpointError, as_endpoint_error, cause, told
from .request_form import known_form
from .usage import TokenUsage

_PATH = "/v1/chat/completions"
_ENDED = ("completed", "failed", "expired", "cancelled")
MOST_REQUESTS = 50_000
"""Requests that one batch may have, by OpenAI's rules."""


@dataclass(frozen=True)
class BatchState:
    """Where a batch stands.

    Attributes:
        status: as the endpoint names it; ``has_ended`` tells whether more will come.
        done: requests that are answered.
        total: all of them.
        problem: what the endpoint says about a batch that failed as a whole.
    """

    status: str
    done: int
    total: int
    files: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.status in _ENDED


@dataclass
class BatchAnswers:
    """What a batch brought, by custom id.

    Attributes:
        replies: text and usage of each request that was answered.
        failures: what was said about each of the others.
    """

    replies: dict[str, tuple[str, TokenUsage]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


class BatchApi:
    """Batches of chat requests to the endpoint of a model. Errors are those of ordinary requests.

    Args:
        model: a chat model of `make_chat_model`.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._client = model.root_async_client
        self._body = body_maker(model)

    def line(
        self,
        custom_id: str,
        prompt: Sequence[tuple[str, str]],
        schema: dict[str, Any],
        *,
        name: str,
        max_tokens: int,
        temperature: float,
    ) -> dict[str, Any]:
        """One request of a batch."""
        form = known_form(self._model).form
        options = form.options(max_tokens=max_tokens, temperature=temperature)
        body = self._body(form.prompt(prompt, schema), options | form.json_options(schema, name=name))
        return {"custom_id": custom_id, "method": "POST", "url": _PATH, "body": body}

    async def submit(self, lines: Sequence[dict[str, Any]], metadata: Mapping[str, str]) -> str:
        """Send requests off as one batch; gives its id."""
        content = b"\n".join(orjson.dumps(line) for line in lines)
        try:
            file = await self._client.files.create(file=("requests.jsonl", content), purpose="batch")
            batch = await self._client.batches.create(
                input_file_id=file.id,
                endpoint=_PATH,
                completion_window="24h",
                metadata=dict(metadata),
            )
        except Exception as error:
            raise self._ours(error) from cause(error)
        return str(batch.id)

    async def find(self, metadata: Mapping[str, str]) -> str | None:
        """A batch with these metadata that did not fail, among the last ones.

        A program that died may have sent it off and not noted its id.
        """
        try:
            page = await self._client.batches.list(limit=100)
        except Exception as error:
            raise self._ours(error) from cause(error)
        wanted = dict(metadata)
        usable = (batch for batch in page.data if batch.metadata == wanted and batch.status != "failed")
        return next((str(batch.id) for batch in usable), None)

    async def state(self, batch_id: str) -> BatchState:
        """Ask where a batch stands."""
        try:
            batch = await self._client.batches.retrieve(batch_id)
        except Exception as error:
            raise self._ours(error) from cause(error)
        counts = batch.request_counts
        said = [entry.message for entry in (batch.errors.data or [])] if batch.errors else []
        return BatchState(
            status=batch.status,
            done=counts.completed + counts.failed if counts else 0,
            total=counts.total if counts else 0,
            files=tuple(file for file in (batch.output_file_id, batch.error_file_id) if file),
            problem=told("; ".join(filter(None, said))) or None,
        )

    async def answers(self, state: BatchState) -> BatchAnswers:
        """Fetch what an ended batch brought."""
        found = BatchAnswers()
        for file in state.files:
            try:
                content = (await self._client.files.content(file)).content
            except Exception as error:
                raise self._ours(error) from cause(error)
            for line in content.splitlines():
                if line.strip():
                    self._read(orjson.loads(line), found)
        return found

    async def cancel(self, batch_id: str) -> None:
        """Ask the endpoint to stop a batch; what is answered already can still be fetched."""
        try:
            await self._client.batches.cancel(batch_id)
        except Exception as error:
            raise self._ours(error) from cause(error)

    def _read(self, line: dict[str, Any], found: BatchAnswers) -> None:
        custom_id, response = str(line["custom_id"]), line.get("response") or {}
        if response.get("status_code") == 200:
            try:
                reply = read_completion(response["body"], self._model.model_name)
                found.replies[custom_id] = reply
                answered_in_batch(self._model, reply[1])
            except TransientEndpointError as error:
                found.failures[custom_id] = str(error)
            return
        said = line.get("error") or (response.get("body") or {}).get("error") or {}
        found.failures[custom_id] = told(said.get("message") or f"status {response.get('status_code')}")

    def _ours(self, error: Exception) -> Exception:
        known = as_endpoint_error(error, model=self._model.model_name)
        if isinstance(known, EndpointError) and "does not know the model" in str(known):
            return EndpointError(f"The endpoint has no Batch API: {known}", hint="Generate without --batch.")
        return known or error
