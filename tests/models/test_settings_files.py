"""Where settings may come from, and that a key goes only to an endpoint that was set in the same place."""

from __future__ import annotations

from pathlib import Path

import pytest
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.settings import load_settings


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The data folder; the current folder is another one."""
    folder, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    for one in (folder, elsewhere):
        one.mkdir()
    monkeypatch.setenv("FINETUNE_COVERAGE_HOME", str(folder))
    monkeypatch.chdir(elsewhere)
    return folder


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_current_folder_is_not_read() -> None:
    written(
        Path(".env"),
        "OPENAI_API_KEY=sk-1",
        "OPENAI_BASE_URL=http://evil.example/v1",
        "FINETUNE_COVERAGE_MODEL=m",
    )
    settings = load_settings()
    assert (
        settings.uses_embedded_model and settings.openai_api_key is None and settings.openai_base_url is None
    )


def test_the_environment_wins_over_a_named_file_and_that_over_the_data_folders(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    written(
        home / ".env",
        *(f"FINETUNE_COVERAGE_{name}" for name in ("MAX_CONCURRENCY=1", "BUDGET_TOKENS=1", "MODEL=a")),
    )
    named = written(
        Path("mine.env"), "FINETUNE_COVERAGE_MAX_CONCURRENCY=2", "FINETUNE_COVERAGE_BUDGET_TOKENS=2"
    )
    monkeypatch.setenv("FINETUNE_COVERAGE_ENV_FILE", str(named))
    monkeypatch.setenv("FINETUNE_COVERAGE_MAX_CONCURRENCY", "3")
    settings = load_settings()
    assert (settings.max_concurrency, settings.budget_tokens, settings.model) == (3, 2, "a")


def test_what_is_empty_is_not_set_and_what_is_somebody_elses_is_passed_over(home: Path) -> None:
    written(home / ".env", "FINETUNE_COVERAGE_DATABASE_URL=", "SOMEBODY_ELSES=1", "OPENAI_API_KEY=sk-file")
    settings = load_settings()
    assert settings.database_url is None
    assert settings.openai_api_key is not None and settings.openai_api_key.get_secret_value() == "sk-file"


def test_a_named_file_may_move_the_data_folder_and_the_one_in_it_may_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    written(other / ".env", "FINETUNE_COVERAGE_HOME=/nowhere", "FINETUNE_COVERAGE_MODEL=b")
    monkeypatch.delenv("FINETUNE_COVERAGE_HOME")
    monkeypatch.setenv(
        "FINETUNE_COVERAGE_ENV_FILE", str(written(Path("x"), f"FINETUNE_COVERAGE_HOME={other}"))
    )
    settings = load_settings()
    assert settings.home == other and settings.model == "b"


def test_a_named_file_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINETUNE_COVERAGE_ENV_FILE", "nowhere.env")
    with pytest.raises(InvalidInput, match=r"nowhere\.env"):
        load_settings()


def test_a_file_that_is_no_text_is_said(home: Path) -> None:
    (home / ".env").write_bytes(b"OPENAI_API_KEY=\xff\xfe")
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_settings()


@pytest.mark.parametrize(
    ("key", "url"),
    [
        ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
        ("openai_api_key", "Openai_Base_Url"),
        ("FINETUNE_COVERAGE_VERIFIER_API_KEY", "FINETUNE_COVERAGE_VERIFIER_BASE_URL"),
        ("FINETUNE_COVERAGE_VERIFIER_API_KEY", "OPENAI_BASE_URL"),
    ],
)
@pytest.mark.parametrize(("of_key", "of_url"), [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)])
def test_a_key_and_an_endpoint_from_two_places_are_refused(
    monkeypatch: pytest.MonkeyPatch, home: Path, key: str, url: str, of_key: int, of_url: int
) -> None:
    lines: list[list[str]] = [[], [], []]
    lines[of_key].append(f"{key}=sk-hidden")
    lines[of_url].append(f"{url}=http://host.example/v1")
    for line in lines[0]:
        monkeypatch.setenv(*line.split("=", 1))
    monkeypatch.setenv("FINETUNE_COVERAGE_ENV_FILE", str(written(Path("named"), *lines[1])))
    written(home / ".env", *lines[2])
    with pytest.raises(InvalidInput, match="in the same place") as refused:
        load_settings()
    assert "sk-hidden" not in str(refused.value) and key.upper() in str(refused.value)


def test_an_endpoint_of_a_file_does_not_get_the_environments_key_though_the_file_has_one_too(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    written(home / ".env", "OPENAI_API_KEY=sk-theirs", "OPENAI_BASE_URL=http://host.example/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    with pytest.raises(InvalidInput, match="OPENAI_API_KEY is set in the environment"):
        load_settings()


@pytest.mark.parametrize(
    "line", ["OPENAI_API_KEY=${SECRET}", "OPENAI_BASE_URL=http://host.example/${SECRET}"]
)
def test_a_file_cannot_refer_to_the_environment(
    monkeypatch: pytest.MonkeyPatch, home: Path, line: str
) -> None:
    monkeypatch.setenv("SECRET", "sk-hidden")
    written(home / ".env", "OPENAI_BASE_URL=http://host.example/v1", line)
    settings = load_settings()
    key = settings.openai_api_key
    assert "sk-hidden" not in settings.endpoint_url + (key.get_secret_value() if key else "")


@pytest.mark.parametrize("place", [0, 1, 2])
def test_both_from_one_place_are_taken(monkeypatch: pytest.MonkeyPatch, home: Path, place: int) -> None:
    lines = ["OPENAI_API_KEY=sk-1", "OPENAI_BASE_URL=http://host.example/v1"]
    if place == 0:
        for line in lines:
            monkeypatch.setenv(*line.split("=", 1))
    else:
        file = Path("named") if place == 1 else home / ".env"
        written(file, *lines)
        if place == 1:
            monkeypatch.setenv("FINETUNE_COVERAGE_ENV_FILE", str(file))
    settings = load_settings()
    assert settings.endpoint_url == "http://host.example/v1" and settings.openai_api_key is not None
