"""Datasets as people have them, on their way out: what `validate` says of them, and what `export` makes of them."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from .conftest import Command, Outcome

Json = dict[str, Any]
Export = Callable[..., Outcome]


@pytest.fixture
def imported(command: Command, shared_data: Path) -> Callable[[str], Json]:
    """Imports a case of the collection by its id into wf-1; returns the case."""
    folder = shared_data / "public_cases"
    if not folder.is_dir():
        pytest.skip(f"needs the cases in {folder}, which are not part of the project")
    cases = map(json.loads, (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines())
    by_id = {one["id"]: one for one in cases}

    def run(case_id: str) -> Json:
        case: Json = by_id[case_id]
        paths = [folder / name for name in case["files"]]
        assert command("import", *paths, "-w", "wf-1", *case["args"]).code == 0
        return case | {"paths": paths}

    return run


@pytest.fixture
def export(command: Command, tmp_path: Path) -> Export:
    """Exports wf-1 in a format; the file is called like it."""

    def run(form: str, *options: str) -> Outcome:
        return command("export", "-w", "wf-1", "-o", tmp_path / f"{form}.jsonl", "--format", form, *options)

    return run


def rows(tmp_path: Path, form: str) -> list[Json]:
    return [json.loads(line) for line in (tmp_path / f"{form}.jsonl").read_text("utf-8").splitlines()]


def found(command: Command, *options: str) -> dict[str, tuple[str, list[str]]]:
    """Severity and places (line: evidence) of each rule that finds something."""
    report = command("validate", "-w", "wf-1", "--json", *options).document["validation"]
    return {
        rule["rule"]: (
            rule["severity"],
            [f"{one['place'].rpartition(':')[2]}: {one['evidence']}" for one in rule["places"]],
        )
        for rule in report["rules"]
    }


@pytest.mark.parametrize("case_id", ["07", "20", "45", "47", "63", "64"])
def test_openai_gives_back_what_came(
    imported: Callable[[str], Json], export: Export, tmp_path: Path, case_id: str
) -> None:
    case = imported(case_id)
    assert export("openai").code == 0
    written = (tmp_path / "openai.jsonl").read_bytes().split(b"\n")
    came = case["paths"][0].read_bytes().split(b"\n")
    assert set(written) <= set(came)
    if case["records"] is not None:
        assert written == came
    assert all(text.encode() in b"\n".join(written) for text in case["must"])


def test_weights_names_and_other_fields_are_named_when_they_are_lost(
    imported: Callable[[str], Json], export: Export, tmp_path: Path
) -> None:
    imported("07")
    told = export("trl", "--leave-out-unfit").err
    assert "in 1 record: fields: weight of messages" in told
    assert "in 1 record: the role developer (becomes system)" in told
    assert "in 2 records: fields: parallel_tool_calls" in told
    assert rows(tmp_path, "trl")[0]["messages"][1]["name"] == "shopper_1"
    assert "in 1 record: names of speakers" in export("bedrock", "--leave-out-unfit").err
    kept = export("sharegpt", "--leave-out-unfit").err
    assert "weight" not in kept and rows(tmp_path, "sharegpt")[0]["conversations"][4]["weight"] == 1


def test_content_parts_of_tools_and_empty_ones(
    imported: Callable[[str], Json], command: Command, export: Export, tmp_path: Path
) -> None:
    imported("08")
    told = found(command, "--for", "openai")
    assert told["tool_content_parts"] == ("refused", ["1: message 3 (tool)"])
    assert told["empty_content"] == ("refused", ["1: part 1 of message 2 (assistant)"])
    for form, key in (("trl", "messages"), ("sharegpt", "conversations")):
        assert export(form).code == 0
        said = [turn.get("content", turn.get("value")) for turn in rows(tmp_path, form)[0][key]]
        assert said[-2:] == ["{'price': '2.10'}", "It costs 2.10."]


def test_prompts_with_a_reference_answer(
    imported: Callable[[str], Json], command: Command, export: Export, tmp_path: Path
) -> None:
    imported("09")
    assert "Left out: 2 records without an assistant turn; --all keeps such records" in export("openai").err
    assert rows(tmp_path, "openai") == []
    assert export("openai", "--all", "--overwrite").code == 0
    assert all("reference_answer" in row for row in rows(tmp_path, "openai"))
    assert found(command, "--for", "together")["no_assistant_turn"][0] == "refused"


def test_reasoning_stands_where_chat_templates_read_it(
    imported: Callable[[str], Json], export: Export, tmp_path: Path
) -> None:
    imported("20")
    assert "the name thinking (becomes reasoning_content)" in export("trl").err
    thoughts = [row["messages"][1].get("reasoning_content") for row in rows(tmp_path, "trl")]
    assert thoughts == ["Seven eights: 56.", "Doubling 56 gives 112.", None, "three nines"]
    assert rows(tmp_path, "trl")[2]["messages"][1]["content"].startswith("<think>")
    assert "in 3 records: fields: reasoning_content of messages" in export("alpaca").err


@pytest.fixture
def several_types(imported: Callable[[str], Json]) -> None:
    """Calls and schemas whose values have another type from record to record, in one workflow."""
    for case_id in ("22", "23", "79"):
        imported(case_id)


@pytest.mark.slow
@pytest.mark.usefixtures("several_types")
def test_the_script_for_trl_loads_arguments_and_schemas_of_several_types(
    export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert export("trl").code == 0
    trained: list[Any] = []
    trl = ModuleType("trl")
    trl.SFTConfig = SimpleNamespace  # type: ignore[attr-defined]
    trl.SFTTrainer = lambda **given: trained.append(given["train_dataset"]) or SimpleNamespace(train=int)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "trl", trl)
    runpy.run_path(str(tmp_path / "trl.trl.py"))
    loaded = [{key: value for key, value in row.items() if value is not None} for row in trained[0]]
    assert json.loads(json.dumps(loaded)) == rows(tmp_path, "trl") and len(loaded) == 6


@pytest.mark.usefixtures("several_types")
def test_files_of_arguments_and_schemas_of_several_types_load_as_json(export: Export, tmp_path: Path) -> None:
    from datasets import load_dataset

    for form in ("axolotl", "llamafactory", "together", "mistral"):
        assert export(form).code == 0
        file, cache = str(tmp_path / f"{form}.jsonl"), str(tmp_path / "cache")
        loaded = load_dataset("json", data_files=file, split="train", cache_dir=cache)
        assert loaded.num_rows == len(rows(tmp_path, form)) == 6
        text = json.dumps(loaded.to_list())
        assert 'people\\": null' not in text and 'code\\": null' not in text


def test_mistral_keeps_its_own_ids(imported: Callable[[str], Json], export: Export, tmp_path: Path) -> None:
    imported("47")
    told = export("mistral").err
    (row,) = rows(tmp_path, "mistral")
    assert row["messages"][2]["tool_calls"][0]["id"] == row["messages"][3]["tool_call_id"] == "Xk29dlq0Z"
    assert row["messages"][4]["weight"] == 0
    assert "fields: prefix of messages" in told and "ids of tool calls" not in told


def test_empty_lists_of_tools(imported: Callable[[str], Json], command: Command) -> None:
    imported("70")
    severity, places = found(command, "--for", "openai")["empty_list"]
    assert severity == "refused" and places == ["2: message 2 (assistant): `tool_calls`, and 1 more"]


def test_each_kind_of_emptiness_and_disorder_is_named(
    imported: Callable[[str], Json], command: Command
) -> None:
    imported("81")
    told = found(command)
    assert {rule: [int(place.split(":")[0]) for place in places] for rule, (_, places) in told.items()} == {
        "empty_content": [1],
        "empty_answer": [2],
        "blank_content": [3],
        "starts_with_assistant": [4],
        "no_user_turn": [4, 5],
        "no_assistant_turn": [5],
        "roles_do_not_alternate": [6],
        "system_not_first": [7],
    }


def test_bad_calls_are_named_with_their_records(
    imported: Callable[[str], Json], command: Command, export: Export
) -> None:
    imported("82")
    told = found(command)
    assert told["arguments_not_json"][1] == [
        "1: message 2, 'find_parcel': \"{'code': 'K1'}\"",
        "3: message 2, 'find_parcel': ''",
    ]
    assert told["arguments_not_an_object"][1][0].startswith("2: message 2, 'find_parcel'")
    assert told["undeclared_tool"][1] == ["4: message 2 calls 'lookup'"]
    assert told["answer_to_nothing"][1] == ["4: message 3 answers 'other'"]
    refused = export("bedrock")
    assert refused.code == 1 and "3 records do not fit" in refused.err


def test_pictures_survive_the_way_through_llama_factory(
    imported: Callable[[str], Json], export: Export, tmp_path: Path
) -> None:
    imported("87")
    assert export("llamafactory").code == 0
    assert [
        (row["conversations"][0]["value"].count("<image>"), row["images"])
        for row in rows(tmp_path, "llamafactory")
    ] == [(1, ["1.jpg"]), (1, ["2.jpg"])]
    entry = json.loads((tmp_path / "dataset_info.json").read_text(encoding="utf-8"))["llamafactory"]
    assert entry["columns"]["images"] == "images"


@pytest.mark.parametrize("form", ["sharegpt", "trl"])
def test_pictures_are_named_where_they_do_not_fit(
    imported: Callable[[str], Json], export: Export, form: str
) -> None:
    imported("45")
    refused = export(form)
    assert refused.code == 1 and "image_url, which is not text" in refused.err


def test_weights_of_other_kinds(imported: Callable[[str], Json], command: Command) -> None:
    imported("92")
    told = found(command, "--for", "openai")
    assert told["weight_not_a_number"] == ("refused", ["1: message 2 (assistant): true"])
    assert told["unknown_message_key"][1] == [
        "5: message 2 (assistant): 'train'",
        "6: message 2 (assistant): 'loss'",
    ]
    assert told["nothing_weighted"][1] == ["4: weight 0 on all 1 assistant turns"]
