"""The weights are joined in numeric order, once, and no other file than the expected one is ever used."""

from __future__ import annotations

import hashlib
import itertools
import os
from dataclasses import replace
from pathlib import Path

import pytest
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.models.embedded_weights import (
    WeightsSource,
    embedded_weights,
    own_weights,
    weights_installed,
)
from finetune_coverage.tools.models.endpoint_errors import EmbeddedModelUnavailable

PARTS = 12  # more than nine: 10 must come after 9, not after 1
CONTENT = b"GGUF" + bytes(range(256)) * 9
_numbers = itertools.count()


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WeightsSource:
    """A small model in twelve packages, as pip would install them. Importing one fails the test."""
    prefix = f"pretend_weights_{next(_numbers)}_part"
    step = len(CONTENT) // PARTS + 1
    for number in range(1, PARTS + 1):
        folder = tmp_path / "site" / f"{prefix}{number}" / "data"
        folder.mkdir(parents=True)
        (folder.parent / "__init__.py").write_text("raise AssertionError('the package was imported')")
        (folder / f"part{number:02}.bin").write_bytes(CONTENT[(number - 1) * step : number * step])
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    digest = hashlib.sha256(CONTENT).hexdigest()
    return WeightsSource(prefix, PARTS, "model.gguf", len(CONTENT), digest)


def damage(tmp_path: Path, source: WeightsSource, number: int) -> None:
    part = next((tmp_path / "site" / f"{source.package_prefix}{number}" / "data").iterdir())
    part.write_bytes(b"X" + part.read_bytes()[1:])


def test_parts_are_joined_in_order_without_being_imported(source: WeightsSource, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = embedded_weights(source, cache=tmp_path / "cache", on_progress=lambda *at: seen.append(at))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert weights_installed(source)


def test_a_wrong_hash_is_refused_and_nothing_is_left_behind(source: WeightsSource, tmp_path: Path) -> None:
    damage(tmp_path, source, 7)
    with pytest.raises(EmbeddedModelUnavailable, match=source.sha256) as caught:
        embedded_weights(source, cache=tmp_path / "cache")
    assert "einstall" in caught.value.hint
    assert [p.name for p in (tmp_path / "cache").iterdir() if p.suffix != ".lock"] == []


def test_a_second_start_neither_joins_nor_hashes_again(source: WeightsSource, tmp_path: Path) -> None:
    first = embedded_weights(source, cache=tmp_path / "cache")
    stamp = first.stat().st_mtime_ns
    for number in range(1, PARTS + 1):
        damage(tmp_path, source, number)  # would be refused if it were read again
    assert embedded_weights(source, cache=tmp_path / "cache") == first
    assert first.stat().st_mtime_ns == stamp


def test_a_joined_file_that_was_changed_is_made_again(source: WeightsSource, tmp_path: Path) -> None:
    path = embedded_weights(source, cache=tmp_path / "cache")
    before = path.stat()
    path.write_bytes(b"X" * len(CONTENT))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert embedded_weights(source, cache=tmp_path / "cache").read_bytes() == CONTENT


def test_a_marker_for_another_hash_does_not_count(source: WeightsSource, tmp_path: Path) -> None:
    embedded_weights(source, cache=tmp_path / "cache")
    with pytest.raises(EmbeddedModelUnavailable, match="expected"):
        embedded_weights(replace(source, sha256="0" * 64), cache=tmp_path / "cache")


def test_missing_packages_are_named_with_what_to_install(source: WeightsSource, tmp_path: Path) -> None:
    absent = replace(source, package_prefix="no_such_weights_part")
    assert not weights_installed(absent)
    with pytest.raises(EmbeddedModelUnavailable, match="not installed") as caught:
        embedded_weights(absent, cache=tmp_path / "cache")
    assert "finetune-coverage[embedded]" in caught.value.hint
    assert "OPENAI_API_KEY" in caught.value.hint
    more = replace(source, parts=PARTS + 1)
    with pytest.raises(EmbeddedModelUnavailable, match="part 13 of 13 is missing"):
        embedded_weights(more, cache=tmp_path / "cache")


def test_ones_own_file_must_be_gguf(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.gguf", tmp_path / "bad.gguf"
    good.write_bytes(CONTENT)
    bad.write_bytes(b"<html>")
    assert own_weights(good) == good
    with pytest.raises(InvalidInput, match="not a GGUF file"):
        own_weights(bad)
    with pytest.raises(InvalidInput, match="no model file"):
        own_weights(tmp_path / "absent.gguf")
