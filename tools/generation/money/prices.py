"""What a model costs: from the table that comes with the package, or from the person's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from functools import cached_property, lru_cache
from math import lcm
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ...errors import BudgetExceeded, InvalidInput
from ...settings import PREFIX, Settings
from .amounts import PICODOLLARS, usd_words

BUNDLED = Path(__file__).with_name("prices.yaml")
_MILLION = 1_000_000
_DEAREST = 100_000.0
"""USD per 1,000,000 tokens; a hundred times what any model has cost."""
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


class Price(BaseModel):
    """What one model costs, in USD per 1,000,000 tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: float = Field(ge=0, le=_DEAREST, allow_inf_nan=False)
    output: float = Field(ge=0, le=_DEAREST, allow_inf_nan=False)
    cached_input: float | None = Field(default=None, ge=0, le=_DEAREST, allow_inf_nan=False)
    batch_discount: float = Field(default=0.0, ge=0, le=1)

    @model_validator(mode="after")
    def _check_cached(self) -> Self:
        if self.cached_input is not None and self.cached_input > self.input:
            raise ValueError("cached_input is more than input: no cap could be kept")
        return self

    @property
    def is_free(self) -> bool:
        """Whether no call costs anything."""
        return self.input == self.output == 0

    def picodollars(
        self, prompt_tokens: int, completion_tokens: int, *, cached_tokens: int = 0, batch: bool = False
    ) -> int:
        """What a call costs, in picodollars, exactly and then rounded up, once.

        Args:
            prompt_tokens: all that were sent, cached ones included.
            completion_tokens: all that the model wrote, hidden reasoning included.
            cached_tokens: how many of those sent were in the endpoint's cache.
            batch: whether it was part of a batch job.
        """
        sent, cached, written, divisor = self._batch_rates if batch else self._rates
        cost = (prompt_tokens - cached_tokens) * sent + cached_tokens * cached + completion_tokens * written
        return -(-cost // divisor)

    @cached_property
    def _rates(self) -> tuple[int, int, int, int]:
        return self._rates_times(Fraction(1))

    @cached_property
    def _batch_rates(self) -> tuple[int, int, int, int]:
        return self._rates_times(1 - _as_written(self.batch_discount))

    def _rates_times(self, share: Fraction) -> tuple[int, int, int, int]:
        """Picodollars of a token sent, sent from the cache, and written, as fractions of one divisor."""
        cached = self.input if self.cached_input is None else self.cached_input
        rates = [
            _as_written(price) * share * PICODOLLARS / _MILLION for price in (self.input, cached, self.output)
        ]
        divisor = lcm(*(rate.denominator for rate in rates))
        sent, from_cache, written = (int(rate * divisor) for rate in rates)
        return sent, from_cache, written, divisor


def _as_written(price: float) -> Fraction:
    """The decimal number that stands in the price file, which the float only comes close to."""
    return Fraction(repr(price))


FREE = Price(input=0, output=0)
"""The embedded model."""


class PriceTable(BaseModel):
    """Prices by endpoint address and model name.

    Attributes:
        as_of: when they were valid.
        source: where they come from.
    """

    model_config = ConfigDict(extra="forbid")

    as_of: date | None = None
    source: str = ""
    endpoints: dict[str, dict[str, Price]]

    @field_validator("endpoints")
    @classmethod
    def _check_addresses(cls, value: dict[str, dict[str, Price]]) -> dict[str, dict[str, Price]]:
        for url in value:
            scheme, host, *_ = _address(url)
            if scheme not in ("http", "https") or not host:
                raise ValueError(f"expected addresses like http://localhost:8000/v1, got {url!r}")
        return value

    def find(self, endpoint: str, model: str) -> Price | None:
        """The price of a model: its own line, else that of a dated snapshot's model, else the longest pattern."""
        models = {
            name: price
            for address, prices in self.endpoints.items()
            if _same_endpoint(address, endpoint)
            for name, price in prices.items()
        }
        for name in (model, _SNAPSHOT.sub("", model)):
            if name in models:
                return models[name]
        patterns = [name for name in models if name.endswith("*") and model.startswith(name[:-1])]
        return models[max(patterns, key=len)] if patterns else None


def price_of(settings: Settings) -> Price | None:
    """What the language model of these settings costs; None when that is not known.

    Raises:
        InvalidInput: the person's price file cannot be read or used.
    """
    if settings.uses_embedded_model:
        return FREE
    if settings.is_hosts_model or not settings.has_endpoint:
        return None
    return price_at(settings, settings.endpoint_url, settings.endpoint_model)


def price_at(settings: Settings, endpoint: str, model: str) -> Price | None:
    """What a model costs at an endpoint; None when that is not known. The person's file comes first.

    Raises:
        InvalidInput: the person's price file cannot be read or used.
    """
    own = read_prices(settings.prices).find(endpoint, model) if settings.prices is not None else None
    return own or read_prices(BUNDLED).find(endpoint, model)


def require_keepable_cap(settings: Settings) -> Price | None:
    """The price of the model; needed before anybody approves a plan, and before its job begins.

    Returns:
        None when the price is not known and no cap on money is set.

    Raises:
        BudgetExceeded: a cap on money is set and the price of the model, or of the verifier, is not known; nothing has
            been spent.
        InvalidInput: the person's price file cannot be read or used.
    """
    price, verifier = price_of(settings), settings.for_verifier()
    if settings.budget_usd is not None:
        unknown = [one for one in (settings, verifier) if one is not None and price_of(one) is None]
        if unknown:
            which = f"{PREFIX}MODEL" if unknown[0] is settings else f"{PREFIX}VERIFIER_MODEL"
            raise BudgetExceeded(
                f"A cap of {usd_words(settings.budget_usd)} is set, and the price of {unknown[0].model_in_use} is "
                "not known, so the cap could not be kept.",
                hint=f"Name the price in a file and set {PREFIX}PRICES to its path, set {which} to a model whose price "
                f"is known, or cap the tokens ({PREFIX}BUDGET_TOKENS) instead of the money.",
            )
    return price


def verifier_price_of(settings: Settings) -> Price | None:
    """What the verifier costs; None when that is not known. Without a verifier nothing."""
    verifier = settings.for_verifier()
    return FREE if verifier is None else price_of(verifier)


def read_prices(path: Path) -> PriceTable:
    """A price file.

    Raises:
        InvalidInput: it is not there, no YAML, or not of the shape of ``prices.yaml``.
    """
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from error
    return _read(path, changed)


@lru_cache(maxsize=8)
def _read(path: Path, _changed: int) -> PriceTable:
    import yaml

    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        return PriceTable.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        tree = yaml.compose(text)
        problems = (f"line {_line(tree, e['loc'])}: {_place(e['loc'])}: {e['msg']}" for e in error.errors())
        raise _unusable(path, "; ".join(problems)) from None
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise _unusable(path, f"{where}{error.problem}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _unusable(path, " ".join(str(error).split())) from error


def _line(node: Any, location: Sequence[int | str]) -> int:
    """The line of what is wrong: of the deepest part of ``location`` that stands in the file."""
    is_mapping = node is not None and node.id == "mapping"
    within = {key.value: value for key, value in node.value} if is_mapping else {}
    if location and location[0] in within:
        return _line(within[location[0]], location[1:])
    return 1 if node is None else int(node.start_mark.line) + 1


def _place(location: tuple[int | str, ...]) -> str:
    return " → ".join(map(str, location)) or "the file"


def _unusable(path: Path, problem: str) -> InvalidInput:
    return InvalidInput(
        f"The price file {path} cannot be used: {problem}.",
        hint=f"Correct it, or unset {PREFIX}PRICES. It looks like this, in USD per 1,000,000 tokens: "
        "endpoints: {http://localhost:8000/v1: {my-model: {input: 0.5, output: 1.5}}}",
    )


def _same_endpoint(one: str, other: str) -> bool:
    return _address(one) == _address(other)


def _address(url: str) -> tuple[str, str | None, int | None, str]:
    """What of an address says where it leads; a name and password in it do not."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port, parts.path.rstrip("/")
