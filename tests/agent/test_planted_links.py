"""A link that somebody put where a command is to write: what it points to is neither written nor read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from finetune_coverage.agent.chat.demo import write_results
from finetune_coverage.tools.services import Services

from .conftest import Command

EXPORT = ("export", "--provenance", "--split", "0.9")
WRITES = {
    "d.train.jsonl": (*EXPORT, "-o", "d.jsonl"),
    "d.validation.jsonl": (*EXPORT, "-o", "d.jsonl"),
    "d.provenance.jsonl": (*EXPORT, "-o", "d.jsonl"),
    "d.trl.py": (*EXPORT, "-o", "d.jsonl", "--format", "trl"),
    "d.axolotl.yaml": (*EXPORT, "-o", "d.jsonl", "--format", "axolotl"),
    "hub/README.md": (*EXPORT, "-o", "hub", "--format", "huggingface"),
    "hub/data/train.parquet": (*EXPORT, "-o", "hub", "--format", "huggingface"),
    "findings.jsonl": ("validate", "-o", "findings.jsonl"),
    "shares.png": ("analyze", "--plot", "shares.png"),
    "map.png": ("analyze", "--map", "map.png"),
}
REPLACE_UNASKED = ("analyze",)
"""Their pictures are drawn again and again."""


@pytest.fixture(params=["dangling", "to a file"])
def victim(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """What a planted link points to: a file of the person's, or where one would change something."""
    file = tmp_path / "elsewhere" / "startup"
    file.parent.mkdir()
    if request.param == "to a file":
        file.write_text("mine")
    return file


def untouched(victim: Path) -> bool:
    return list(victim.parent.iterdir()) == ([victim] if victim.exists() else []) and (
        not victim.exists() or victim.read_text() == "mine"
    )


# All open what they write in one place (`tools.new_files`): a link to nothing is tried with an export and a picture.
@pytest.mark.parametrize(
    ("planted", "victim"),
    [*((name, "to a file") for name in WRITES), ("d.train.jsonl", "dangling"), ("map.png", "dangling")],
    indirect=["victim"],
)
def test_no_command_writes_through_a_link(
    command: Command, small: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, victim: Path, planted: str
) -> None:
    place = tmp_path / "shared" / planted
    place.parent.mkdir(parents=True)
    place.symlink_to(victim)
    monkeypatch.chdir(tmp_path / "shared")
    name, *options = WRITES[planted]
    written = command(name, "-w", small, *options)
    assert untouched(victim)
    if name not in REPLACE_UNASKED:
        assert written.code == 1 and "is there already, as a link" in written.err
        assert place.is_symlink()
        written = command(name, "-w", small, *options, "--overwrite")
    assert written.code == 0, written.err
    assert untouched(victim)
    assert place.is_file() and not place.is_symlink(), "the link itself was replaced"


def test_nor_into_a_folder_of_its_own_that_is_one(command: Command, small: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "hub").mkdir()
    (tmp_path / "hub" / "data").symlink_to(elsewhere)
    command_line = ("export", "-w", small, "-o", tmp_path / "hub", "--format", "huggingface", "--overwrite")
    refused = command(*command_line)
    assert refused.code == 1 and "is a link; nothing is written through it" in refused.err
    assert list(elsewhere.iterdir()) == []


def test_what_is_merged_is_not_read_through_one(command: Command, small: str, tmp_path: Path) -> None:
    """Its entries are written into the same folder, for whoever planted the link to read."""
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps({"password": "hunter2"}))
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "dataset_info.json").symlink_to(secret)
    command_line = ("export", "-w", small, "-o", folder / "d.json", "--format", "llamafactory", "--overwrite")
    refused = command(*command_line)
    assert refused.code == 1 and "is a link, and is not read" in refused.err
    assert [path.name for path in folder.iterdir()] == ["dataset_info.json"]


@pytest.mark.parametrize("name", ["balanced.jsonl", "generated.md"])
def test_the_demo_replaces_a_link(
    command: Command, small: str, tmp_path: Path, victim: Path, name: str
) -> None:
    output = tmp_path / "demo-output"
    output.mkdir()
    (output / name).symlink_to(victim)
    services = Services()
    write_results(services, small, output)
    services.store.close()
    assert untouched(victim) and not (output / name).is_symlink()


def test_a_folder_that_the_person_named_may_be_a_link(command: Command, small: str, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    assert command("export", "-w", small, "-o", tmp_path / "data" / "d.jsonl").code == 0
    assert (tmp_path / "disk" / "d.jsonl").is_file()
