"""Topics from a YAML or JSON file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from finetune_coverage.tools.dataset.topics_file import read_topics
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.store.store import Store
from finetune_coverage.tools.store.workflows import TopicInfo, create_workflow, list_topics, set_topics

DOCUMENT = {
    "topics": [
        {"name": "a", "description": "About a.", "parent": "top", "weight": 2},
        {"name": "b"},
        "c",
        {"name": 404, "description": None},
    ]
}
EXPECTED = [TopicInfo("a", "About a.", "top", 2.0), TopicInfo("b"), TopicInfo("c"), TopicInfo("404")]


def write(tmp_path: Path, text: str | bytes, name: str = "topics.yaml") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_reads_json_and_yaml(tmp_path: Path) -> None:
    assert read_topics(write(tmp_path, json.dumps(DOCUMENT, indent="\t"), "t.json")) == EXPECTED
    assert read_topics(write(tmp_path, json.dumps(DOCUMENT["topics"]))) == EXPECTED
    text = "\ufefftopics:\n  - name: é\n    description: >-\n      Two\n      lines.\n    weight: 0.5\n"
    assert read_topics(write(tmp_path, text)) == [TopicInfo("é", "Two lines.", None, 0.5)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no list of topics"),
        ("topics: a", "has no list of topics"),
        ("topics: [a, b", r"neither YAML nor JSON \(line 1"),
        (b"\xff\xfe\xff", "not UTF-8"),
        ("topics:\n- {description: x}", "topic 1: name is missing"),
        ("- {name: no}", "topic 1: name is missing or not text"),
        ("- {name: a, wieght: 2}", "unknown key 'wieght'"),
        ("- {name: a, weight: much}", "the weight is not a number"),
        ("- {name: a, weight: 0}", "The weight of the topic 'a'"),
        ("- {name: a, weight: .nan}", "The weight of the topic 'a'"),
        ("- {name: a, examples: one}", "topic 1: examples are not a list"),
        ("- {name: a, examples: [{b: c}]}", "topic 1: example 1 is missing or not text"),
        ("- a\n- a", "listed twice"),
        ("- ' '", "has no name"),
        ("[" * 500, "neither YAML nor JSON"),
        ("!!python/object:os.system {}", "neither YAML nor JSON"),
    ],
)
def test_says_what_is_wrong_and_where(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InvalidInput, match=said):
        read_topics(path)


def test_examples_are_read_and_stored(tmp_path: Path, store: Store) -> None:
    read = read_topics(write(tmp_path, "- {name: a, examples: [One text., ' ', 404]}"))
    assert read == [TopicInfo("a", examples=("One text.", "404"))]
    create_workflow(store, "wf-1")
    set_topics(store, "wf-1", read)
    assert list_topics(store, "wf-1") == read


def test_says_when_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_topics(tmp_path / "missing.yaml")
