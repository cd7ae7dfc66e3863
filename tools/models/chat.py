"""The chat model that the settings name: at an endpoint, or embedded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..settings import EMBEDDED_MODEL_NAME, Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from .request_form import Limit

ENDPOINT_TIMEOUT = 180.0
ENDPOINT_RETRIES = 3  # by the client, which waits as long as Retry-After says
EMBEDDED_TIMEOUT = 600.0  # seconds; a slow machine with a full queue takes minutes
CONNECT_TIMEOUT = 10.0
NO_KEY = "not-needed"  # many local servers check no key, but the client insists on one


def make_chat_model(settings: Settings) -> BaseChatModel:
    """The chat model that the settings name; its ``model_name`` tells which.

    The embedded model is loaded before this returns: 5 to 15 seconds, which must not be spent on an event
    loop (use `asyncio.to_thread`).

    Raises:
        InvalidInput: an endpoint without a model name, a name without an endpoint, or a missing file.
        EmbeddedModelUnavailable: the embedded model is not installed or cannot run here.
    """
    if settings.uses_embedded_model:
        return _embedded(settings)
    key = settings.openai_api_key
    return _client(
        model=settings.settle_model(),
        base_url=settings.endpoint_url,
        api_key=key.get_secret_value() if key else NO_KEY,
        timeout=ENDPOINT_TIMEOUT,
        max_retries=ENDPOINT_RETRIES,
        own_token_limit=settings.is_openai,
        call_seconds=settings.call_seconds,
    )


def with_retries(model: BaseChatModel, retries: int) -> BaseChatModel:
    """The same model, asked again so many times where an endpoint fails; a host's own model stays as it is.

    Args:
        model: any chat model.
        retries: of its client, 0 for none.
    """
    from .openai_chat import OwnChat

    if not isinstance(model, OwnChat):
        return model
    client = model.root_async_client.with_options(max_retries=retries)
    return model.model_copy(update={"root_async_client": client, "async_client": client.chat.completions})


def _embedded(settings: Settings) -> BaseChatModel:
    from .embedded_server import embedded_server
    from .embedded_weights import embedded_weights, own_weights

    own = settings.model_file
    server = embedded_server(own_weights(own) if own else embedded_weights())
    return _client(
        model=own.name if own else EMBEDDED_MODEL_NAME,
        base_url=server.base_url,
        api_key=server.api_key,
        timeout=EMBEDDED_TIMEOUT,
        max_retries=0,
        own_token_limit=False,
        loopback=True,
    )


def _client(
    *,
    model: str,
    base_url: str,
    api_key: str,
    timeout: float,
    max_retries: int,
    own_token_limit: bool,
    call_seconds: float | None = None,
    loopback: bool = False,
) -> BaseChatModel:
    from pydantic import SecretStr

    from .openai_chat import OwnChat, http_clients
    from .request_form import KnownForm, RequestForm

    sync_client, async_client = http_clients(timeout, CONNECT_TIMEOUT, use_proxy=not loopback)
    options: dict[str, Any] = {
        "model": model,
        "base_url": base_url,
        "api_key": SecretStr(api_key),
        "timeout": timeout,
        "max_retries": max_retries,
        "use_responses_api": False,
        "call_seconds": call_seconds,
        "stream_usage": True,
        "http_client": sync_client,
        "http_async_client": async_client,
    }
    limit: Limit = "max_completion_tokens" if own_token_limit else "max_tokens"  # what most others know
    return OwnChat(**options, known_form=KnownForm(RequestForm(limit=limit)))
