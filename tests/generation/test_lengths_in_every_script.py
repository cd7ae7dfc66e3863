"""What may be written is as long as what real records of the topic have, in whatever script."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.generation.attempts.draft import TopicContext
from finetune_coverage.tools.generation.strategies import make_strategy
from jsonschema import Draft202012Validator

KOREAN = [
    ("배송 언제 와요?", "내일 도착합니다."),
    ("환불해 주세요", "네, 처리했습니다."),
    ("취소요", "완료됐어요."),
]
CHINESE = [("怎么退货？", "请在订单页申请。"), ("发票呢", "已发送。"), ("地址改一下", "好的，已修改。")]
ENGLISH = [
    ("My order has not come yet, where is it?", "It arrives tomorrow before noon."),
    ("no", "Fine."),
]
LONG = [("Why is my bill so high? " * 90, "Let me explain each line. " * 160), ("Thanks", "Welcome.")]


def records(pairs: list[tuple[str, str]]) -> list[Record]:
    made = []
    for number, (user, reply) in enumerate(pairs):
        messages = [{"role": "user", "content": user}, {"role": "assistant", "content": reply}] * 2
        body = json.dumps({"messages": messages, "topic": "t"})
        made.append(Record(id=f"r-{number}", body=body, topic="t", origin="real"))
    return made


@pytest.mark.parametrize("pairs", [KOREAN, CHINESE, ENGLISH])
@pytest.mark.parametrize("strategy", ["few_shot", "topic_description", "scenario_expansion"])
def test_a_schema_rules_out_nothing_that_real_records_do(
    context: Callable[..., TopicContext], pairs: list[tuple[str, str]], strategy: Any
) -> None:
    """At 89d9892 `minLength` 15, 20 and 40 excluded three quarters of Korean and Chinese replies."""
    import random

    topic = context(topic="t", seeds=records(pairs))
    (request,) = make_strategy(strategy).draft(topic, 0, random.Random(0)).requests
    exchanges = request.schema["properties"]["exchanges"]["minItems"]
    for user, reply in pairs:
        answer = {"exchanges": [{"user": user, "assistant": reply}] * exchanges}
        Draft202012Validator(request.schema).validate(answer)


@pytest.mark.parametrize("strategy", ["few_shot", "topic_description", "scenario_expansion"])
def test_a_capable_model_may_write_as_long_as_real_records_are(
    context: Callable[..., TopicContext], strategy: Any
) -> None:
    import random

    seeds = records(LONG)
    topic = context(topic="t", seeds=seeds, profile="full")
    (request,) = make_strategy(strategy).draft(topic, 0, random.Random(0)).requests
    for seed in seeds:
        Draft202012Validator(request.schema).validate({"messages": seed.messages})
    assert (
        request.text_tokens
        > max(len(seed.user_text) + len(seed.written_text("assistant")) for seed in seeds) / 4
    )


def test_the_limit_goes_by_the_script(context: Callable[..., TopicContext]) -> None:
    """A Chinese character is a token or nearly one; three or four Latin letters are."""
    import random

    long_chinese = [("为什么我的账单这么高" * 20, "让我逐项解释" * 40)]
    latin = [("abcdefghij" * 20, "abcdef" * 40)]
    limits = [
        make_strategy("few_shot")
        .draft(context(topic="t", seeds=records(pairs)), 0, random.Random(0))
        .requests[0]
        for pairs in (long_chinese, latin)
    ]
    assert limits[0].text_tokens > 2.5 * limits[1].text_tokens
    assert all(limit.max_tokens == limit.text_tokens for limit in limits), "of the embedded model"
