"""Settings: where they come from, which model they mean, and what a person is told when they are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.settings import (
    EMBEDDED_MODEL_NAME,
    OPENAI_DEFAULT_MODEL,
    Settings,
    load_settings,
)
from pydantic import ValidationError


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_with_nothing_set_the_embedded_model_is_used() -> None:
    settings = load_settings()
    assert settings.uses_embedded_model
    assert settings.uses_embedded_embeddings
    assert EMBEDDED_MODEL_NAME in settings.model_in_use
    assert "embedded" in settings.model_in_use


def test_a_key_alone_means_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    settings = load_settings()
    assert not settings.uses_embedded_model
    assert settings.endpoint_model == OPENAI_DEFAULT_MODEL
    assert settings.is_openai
    assert settings.model_in_use == f"{OPENAI_DEFAULT_MODEL} at https://api.openai.com/v1"


def test_another_endpoint_needs_a_model_name_but_only_when_the_model_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1/")
    settings = load_settings()
    assert settings.model_in_use == "its only model at http://localhost:8000/v1"
    with pytest.raises(InvalidInput, match="FINETUNE_COVERAGE_MODEL"):
        settings.settle_model()
    assert settings.model_in_use == "no model set at http://localhost:8000/v1"
    monkeypatch.setenv("FINETUNE_COVERAGE_MODEL", "llama")
    assert load_settings().endpoint_model == "llama"
    assert load_settings().endpoint_url == "http://localhost:8000/v1"


def test_a_model_name_without_an_endpoint_is_explained() -> None:
    settings = Settings(model="gpt-4o")
    assert not settings.uses_embedded_model
    with pytest.raises(InvalidInput, match="OPENAI_API_KEY"):
        _ = settings.endpoint_model


def test_embedded_can_be_chosen_beside_an_endpoint() -> None:
    settings = Settings(openai_api_key="sk-1", model="embedded")
    assert settings.uses_embedded_model


def test_a_file_of_ones_own() -> None:
    settings = Settings(openai_api_key="sk-1", model="~/models/My.GGUF")
    assert settings.uses_embedded_model
    assert settings.model_file == Path.home() / "models/My.GGUF"
    assert "My.GGUF" in settings.model_in_use


def test_the_key_is_never_shown() -> None:
    settings = Settings(
        openai_api_key=" sk-secret\n",
        openai_base_url="https://host/v1",
        model="m",
        database_url="postgresql://me:secret@db/x",
    )
    assert settings.openai_api_key is not None
    assert settings.openai_api_key.get_secret_value() == "sk-secret"
    assert settings.model_in_use == "m at https://host/v1"
    assert "secret" not in repr(settings)
    assert "secret" not in settings.model_in_use


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default, that other tests are without."""
    monkeypatch.delenv("FINETUNE_COVERAGE_VERIFIER_SHARE")


@pytest.mark.usefixtures("verified")
def test_the_model_at_an_endpoint_verifies_by_default_and_a_small_one_does_not() -> None:
    settings = Settings(openai_api_key="sk-1")
    assert settings.for_verifier() is settings and not settings.has_own_verifier
    assert Settings(openai_api_key="sk-1", verifier_share=0).for_verifier() is None
    assert Settings(openai_api_key="sk-1", model_profile="small").for_verifier() is None
    assert Settings(model="embedded").for_verifier() is None


def test_an_old_name_is_said_to_be_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_JUDGE_MODEL", "big")
    with pytest.raises(InvalidInput) as refused:
        load_settings()
    assert refused.value.hint == "Name it FINETUNE_COVERAGE_VERIFIER_MODEL."


@pytest.mark.usefixtures("verified")
def test_a_verifier_at_the_models_endpoint_uses_its_key() -> None:
    verifier = Settings(
        openai_base_url="https://host/v1", openai_api_key="sk-1", verifier_model="big"
    ).for_verifier()
    assert verifier is not None and verifier.model_in_use == "big at https://host/v1"
    assert verifier.openai_api_key is not None and verifier.openai_api_key.get_secret_value() == "sk-1"


@pytest.mark.usefixtures("verified")
@pytest.mark.parametrize("key", [None, "sk-2"])
def test_a_verifier_elsewhere_never_gets_the_models_key(key: str | None) -> None:
    settings = Settings(
        openai_api_key="sk-1",
        verifier_model="big",
        verifier_base_url="https://other/v1/",
        verifier_api_key=key,
    )
    verifier = settings.for_verifier()
    assert verifier is not None and verifier.endpoint_url == "https://other/v1"
    assert (verifier.openai_api_key and verifier.openai_api_key.get_secret_value()) == key
    assert not settings.is_openai or settings.model_in_use.startswith(OPENAI_DEFAULT_MODEL)


@pytest.mark.usefixtures("verified")
def test_the_embedded_model_can_verify_and_be_verified() -> None:
    verifier = Settings(openai_api_key="sk-1", verifier_model="embedded").for_verifier()
    assert verifier is not None and verifier.uses_embedded_model
    verifier = Settings(model="embedded", verifier_model="big", verifier_api_key="sk-2").for_verifier()
    assert verifier is not None and verifier.model_in_use == "big at https://api.openai.com/v1"


@pytest.mark.parametrize(
    "name", ["OPENAI_BASE_URL", "FINETUNE_COVERAGE_VERIFIER_BASE_URL", "FINETUNE_COVERAGE_CHROMA_URL"]
)
@pytest.mark.parametrize(
    "address",
    [
        "http://me:hidden-word@host/v1",
        "https://hidden-word@host",
        "http://host:hidden-word/v1",
        "http://host/v1?key=hidden-word",
        "http://host/v1#hidden-word",
    ],
)
def test_an_address_with_a_password_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, address: str
) -> None:
    monkeypatch.setenv(name, address)
    with pytest.raises(InvalidInput, match=name) as refused:
        load_settings()
    assert "hidden-word" not in str(refused.value)
    with pytest.raises(ValidationError) as by_hand:
        Settings()
    assert "hidden-word" not in str(by_hand.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FINETUNE_COVERAGE_VERIFIER_BASE_URL", "localhost:8000"),
        ("FINETUNE_COVERAGE_MAX_CONCURRENCY", "0"),
        ("FINETUNE_COVERAGE_TARGET_SCORE", "1.5"),
        ("FINETUNE_COVERAGE_BUDGET_USD", "nan"),
        ("OPENAI_BASE_URL", "localhost:8000"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_as_it_was_written(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match=name):
        load_settings()


def test_files_lie_in_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert settings.store_url == f"sqlite:///{tmp_path}/coverage.db"
    assert settings.checkpoint_path.parent == settings.index_path.parent == tmp_path
    assert Settings(database_url="postgresql://db/x").store_url == "postgresql://db/x"


def test_every_setting_is_described() -> None:
    for name, field in Settings.model_fields.items():
        assert field.title, name
        assert field.description, name


def test_a_group_that_is_no_json_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_CHECKS", "{no JSON")
    with pytest.raises(InvalidInput, match="checks"):
        load_settings()
