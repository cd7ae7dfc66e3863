"""Names and texts of a dataset, and ids that somebody chose, are data: no path, no template, no query, no command."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.store import Store

from .conftest import Command
from .endpoint import Endpoint

pytestmark = pytest.mark.slow

NASTY = {
    "path": "../../../escaped",
    "absolute": "/tmp/escaped-absolutely",
    "template": "{{ 7*191 }}{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "query": "x'); DROP TABLE records; --",
    "command": "$(touch escaped) `touch escaped` ; touch escaped",
    "format": "{0.__class__} %s %(name)s {topic}",
}
SAID = "Why does invoice {number} of {name} say so many dollars, and when is it paid back to me?"


@pytest.fixture
def workflow(command: Command, tmp_path: Path) -> str:
    """Six records under each name, with a description that is as bad, in a workflow whose id is a path."""
    rows = [
        {
            "messages": [
                {"role": "user", "content": SAID.replace("{number}", str(number)).replace("{name}", name)},
                {"role": "assistant", "content": f"As {name} says: within {number} days."},
            ],
            "topic": name,
        }
        for name in NASTY.values()
        for number in range(1, 4 if name == NASTY["template"] else 7)
    ]
    (tmp_path / "data").mkdir()
    file, topics = tmp_path / "data" / "d.jsonl", tmp_path / "data" / "topics.yaml"
    file.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    described = [{"name": name, "description": f"All about {name}."} for name in NASTY.values()]
    topics.write_text(json.dumps({"topics": described}), encoding="utf-8")
    outcome = command("import", file, "-w", "../../wf", "--topics", topics)
    assert outcome.code == 0, outcome.err
    return "../../wf"


def active(workflow: str) -> list[Record]:
    store = Store.open(Settings().store_url)
    found = list(load_records(store, workflow))
    store.close()
    return found


def test_no_name_becomes_a_path_a_template_a_query_or_a_command(
    command: Command,
    workflow: str,
    endpoint: Endpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    before = len(active(workflow))
    topic = NASTY["template"]
    wanted = ("--topic", topic, "--count", "2", "--strategy", "few_shot", "--yes")
    monkeypatch.setattr(sys, "stdin", io.StringIO("show me the worst three\nstop\n"))
    for words in (
        ("analyze", "-w", workflow, "--within", "--plot", "shares.png", "--map", "map.png"),
        ("recommend", "-w", workflow),
        ("generate", "-w", workflow, *wanted),
        ("chat", "-w", workflow),
        ("validate", "-w", workflow),
        ("export", "-w", workflow, "-o", "d.jsonl", "--split", "0.9", "--provenance"),
        ("export", "-w", workflow, "-o", "hub", "--format", "huggingface"),
        ("export", "-w", workflow, "-o", "a.json", "--format", "llamafactory"),
    ):
        outcome = command(*words)
        assert outcome.code in (0, 3), (words, outcome.err)
        assert "1337" not in outcome.out
    assert len(active(workflow)) >= before, "the table is there, with all that was in it"
    prompts = json.dumps(endpoint.chats())
    assert "7*191" in prompts and "1337" not in prompts, "the template went along as text"
    assert "<class" not in prompts
    folders = ("home", "here", "data")
    outside = [path for path in tmp_path.rglob("*") if path.relative_to(tmp_path).parts[0] not in folders]
    assert outside == []
    assert list(tmp_path.parent.rglob("*escaped*")) == [] and not Path(NASTY["absolute"]).exists()
    written = {path.relative_to(tmp_path / "here").parts[0] for path in (tmp_path / "here").rglob("*")}
    data = {"d.train.jsonl", "d.validation.jsonl", "d.provenance.jsonl"}
    assert written == {"shares.png", "map.png", "hub", "a.json", "dataset_info.json", *data}
