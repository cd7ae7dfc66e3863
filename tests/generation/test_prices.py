"""Prices: which line of which table counts, and what is said when there is none."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest
from finetune_coverage.tools.errors import BudgetExceeded, InvalidInput
from finetune_coverage.tools.generation.money.amounts import PICODOLLARS
from finetune_coverage.tools.generation.money.prices import (
    BUNDLED,
    FREE,
    Price,
    price_at,
    price_of,
    read_prices,
    require_keepable_cap,
)
from finetune_coverage.tools.model_settings import OPENAI_DEFAULT_MODEL, OPENAI_URL
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings, load_settings
from hypothesis import given
from hypothesis import strategies as st

LOCAL = "http://localhost:8000/v1"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "prices.yaml"
    path.write_text(
        "endpoints:\n"
        f"  {LOCAL}/:\n"
        "    llama: {input: 0.5, output: 1.5}\n"
        "    llama-*: {input: 1, output: 2}\n"
        "    llama-big-*: {input: 3, output: 4}\n"
        f"  {OPENAI_URL}:\n"
        "    gpt-4.1-mini: {input: 0.2, output: 0.8}\n"
    )
    return path


def openai(model: str = "", **more: object) -> Settings:
    return Settings.model_validate({"OPENAI_API_KEY": "sk-1", "model": model, **more})


def test_the_embedded_model_is_free_whatever_else_is_set() -> None:
    assert price_of(Settings()) == FREE
    assert price_of(openai("embedded")) == FREE
    assert require_keepable_cap(Settings(budget_usd=0.01)) == FREE


def test_openais_default_model_has_a_price() -> None:
    assert price_of(openai()) == price_at(Settings(), OPENAI_URL, OPENAI_DEFAULT_MODEL) != None  # noqa: E711


@pytest.mark.parametrize(
    ("model", "alike"),
    [
        ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini"),
        ("gpt-4.1-2025-04-14", "gpt-4.1"),
        ("gpt-5-mini-2025-08-07", "gpt-5-mini"),
    ],
)
def test_a_dated_snapshot_costs_what_its_model_costs(model: str, alike: str) -> None:
    assert price_of(openai(model)) == price_of(openai(alike)) is not None


def test_a_snapshot_with_a_line_of_its_own_has_its_own_price() -> None:
    old, new = price_of(openai("gpt-4o-2024-05-13")), price_of(openai("gpt-4o"))
    assert old is not None and new is not None
    assert old.input > new.input


@pytest.mark.parametrize("model", ["gpt-5-pro", "gpt-4.1-turbo", "ft:gpt-4.1-mini:me::1", "gpt", "GPT-4.1"])
def test_a_name_that_only_begins_like_a_known_one_has_no_price(model: str) -> None:
    """gpt-5-pro costs twelve times as much as gpt-5: a guess would break the cap."""
    assert price_of(openai(model)) is None


def test_openais_prices_hold_at_openais_address_only() -> None:
    elsewhere = {"OPENAI_BASE_URL": "https://proxy.example/v1"}
    assert price_of(openai("gpt-4.1-mini", **elsewhere)) is None
    assert price_of(openai("gpt-4.1-mini", OPENAI_BASE_URL=f"{OPENAI_URL}/")) is not None
    assert price_of(Settings(model="a-hosts-own-model")) is None


def test_a_file_of_ones_own_comes_first(own: Path) -> None:
    assert price_of(openai("gpt-4.1-mini", prices=own)) == Price(input=0.2, output=0.8)
    assert price_of(openai("gpt-4.1", prices=own)) == price_of(openai("gpt-4.1"))


@pytest.mark.parametrize(
    ("model", "sent"), [("llama", 0.5), ("llama-small", 1), ("llama-big-2", 3), ("qwen", None)]
)
def test_the_longest_pattern_counts(own: Path, model: str, sent: float | None) -> None:
    price = price_of(openai(model, prices=own, OPENAI_BASE_URL=LOCAL))
    assert (price.input if price else None) == sent


def test_the_setting_names_the_file(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_PRICES", str(own))
    monkeypatch.setenv("OPENAI_BASE_URL", LOCAL)
    monkeypatch.setenv("FINETUNE_COVERAGE_MODEL", "llama")
    assert price_of(load_settings()) == Price(input=0.5, output=1.5)


def test_a_changed_file_is_read_again(own: Path) -> None:
    import os

    settings = openai("llama", prices=own, OPENAI_BASE_URL=LOCAL)
    assert price_of(settings) == Price(input=0.5, output=1.5)
    own.write_text(own.read_text().replace("0.5", "0.7"))
    os.utime(own, ns=(1, 1))
    assert price_of(settings) == Price(input=0.7, output=1.5)


def test_cached_tokens_and_batches_cost_less() -> None:
    price = Price(input=2, cached_input=0.5, output=8, batch_discount=0.5)
    assert price.picodollars(1_000_000, 500_000) == 6 * PICODOLLARS
    assert price.picodollars(1_000_000, 500_000, cached_tokens=400_000) == 54 * PICODOLLARS // 10
    assert price.picodollars(1_000_000, 500_000, batch=True) == 3 * PICODOLLARS
    alone = Price(input=2, output=8)
    assert alone.picodollars(1_000_000, 0, cached_tokens=1_000_000, batch=True) == 2 * PICODOLLARS


@given(
    sent=st.decimals(0, 100, places=6),
    written=st.decimals(0, 100, places=6),
    prompt=st.integers(0, 10_000_000),
    completion=st.integers(0, 10_000_000),
)
def test_money_is_exact_and_rounded_up_once(
    sent: Decimal, written: Decimal, prompt: int, completion: int
) -> None:
    """Picodollars of a token are dollars of a million of them, times a million."""
    exact = (prompt * Fraction(sent) + completion * Fraction(written)) * 1_000_000
    assert Price(input=float(sent), output=float(written)).picodollars(prompt, completion) == ceil(exact)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("endpoints:\n  x: [", "line 2: expected"),
        ("", "line 1: the file"),
        ("models: {}", "line 1: endpoints: Field required"),
        (
            "endpoints:\n  http://x/v1:\n    m:\n      input: 1\n      output: a lot\n",
            "line 5: endpoints → http://x/v1",
        ),
        (
            "endpoints:\n  http://x/v1:\n    m: {input: 1}\n",
            "line 3: endpoints → http://x/v1 → m → output: Field",
        ),
        ("endpoints: {'http://x/v1': {m: {input: 1}}}", "http://x/v1 → m → output: Field required"),
        ("endpoints: {'http://x/v1': {m: {input: -1, output: 1}}}", "greater than or equal to 0"),
        ("endpoints: {'http://x/v1': {m: {input: 1, output: 1, ouput: 2}}}", "m → ouput: Extra inputs"),
        ("endpoints: {openai: {m: {input: 1, output: 1}}}", "got 'openai'"),
        ("endpoints: {'http://x:y/v1': {m: {input: 1, output: 1}}}", "endpoints"),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        price_of(openai("m", prices=path))
    assert said in caught.value.message and str(path) in caught.value.message
    assert "USD per 1,000,000 tokens" in caught.value.hint and "FINETUNE_COVERAGE_PRICES" in caught.value.hint
    with pytest.raises(InvalidInput, match="The price file"):
        Services.from_settings(openai("m", prices=path))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"none\.yaml cannot be used: No such file"):
        price_of(openai("m", prices=tmp_path / "none.yaml"))
    with pytest.raises(InvalidInput, match="cannot be used"):
        price_of(openai("m", prices=tmp_path))


def test_a_cap_on_money_without_a_price_is_refused_with_what_to_do() -> None:
    settings = openai("unknown-model", budget_usd=0.4)
    with pytest.raises(BudgetExceeded, match=r"\$0\.40 is set, and the price of unknown-model") as caught:
        require_keepable_cap(settings)
    assert "FINETUNE_COVERAGE_PRICES" in caught.value.hint
    assert "FINETUNE_COVERAGE_BUDGET_TOKENS" in caught.value.hint
    assert require_keepable_cap(openai("unknown-model", budget_tokens=10)) is None


def test_the_table_of_the_package_says_when_and_whence() -> None:
    table = read_prices(BUNDLED)
    assert table.as_of is not None and "price list" in table.source
    for name, price in table.endpoints[OPENAI_URL].items():
        assert 0 < (price.cached_input or price.input) <= price.input < price.output, name
        assert price.batch_discount == 0.5, name
