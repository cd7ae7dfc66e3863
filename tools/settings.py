"""Every setting; nothing else in the package reads the environment or a file for one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_data_path
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, PydanticBaseSettingsSource, SettingsError

from .bounds import MOST_LISTED, MOST_TOKENS, MOST_USD
from .errors import InvalidInput
from .generation.checks.check_settings import CheckSettings
from .generation.tool_chain_settings import ToolChainSettings
from .model_settings import (
    EMBEDDED,
    EMBEDDED_MODEL_NAME,
    OPENAI_DEFAULT_MODEL,
    PREFIX,
    http_address,
)
from .server_settings import ServerSettings
from .settings_files import IN_DATA_FOLDER, PlainFile, named_file, require_keys_beside_endpoints

__all__ = ["EMBEDDED", "EMBEDDED_MODEL_NAME", "OPENAI_DEFAULT_MODEL", "PREFIX", "Settings", "load_settings"]


class Settings(ServerSettings):
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
        le=MOST_TOKENS,
        title="Token budget",
        description="The most tokens, prompt and reply together, that one approved plan may use.",
    )
    budget_usd: float | None = Field(
        default=None,
        gt=0,
        le=MOST_USD,
        allow_inf_nan=False,
        title="Cost budget in USD",
        description="The most money that one approved plan may cost; it needs a model whose price is known.",
    )
    refusals_in_a_row: int = Field(
        default=20,
        ge=1,
        le=10_000,
        title="Refusals in a row",
        description="So many drafts refused one after the other for one reason end a generation, and you are asked.",
    )
    estimate_factor: float = Field(
        default=1.5,
        ge=1,
        le=1_000,
        allow_inf_nan=False,
        title="Largest overrun",
        description="So many times the tokens that its plan said end a generation, and you are asked.",
    )
    approval_days: float = Field(
        default=7,
        gt=0,
        le=10_000,
        allow_inf_nan=False,
        title="Days of an approval",
        description="How long a yes to a plan holds that nobody has begun to carry out.",
    )
    lease_seconds: float = Field(
        default=60,
        ge=5,
        le=3_600,
        allow_inf_nan=False,
        title="Seconds of a lease",
        description="So long after a worker was heard of last, another one may go on with its job. One that died on "
        "this machine, with this data folder, is not waited for.",
    )
    run_jobs: Literal["here", "workers"] = Field(
        default="here",
        title="Who generates",
        description="'here': the process that was told yes carries the job out. 'workers': it queues the job and "
        "follows it, and a process of `finetune-coverage worker` on the same database carries it out.",
    )
    records_per_part: int = Field(
        default=2_000,
        ge=1,
        le=100_000,
        title="Records of a part",
        description="A job that workers carry out is divided into parts of at least so many records, for several of "
        "them at once.",
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
        description="Address of the store: sqlite:///… or postgresql://…. Not set: a SQLite file in the data folder.",
    )
    log: Literal["json"] | None = Field(
        default=None,
        title="Log",
        description="`json`: what happens is written to the error output, a JSON object a line. Not set: nothing is.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        title="Level of the log",
        description="From which on lines are written. At `debug` they may quote records, people and endpoints.",
    )
    chroma_url: str | None = Field(
        default=None,
        repr=False,
        title="Chroma server",
        description="http(s) address of a Chroma server. Not set: an index in the data folder.",
    )
    ray_address: str | None = Field(
        default=None,
        title="Ray cluster",
        description="Address of a Ray cluster for --engine ray, such as head-node:6379. Not set: one of this machine, "
        "started for the command.",
    )
    ray_workers: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        title="Ray workers",
        description="Processes of a Ray cluster that is started for a command. Not set: one for each processor.",
    )
    shards: str | None = Field(
        default=None,
        title="Shards",
        description="Where --engine ray keeps records, as Parquet: a folder, or what fsspec writes to, such as "
        "s3://bucket/shards. Not set: in the data folder.",
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
        le=MOST_LISTED,
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

    checks: CheckSettings = Field(
        default_factory=CheckSettings, title="Checks", description="How strict the checks are."
    )
    tool_chain: ToolChainSettings = Field(
        default_factory=ToolChainSettings,
        title="Tool chains",
        description="Which kinds of tool chain are written, and how often.",
    )
    tool_executor: str | None = Field(
        default=None,
        title="Tool executor",
        description="A function of your own, as module:function, that answers the tool calls of generated records.",
    )
    tool_seconds: float = Field(
        default=10,
        gt=0,
        le=3_600,
        allow_inf_nan=False,
        title="Seconds of a tool call",
        description="The longest that one call to the tool executor may take.",
    )
    templates: Path | None = Field(
        default=None,
        title="Prompt templates",
        description="A folder with prompt templates of your own, in place of those of the same name "
        "(few_shot/full.jinja, prefix.jinja, …) in tools/generation/strategies.",
    )
    eval_set: Path | None = Field(
        default=None,
        title="Evaluation set",
        description="A JSONL file; generated records that are too close to one of its records are refused.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, then the environment, then files that `load_settings` names."""
        assert isinstance(dotenv_settings, DotEnvSettingsSource)
        return init_settings, env_settings, PlainFile(settings_cls, env_file=dotenv_settings.env_file)

    @field_validator("home", "prices", "eval_set")
    @classmethod
    def _expand_path(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    @field_validator("tool_executor")
    @classmethod
    def _names_a_function(cls, value: str | None) -> str | None:
        if value is not None:
            parts = value.split(":")
            if len(parts) != 2 or not all(name.isidentifier() for part in parts for name in part.split(".")):
                raise ValueError("expected module:function")
        return value

    @field_validator("chroma_url")
    @classmethod
    def _check_address(cls, value: str | None) -> str | None:
        return http_address(value)

    @property
    def store_url(self) -> str:
        """Address of the store."""
        # In an address "%" and "?" have a meaning of their own; in the name of a folder they have none.
        path = str(self.home / "coverage.db").replace("%", "%25").replace("?", "%3F")
        return self.database_url or f"sqlite:///{path}"

    @property
    def checkpoint_path(self) -> Path:
        """The SQLite file with the conversations."""
        return self.home / "conversations.db"

    @property
    def shard_folder(self) -> str:
        """Where the records of sharded workflows lie."""
        return self.shards or str(self.home / "shards")

    @property
    def index_path(self) -> Path:
        """The folder of the Chroma index."""
        return self.home / "chroma"


def load_settings() -> Settings:
    """The settings of this process: from the environment, a file that the person named, the data folder's ``.env``.

    Raises:
        InvalidInput: a value that cannot be used, named as the person wrote it; or a key and its endpoint come from
            different places.
    """
    named = named_file()
    for old in (name for name in os.environ if name.startswith(f"{PREFIX}JUDGE_")):
        raise InvalidInput(
            f"The setting {old} is no longer known.", hint=f"Name it {old.replace('JUDGE', 'VERIFIER')}."
        )
    # The data folder's own file cannot move the data folder.
    home = _read(named).home
    beside = home / IN_DATA_FOLDER
    settings = _read(beside, named, home=home)
    files = {str(path): path for path in (named, beside) if path is not None and path.is_file()}
    require_keys_beside_endpoints(Settings, files)
    return settings


def _read(*files: Path | None, **values: Any) -> Settings:
    """The settings of the environment and of these files, of which later ones win."""
    try:
        return Settings(**{"_env_file": [path for path in files if path is not None], **values})
    except ValidationError as error:
        problems = "; ".join(
            f"{_variable(e['loc'])}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        )
        raise InvalidInput(
            f"A setting cannot be used: {problems}.", hint=f"Correct it in the environment{_beside(files)}."
        ) from None
    except (SettingsError, OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"The settings cannot be read: {error}.", hint=f"Look at the environment{_beside(files)}."
        ) from None


def _beside(files: Sequence[Path | None]) -> str:
    return "".join(f" or in {path}" for path in files if path is not None and path.exists())


def _variable(location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else "settings"
    return name if name.startswith("OPENAI_") else f"{PREFIX}{name.upper()}"
