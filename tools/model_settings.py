"""The settings that say which models are used, and where they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from .configured_keys import remember_key
from .errors import InvalidInput
from .listed_models import learnt_models, listed_models

PREFIX = "FINETUNE_COVERAGE_"
EMBEDDED = "embedded"
EMBEDDED_MODEL_NAME = "Qwen2.5-Coder-1.5B-Instruct Q4_K_M"
OPENAI_URL = "https://api.openai.com/v1"
OPENAI_DEFAULT_MODEL = "gpt-4.1-mini"
HOSTS_MODEL = "a model of the host program"
_OPENAI_HOST = "api.openai.com"


def http_address(value: str | None) -> str | None:
    """An http(s) address without a slash at its end; None for nothing.

    Raises:
        ValueError: it is no such address, or holds a name and a password: those would be shown and kept with all that
            is said about the address. The message does not repeat it.
    """
    if value is None or not value.strip():
        return None
    try:
        parts = urlsplit(value.strip())
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or re.search(r"[\s\x00-\x1f]", value.strip())
    ):
        raise ValueError("expected an address like http://localhost:8000/v1")
    if "@" in parts.netloc:
        raise ValueError("an address must not hold a name or a password; a key has a setting of its own")
    if parts.query or parts.fragment:
        raise ValueError("an address must end before any ? or #, such as http://localhost:8000/v1")
    return value.strip().rstrip("/")


class ModelSettings(BaseSettings):
    """Language model, embedding model and endpoint.

    Made directly, it holds what it is given and what the environment says. `load_settings` reads files as well: never
    one that just lies where the program was started, since a dataset's folder may hold anything.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        env_nested_delimiter="__",
        extra="ignore",
        populate_by_name=True,
        # What cannot be used may be a key in the wrong place: errors say what is wrong with it, not what it is.
        hide_input_in_errors=True,
    )

    model: str = Field(
        default="",
        title="Language model",
        description="'embedded', the path of a .gguf file, or the name of a model at the endpoint. "
        "Empty: the embedded model, or with OPENAI_API_KEY and no OPENAI_BASE_URL, "
        f"{OPENAI_DEFAULT_MODEL}; at another endpoint that, or the only model that it lists.",
    )
    model_profile: Literal["auto", "full", "small"] = Field(
        default="auto",
        title="Model profile",
        description="How the language model is spoken to: full (it reads the conversation and calls tools) or small. "
        "auto: small for the embedded model and .gguf files, full for any other.",
    )
    language: str = Field(
        default="auto",
        min_length=2,
        max_length=40,
        title="Language of the conversation",
        description="What the agent speaks: auto (the language in which the person writes), en, or another one by its "
        "name. A capable model translates; with the embedded one the agent speaks English.",
    )
    embedding_model: str = Field(
        default="",
        title="Embedding model",
        description="'embedded' (for English), 'multilingual' (16 languages), 'wordllama' (much faster, coarser), or "
        "the name of an embedding model at the endpoint. Empty: embedded or multilingual, by the dataset's language.",
    )
    max_concurrency: int = Field(
        default=32,
        ge=1,
        le=1000,
        title="Requests at once",
        description="The most requests that may be under way at the endpoint.",
    )
    call_seconds: float = Field(
        default=600,
        gt=0,
        le=86_400,
        allow_inf_nan=False,
        title="Seconds of a call",
        description="The longest that one request may take from beginning to end; then it counts as failed.",
    )
    patience: float = Field(
        default=600,
        gt=0,
        le=86_400,
        allow_inf_nan=False,
        title="Patience",
        description="For how many seconds an endpoint may answer nothing, because it is busy, before a job stops.",
    )
    use_batch_api: bool = Field(
        default=False,
        title="Batch API",
        description="Send requests through OpenAI's Batch API: cheaper, and answered within a day.",
    )
    openai_base_url: str | None = Field(
        default=None,
        repr=False,
        validation_alias="OPENAI_BASE_URL",
        title="Endpoint",
        description="Address of an OpenAI-compatible endpoint, usually ending in /v1.",
    )
    openai_api_key: SecretStr | None = Field(
        default=None,
        validation_alias="OPENAI_API_KEY",
        title="Endpoint key",
        description="The key for the endpoint. Local servers often need none.",
    )

    verifier_model: str = Field(
        default="",
        title="Verifier",
        description="The model that looks at each record last, after all checks of form have passed it: a name at the "
        "endpoint, 'embedded', or the path of a .gguf file. Empty: the language model itself, with the profile full.",
    )
    verifier_base_url: str | None = Field(
        default=None,
        repr=False,
        title="Verifier's endpoint",
        description="Address of the verifier's endpoint. Not set: the language model's endpoint.",
    )
    verifier_api_key: SecretStr | None = Field(
        default=None,
        title="Verifier's key",
        description="The key for the verifier's endpoint. With an address of its own, the verifier never gets the "
        "language model's key.",
    )
    verifier_share: float = Field(
        default=1.0,
        ge=0,
        le=1,
        title="Verified share",
        description="Share of the records that the verifier looks at. 0: none, so that nothing judges what they mean.",
    )

    # Set by `Services` when a host program brings its own model object: these settings do not know which it is.
    _hosts_own: bool = PrivateAttr(default=False)

    @field_validator("model", "embedding_model", "verifier_model")
    @classmethod
    def _strip(cls, value: str) -> str:
        return value.strip()

    @field_validator("openai_base_url", "verifier_base_url")
    @classmethod
    def _check_endpoint(cls, value: str | None) -> str | None:
        return http_address(value)

    @field_validator("openai_api_key", "verifier_api_key")
    @classmethod
    def _clean_key(cls, value: SecretStr | None) -> SecretStr | None:
        # A line break copied along with the key would break the request's header.
        text = value.get_secret_value().strip() if value is not None else ""
        remember_key(text)
        return SecretStr(text) if text else None

    def for_hosts_model(self, *, is_hosts: bool = True) -> Self:
        """The same settings, for a model object that the host program brings, or for one of this package."""
        settings = self.model_copy()
        settings._hosts_own = is_hosts
        return settings

    @property
    def is_hosts_model(self) -> bool:
        """Whether the language model is an object of the host program, of which no name is set."""
        return self._hosts_own and not self.model

    @property
    def has_endpoint(self) -> bool:
        """Whether an endpoint is configured: a key, an address, or both."""
        return self.openai_base_url is not None or self.openai_api_key is not None

    @property
    def endpoint_url(self) -> str:
        """Where requests go when an endpoint is used."""
        return self.openai_base_url or OPENAI_URL

    @property
    def is_openai(self) -> bool:
        """Whether the endpoint is OpenAI's own."""
        return urlsplit(self.endpoint_url).hostname == _OPENAI_HOST

    @property
    def model_file(self) -> Path | None:
        """The person's own weights, when ``model`` is the path of a .gguf file."""
        return Path(self.model).expanduser() if self.model.lower().endswith(".gguf") else None

    @property
    def uses_embedded_model(self) -> bool:
        """Whether the language model runs in this process."""
        if self.model == "":
            return not self.has_endpoint and not self.is_hosts_model
        return self.model.lower() == EMBEDDED or self.model_file is not None

    @property
    def profile(self) -> Literal["full", "small"]:
        """How the language model is spoken to."""
        if self.model_profile != "auto":
            return self.model_profile
        return "small" if self.uses_embedded_model else "full"

    @property
    def uses_embedded_embeddings(self) -> bool:
        """Whether texts are embedded on this machine."""
        return self.embedding_model.lower() in ("", EMBEDDED, "multilingual", "wordllama")

    @property
    def endpoint_model(self) -> str:
        """The name of the model at the endpoint, as far as it is known without asking there; else ``""``.

        Raises:
            InvalidInput: a name is set and no endpoint is.
        """
        if not self.has_endpoint:
            raise InvalidInput(
                f"The model {self.model!r} needs an endpoint, and none is set.",
                hint=f"Set OPENAI_API_KEY, and OPENAI_BASE_URL if it is not OpenAI's; or set {PREFIX}MODEL="
                f"{EMBEDDED}.",
            )
        return self._named_or_only(learnt_models(self.endpoint_url, self._key) or []) or ""

    def settle_model(self) -> str:
        """The name of the model at the endpoint; where none is set, the endpoint is asked which it has.

        To be called where something is about to be asked of the model, never before: the request carries the key.

        Raises:
            InvalidInput: no name is set and the endpoint does not settle it, or a name is set and no endpoint is.
        """
        if known := self.endpoint_model:
            return known
        listed = listed_models(self.endpoint_url, self._key)
        if name := self._named_or_only(listed):
            return name
        its = f"one of its models ({', '.join(listed[:10])})" if listed else "the name of one of its models"
        raise InvalidInput(
            f"No model name is set for the endpoint {self.endpoint_url}.",
            hint=f"Set {PREFIX}MODEL to {its}, or to '{EMBEDDED}'.",
        )

    def settle_models(self) -> None:
        """`settle_model` for the writing model and the verifier, where they are at an endpoint.

        Raises:
            InvalidInput: no name is set and the endpoint does not settle it.
        """
        for one in (self, self.for_verifier()):
            if one is not None and one.has_endpoint and not (one.is_hosts_model or one.uses_embedded_model):
                one.settle_model()

    def _named_or_only(self, listed: list[str]) -> str | None:
        if self.model:
            return self.model
        if self.is_openai or OPENAI_DEFAULT_MODEL in listed:
            return OPENAI_DEFAULT_MODEL
        return listed[0] if len(listed) == 1 else None

    @property
    def _key(self) -> str:
        return self.openai_api_key.get_secret_value() if self.openai_api_key else ""

    @property
    def has_own_verifier(self) -> bool:
        """Whether the verifier is another model than the language model, or elsewhere."""
        return bool(self.verifier_model or self.verifier_base_url or self.verifier_api_key)

    def for_verifier(self) -> Self | None:
        """The settings under which the verifier is the language model; None when nothing is verified.

        A small model is no verifier of its own texts: with the profile small there is one only where it is set.
        """
        if self.verifier_share == 0:
            return None
        if not self.has_own_verifier:
            return None if self.profile == "small" else self
        own_endpoint = self.verifier_base_url is not None
        return self.for_hosts_model(is_hosts=False).model_copy(
            update={
                "model": self.verifier_model or ("" if own_endpoint else self.model),
                "openai_base_url": self.verifier_base_url if own_endpoint else self.openai_base_url,
                # The key of one endpoint is nobody else's business.
                "openai_api_key": self.verifier_api_key
                if own_endpoint
                else self.verifier_api_key or self.openai_api_key,
            }
        )

    @property
    def model_in_use(self) -> str:
        """The language model in words, for a person: its name and where it runs. Never raises."""
        if self.is_hosts_model:
            return HOSTS_MODEL
        if self.model_file is not None:
            return f"{EMBEDDED} ({self.model_file.name})"
        if self.uses_embedded_model:
            return f"{EMBEDDED} ({EMBEDDED_MODEL_NAME})"
        if not self.has_endpoint:
            return f"{self.model} (no endpoint is set)"
        learnt = learnt_models(self.endpoint_url, self._key)
        unnamed = "its only model" if learnt is None else "no model set"
        return f"{self._named_or_only(learnt or []) or unnamed} at {self.endpoint_url}"
