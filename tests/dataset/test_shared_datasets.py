"""Real datasets by others import with the counts that their description gives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from finetune_coverage.tools.dataset.exporter import export_records
from finetune_coverage.tools.dataset.formats.dataset_file import Item, read_dataset
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.store.records import topic_counts
from finetune_coverage.tools.store.store import Store

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("name", "records", "topics", "largest", "without_assistant"),
    [
        ("support/star_support.jsonl", 2400, 24, 231, 0),
        ("support/star_spec_shape_150.jsonl", 150, 3, 90, 0),
        ("tools/bfcl_multi_turn_base.jsonl", 200, 8, 40, 0),
        ("tools/tooltalk.jsonl", 78, 7, 21, 0),
        ("intents/banking77_test.jsonl", 3080, 77, 40, 3080),
        ("messy/chatterbot_multilingual.jsonl", 1335, 21, 266, 0),
    ],
)
def test_imports_wholly_and_comes_out_byte_for_byte(
    shared_data: Path,
    store: Store,
    tmp_path: Path,
    name: str,
    records: int,
    topics: int,
    largest: int,
    without_assistant: int,
) -> None:
    report = import_files(store, "wf-1", [shared_data / name])
    assert (report.added, report.bad, report.without_topic) == (records, [], 0)
    assert report.without_assistant == without_assistant
    counts = topic_counts(store, "wf-1")
    assert len(counts) == len(report.topics) == topics
    assert max(count.records for count in counts) == largest
    assert sum(count.usable for count in counts) == records - without_assistant
    exported = export_records(store, "wf-1", tmp_path / "out.jsonl", include_all=True)
    assert (exported.written, exported.relabelled) == (records, 0)
    assert (tmp_path / "out.jsonl").read_bytes() == (shared_data / name).read_bytes()


def test_lists_of_topics_are_kept(shared_data: Path, store: Store) -> None:
    report = import_files(store, "wf-1", [shared_data / "support/star_multitask.jsonl"])
    assert (report.added, report.bad, report.without_topic) == (300, [], 0)
    with store.read() as connection:
        listed = [
            json.loads(row[0]) for row in connection.exec_driver_sql("SELECT other_topics FROM records")
        ]
    assert all(listed)


NATIVE = {
    "abcd/abcd_sample.json": ("abcd", 3),
    "alpaca/axolotl_alpaca.json": ("alpaca", 2),
    "alpaca/gpteacher_roleplay.first500.json": ("alpaca", 500),
    "alpaca/llamafactory_identity.json": ("alpaca", 91),
    "alpaca/msswift_alpaca.csv": ("alpaca", 3),
    "alpaca/msswift_alpaca.jsonl": ("alpaca", 3),
    "alpaca/msswift_alpaca2.csv": ("alpaca", 3),
    "anthropic/json_mode_dataset.odd250.jsonl": ("anthropic", 250),
    "apibank/AddAgenda-AddAlarm-GetUserToken-level-2-1.jsonl": ("api_bank", 1),
    "bfcl/BFCL_v4_multi_turn_base.first40.json": ("prompts", 40),
    "functionary/test_case.json": ("openai", 1),
    "functionary/test_case_v2.json": ("openai", 1),
    "labelled_prompts/mt_bench_question.jsonl": ("prompts", 80),
    "labelled_prompts/self_instruct_user_oriented_instructions.jsonl": ("alpaca", 252),
    "llamafactory_v1/reason_tool_use_demo_50.jsonl": ("llamafactory", 50),
    "multimodal/mllm_demo.json": ("openai", 6),
    "multimodal/v1_multimodal_demo.jsonl": ("llamafactory", 24),
    "oasst/en_message.first50.jsonl": ("oasst", 50),
    "openai/dpo_chat.jsonl": ("preference", 12),
    "openai/stock_toolcall_training.jsonl": ("openai", 86),
    "openai/toy_chat_fine_tuning.jsonl": ("openai", 5),
    "sharegpt/fastchat_dummy_conversation.json": ("sharegpt", 500),
    "sharegpt/glaive_toolcall_en_demo.json": ("sharegpt", 300),
    "sharegpt/glaive_toolcall_zh_demo.first80.json": ("sharegpt", 80),
    "tooltalk/golden_conversation_1.json": ("tooltalk", 1),
}
NATIVE_REFUSED = {
    "bfcl/possible_answer_multi_turn_base.first40.json": (40, "answers to the questions of another file"),
    "chat_export/whatsapp_chat.txt": (1, "plain text: nothing in it tells who speaks"),
    "hermes/few_shot.json": (2, "an example for a prompt"),
}


@pytest.mark.parametrize("name", NATIVE)
def test_native_files_import_wholly(shared_data: Path, store: Store, tmp_path: Path, name: str) -> None:
    format_name, records = NATIVE[name]
    path = shared_data / "native" / name
    report = import_files(store, "wf-1", [path])
    assert (report.added, report.bad) == (records, [])
    assert [(found.format, found.records) for found in report.formats] == [(format_name, records)]
    out = tmp_path / "out.jsonl"
    exported = export_records(store, "wf-1", out, include_all=True)
    assert exported.written == records
    again = import_files(store, "wf-2", [out])
    assert (again.added, again.bad) == (records, [])


@pytest.mark.parametrize("name", NATIVE_REFUSED)
def test_native_files_that_are_no_dataset_are_named(shared_data: Path, store: Store, name: str) -> None:
    lines, reason = NATIVE_REFUSED[name]
    report = import_files(store, "wf-1", [shared_data / "native" / name])
    assert (report.good, len(report.bad)) == (0, lines)
    assert all(reason in bad.reason and bad.code == "unsupported_format" for bad in report.bad)


def test_every_native_file_is_looked_at(shared_data: Path) -> None:
    folder = shared_data / "native"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == set(NATIVE) | set(NATIVE_REFUSED)


@pytest.mark.parametrize(
    ("native", "key", "only"),
    [
        ("sharegpt/glaive_toolcall_en_demo.json", "tools/glaive_toolcall_en.jsonl", ""),
        ("tooltalk/golden_conversation_1.json", "tools/tooltalk.jsonl", "golden_conversation_1.json"),
        (
            "apibank/AddAgenda-AddAlarm-GetUserToken-level-2-1.jsonl",
            "tools/apibank_lv1_lv2.jsonl",
            "AddAgenda-AddAlarm-GetUserToken-level-2-1.jsonl",
        ),
        ("abcd/abcd_sample.json", "support/abcd_sample.jsonl", ""),
    ],
)
def test_native_conversations_equal_those_converted_by_others(
    shared_data: Path, native: str, key: str, only: str
) -> None:
    lines = (shared_data / key).read_bytes().splitlines()
    expected = [json.loads(line) for line in lines if only.encode() in line]
    items = [item for item in read_dataset(shared_data / "native" / native) if isinstance(item, Item)]
    assert [item.source["messages"] for item in items] == [record["messages"] for record in expected]
    if native.startswith("sharegpt"):
        assert [item.source.get("tools") for item in items] == [record.get("tools") for record in expected]
        assert not any("source_extra" in item.source for item in items)


def test_questions_of_a_leaderboard_are_its_user_turns(shared_data: Path) -> None:
    path = shared_data / "native/bfcl/BFCL_v4_multi_turn_base.first40.json"
    items = [item for item in read_dataset(path) if isinstance(item, Item)]
    lines = (shared_data / "tools/bfcl_multi_turn_base.jsonl").read_bytes().splitlines()[:40]
    for item, line in zip(items, lines, strict=True):
        spoken = [message for message in json.loads(line)["messages"] if message["role"] == "user"]
        assert item.source["messages"] == spoken


@pytest.mark.parametrize("name", ["native/multimodal/v1_multimodal_demo.jsonl", "messy/messy_mixed.jsonl"])
def test_a_format_that_is_named_is_the_only_one_read(shared_data: Path, store: Store, name: str) -> None:
    report = import_files(store, "wf-1", [shared_data / name], file_format="llamafactory")
    assert {found.format for found in report.formats} == {"llamafactory"}
    assert report.good == (24 if "native" in name else 5)


def test_every_other_file_is_read_or_named(shared_data: Path, store: Store) -> None:
    expected = {
        "messy/blns.json": "a JSON list whose first item is a string",
        "messy/snips_validate_PlayMusic.json": "no `messages` (keys: 'PlayMusic')",
        "intents/clinc150_domains.json": "no `messages`",
        "intents/banking77_categories.json": "a JSON list whose first item is a string",
        "messy/chatterbot/english/food.yml": "a YAML file",
    }
    for name, reason in expected.items():
        report = import_files(store, "wf-1", [shared_data / name])
        assert report.good == 0
        assert [reason in bad.reason for bad in report.bad] == [True], name
    assert (
        import_files(store, "wf-1", [shared_data / "messy/apibank_empty_SearchEngine-level-1-1.jsonl"]).bad
        == []
    )
    assert import_files(store, "wf-1", [shared_data / "messy/blns_chat.jsonl"]).good == 257


def test_sentences_with_labels_are_prompts_when_one_says_so(shared_data: Path, store: Store) -> None:
    path = shared_data / "intents/banking77_test.csv"
    report = import_files(store, "wf-1", [path], topic_field="category", file_format="prompts")
    assert (report.added, report.without_assistant, len(report.topics)) == (3080, 3080, 77)
