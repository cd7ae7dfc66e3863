"""Decontamination: what is kept out, what may stay, and which files are evaluation sets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.tools.dataset.eval_set import read_eval_set
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.generation.attempts.acceptance import Acceptance
from finetune_coverage.tools.generation.attempts.draft import Candidate
from finetune_coverage.tools.generation.checks.form.decontamination import Decontamination, eval_vectors
from finetune_coverage.tools.generation.checks.form.written_vector import WrittenVector
from finetune_coverage.tools.generation.search.words import words_of
from finetune_coverage.tools.index.few_shot_index import FewShotIndex
from finetune_coverage.tools.index.spread import unit_rows
from finetune_coverage.tools.models.minilm import MiniLMEmbeddings
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings

from .test_duplicates import dialogue, record

Make = Callable[..., Candidate]

ASKED = "My porch camera loses its picture every night at two, although the sound goes on without a break."
TOLD = (
    "Its firmware has a fault that the next version mends, and until then you can restart the camera once each "
    "evening. If that does not help, hold the button on its back for twenty seconds, take it into the app again and "
    "choose the lower of the two picture rates."
)


@pytest.fixture
def eval_file(tmp_path: Path) -> Path:
    path = tmp_path / "eval.jsonl"
    lines = [{"messages": dialogue(ASKED, TOLD)}, {"text": "Where do I find the invoice of last month?"}]
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n\n", encoding="utf-8")
    return path


def decontamination(eval_set: list[Record], real: list[Record] | None = None) -> Decontamination:
    model = MiniLMEmbeddings()
    vectors = unit_rows(model.embed_array([one.user_text for one in eval_set]))
    return Decontamination(eval_set, vectors, WrittenVector(model), real or [])


def check(made: Candidate, eval_file: Path, real: list[Record] | None = None) -> str | None:
    rejection = decontamination(read_eval_set(eval_file), real).check(made)
    assert rejection is None or rejection.check == "decontamination"
    return rejection.evidence if rejection else None


def test_thirteen_shared_words_of_the_user(candidate: Make, eval_file: Path) -> None:
    words = " ".join(words_of(ASKED)[:13])
    evidence = check(candidate(*dialogue(f"Hi! {words} ...", "Try another lamp.")), eval_file)
    assert evidence is not None and words in evidence and "eval.jsonl:1" in evidence
    assert (
        check(candidate(*dialogue("Purple pictures since Tuesday!", f"Sorry. {TOLD}")), eval_file) is not None
    )
    fewer = " ".join(ASKED.split()[:5])
    assert check(candidate(*dialogue(f"{fewer} colours by day.", "Try another lamp.")), eval_file) is None


def test_a_whole_short_text(candidate: Make, eval_file: Path) -> None:
    made = candidate(*dialogue("Hello. WHERE do I find the invoice of last month, please?", "Under Bills."))
    assert "eval.jsonl:2" in (check(made, eval_file) or "")


def test_the_same_in_other_words(candidate: Make, eval_file: Path) -> None:
    made = candidate(*dialogue("Where can I find the invoice for last month?", "Under Bills."))
    evidence = check(made, eval_file)
    assert evidence is not None and "likeness" in evidence and "eval.jsonl:2" in evidence
    assert made.scores["decontamination"] >= 0.95


def test_a_copied_long_answer(candidate: Make, eval_file: Path) -> None:
    def answered(answer: str) -> Candidate:
        return candidate(*dialogue("Purple pictures since Tuesday!", answer))

    evidence = check(answered(f"I am sorry. {TOLD}"), eval_file)
    assert (
        evidence is not None and "100% of what the assistant says" in evidence and "eval.jsonl:1" in evidence
    )
    sentence = TOLD.split(". ")[0] + "."
    assert check(answered(sentence), eval_file) is None, "one sentence alone is what agents say"


def test_standard_phrases_of_the_real_data_may_stay(candidate: Make, eval_file: Path) -> None:
    said = candidate(*dialogue(ASKED, "Try another lamp."))
    told = candidate(*dialogue("Purple pictures since Tuesday!", TOLD))
    real = [record(f"{ASKED} Number {number}.", TOLD, number=number) for number in range(12)]
    runs = decontamination(read_eval_set(eval_file), real)
    for made in (said, told):
        assert check(made, eval_file, real[:3]) is not None
    assert runs.check(told) is None
    evidence = runs.check(said)
    assert evidence is not None and "likeness" in evidence.evidence, "only the meaning gives it away"


def test_system_prompts_are_not_compared(candidate: Make, tmp_path: Path) -> None:
    prompt = {"role": "system", "content": TOLD}
    path = tmp_path / "eval.jsonl"
    path.write_text(json.dumps({"messages": [prompt, *dialogue(ASKED, "Restart it.")]}), encoding="utf-8")
    assert check(candidate(prompt, *dialogue("Purple pictures since Tuesday!", "Wait.")), path) is None


@pytest.mark.parametrize(
    ("content", "evidence"),
    [
        (None, "No such file"),
        (b"", "no record"),
        (b"\n\n", "no record"),
        (b'{"text": "a"}\n{oops', "line 2: not valid JSON"),
        (b'{"text": "a"}\n{"messages": []}', "line 2: `messages` is empty"),
        (b'{"label": 3}', "line 1: no `messages`"),
        (b"\xff\xfe\x00", "UTF-16"),
        (b"PAR1....", "Parquet"),
    ],
)
def test_files_that_are_no_evaluation_set(tmp_path: Path, content: bytes | None, evidence: str) -> None:
    path = tmp_path / "eval.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidInput, match="evaluation set") as caught:
        read_eval_set(path)
    assert evidence in str(caught.value)


def test_a_folder_is_no_evaluation_set(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be used"):
        read_eval_set(tmp_path)


def test_vectors_are_made_once(tmp_path: Path, eval_file: Path) -> None:
    class Counting(MiniLMEmbeddings):
        embedded = 0

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            Counting.embedded += len(texts)
            return super().embed_documents(texts)

    index = FewShotIndex(Counting(), path=tmp_path / "index")
    first = eval_vectors(index, "wf-1", read_eval_set(eval_file))
    assert (eval_vectors(index, "wf-1", read_eval_set(eval_file)) == first).all()
    assert Counting.embedded == 2
    index.close()


def with_eval_set(services: Services, path: Path) -> Services:
    settings = services.settings.model_copy(update={"eval_set": path})
    return Services(settings, make_chat_model=lambda _: ScriptedChatModel([]))


def test_the_setting_puts_the_check_into_a_job(services: Services, eval_file: Path) -> None:
    set_up = with_eval_set(services, eval_file)
    assert "decontamination" in Acceptance.for_job(set_up, "wf-1", "technical_issues").check_names()
    assert "decontamination" not in Acceptance.for_job(services, "wf-1", "technical_issues").check_names()
    set_up.index.close()
    set_up.store.close()


def test_an_unreadable_set_ends_a_job_before_any_call(
    services: Services, approved: Callable[..., tuple[str, int]], tmp_path: Path
) -> None:
    from finetune_coverage.tools.generate_synthetic_data import run_approved_item

    set_up = with_eval_set(services, tmp_path / "missing.jsonl")
    approval_id, number = approved("technical_issues", 2, "few_shot")
    answer: dict[str, Any] = asyncio.run(run_approved_item(set_up, approval_id, number))
    assert answer["error"]["code"] == "invalid_input" and "missing.jsonl" in answer["error"]["message"]
    set_up.index.close()
    set_up.store.close()


def test_the_setting_is_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().eval_set is None
    monkeypatch.setenv("FINETUNE_COVERAGE_EVAL_SET", "~/eval.jsonl")
    assert Settings().eval_set == Path.home() / "eval.jsonl"


@pytest.mark.slow
def test_real_evaluation_sets(candidate: Make, shared_data: Path) -> None:
    lines = (shared_data / "support" / "star_support.jsonl").read_text(encoding="utf-8").splitlines()
    records = [Record(id=f"s{number}", body=line, topic=None) for number, line in enumerate(lines)]
    eval_set, real, own = records[:40], records[1950:2350], records[2350:]
    kept_out = decontamination(eval_set, real)
    assert all(kept_out.check(candidate(*one.messages)) is not None for one in eval_set)
    refused = sum(kept_out.check(candidate(*one.messages)) is not None for one in own)
    assert refused <= 3  # of 50, filled-in forms that differ in a name or a day
