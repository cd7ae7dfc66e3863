"""Exports as a person gets them: files, halves, configuration, card; whole or not at all."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from finetune_coverage.tools.dataset.exporter import export_records
from finetune_coverage.tools.dataset.exports.export_format import FORMATS
from finetune_coverage.tools.dataset.exports.huggingface import source_of
from finetune_coverage.tools.dataset.exports.report_lines import loss_lines, outcome_lines
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.validation.validate import validate_records
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.store.records import load_records, set_topic
from finetune_coverage.tools.store.store import Store

from .readers import from_alpaca, from_sharegpt

Chat = Callable[..., dict[str, Any]]
Fill = Callable[..., list[str]]
MADE = {"model": "gpt|x\n# big", "strategy": "few_shot", "seeds": ["a", "b"], "job": "j"}


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8-sig").splitlines()]


@pytest.mark.parametrize(("name", "read"), [("sharegpt", from_sharegpt), ("alpaca", from_alpaca)])
def test_a_json_file_holds_one_list(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path, name: str, read: Callable[[Any], Any]
) -> None:
    sources = [chat("one", topic="t"), chat("two", topic="t", n=1.5)]
    fill(*sources)
    export_records(store, "wf-1", tmp_path / "out.json", file_format=name)
    assert [read(row) for row in json.loads((tmp_path / "out.json").read_text())] == sources
    export_records(store, "wf-1", tmp_path / "out.jsonl", file_format=name)
    assert [read(row) for row in lines(tmp_path / "out.jsonl")] == sources
    export_records(store, "wf-1", tmp_path / "none.json", file_format=name, origin="synthetic")
    assert json.loads((tmp_path / "none.json").read_text()) == []


def test_a_corrected_topic_is_in_every_format(store: Store, fill: Fill, chat: Chat, tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    (record_id,) = fill(chat("one", topic="t"))
    set_topic(store, "wf-1", record_id, "right")
    for name in FORMATS:
        out = tmp_path / name / "out.jsonl"
        assert export_records(store, "wf-1", out, file_format=name).relabelled == 1
        if name == "huggingface":
            row = pq.read_table(out / "data" / "train.parquet").to_pylist()[0]
            assert source_of(row) == chat("one", topic="right")
        else:
            # The rows of vendors who refuse fields of one's own have no topic.
            assert lines(out)[0].get("topic", "right") == "right"


def test_only_records_that_end_with_the_assistant(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path
) -> None:
    cut = chat("cut")
    cut["messages"].append({"role": "user", "content": "And then?"})
    fill(chat("whole"), cut, chat("whole too"))
    for name in FORMATS:
        out = tmp_path / name / "out.jsonl"
        report = export_records(
            store, "wf-1", out, file_format=name, ending_with_assistant=True, leave_out_unfit=True
        )
        assert (report.written + report.left_out_unfit, report.left_out_other_ending) == (2, 1)
        assert any(
            "1 record whose last message is not the assistant's" in line for line in loss_lines(report)
        )
    assert "And then?" not in (tmp_path / "openai" / "out.jsonl").read_text(encoding="utf-8")


def test_how_many_records_of_each_half_were_generated(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path
) -> None:
    fill(*(chat(f"real {number}") for number in range(8)))
    alone = export_records(store, "wf-1", tmp_path / "real.jsonl", split=0.5)
    assert list(outcome_lines(alone)) == ["train: 4, validation: 4."]
    fill(*(chat(f"made {number}") for number in range(4)), provenance=MADE)
    report = export_records(store, "wf-1", tmp_path / "all.jsonl", split=0.5, real_validation=True)
    assert (report.synthetic_halves, report.synthetic) == ({"train": 4, "validation": 0}, 4)
    assert next(iter(outcome_lines(report))) == "train: 8 (4 synthetic), validation: 4 (0 synthetic)."


def test_what_is_marked_as_a_bad_answer_stays_out_unless_it_is_asked_for(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path
) -> None:
    fill(chat("good"), chat("bad", kto_tag="False"), chat("good too", label=True), chat("worse", label=False))
    for name in ("openai", "trl"):
        report = export_records(store, "wf-1", tmp_path / f"{name}.jsonl", file_format=name)
        assert (report.written, report.left_out_marked_bad) == (2, 2)
        assert "bad" not in (tmp_path / f"{name}.jsonl").read_text(encoding="utf-8")
    assert export_records(store, "wf-1", tmp_path / "all.jsonl", include_all=True).written == 4
    validated = validate_records(store, "wf-1", vendor="openai")
    assert validated.file is not None and validated.file.records == 2
    assert [(rule.rule, rule.records) for rule in validated.rules] == [("marked_as_bad", 2)]


def test_losses_are_told_before_anything_is_written(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path
) -> None:
    fill(chat("one", other=1), chat("two"))
    told: list[tuple[dict[str, int], int, bool]] = []
    out = tmp_path / "d.jsonl"
    export_records(
        store,
        "wf-1",
        out,
        file_format="trl",
        on_survey=lambda plan: told.append((plan.lost, plan.written, any(tmp_path.glob("*d.jsonl*")))),
    )
    assert told == [({"fields: other": 1}, 2, False)] and out.exists()


@pytest.mark.parametrize("name", FORMATS)
def test_the_file_of_every_format_is_read_again(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path, name: str
) -> None:
    pytest.importorskip("pyarrow")
    sources = [chat("Où est-ce?", topic="t"), chat("two\u2028lines", topic="t")]
    fill(*sources)
    target = tmp_path / ("out" if FORMATS[name].is_folder else "out.jsonl")
    report = export_records(store, "wf-1", target, file_format=name)
    again = import_files(store, "wf-2", [report.files[0]])
    assert (again.added, again.bad) == (2, [])
    read = [record.source["messages"] for record in load_records(store, "wf-2")]
    assert read == [source["messages"] for source in sources]
    kept = [record.topic for record in load_records(store, "wf-2")]
    assert kept == (["t", "t"] if "fields: topic" not in report.lost else [None, None])


def test_halves_and_where_each_record_comes_from(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path
) -> None:
    real = fill(*(chat(f"real {n}") for n in range(20)), topic="a")
    made = fill(*(chat(f"made {n}") for n in range(10)), topic="b", provenance=MADE)
    lone = fill(chat("lone"), topic="c")
    report = export_records(store, "wf-1", tmp_path / "d.jsonl", split=0.9, provenance=True)
    assert report.halves == {"train": 28, "validation": 3}
    assert report.only_training == {"c": 1} and report.over_share == {}
    assert [path.name for path in report.files] == [
        "d.train.jsonl", "d.validation.jsonl", "d.provenance.jsonl",
    ]  # fmt: skip
    halves = {path.name: lines(path) for path in report.files[:2]}
    told = lines(report.files[2])
    assert [one["id"] for one in told] == real + made + lone
    for one in told:
        text = halves[one["file"]][one["record"] - 1]["messages"][0]["content"]
        assert text.startswith({"a": "real", "b": "made", "c": "lone"}[one["topic"]])
        assert one["provenance"] == (MADE if one["topic"] == "b" else None)
        assert (one["source"] is None) == (one["origin"] == "synthetic")
    again = export_records(store, "wf-1", tmp_path / "e.jsonl", split=0.9)
    assert [path.read_bytes() for path in again.files] == [path.read_bytes() for path in report.files[:2]]


def test_the_dataset_card_counts_and_cannot_be_broken_by_names(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path
) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    topic = 'a|b\n# <img src=x onerror="y">'
    sources = [chat(f"real {n}", topic=topic, n=n) for n in range(6)]
    fill(*sources, topic=topic)
    fill(chat("made"), chat("made too"), topic=topic, provenance=MADE)
    fill(chat("none"), topic=None)
    fill(chat("other"), chat("another"), topic="c")
    folder = tmp_path / "my --- data"
    report = export_records(store, "wf-1", folder, file_format="huggingface", split=0.5, provenance=True)
    assert [path.relative_to(folder).as_posix() for path in report.files] == [
        "data/train.parquet", "data/validation.parquet", "README.md",
    ]  # fmt: skip
    _, front, card = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    fields = yaml.safe_load(front)
    assert fields["pretty_name"] == "my --- data" and fields["size_categories"] == ["n<1K"]
    assert "synthetic" in fields["tags"]
    named = {one["split"]: folder / one["path"] for one in fields["configs"][0]["data_files"]}
    rows = [row for path in named.values() for row in pq.read_table(path).to_pylist()]
    assert {half: pq.read_table(path).num_rows for half, path in named.items()} == report.halves
    assert sorted(source_of(row)["n"] for row in rows if row["extra"]) == list(range(6))
    assert [json.loads(row["provenance"]) for row in rows if row["provenance"]] == [MADE, MADE]
    assert "11 chat records for fine-tuning, 2 of them synthetic (18.2%)." in card
    assert '| a\\|b \\# &lt;img src=x onerror="y"&gt; | 8 | 72.7% | 2 |' in card
    assert (
        card.index("| 8 | 72.7%")
        < card.index("| c | 2 | 18.2% | 0 |")
        < card.index("| (no topic) | 1 | 9.1%")
    )
    assert "| gpt\\|x \\# big | 2 |" in card and "| few\\_shot | 2 |" in card


def test_a_trainer_that_goes_by_the_ending_gets_one(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path
) -> None:
    fill(chat("one"))
    with pytest.raises(InvalidInput, match="does not end in") as refused:
        export_records(store, "wf-1", tmp_path / "balanced", file_format="llamafactory")
    assert refused.value.hint == "Name it balanced.jsonl." and list(tmp_path.glob("balanced*")) == []
    assert export_records(store, "wf-1", tmp_path / "balanced.json", file_format="llamafactory").written == 1


def test_a_card_without_synthetic_records(store: Store, fill: Fill, chat: Chat, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    fill(chat("one"))
    export_records(store, "wf-1", tmp_path / "d", file_format="huggingface")
    card = (tmp_path / "d" / "README.md").read_text(encoding="utf-8")
    assert "1 chat records for fine-tuning, none of them synthetic." in card
    assert "How the synthetic" not in card


def test_the_stanzas_name_the_files(store: Store, fill: Fill, chat: Chat, tmp_path: Path) -> None:
    fill(*(chat(f"{n}", other=n) for n in range(10)))
    files = {}
    for name in ("trl", "axolotl", "llamafactory"):
        report = export_records(store, "wf-1", tmp_path / f"it's {name}.jsonl", file_format=name, split=0.8)
        assert report.halves == {"train": 8, "validation": 2}
        assert report.lost == {"fields: other": 10}
        files[name] = report
    script = files["trl"].files[2].read_text(encoding="utf-8")
    assert files["trl"].config == script
    strings = {
        node.value
        for node in ast.walk(ast.parse(script))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {path.name for path in files["trl"].files[:2]} <= strings
    block = yaml.safe_load(files["axolotl"].files[2].read_text(encoding="utf-8"))
    assert block["datasets"][0]["path"] == str(files["axolotl"].files[0])
    assert block["test_datasets"][0]["path"] == str(files["axolotl"].files[1])
    assert block["datasets"][0]["type"] == "chat_template"
    info = json.loads((tmp_path / "dataset_info.json").read_text(encoding="utf-8"))
    assert [entry["file_name"] for entry in info.values()] == [
        path.name for path in files["llamafactory"].files[:2]
    ]
    assert "eval_dataset: it's llamafactory.validation" in files["llamafactory"].config


def test_an_existing_dataset_info_keeps_its_entries(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path
) -> None:
    fill(chat("one"))
    info = tmp_path / "dataset_info.json"
    info.write_text('{"mine": {"file_name": "mine.json"}, "d": {"file_name": "other.json"}}')
    with pytest.raises(InvalidInput, match="describes d already"):
        export_records(store, "wf-1", tmp_path / "d.jsonl", file_format="llamafactory")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dataset_info.json", "store"]
    export_records(store, "wf-1", tmp_path / "d.jsonl", file_format="llamafactory", overwrite=True)
    export_records(store, "wf-1", tmp_path / "e.jsonl", file_format="llamafactory")
    entries = json.loads(info.read_text())
    assert list(entries) == ["mine", "d", "e"]
    assert entries["mine"] == {"file_name": "mine.json"} and entries["d"]["file_name"] == "d.jsonl"
    info.write_text("[1]")
    with pytest.raises(InvalidInput, match="not a JSON object"):
        export_records(store, "wf-1", tmp_path / "f.jsonl", file_format="llamafactory")
    assert info.read_text() == "[1]" and not (tmp_path / "f.jsonl").exists()


def test_progress_goes_through_both_looks(
    store: Store, fill: Fill, chat: Chat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finetune_coverage.tools.store.stored_rows._ROWS_AT_ONCE", 2)
    fill(*(chat(f"{number}") for number in range(5)))
    told: list[tuple[int, int]] = []
    export_records(
        store, "wf-1", tmp_path / "a", file_format="trl", on_progress=lambda *now: told.append(now)
    )
    assert told == [(2, 10), (4, 10), (6, 10), (8, 10), (10, 10)]
    told.clear()
    export_records(store, "wf-1", tmp_path / "b", on_progress=lambda *now: told.append(now))
    assert told == [(2, 5), (4, 5)]
