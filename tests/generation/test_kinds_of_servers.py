"""Servers as they are: what each refuses, leaves out or adds, and that a job gets through all the same."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.jobs.ledger import list_attempts
from finetune_coverage.tools.generation.money.budget import budget_of

from ..mock_openai.server import Fault, MockOpenAI
from .test_engine_endpoint import _filled, approved, no_meaning, services_for

pytestmark = pytest.mark.slow

__all__ = ["no_meaning"]

Answer = Callable[[dict[str, Any]], Any]
_SCHEMA = re.compile(r"JSON Schema:\n(\{.*)", re.DOTALL)


def good() -> Callable[[dict[str, Any]], str]:
    """A good answer, wherever the schema stands."""
    from itertools import count

    numbers = count()

    def answer(body: dict[str, Any]) -> str:
        asked = body.get("response_format", {}).get("json_schema")
        if asked is None:
            found = _SCHEMA.search(body["messages"][0]["content"])
            assert found, "the schema is told one way or the other"
            return json.dumps(_filled(json.loads(found[1]), numbers))
        return json.dumps(_filled(asked["schema"], numbers))

    return answer


def limit_of(body: dict[str, Any]) -> int:
    return int(body.get("max_tokens") or body["max_completion_tokens"])


def thinking(how: str) -> Answer:
    """400 to 2,000 tokens of thinking before each answer, shown in one way or another, that count against the limit."""
    text_of, rng = good(), random.Random(7)

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        text, hidden, limit = text_of(body), rng.randint(400, 2_000), limit_of(body)
        thought = ('Perhaps {"exchanges": []}? No {name}: ' + "hm, " * hidden)[: 4 * min(hidden, limit)]
        is_cut = hidden + len(text) // 4 > limit
        told: dict[str, Any] = {
            "finish_reason": "length" if is_cut else "stop",
            "usage": {"prompt_tokens": 500, "completion_tokens": min(limit, hidden + len(text) // 4)},
        }
        seen = "" if is_cut else text
        match how:
            case "<think>":
                return {"content": f"<think>{thought}" + ("" if is_cut else f"</think>\n\n{text}"), **told}
            case "</think> alone":  # the template of the prompt has opened it
                return {"content": thought + ("" if is_cut else f"</think>\n\n{text}"), **told}
            case "[THINK]":
                return {"content": f"[THINK]{thought}" + ("" if is_cut else f"[/THINK]{text}"), **told}
            case "parts":
                parts = [{"type": "thinking", "thinking": [{"type": "text", "text": thought}]}]
                return {"content": parts if is_cut else [*parts, {"type": "text", "text": text}], **told}
            case "hidden":
                told["usage"]["completion_tokens_details"] = {"reasoning_tokens": min(hidden, limit)}
                return {"content": seen or None, **told}
            case name:
                return {"content": seen or None, name: thought, **told}

    return answer


@pytest.mark.parametrize(
    ("how", "formats"),
    [
        *((how, "json_schema") for how in ("hidden", "reasoning_content", "<think>")),
        pytest.param("reasoning", "json_schema", marks=pytest.mark.slow),
        ("hidden", "json_object"),
        pytest.param("[THINK]", "json_object", marks=pytest.mark.slow),
        # Without a form, what was thought and what is answered have to be told apart in one text.
        *((how, "none") for how in ("</think> alone", "[THINK]", "parts")),
        pytest.param("<think>", "none", marks=pytest.mark.slow),
    ],
)
async def test_models_that_think(mock_openai: MockOpenAI, tmp_path: Path, how: str, formats: str) -> None:
    mock_openai.reply = thinking(how)
    refusing(mock_openai, formats)
    services = services_for(mock_openai, tmp_path / "home")
    generation = (await run_approved_item(services, *approved(services, 15)))["generation"]
    assert (generation["status"], generation["accepted"]) == ("complete", 15)
    assert set(generation["rejected"]) <= {"cut_off"}
    refused = {"json_schema": 0, "json_object": 1, "none": 2}[formats]
    assert len(mock_openai.chats()) - refused <= 15 + 6
    attempts = list_attempts(services.store, generation["job_id"])
    assert all("hm, hm" not in (one.response or "") for one in attempts if one.status == "accepted")
    assert sum(one.reasoning_tokens for one in attempts) > 15 * 400


def refusing(endpoint: MockOpenAI, formats: str) -> None:
    """Lets the endpoint refuse the forms of ``response_format`` that it does not know."""
    answer = endpoint.reply

    def reply(body: dict[str, Any]) -> Any:
        kind = body.get("response_format", {}).get("type")
        if kind is not None and formats == "none":
            return Fault(400, message="Extra inputs are not permitted")
        if kind == "json_schema" and formats == "json_object":
            return Fault(400, message="This response_format type is unavailable now", param="response_format")
        return answer(body)

    endpoint.reply = reply


def demanding(name: str, message: str) -> Callable[[dict[str, Any]], Fault | None]:
    return lambda body: Fault(400, message=message, param=name) if name in body else None


REFUSED = {
    "max_completion_tokens only": demanding(
        "max_tokens", "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    ),
    "default temperature only": lambda body: (
        Fault(400, message="Unsupported value: 'temperature' does not support 0.9. Only the default (1) is.")
        if body.get("temperature", 1) != 1
        else None
    ),
    "both": lambda body: (
        REFUSED["max_completion_tokens only"](body) or REFUSED["default temperature only"](body)
    ),
    "refused for a value": lambda body: (
        Fault(422, message="1 validation error: body.response_format: Input should be 'text'")
        if "response_format" in body
        else None
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
async def test_servers_that_refuse_what_is_asked_with(
    mock_openai: MockOpenAI, tmp_path: Path, kind: str
) -> None:
    answer = good()
    mock_openai.reply = lambda body: REFUSED[kind](body) or answer(body)
    services = services_for(mock_openai, tmp_path / "home")
    item = approved(services, 10)
    done = await run_approved_item(services, *item)
    assert done["success"], done
    assert (done["generation"]["accepted"], done["generation"]["rejected"]) == (10, {})
    assert len(mock_openai.chats()) <= 10 + 2, "each is refused once, and then left out"
    with services.store.read() as connection:
        assert budget_of(connection, item[0]).reserved_tokens == 0


ANSWERS: dict[str, tuple[dict[str, Any], str, str]] = {
    "filtered": ({"content": "", "finish_reason": "content_filter"}, "content_filter", "filter"),
    "filtered in part": (
        {"content": '{"exchanges": [{"us', "finish_reason": "content_filter"},
        "content_filter",
        "filter",
    ),
    "declined": (
        {"content": None, "refusal": "I cannot help with that."},
        "declined",
        "I cannot help with that.",
    ),
    "cut off": ({"content": '{"exchanges": [', "finish_reason": "length"}, "cut_off", "its limit was"),
    "never began": ({"content": None, "finish_reason": "length"}, "cut_off", "its limit was"),
    "endless thinking": ({"content": "<think>Hm, well."}, "cut_off", "its limit was"),
}


@pytest.mark.parametrize("kind", ANSWERS)
async def test_what_an_answer_without_a_draft_is_called(
    mock_openai: MockOpenAI, tmp_path: Path, kind: str
) -> None:
    said, check, words = ANSWERS[kind]
    answer, turns = good(), iter([said, said])
    mock_openai.reply = lambda body: next(turns, None) or answer(body)
    services = services_for(mock_openai, tmp_path / "home", max_concurrency=1)
    generation = (await run_approved_item(services, *approved(services, 3)))["generation"]
    assert (generation["accepted"], generation["rejected"]) == (3, {check: 2})
    refused = [one for one in list_attempts(services.store, generation["job_id"]) if one.check == check]
    assert all(words in (one.evidence or "") for one in refused), refused
    grown = [limit_of(body) for body in mock_openai.chats()][-1] > limit_of(mock_openai.chats()[0])
    assert grown == (check == "cut_off"), "more room helps only what ran out of it"


async def test_a_prompt_that_is_filtered_costs_its_attempt(mock_openai: MockOpenAI, tmp_path: Path) -> None:
    answer = good()
    turns = iter([Fault(400, message="The prompt triggered the content policy", code="content_filter")])
    mock_openai.reply = lambda body: next(turns, None) or answer(body)
    services = services_for(mock_openai, tmp_path / "home")
    item = approved(services, 4)
    generation = (await run_approved_item(services, *item))["generation"]
    assert (generation["accepted"], generation["rejected"]) == (4, {"content_filter": 1})
    with services.store.read() as connection:
        assert budget_of(connection, item[0]).reserved_tokens == 0


async def test_a_model_that_the_endpoint_does_not_have_is_named(
    mock_openai: MockOpenAI, tmp_path: Path
) -> None:
    services = services_for(mock_openai, tmp_path / "home", model="gpt-99")
    item = approved(services, 4)
    answer = await run_approved_item(services, *item)
    assert answer["error"]["code"] == "endpoint_error"
    assert "does not know the model gpt-99" in answer["error"]["message"]
    assert "FINETUNE_COVERAGE_MODEL" in answer["error"]["hint"]
    assert len(mock_openai.chats()) == 1
    with services.store.read() as connection:
        assert budget_of(connection, item[0]).reserved_tokens == 0


async def test_good_drafts_take_one_call_each(mock_openai: MockOpenAI, tmp_path: Path) -> None:
    mock_openai.reply = good()
    services = services_for(mock_openai, tmp_path / "home")
    generation = (await run_approved_item(services, *approved(services, 30)))["generation"]
    assert generation["accepted"] == 30
    assert len(mock_openai.chats()) <= 1.2 * 30
