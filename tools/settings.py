"""Every setting, read from the environment and from ``.env``; nothing else in the package reads either."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field, ValidationError, field_validator

from .errors import InvalidInput
from .generation.gates.gate_settings import GateSettings
from .generation.tool_chain_settings import ToolChainSettings
from .model_settings import (
    EMBEDDED,
    EMBEDDED_MODEL_NAME,
    OPENAI_DEFAULT_MODEL,
    PREFIX,
    ModelSettings,
    http_address,
)

__all__ = ["EMBEDDED", "EMBEDDED_MODEL_NAME", "OPENAI_DEFAULT_MODEL", "PREFIX", "Settings", "load_settings"]


class Settings(ModelSettings):
    """What a person can set. Names in the environment: ``FINETUNE_COVERAGE_`` and the field in capitals.

    The two exceptions carry the names that every OpenAI client uses: ``OPENAI_BASE_URL`` and
    ``OPENAI_API_KEY``. An empty variable counts as not set. Parts of a group are joined by two underscores:
    ``FINETUNE_COVERAGE_TOOL_CHAIN__NEGATIVE_SHARE``.
    """

    home: Path = Field(
        default_factory=lambda: user_data_path("finetune-coverage"),
        title="Data folder",
        description="Where records, conversations and the index are kept.",
    )
    budget_tokens: int | None = Field(
        default=None,
        ge=1,
        title="Token budget",
        description="The most tokens, prompt and reply together, that one approved plan may use.",
    )
    budget_usd: float | None = Field(
        default=None,
        gt=0,
        le=1_000_000,
        allow_inf_nan=False,
        title="Cost budget in USD",
        description="The most money that one approved plan may cost; it needs a model whose price is known.",
    )
    prices: Path | None = Field(
        default=None,
        title="Price file",
        description="A YAML file with prices of models, beside and before those that come with the package.",
    )
    database_url: str | None = Field(
        default=None,
        repr=False,  # may hold a password
        title="Database",
        description="SQLAlchemy address of the record store. Not set: a SQLite file in the data folder.",
    )
    chroma_url: str | None = Field(
        default=None,
        repr=False,
        title="Chroma server",
        description="http(s) address of a Chroma server. Not set: an index in the data folder.",
    )
    target_score: float = Field(
        default=0.5,
        ge=0,
        lt=1,
        title="Target balance score",
        description="The balance score that the loop aims to pass.",
    )
    minimum_per_topic: int = Field(
        default=100,
        ge=0,
        title="Records per topic",
        description="How many records each topic should have, where possible.",
    )
    max_synthetic_share: float = Field(
        default=0.9,
        ge=0,
        le=1,
        title="Largest synthetic share",
        description="The largest part of a topic that may be synthetic, if it has any real records.",
    )

    gates: GateSettings = Field(
        default_factory=GateSettings, title="Gates", description="How strict the checks are."
    )
    tool_chain: ToolChainSettings = Field(
        default_factory=ToolChainSettings,
        title="Tool chains",
        description="Which kinds of tool chain are written, and how often.",
    )
    eval_set: Path | None = Field(
        default=None,
        title="Evaluation set",
        description="A JSONL file; generated records that are too close to one of its records are refused.",
    )

    @field_validator("home", "prices", "eval_set")
    @classmethod
    def _expand_path(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    @field_validator("chroma_url")
    @classmethod
    def _check_address(cls, value: str | None) -> str | None:
        return http_address(value)

    @property
    def store_url(self) -> str:
        """SQLAlchemy address of the record store."""
        # In an address "%" and "?" have a meaning of their own; in the name of a folder they have none.
        path = str(self.home / "coverage.db").replace("%", "%25").replace("?", "%3F")
        return self.database_url or f"sqlite:///{path}"

    @property
    def checkpoint_path(self) -> Path:
        """The SQLite file with the conversations."""
        return self.home / "conversations.db"

    @property
    def index_path(self) -> Path:
        """The folder of the Chroma index."""
        return self.home / "chroma"


def load_settings() -> Settings:
    """The settings of this process, from the environment and ``.env``.

    Raises:
        InvalidInput: a value that cannot be used, named as the person wrote it.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = "; ".join(f"{_variable(e['loc'])}: {e['msg']}" for e in error.errors())
        raise InvalidInput(
            f"A setting cannot be used: {problems}.", hint="Correct it in the environment or in .env."
        ) from None


def _variable(location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else "settings"
    return name if name.startswith("OPENAI_") else f"{PREFIX}{name.upper()}"
