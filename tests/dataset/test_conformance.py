"""Cases that other projects test their own readers with; where we differ on purpose, the reason stands beside it."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.formats.dataset_file import BadItem, Item, read_dataset
from finetune_coverage.tools.dataset.formats.refusal import Refused
from finetune_coverage.tools.dataset.formats.registry import read_item

PART_KINDS = ("image_url", "video_url", "audio_url")


def cases(shared_data: Path, name: str) -> dict[str, dict[str, Any]]:
    loaded = json.loads((shared_data / "conformance" / name).read_text())["cases"]
    return {case["id"]: case for case in loaded}


def inputs(case: dict[str, Any]) -> list[Any]:
    """What a case gives to the reader of the other project."""
    given = [case["inputs"]["example"]] if "example" in case["inputs"] else []
    return given or [call for check in case["checks"] for call in check.get("call_inputs", [])]


def as_llamafactory(content: Any) -> Any:
    """Our content in LLaMA-Factory's spelling."""
    if isinstance(content, str):
        return [{"type": "text", "value": content}]
    kinds = [(part["type"], part) for part in content]
    return [
        {"type": kind, "value": part[kind]["url"] if kind in PART_KINDS else part["text"]}
        for kind, part in kinds
    ]


def test_llamafactory_v0(shared_data: Path) -> None:
    compared = 0
    for case in cases(shared_data, "llamafactory_v0_converter.json").values():
        expected = case["checks"][0]["expected"]
        system = [{"role": "system", "content": expected["_system"]}] if expected["_system"] else []
        body = read_item(case["inputs"]["example"]).body
        assert body["messages"] == system + expected["_prompt"] + expected["_response"]
        compared += 1
    assert compared == 2


# "1" is no call: LLaMA-Factory's converter passes any text on, and its template fails on it later.
NOT_A_CALL = "test_sharegpt_converter"


def test_llamafactory_v1_messages(shared_data: Path) -> None:
    compared = []
    for name, case in cases(shared_data, "llamafactory_v1_converter.json").items():
        for check in case["checks"]:
            if check["op"] != "Eq" or name == NOT_A_CALL:
                continue
            messages = read_item(inputs(case)[0]).body["messages"]
            if isinstance(check["expected"], dict):
                wanted = [(m["role"], m["content"]) for m in check["expected"]["messages"]]
                assert [(m["role"], as_llamafactory(m["content"])) for m in messages] == wanted, name
            else:  # the content of the first message
                assert as_llamafactory(messages[0]["content"]) == check["expected"], name
            compared.append(name)
    assert len(compared) == 5


def test_llamafactory_v1_refusals(shared_data: Path) -> None:
    refused = []
    for case in cases(shared_data, "llamafactory_v1_converter.json").values():
        for check in case["checks"]:
            if check["op"] == "raises":
                for given in check["call_inputs"]:
                    with pytest.raises(Refused) as caught:
                        read_item(given)
                    assert check["match"].lower() in caught.value.reason
                    refused.append(caught.value.reason)
    assert len(refused) == 4
    case = cases(shared_data, "llamafactory_v1_converter.json")[NOT_A_CALL]
    with pytest.raises(Refused, match="tool call"):
        read_item(inputs(case)[0])


def test_llamafactory_v1_pair_takes_the_chosen_side_and_keeps_the_other(shared_data: Path) -> None:
    pair = cases(shared_data, "llamafactory_v1_converter.json")["test_pair_converter_multimodal_shared_media"]
    body = read_item(pair["inputs"]["example"]).body
    assert [as_llamafactory(message["content"]) for message in body["messages"]] == [
        [{"type": "text", "value": "Look at "}, {"type": "image_url", "value": "/p/a.jpg"}],
        [{"type": "text", "value": "good"}],
    ]
    assert body["source_extra"]["rejected"] == pair["inputs"]["example"]["rejected"]


# Where we differ from Together's checker on purpose: (lines we take, lines we refuse).
TOGETHER_DIFFERENCES = {
    "valid.jsonl": (0, 2),  # plain text: nobody answers, so there is nothing to fine-tune a chat model on
    "valid.csv": (0, 2),  # the same
    "inconsistent_format.jsonl": (1, 1),  # a file may mix formats; only its line of plain text is refused
    "non_alternating_roles.jsonl": (
        1,
        0,
    ),  # readable; the order of roles is for the validation report to judge
}


def test_together(shared_data: Path) -> None:
    folder = shared_data / "conformance/together_check_file"
    seen = 0
    for case in json.loads((folder / "expected.json").read_text())["cases"]:
        items = list(read_dataset(folder / case["file"]))
        good, bad = (sum(isinstance(item, kind) for item in items) for kind in (Item, BadItem))
        seen += 1
        if case["file"] in TOGETHER_DIFFERENCES:
            assert (good, bad) == TOGETHER_DIFFERENCES[case["file"]], case["file"]
        elif case["expected"]["is_check_passed"]:
            assert (good, bad) == (case["expected"]["num_samples"], 0), case["file"]
        else:
            assert good == 0, case["file"]
    assert seen == 14


OTHER_FORMAT = "another format, which the notebook does not read"
NO_ASSISTANT = "no assistant turn: it counts for coverage and is left out of an export"
TOOLS = "tools, which the notebook is older than"
PARTS = "content parts, which the notebook is older than"
EMPTY = "an empty text, for the validation report to name"
SPELLING = "role and content in capital letters, which mean the same"
COMMA = "a comma after a whole record, which is left out"
WEIGHT = "a weight that is neither 0 nor 1, which the notebook does not look at"


def cookbook_reason(verdict: dict[str, str], item: Item | BadItem) -> str | None:
    """Why we judge a line otherwise than the notebook; ``None`` when there is no reason."""
    errors = {error.split("=")[0] for error in verdict["errors"].split(";") if error}
    if isinstance(item, BadItem):
        return WEIGHT if verdict["verdict"] == "ok" and "has the weight" in item.refused.reason else None
    if verdict["verdict"] == "not_json":
        return COMMA
    if errors == {"missing_messages_list"}:
        return OTHER_FORMAT
    if errors == {"example_missing_assistant_message"}:
        return NO_ASSISTANT
    if item.format == "turns":
        return SPELLING
    messages = item.source["messages"]
    if any(message.get("tool_calls") or message["role"] == "tool" for message in messages):
        return TOOLS
    if any(isinstance(message.get("content"), list) for message in messages) or "reasoning_content" in str(
        messages
    ):
        return PARTS
    return EMPTY if errors == {"missing_content"} and any(not m["content"] for m in messages) else None


def test_openai_cookbook(shared_data: Path) -> None:
    """A line the notebook passes is imported; one it cannot read is refused; the other differences have reasons."""
    with (shared_data / "conformance/openai_cookbook_verdicts.csv").open() as file:
        verdicts = list(csv.DictReader(file))
    read: dict[str, dict[int | None, Item | BadItem]] = {}
    differences = []
    for verdict in verdicts:
        name = verdict["file"]
        if name not in read:
            read[name] = {item.place: item for item in read_dataset(shared_data / name)}
        item = read[name].get(int(verdict["line"]))  # none for a line that is a comment
        agrees = isinstance(item, Item) == (verdict["verdict"] == "ok")
        if not agrees:
            reason = cookbook_reason(verdict, item)
            assert reason is not None, (verdict, item)
            differences.append(reason)
    assert len(verdicts) == 274
    assert Counter(differences) == {
        OTHER_FORMAT: 35,
        TOOLS: 54,
        NO_ASSISTANT: 6,
        PARTS: 4,
        WEIGHT: 2,
        EMPTY: 1,
        SPELLING: 2,
        COMMA: 2,
    }
