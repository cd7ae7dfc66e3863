"""What only the Chroma index does: survive other models, other processes and a broken folder."""

from __future__ import annotations

import json
import signal
import sys
import textwrap
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import EndpointError, InvalidInput
from finetune_coverage.tools.index import chroma_client
from finetune_coverage.tools.index.few_shot_index import FewShotIndex
from finetune_coverage.tools.index.index_entries import indexed_text
from finetune_coverage.tools.index.spread import indexed_rows, spread_out, unit_rows
from langchain_core.embeddings import Embeddings

from ..forked import Forked
from .chroma_server import serving_chroma

pytestmark = pytest.mark.slow


def record(number: int) -> Record:
    messages = [{"role": "user", "content": f"ask {number}"}, {"role": "assistant", "content": "ok"}]
    return Record(f"r{number}", json.dumps({"messages": messages}), "t")


def test_vectors_of_another_model_are_made_anew(tmp_path: Path, word_embeddings: Any) -> None:
    index = FewShotIndex(word_embeddings, path=tmp_path / "chroma")
    index.ensure("wf-1", [record(1), record(2)])
    index.close()
    other = type(word_embeddings)("words-2", size=32)
    index = FewShotIndex(other, path=tmp_path / "chroma")
    assert index.spread("wf-1", "t", 5) == []
    with pytest.raises(InvalidInput):
        index.vectors("wf-1", ["r1"])
    assert index.ensure("wf-1", [record(1), record(2)]) == 2
    assert index.vectors("wf-1", ["r1"]).shape == (1, 32)
    index.close()


class RandomEmbeddings(Embeddings):
    """Vectors in any direction, as long as they come: by the text."""

    model_name = "random"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        rows = [
            np.random.default_rng(list(text.encode())).normal(scale=3, size=256).tolist() for text in texts
        ]
        return rows

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def test_a_vector_comes_back_as_it_is_without_the_index(tmp_path: Path) -> None:
    records, embeddings = [record(number) for number in range(300)], RandomEmbeddings()
    index = FewShotIndex(embeddings, path=tmp_path / "chroma")
    index.ensure("wf-1", records)
    rows = index.vectors("wf-1", [one.id for one in records])
    index.close()
    fresh = embeddings.embed_documents([indexed_text(one) for one in records])
    assert np.array_equal(rows, indexed_rows(fresh))
    assert np.abs(rows - unit_rows(fresh)).max() < 1e-6


def test_says_what_to_do_about_a_folder_that_cannot_be_used(tmp_path: Path, word_embeddings: Any) -> None:
    (tmp_path / "file").write_text("")
    index = FewShotIndex(word_embeddings, path=tmp_path / "file" / "chroma")
    with pytest.raises(InvalidInput, match="cannot be used for the index"):
        index.ensure("wf-1", [record(1)])
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "chroma.sqlite3").write_bytes(b"not a database at all" * 100)
    index = FewShotIndex(word_embeddings, path=broken)
    with pytest.raises(InvalidInput) as caught:
        index.ensure("wf-1", [record(1)])
    assert "Delete the folder" in caught.value.hint


def test_it_holds_vectors_and_no_texts(tmp_path: Path, word_embeddings: Any) -> None:
    messages = [{"role": "user", "content": "Zyzzogeton?"}, {"role": "assistant", "content": "Qoph."}]
    index = FewShotIndex(word_embeddings, path=tmp_path / "chroma")
    index.ensure("wf-1", [Record("r1", json.dumps({"messages": messages}), "t")])
    assert index.spread("wf-1", "t", 1) == ["r1"]
    index.close()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "chroma").rglob("*") if path.is_file())
    assert b"r1" in kept and b"Zyzzogeton" not in kept and b"Qoph" not in kept


def test_says_when_there_is_no_server(word_embeddings: Any) -> None:
    index = FewShotIndex(word_embeddings, url="http://127.0.0.1:9")
    with pytest.raises(EndpointError, match="no Chroma server"):
        index.ensure("wf-1", [record(1)])


@pytest.mark.server
def test_a_server_that_goes_away_is_said_and_used_again_when_it_is_back(
    tmp_path: Path, word_embeddings: Any
) -> None:
    with serving_chroma(tmp_path) as url:
        index = FewShotIndex(word_embeddings, url=url)
        assert index.ensure("wf-1", [record(1), record(2)]) == 2
    with pytest.raises(EndpointError, match="does not answer") as caught:
        index.ensure("wf-1", [record(3)])
    assert url in caught.value.message and "try again" in caught.value.hint
    with serving_chroma(tmp_path, int(url.rpartition(":")[2])):
        assert index.ensure("wf-1", [record(1), record(3)]) == 1
        assert sorted(index.spread("wf-1", "t", 5)) == ["r1", "r2", "r3"]
    index.close()


@pytest.mark.server
@pytest.mark.skipif(sys.platform == "win32", reason="stops a process; needs no Windows")
def test_a_server_that_hangs_is_not_waited_for_without_end(
    tmp_path: Path, word_embeddings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chroma_client, "SERVER_SECONDS", 5.0)
    with serving_chroma(tmp_path) as url:
        index = FewShotIndex(word_embeddings, url=url)
        index.ensure("wf-1", [record(1)])
        url.process.send_signal(signal.SIGSTOP)
        try:
            for asked in (index, FewShotIndex(word_embeddings, url=url)):
                with pytest.raises(EndpointError, match="did not answer within 5 seconds"):
                    asked.ensure("wf-1", [record(2)])
        finally:
            url.process.send_signal(signal.SIGCONT)
        index.ensure("wf-1", [record(2)])
        assert sorted(index.spread("wf-1", "t", 5)) == ["r1", "r2"]
        index.close()


def test_the_nearest_come_from_chroma_and_not_the_whole_topic(
    tmp_path: Path, word_embeddings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = FewShotIndex(word_embeddings, path=tmp_path / "chroma")
    index.ensure("wf-1", [record(number) for number in range(300)])
    asked: list[int] = []
    real = chromadb.Collection.query

    def noted(self: Any, **given: Any) -> Any:
        asked.append(given["n_results"])
        return real(self, **given)

    monkeypatch.setattr(chromadb.Collection, "query", noted)
    assert index.spread("wf-1", "t", 2, query="ask 123", trade_off=1)[0] == "r123"
    assert asked == [10]
    assert len(index.spread("wf-1", "t", 200)) == 200
    index.close()


def test_needs_a_place(word_embeddings: Any) -> None:
    with pytest.raises(ValueError, match="path or url"):
        FewShotIndex(word_embeddings)


WRITER = textwrap.dedent(
    """
    import json, sys, time
    from pathlib import Path
    import numpy as np
    from langchain_core.embeddings import DeterministicFakeEmbedding
    from finetune_coverage.tools.index.few_shot_index import FewShotIndex
    from finetune_coverage.tools.dataset.record import Record

    folder, name, other = sys.argv[1:]
    embeddings = DeterministicFakeEmbedding(size=16)

    def record(who, n):
        messages = [{"role": "user", "content": f"{who} {n}"}, {"role": "assistant", "content": "ok"}]
        return Record(f"{who}{n}", json.dumps({"messages": messages}), "t")

    index = FewShotIndex(embeddings, path=Path(folder))
    for start in range(0, 600, 200):  # together past the 1,000 after which Chroma writes its vectors out
        index.ensure("wf-1", [record(name, n) for n in range(start, start + 200)])
        assert name + str(start) in index.spread("wf-1", "t", 1, query=f"{name} {start}", trade_off=1)
    while len(index.spread("wf-1", "t", 5000, trade_off=1)) < 1200:
        time.sleep(0.2)
    rows = index.vectors("wf-1", [f"{other}{n}" for n in range(600)])
    expected = np.array(embeddings.embed_documents([f"{other} {n}" for n in range(600)]))
    expected /= np.linalg.norm(expected, axis=1)[:, None]
    assert np.allclose(rows, expected, atol=1e-4)
    print("good")
    """
)


def test_two_processes_share_a_folder(tmp_path: Path) -> None:
    running = [
        Forked.of_text(tmp_path, WRITER, str(tmp_path / "chroma"), *names)
        for names in (("ann", "ben"), ("ben", "ann"))
    ]
    answers = [process.communicate(timeout=120) for process in running]
    assert [out.strip() for out, _ in answers] == ["good", "good"], answers


def test_spreading_takes_the_closest_then_the_most_different() -> None:
    rows = unit_rows([[1, 0], [0.99, 0.1], [0.7, 0.7], [0, 1]])
    wanted = unit_rows([1, 0])[0]
    assert spread_out(rows, wanted, 4, 1.0) == [0, 1, 2, 3]
    assert spread_out(rows, wanted, 2, 0.0)[1] == 3
    assert len(spread_out(rows, wanted, 9, 0.5)) == 4
    assert spread_out(np.empty((0, 2)), wanted, 3, 0.5) == []
