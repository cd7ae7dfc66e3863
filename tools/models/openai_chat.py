"""ChatOpenAI for OpenAI's own endpoint and for compatible ones. Importing this takes a second: do it late."""

from __future__ import annotations

import json
import warnings
from functools import cache
from typing import Any

import openai
from langchain_core.outputs import ChatResult
from langchain_openai import ChatOpenAI
from pydantic import Field

from .request_form import KnownForm

# langchain-openai warns about refused schemas; structured.py handles the refusal, a person need not see it.
warnings.filterwarnings(
    "ignore",
    message=r"(?s).*OpenAI's structured output feature",
    category=UserWarning,
    module="langchain_openai",
)


class OwnChat(ChatOpenAI):
    """A client that this package made itself, so that nobody else relies on what passes through it.

    Attributes:
        call_seconds: the longest that a request may take from beginning to end; None for any time.
        known_form: in which form the endpoint takes requests.
    """

    call_seconds: float | None = None
    known_form: KnownForm = Field(exclude=True)

    def _create_chat_result(self, response: Any, generation_info: dict[str, Any] | None = None) -> ChatResult:
        # Some servers give the arguments of a call as an object instead of as JSON, or the call no id.
        for choice in getattr(response, "choices", None) or []:
            for number, call in enumerate(choice.message.tool_calls or []):
                call.id = call.id or f"call_{number}"
                if not isinstance(call.function.arguments, str):
                    call.function.arguments = json.dumps(call.function.arguments or {})
        return super()._create_chat_result(response, generation_info)


def http_clients(timeout: float, connect: float, *, use_proxy: bool) -> tuple[Any, Any]:
    """A blocking and an async HTTP client.

    They keep no idle connections: one model object lives through several event loops (each command of the
    conversation runs its own), and an idle connection of a finished loop fails when it is used again.

    Args:
        timeout: seconds for a whole answer.
        connect: seconds for the connection.
        use_proxy: whether HTTP_PROXY and the like apply; not for the loopback.
    """
    import httpx2

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
    options: dict[str, Any] = {
        "timeout": openai.Timeout(timeout, connect=connect),
        "limits": limits,
        "trust_env": use_proxy,
        "follow_redirects": False,  # prompts go to the endpoint that was set, and to no other
        "verify": _certificates(use_proxy),
    }
    return openai.DefaultHttpxClient(**options), openai.DefaultAsyncHttpxClient(**options)


@cache
def _certificates(use_environment: bool) -> Any:
    """The authorities that are trusted, as httpx chooses them; loading them takes longer than the rest of a client."""
    import httpx2

    return httpx2.create_ssl_context(trust_env=use_environment)
