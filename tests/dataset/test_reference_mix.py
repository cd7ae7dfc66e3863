"""Reading the topic mix of a reference file, in the shapes that such files have; damage is named by its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from finetune_coverage.tools.dataset.reference_mix import read_mix
from finetune_coverage.tools.errors import InvalidInput

SHAPES = {
    "counts.csv": "topic,count\nbilling,30\ntechnical,10\n",
    "no_heading.csv": "billing,30\ntechnical,10\n",
    "semicolon.csv": "count;topic\n30;billing\n10;technical\n0;empty\n",
    "excel.csv": "\ufefftopic,count\r\nbilling,30\r\n\r\ntechnical,10\r\n",
    "tab.tsv": "topic\tcount\nbilling\t30\ntechnical\t10\n",
    "shares.csv": "topic,count\nbilling,0.75\ntechnical,0.25\n",
    "rows.csv": "id,topic\n" + "1,billing\n" * 3 + '2,"technical"\n',
    "lines.jsonl": '{"topic": "billing", "text": "x"}\n' * 3 + '\n{"topic": " technical "}\n',
    "counted.jsonl": '{"topic": "billing", "count": 3}\n{"topic": "technical", "count": 1}\n',
    "bom.jsonl": '\ufeff{"topic": "billing", "count": 3}\n{"topic": "technical", "count": 1}\n',
    "list.json": '[{"topic": "billing"}, {"topic": "billing"}, {"topic": "billing"},\n {"topic": "technical"}]',
    "mapping.json": '{"billing": 3, "technical": 1}',
    "pretty.json": '{\n  "billing": 3,\n  "technical": 1\n}\n',
    "several.jsonl": '{"topics": ["billing", "technical"]}\n' * 3 + '{"topics": ["technical"]}\n',
}


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_gives_three_to_one(tmp_path: Path, name: str) -> None:
    mix = read_mix(write(tmp_path, name, SHAPES[name]))
    assert set(mix.amounts) == {"billing", "technical"}
    assert mix.amounts["billing"] == 3 * mix.amounts["technical"]
    assert mix.without_topic == 0


def test_another_field(tmp_path: Path) -> None:
    table = write(tmp_path, "a.csv", "text,category\nhello,billing\n")
    assert read_mix(table, "category").amounts == {"billing": 1}
    nested = write(tmp_path, "b.jsonl", '{"meta": {"intent": "billing"}}\n{"meta": {}}\n')
    mix = read_mix(nested, "meta.intent")
    assert (mix.amounts, mix.without_topic) == ({"billing": 1}, 1)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "id,text\n1,hello\n", "no column 'topic'"),
        ("a.csv", "topic,count\nbilling,many\n", "line 2: 'many' is no count"),
        ("a.csv", "topic,count\nbilling,-3\n", "line 2: '-3' is no count"),
        ("a.csv", "topic,count\nbilling,nan\n", "line 2: 'nan' is no count"),
        ("a.csv", "topic,count\nbilling,1,2\n", "line 2: 3 cells where the heading has 2"),
        ("a.csv", "", "no column 'topic'"),
        ("a.csv", "topic,count\n", "names no topic"),
        ("a.jsonl", '{"topic": "billing"}\n{"topic": \n', "line 2 is not JSON"),
        ("a.jsonl", '{"topic": "billing"}\n[1]\n', "line 2 is not an object"),
        ("a.jsonl", '{"text": "x"}\n{"text": "y"}\n', "names no topic in 'topic'"),
        ("a.json", "[" * 100_000, "is not JSON"),
        ("a.jsonl", "", "is not JSON|names no topic"),
        ("a.json", '{"billing": 0}', "names no topic"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refusal:
        read_mix(write(tmp_path, name, text))
    assert refusal.value.hint


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_mix(tmp_path / "nowhere.csv")
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_mix(tmp_path)
    (tmp_path / "latin.csv").write_bytes("topic\nM\xfcnchen\n".encode("latin-1"))
    with pytest.raises(InvalidInput, match="not UTF-8"):
        read_mix(tmp_path / "latin.csv")


def test_the_mix_of_a_real_dataset(shared_data: Path) -> None:
    mix = read_mix(shared_data / "support" / "star_support.jsonl")
    assert len(mix.amounts) == 24
    assert (mix.amounts["bank_fraud_report"], mix.amounts["ride_status"]) == (231, 15)
    table = read_mix(shared_data / "intents" / "banking77_train.csv", "category")
    assert (len(table.amounts), table.amounts["card_payment_fee_charged"]) == (77, 187)
