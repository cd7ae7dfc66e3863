"""Small datasets with tools in three languages, and what a model writes for them, for tests of the full profile."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from finetune_coverage.tools.dataset.record import Record


class Language(NamedTuple):
    """What a dataset in one language is made of."""

    name: str
    description: str
    requests: list[str]
    question: str
    reply: str
    other: str


LANGUAGES = {
    "en": Language(
        "English",
        "Where parcels are and when they come.",
        [
            "Hello, my parcel should have been here on Monday and nobody rang.",
            "Could you tell me where the shoes are that I ordered last week?",
            "The tracking page has shown the same town for three days now.",
            "I need to know whether the lamp arrives before Friday evening.",
        ],
        "I can look that up for you. What is the number of the parcel?",
        "Thank you. It is on the van and comes today between two and four.",
        "I cannot find the number any more, the receipt got wet in the rain.",
    ),
    "zh": Language(
        "Chinese",
        "包裹在哪里，什么时候到。",
        [
            "你好，我的包裹应该星期一就到了，可是没有人按门铃，怎么回事呢？",
            "请问我上个星期订的那双鞋子现在送到哪里了，能帮我查一下吗？",
            "物流页面已经三天都显示在同一个城市了，是不是卡住了？",
            "我想知道那盏台灯星期五晚上之前能不能送到家里来。",
        ],
        "好的，我帮您查一下。请问您的包裹单号是多少呢？",
        "谢谢您。包裹已经在派送车上了，今天下午两点到四点之间送到。",
        "单号我找不到了，收据被雨淋湿了，还有别的办法查吗？",
    ),
    "ko": Language(
        "Korean",
        "소포가 어디에 있고 언제 오는지.",
        [
            "안녕하세요, 월요일에 왔어야 할 소포가 아직 안 왔어요. 어떻게 된 건가요?",
            "지난주에 주문한 신발이 지금 어디쯤 왔는지 알려 주실 수 있나요?",
            "배송 조회 화면이 사흘째 같은 도시에 머물러 있어요. 문제가 있나요?",
            "주문한 스탠드가 금요일 저녁 전에 도착하는지 알고 싶습니다.",
        ],
        "네, 조회해 드리겠습니다. 소포 번호가 어떻게 되시나요?",
        "감사합니다. 배송 차량에 실렸고 오늘 두 시에서 네 시 사이에 도착합니다.",
        "번호를 찾을 수가 없어요. 영수증이 비에 젖어 버렸거든요.",
    ),
}

TRACK = {
    "type": "function",
    "function": {
        "name": "track_parcel",
        "description": "Where a parcel is.",
        "parameters": {
            "type": "object",
            "properties": {"number": {"type": "string"}},
            "required": ["number"],
        },
    },
}


def call(number: str, call_id: str = "call_1") -> dict[str, Any]:
    """A message that tracks a parcel."""
    function = {"name": "track_parcel", "arguments": json.dumps({"number": number})}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }


def result(text: str, call_id: str = "call_1") -> dict[str, Any]:
    """The message that answers it."""
    return {"role": "tool", "tool_call_id": call_id, "content": text}


def parcels(code: str) -> list[Record]:
    """Real records of the topic "parcels" in a language."""
    language = LANGUAGES[code]
    records = []
    for number, request in enumerate(language.requests):
        messages = [
            {"role": "system", "content": "You are the desk of Parcelo."},
            {"role": "user", "content": request},
            {"role": "assistant", "content": language.question},
            {"role": "user", "content": f"PK-10{number}"},
            call(f"PK-10{number}"),
            result(json.dumps({"state": "on the van", "window": "14-16"})),
            {"role": "assistant", "content": language.reply},
        ]
        source = {"messages": messages, "tools": [TRACK], "topic": "parcels"}
        records.append(Record(f"r{number}", json.dumps(source, ensure_ascii=False), "parcels"))
    return records


def written(language: Language, *, calls: bool, number: str = "PK-777") -> list[dict[str, Any]]:
    """Messages as a model writes them."""
    said = [{"role": "user", "content": language.other}, {"role": "assistant", "content": language.question}]
    if not calls:
        return said
    traffic = {"name": "track_parcel", "arguments": json.dumps({"number": number})}
    return [
        *said,
        {"role": "user", "content": number},
        {"role": "assistant", "content": "", "tool_calls": [traffic]},
        {"role": "tool", "content": json.dumps({"state": "lost"})},
        {"role": "assistant", "content": language.reply},
    ]
