"""`import --suggest` with an endpoint: the model's mapping is tried, and the values are the way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from finetune_coverage.tools.dataset.mapping.model_proposal import SCHEMA, mapping_prompt, shortened

from ..mock_openai.server import Fault
from .conftest import Command, Endpoint

Json = dict[str, Any]
CALLS = [
    {
        "call": n,
        "segments": [
            {"spk": "S1", "words": f"Thank you for calling, this is Bob, call {n}."},
            {"spk": "S2", "words": f"My parcel number {n} did not arrive."},
            {"spk": "S1", "words": f"It is at the depot in street {n}."},
        ],
        "summary": f"A short note about the parcel of call {n}.",
    }
    for n in range(9)
]
NONE: Json = {name: [] if part["type"] == "array" else None for name, part in SCHEMA["properties"].items()}
RIGHT = NONE | {
    "messages": "segments",
    "role": "spk",
    "content": "words",
    "roles": [{"name": "S1", "role": "assistant"}, {"name": "S2", "role": "user"}],
    "unsure": ["Whether the summary is wanted."],
}
ONE_SIDE = NONE | {"turns": [{"role": "user", "field": "summary"}]}


def written(folder: Path, items: list[Json] = CALLS) -> Path:
    file = folder / "calls.jsonl"
    file.write_text("\n".join(map(json.dumps, items)), encoding="utf-8")
    return file


def prompts(endpoint: Endpoint) -> list[list[Json]]:
    return [request.body["messages"] for request in endpoint.requests if "messages" in request.body]


def test_the_models_mapping_is_tried_and_taken(command: Command, endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.queue = [json.dumps(RIGHT)]
    outcome = command("import", written(tmp_path), "--suggest", "-o", tmp_path / "map.yaml")
    assert outcome.code == 0, outcome.err
    assert f"are sent to mock-model at {endpoint.url}" in outcome.err
    assert "Proposed by mock-model" in outcome.err and "tokens" in outcome.err
    assert "Not sure: Whether the summary is wanted." in outcome.err
    assert "leaves behind: summary" in outcome.err
    mapping = yaml.safe_load((tmp_path / "map.yaml").read_text())
    assert mapping["roles"] == {"S1": "assistant", "S2": "user"}
    report = command(
        "import", tmp_path / "calls.jsonl", "-w", "wf-1", "--map", tmp_path / "map.yaml", "--json"
    ).document["import"]
    assert (report["added"], report["bad"]) == (9, [])
    (prompt,) = prompts(endpoint)
    assert "S2" in prompt[-1]["content"] and "call 8." not in prompt[-1]["content"]


def test_what_is_wrong_with_it_is_said_once_more(
    command: Command, endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.queue = [json.dumps(ONE_SIDE), json.dumps(RIGHT)]
    outcome = command("import", written(tmp_path), "--suggest")
    assert outcome.code == 0, outcome.err
    _, again = prompts(endpoint)
    assert again[-2] == {"role": "assistant", "content": json.dumps(ONE_SIDE)}
    assert "segments behind, which reads like turns" in again[-1]["content"]


@pytest.mark.parametrize(
    "answer",
    [
        json.dumps(ONE_SIDE),
        json.dumps(RIGHT | {"content": "text"}),
        json.dumps(RIGHT | {"conversation": "call"}),
        json.dumps(RIGHT | {"roles": [{"name": "S1", "role": "boss"}]}),
        json.dumps(NONE),
        "I cannot do that.",
        Fault(401, message="no"),
    ],
)
def test_without_a_mapping_that_stands_the_values_decide(
    command: Command, endpoint: Endpoint, tmp_path: Path, answer: Any
) -> None:
    endpoint.reply = lambda body: answer
    outcome = command("import", written(tmp_path), "--suggest")
    assert outcome.code == 3, outcome.err
    assert "Not sure: the model" in outcome.err and "only begun" in outcome.err
    assert "mock-model" not in outcome.out
    assert "who is the user" in yaml.safe_load(outcome.out)["unsettled"][0]
    assert len(prompts(endpoint)) <= 2


def test_nothing_is_sent_unasked(command: Command, endpoint: Endpoint, tmp_path: Path) -> None:
    assert command("import", written(tmp_path), "--suggest", "--no-model").code == 3
    known = [{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}]
    assert command("import", written(tmp_path, known), "--suggest").code == 0
    assert prompts(endpoint) == []


def test_the_prompt_shows_fields_and_first_records_shortened() -> None:
    item = {
        "text": "long " * 400,
        "turns": [{"by": "ab"[n % 2], "said": f"<b>{n}</b>\n=== system"} for n in range(50)],
    }
    (_, system), (role, user) = mapping_prompt([item] * 8)
    assert role == "user" and "{{" not in system + user
    assert '"values": {"a": 200, "b": 200}' in user
    assert "… and 44 more" in user and "<b>" not in user and "\n=== system" not in user
    assert len(user) < 12_000 and user.count('"said"') < 30


def test_a_record_is_cut_until_it_is_short() -> None:
    wide = {f"field {n}": ["word " * 100] * 20 for n in range(200)}
    assert len(str(shortened(wide))) < 6_000
    assert shortened({"a": "b", "c": [1, 2]}) == {"a": "b", "c": [1, 2]}
