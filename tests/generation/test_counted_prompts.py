"""What was counted for one prompt bounds the next one, whatever the tokenizer; a small cap is used up by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import blingfire
import pytest
from finetune_coverage.tools.generate_synthetic_data import run_approved_item
from finetune_coverage.tools.generation.attempts.draft import Request
from finetune_coverage.tools.generation.money.counted_prompts import CountedPrompts
from finetune_coverage.tools.services import Services
from hypothesis import given
from hypothesis import strategies as st

from ..mock_openai.server import MockOpenAI
from .test_engine_endpoint import approved, no_meaning
from .test_verifier import budget, decided, endpoint, judged

__all__ = ["endpoint", "judged", "no_meaning"]

TOKENIZERS = {
    name: blingfire.load_model(str(Path(blingfire.__file__).with_name(f"{name}.bin")))
    for name in ("gpt2", "xlm_roberta_base")
}
SAID = [
    "You write records.",
    "",
    '  - {"name": "open_file"}',
    "결혼식 日程を確認してください",
    "0x8f3e2a",
    "🙂🙂 \t",
]
LINES = st.lists(st.sampled_from(SAID) | st.text(max_size=60), max_size=30)


def tokens(prompt: Sequence[tuple[str, str]], tokenizer: str = "gpt2") -> int:
    whole = "".join(f"<|{role}|>\n{text}<|end|>\n" for role, text in prompt)
    clean = whole.encode("utf-8", "replace").decode()
    return len(blingfire.text_to_ids(TOKENIZERS[tokenizer], clean, 100_000, 0, True))


def asked(*texts: str, roles: Sequence[str] = ("system", "user")) -> Request:
    return Request(prompt=list(zip(roles, texts, strict=True)), schema={"type": "object"}, text_tokens=100)


@given(st.sampled_from(sorted(TOKENIZERS)), LINES, LINES, LINES, LINES)
def test_real_tokenizers_never_make_more(
    tokenizer: str, system: list[str], user: list[str], more: list[str], later: list[str]
) -> None:
    counted = CountedPrompts()
    before = asked("\n".join(system), "\n".join(user))
    counted.learn(before, tokens(before.prompt, tokenizer))
    now = counted.bounded(asked("\n".join(more + system[::-1]), "\n".join(later + user[1:])))
    assert now.most_counted is not None
    assert tokens(now.prompt, tokenizer) <= now.most_counted


def test_lines_that_were_counted_are_not_set_aside_by_their_bytes() -> None:
    counted, instructions = CountedPrompts(), "Write a record that keeps to what is said here.\n" * 100
    before = asked(instructions, "one record")
    assert counted.bounded(before).set_aside == before.set_aside, "nothing is known yet"
    counted.learn(before, 0)
    assert counted.bounded(before).set_aside == before.set_aside, "the endpoint did not count"
    counted.learn(before, 1_000)
    counted.learn(before, 40)  # it left out what its cache had
    assert counted.bounded(asked(instructions, "a" * 100)).set_aside[0] == 1_000 + 62 + 64 + 100 + 2
    other = asked(instructions, "one record", "its reply", roles=("system", "user", "assistant"))
    assert counted.bounded(other).most_counted is None, "of another kind nothing is known"


@pytest.mark.slow
@pytest.mark.parametrize("counts, least, most", [(True, 8, 10), (False, 1, 1)])
async def test_a_small_cap_is_used_up(
    endpoint: MockOpenAI, judged: Callable[..., Services], counts: bool, least: int, most: int
) -> None:
    """By its bytes a draft may take 33,522 tokens, and takes 5,500: reckoned so, the cap would end after 5 records."""
    services = judged(decided, budget_tokens=60_000, model_profile="full", max_concurrency=4)
    answer = endpoint.reply

    def answered(body: dict[str, Any]) -> dict[str, Any]:
        text = answer(body)
        assert isinstance(text, str)
        sent = tokens([(one["role"], one["content"]) for one in body["messages"]])
        usage = {"prompt_tokens": sent, "completion_tokens": len(text) // 4}
        return {"content": text, "usage": usage if counts else None}

    endpoint.reply = answered
    item = approved(services, 40)
    generation = (await run_approved_item(services, *item))["generation"]
    spent = budget(services, item)
    assert least <= generation["accepted"] <= most and generation["rejected"] == {}
    assert spent.reserved_tokens == 0 and spent.spent_tokens <= 60_000
