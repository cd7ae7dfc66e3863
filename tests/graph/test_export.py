"""A dataset written to a file out of a conversation: what is in it, where it may be, and what is said of it."""

from __future__ import annotations

import errno
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.graph.build import build_graph
from finetune_coverage.tools.dataset.exports.record_files import RecordFiles
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.generation.lessons.rules import list_rules
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver

pytestmark = pytest.mark.slow

ALL = {"billing_questions": 24, "technical_issues": 8, "account_management": 48}


@pytest.fixture
def folder(services: Services) -> Path:
    """Where a conversation that is not held at a terminal writes."""
    folder = services.settings.home / "exports"
    folder.mkdir(parents=True)
    return folder


def calls(*named: tuple[str, dict[str, Any]]) -> AIMessage:
    return AIMessage(
        "",
        tool_calls=[
            {"name": name, "args": arguments, "id": f"call-{number}"}
            for number, (name, arguments) in enumerate(named)
        ],
    )


@pytest.fixture
def export(chat: Any, model: ScriptedChatModel) -> Any:
    """Says a sentence that the model reads as a wish for this export; the answer is what was said to it."""

    async def ask(**wished: Any) -> str:
        if not await chat.said():
            await chat.new("")
        model.queue.append(calls(("Export", wished)))
        return str(await chat.answer("export it please, as I told you"))

    return ask


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def topics(file: Path) -> Counter[str]:
    return Counter(row["topic"] for row in rows(file))


def names(folder: Path) -> list[str]:
    """All that was made there, hidden or not."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


async def test_the_file_holds_the_dataset_and_is_told(export: Any, chat: Any, folder: Path) -> None:
    said = await export()
    file = folder / "wf-1.jsonl"
    assert names(folder) == ["wf-1.jsonl"] and topics(file) == ALL
    assert "Written in the format openai: 80 records, 80 real and 0 synthetic." in said
    assert f"`{file}`" in said and "Left out" not in said
    assert f"`finetune-coverage export -w wf-1 -o {file} --format openai`" in said
    assert said.endswith("4. Review existing records first"), "what lay there lies there still"
    assert (await chat.tool_calls())[-1] == "export_records"


async def test_it_asks_for_no_yes_and_starts_nothing(export: Any, chat: Any, services: Services) -> None:
    await chat.new("")
    before = (await chat.values())["offer"]
    await export()
    after = (await chat.values())["offer"]
    assert {**after, "text": ""} == {**before, "text": ""}
    assert list_jobs(services.store, "wf-1") == []


async def test_what_is_there_stays_and_the_new_file_has_a_number(export: Any, folder: Path) -> None:
    (folder / "mine.jsonl").write_text("of somebody")
    (folder / "mine-2.jsonl").symlink_to(folder / "nowhere")
    said = await export(name="mine")
    assert (folder / "mine.jsonl").read_text() == "of somebody"
    assert not (folder / "nowhere").exists(), "a link counts as being there"
    assert topics(folder / "mine-3.jsonl") == ALL
    assert "`mine.jsonl` was there already, so it has another name." in said


async def test_what_stands_beside_it_counts_as_well(export: Any, folder: Path) -> None:
    (folder / "mine.axolotl.yaml").write_text("of somebody")
    await export(name="mine", format="axolotl")
    assert names(folder) == ["mine-2.axolotl.yaml", "mine-2.jsonl", "mine.axolotl.yaml"]
    assert (folder / "mine.axolotl.yaml").read_text() == "of somebody"


async def test_one_for_llamafactory_has_a_folder_of_its_own(export: Any, folder: Path) -> None:
    (folder / "dataset_info.json").write_text("{}")
    await export(name="mine", format="llamafactory")
    await export(name="mine", format="llamafactory")
    made = [
        f"{name}/{file}" for name in ("mine", "mine-2") for file in ("dataset_info.json", f"{name}.jsonl")
    ]
    assert names(folder) == sorted(["dataset_info.json", *made])
    assert (folder / "dataset_info.json").read_text() == "{}"
    assert list(json.loads((folder / "mine-2/dataset_info.json").read_text())) == ["mine-2"]


@pytest.mark.parametrize(
    "name",
    ["../mine", "/tmp/mine.jsonl", "..", ".bashrc", "-rf", "a\\b", "C:mine", "mine\nyours", "x" * 101, " "],
)
async def test_a_name_that_is_more_than_a_name_is_refused(
    export: Any, services: Services, tmp_path: Path, name: str
) -> None:
    before = names(tmp_path)
    said = await export(name=name)
    assert said.startswith("Nothing was exported.") and "cannot be the name" in said
    new = [file for file in names(tmp_path) if file not in before and "conversations" not in file]
    assert [file for file in new if "coverage.db" not in file] == []


@pytest.mark.parametrize("name", ["mine.py", "mine.yaml", "mine"])
async def test_no_file_has_an_ending_that_a_program_reads(export: Any, folder: Path, name: str) -> None:
    await export(name=name)
    assert names(folder) == [f"{name}.jsonl"]


async def test_synthetic_records_are_left_out(
    export: Any, chat: Any, folder: Path, model: ScriptedChatModel
) -> None:
    await chat.new("do 2 for technical issues with few-shot")
    await chat.answer("yes")
    assert "82 records, 80 real and 2 synthetic" in await export(name="both")
    said = await export(name="real", origin="real")
    assert (
        "80 records, 80 real and 0 synthetic" in said
        and "Left out: 2 synthetic records, as you said." in said
    )
    assert "--no-synthetic" in said and topics(folder / "real.jsonl") == ALL
    said = await export(name="made", origin="synthetic")
    assert "2 records, 0 real and 2 synthetic" in said and "Left out: 80 real records, as you said." in said
    assert topics(folder / "made.jsonl") == {"technical_issues": 2}


async def test_what_was_taken_out_before_is_told(
    export: Any, chat: Any, folder: Path, model: ScriptedChatModel
) -> None:
    await chat.new("do 2 for technical issues with few-shot")
    await chat.answer("yes")
    await chat.answer("undo the last round")
    await chat.answer("yes")
    model.queue.append(calls(("ShowRecords", {"topic": "technical_issues"})))
    await chat.answer("show me technical ones")
    await chat.answer("drop 1 because it is bad")
    await chat.answer("yes")
    said = await export()
    assert "79 records, 79 real and 0 synthetic" in said
    assert "Not in it, since taken out before: 1 dropped, 2 of rounds taken back." in said
    assert topics(folder / "wf-1.jsonl")["technical_issues"] == 7


async def test_topics_are_left_out_by_name(export: Any, folder: Path) -> None:
    said = await export(without=["Technical Issues"])
    assert topics(folder / "wf-1.jsonl") == {"billing_questions": 24, "account_management": 48}
    assert "Left out: records of these topics: technical_issues (8)." in said
    assert "--without-topic technical_issues" in said
    said = await export(without=["weather"])
    assert "There is no topic" in said and names(folder) == ["wf-1.jsonl"]


async def test_halves_with_what_stands_beside_them(export: Any, folder: Path) -> None:
    said = await export(format="axolotl", train=0.75, provenance=True)
    assert names(folder) == [
        "wf-1.axolotl.yaml",
        "wf-1.provenance.jsonl",
        "wf-1.train.jsonl",
        "wf-1.validation.jsonl",
    ]
    assert len(rows(folder / "wf-1.train.jsonl")) == 60 and len(rows(folder / "wf-1.validation.jsonl")) == 20
    assert all(f"`{folder / name}`" in said for name in names(folder))
    assert "train: 60, validation: 20." in said
    assert f"-o {folder / 'wf-1.jsonl'} --format axolotl --split 0.75 --provenance`" in said


async def test_generated_records_are_kept_out_of_validation(export: Any, folder: Path) -> None:
    said = await export(train=0.75, real_validation=True)
    assert "train: 60, validation: 20." in said and "--split 0.75 --real-validation`" in said
    said = await export(real_validation=True)
    assert "Nothing is for validation. Give the share for training too" in said


async def test_only_records_that_end_with_the_assistant(export: Any, folder: Path) -> None:
    said = await export(ending_with_assistant=True)
    assert len(rows(folder / "wf-1.jsonl")) == 80 and "--ending-with-assistant`" in said


async def test_a_format_that_there_is_not(export: Any, folder: Path) -> None:
    said = await export(format="csv")
    assert "'csv' is no export format" in said and names(folder) == []


async def test_a_full_disk_leaves_nothing_half(
    export: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(RecordFiles, "close", full)
        said = await export(train=0.9)
    assert said.startswith("Nothing was exported.") and "No space left on device" in said
    assert names(folder) == []
    assert "80 records" in await export(), "and then it goes"


async def test_the_folder_is_made_for_its_owner_alone(
    export: Any, services: Services, tmp_path: Path
) -> None:
    services.export_folder = tmp_path / "new" / "exports"
    await export()
    assert names(services.export_folder) == ["wf-1.jsonl"]
    assert os.name != "posix" or services.export_folder.lstat().st_mode & 0o077 == 0


async def test_a_folder_that_cannot_be_made(export: Any, services: Services, dataset: Any) -> None:
    file = services.export_folder = dataset(name="a file")
    before = rows(file)
    said = await export()
    assert said.startswith("Nothing was exported.") and "cannot be made" in said and rows(file) == before


async def test_it_is_one_of_several_wishes(
    chat: Any, services: Services, model: ScriptedChatModel, folder: Path
) -> None:
    await chat.new("")
    two = [{"topic": "technical_issues", "count": 2, "strategy": "few_shot"}]
    model.queue.append(
        calls(
            ("Export", {"name": "before"}),
            ("StateRule", {"rule": "Keep it short."}),
            ("ProposePlan", {"items": two}),
            ("Export", {"name": "after"}),
        )
    )
    said = await chat.answer("save it, keep it short, 2 technical, and save that as after")
    assert names(folder) == ["before.jsonl"] and len(list_rules(services.store, "wf-1")) == 1
    assert said.startswith("After your answer to this: the export.") and "80 records" in said
    await chat.answer("yes")
    assert len(rows(folder / "before.jsonl")) == 80 and len(rows(folder / "after.jsonl")) == 82


async def test_what_comes_after_a_file_that_was_not_written_is_not_done(
    chat: Any, model: ScriptedChatModel, services: Services
) -> None:
    await chat.new("")
    model.queue.append(calls(("Export", {"name": "../x"}), ("StateRule", {"rule": "Keep it short."})))
    said = await chat.answer("save it as ../x and then keep it short")
    assert "Nothing was exported." in said and list_rules(services.store, "wf-1") == []


async def test_a_failure_is_one_in_the_messages(export: Any, chat: Any) -> None:
    await export(name="../x")
    last = [message for message in (await chat.values())["messages"] if isinstance(message, ToolMessage)][-1]
    assert last.name == "export_records" and last.status == "error"


async def test_a_finished_conversation_writes_too(chat: Any, model: ScriptedChatModel, folder: Path) -> None:
    await chat.new("")
    await chat.answer("stop")
    model.queue.append(calls(("Export", {"format": "trl"})))
    said = await chat.new("and now a file for trl of it, would you")
    assert names(folder) == ["wf-1.jsonl", "wf-1.trl.py"] and "in the format trl: 80 records" in said


async def test_another_dataset_is_opened_and_written(
    chat: Any, model: ScriptedChatModel, services: Services, dataset: Any, folder: Path
) -> None:
    import_files(services.store, "wf-2", [dataset({"billing_questions": 3}, "other.jsonl")])
    await chat.new("", workflow_id="wf-1")
    wish = "a file of it please"
    model.queue.append(calls(("SwitchDataset", {"workflow_id": "wf-2", "then": wish})))
    model.queue.append(calls(("Export", {})))
    said = await chat.answer("write the other one, wf-2, to a file")
    assert names(folder) == ["wf-2.jsonl"] and "3 records" in said and "export -w wf-2" in said


async def test_a_dataset_that_is_called_like_a_path(
    model: ScriptedChatModel, services: Services, dataset: Any, folder: Path, make_chat: Any
) -> None:
    import_files(services.store, "../../客服 $(x)", [dataset({"billing_questions": 3}, "other.jsonl")])
    chat = make_chat(build_graph(services, checkpointer=InMemorySaver()))
    await chat.new("", workflow_id="../../客服 $(x)")
    model.queue.append(calls(("Export", {})))
    said = await chat.answer("a file of it please")
    assert names(folder) == ["客服-x.jsonl"]
    assert "export -w '../../客服 $(x)' -o" in said, "a shell takes the name as it stands"


async def test_what_a_format_cannot_hold(
    chat: Any, model: ScriptedChatModel, services: Services, dataset: Any, folder: Path
) -> None:
    file = dataset({"billing_questions": 3}, "other.jsonl")
    call = {"id": "x", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [{"role": "user", "content": "Do it."}, {"role": "assistant", "tool_calls": [call]}]
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps({"topic": "billing_questions", "messages": messages}) + "\n")
    import_files(services.store, "wf-2", [file])
    await chat.new("", workflow_id="wf-2")
    model.queue.append(calls(("Export", {"format": "alpaca"})))
    said = await chat.answer("a file for alpaca of it please")
    assert said.startswith("Nothing was exported. 1 records do not fit") and names(folder) == []
    model.queue.append(calls(("Export", {"format": "alpaca", "leave_out_unfit": True})))
    said = await chat.answer("then without those that do not fit please")
    assert "alpaca: 3 records" in said and "Left out: 1 record that the format cannot hold" in said
    assert "--leave-out-unfit" in said, said
    assert len(rows(folder / "wf-2.jsonl")) == 3
    model.queue.append(calls(("Export", {"format": "sharegpt", "name": "with-tools"})))
    said = await chat.answer("then for sharegpt, with all of them")
    assert "sharegpt: 4 records" in said and "Not in this format, in 1 record: ids of tool calls" in said
