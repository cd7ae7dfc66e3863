"""A stronger model through an endpoint: OPENAI_BASE_URL and OPENAI_API_KEY are set, nothing else; the example plays."""

from __future__ import annotations

import io
import sys

import pytest
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.settings import OPENAI_DEFAULT_MODEL, Settings

from .conftest import Command
from .endpoint import Endpoint

pytestmark = pytest.mark.slow

TYPED = """\
why is technical low?
which strategies are there?
what happens if I say yes?
yes
3
back
what did the last round add?
why were drafts rejected?
generate more
make it 5 for billing questions, few-shot
yes
what would 0.8 cost?
proceed to the grader
"""


@pytest.fixture
def two_variables(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """The endpoint, named by the two variables and nothing else."""
    for name in endpoint.environment:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    monkeypatch.setenv("OPENAI_API_KEY", endpoint.key)
    return endpoint


def test_the_example_plays(
    command: Command, sample: str, two_variables: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    # This endpoint varies what it is given; a few records of that in each round are enough.
    typed = ["make it 4 for technical issues" if "few-shot" in line else line for line in TYPED.splitlines()]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(["make it 4", *typed]) + "\n"))
    played = command("chat", "-w", sample, "--yes")
    assert played.code == 0, played.err
    # Before there is anything to ask the model, its endpoint is not asked for its name either.
    assert f"its only model at {two_variables.url}" in played.out
    for said in ("0.45 (Poor)", "4 for", "**Generation Complete**", "Technical Issues: 15 → 19 records"):
        assert said in played.out, said
    assert "Technical Issues: 19 → 23 records" in played.out
    assert "On to the grader configuration." in played.out
    assert {body["model"] for body in two_variables.chats()} == {"mock-model"}
    assert all(request.key == two_variables.key for request in two_variables.requests)


@pytest.mark.parametrize(
    ("models", "chosen"),
    [
        (["mine"], "mine"),
        (["mine", "text-embedding-3-small"], "mine"),
        (["a", OPENAI_DEFAULT_MODEL], OPENAI_DEFAULT_MODEL),
        (["a", "b"], None),
        ([], None),
    ],
)
def test_the_model_that_is_meant(two_variables: Endpoint, models: list[str], chosen: str | None) -> None:
    two_variables.models = models
    settings = Settings(openai_base_url=two_variables.url, openai_api_key=two_variables.key)
    if chosen is None:
        with pytest.raises(InvalidInput, match="No model name is set") as refused:
            settings.settle_model()
        assert all(name in refused.value.hint for name in models)
        assert "no model set" in settings.model_in_use
    else:
        assert settings.settle_model() == settings.endpoint_model == chosen
        assert settings.model_in_use.startswith(f"{chosen} at ")
