"""The requests of one job to a model: pooled connections, and no work that a request does not need.

LangChain and the OpenAI client spend about 5 ms of processor time on a chat request, most of it on objects that
nobody looks at here, and httpx looks through all of its connections for each request. For our own clients the
request goes out over aiohttp, with the address, key, headers and error classes of the OpenAI client that the chat
model holds. Every other model is asked through LangChain.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import orjson

from ..errors import EndpointError
from ..text.whole_characters import whole_characters
from .chat_request import body_maker, read_completion
from .endpoint_errors import TransientEndpointError, cause, late, unreachable, unusable_answer
from .structured import Send, structured_json
from .usage import TokenUsage

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession
    from httpx2 import Response
    from langchain_core.language_models import BaseChatModel

MOST_BYTES = 8 * 2**20
"""Of one answer; the longest that a model writes is a tenth of it."""
_LOOKED_AT = 4_096
"""Bytes of one that is none; of them a line is told."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


class EndpointSession:
    """An async context manager for one event loop; connections are closed at its end.

    Args:
        model: any chat model; those of `make_chat_model` take the short way.
    """

    def __init__(self, model: BaseChatModel) -> None:
        self._model = model
        self._stack = AsyncExitStack()
        self._send: Send | None = None

    async def __aenter__(self) -> Self:
        # Without the import there can be no such model; the import takes a second.
        own = getattr(sys.modules.get(f"{__package__}.openai_chat"), "OwnChat", None)
        if own is not None and isinstance(self._model, own) and not _needs_proxy(self._model):
            session = await self._stack.enter_async_context(_pool(self._model))
            self._send = _straight(self._model, session)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def json(
        self,
        prompt: Sequence[tuple[str, str]],
        schema: dict[str, Any],
        *,
        name: str,
        max_tokens: int,
        temperature: float,
    ) -> tuple[str, TokenUsage]:
        """Ask for one JSON object; see `structured_json`. Never asks twice by itself."""
        text, usage = await structured_json(
            self._model,
            prompt,
            schema,
            name=name,
            max_tokens=max_tokens,
            temperature=temperature,
            send=self._send,
        )
        return whole_characters(text), usage


def _needs_proxy(model: Any) -> bool:
    # Proxies have kinds and exceptions that httpx knows best.
    is_local = model.root_async_client.base_url.host in _LOOPBACK
    return not is_local and any(os.environ.get(name) or os.environ.get(name.upper()) for name in _PROXIES)


def _pool(model: Any) -> ClientSession:
    import aiohttp
    import httpx2

    client = model.root_async_client
    timeout = httpx2.Timeout(client.timeout)  # its read is the longest wait between two pieces of an answer
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(
            total=model.call_seconds, sock_connect=timeout.connect, sock_read=timeout.read
        ),
        headers={
            **{name: text for name, text in client.default_headers.items() if isinstance(text, str)},
            "Authorization": f"Bearer {client.api_key}",
        },
    )


def _straight(model: Any, session: ClientSession) -> Send:
    import aiohttp
    import httpx2

    client, name = model.root_async_client, model.model_name
    url = f"{str(client.base_url).rstrip('/')}/chat/completions"
    make_body = body_maker(model)

    async def send(prompt: list[tuple[str, str]], options: dict[str, Any]) -> tuple[str, TokenUsage]:
        try:
            data = orjson.dumps(make_body(prompt, options))
            async with session.post(url, data=data, allow_redirects=False) as response:
                content = await _bounded(response, name)
        except TimeoutError as error:
            raise late(name, is_free=isinstance(error, aiohttp.ConnectionTimeoutError)) from error
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(name, error, is_free=isinstance(error, aiohttp.ClientConnectorError)) from error
        except TransientEndpointError:
            raise
        except Exception as error:  # what the HTTP client makes of odd headers and encodings
            raise unusable_answer(name, repr(error)) from cause(error)
        if 300 <= response.status < 400:
            raise EndpointError(
                f"The endpoint of the model {name} sends elsewhere ({response.status}); nothing is sent there.",
                hint="Set OPENAI_BASE_URL to the address that is meant.",
            )
        if response.status >= 400:
            request = httpx2.Request("POST", url)
            # All that is read of them; the body is not compressed any more, and others may hold what httpx takes not.
            kept = {"retry-after": response.headers.get("Retry-After", "")} if response.headers else {}
            try:
                answer = httpx2.Response(response.status, headers=kept, content=content, request=request)
                refusal = _refusal(answer)
            except Exception as error:  # of a body that is no error as OpenAI has them
                raise TransientEndpointError(
                    f"The endpoint of the model {name} answered {response.status}, in a form of its own.",
                    hint="Try again later.",
                    rate_limited=response.status == 429,
                    is_free=response.status < 500,
                ) from cause(error)
            raise refusal
        try:
            body = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise unusable_answer(name, repr(content[:_LOOKED_AT])) from cause(error)
        return read_completion(body, name)

    return send


def _refusal(answer: Response) -> Exception:
    """The error as which the OpenAI client raises an answer of 400 and more: with its words, and its class."""
    import openai

    of_status = {
        400: openai.BadRequestError,
        401: openai.AuthenticationError,
        403: openai.PermissionDeniedError,
        404: openai.NotFoundError,
        409: openai.ConflictError,
        422: openai.UnprocessableEntityError,
        429: openai.RateLimitError,
    }
    body: Any = answer.text.strip()
    with suppress(ValueError, RecursionError):
        body = json.loads(body)  # as the client does; orjson takes less
    error = body.get("error", body) if isinstance(body, dict) else body
    message = error.get("message") if isinstance(error, dict) else None
    said = f" - {message}" if isinstance(message, str) and message else ""
    other = openai.InternalServerError if answer.status_code >= 500 else openai.APIStatusError
    kind = of_status.get(answer.status_code, other)
    return kind(f"Error code: {answer.status_code}{said}", response=answer, body=error)


async def _bounded(response: ClientResponse, model: str) -> bytes:
    """The body of a response, as long as it may be; an answer without end must not fill the memory."""
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > MOST_BYTES:
            response.close()
            raise unusable_answer(model, f"it is longer than {MOST_BYTES:,} bytes")
    return bytes(content)
