"""Texts for tests: short support exchanges of three topics, all different, and a model that writes more of them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from langchain_core.embeddings import Embeddings

_WORDS: dict[str, tuple[Sequence[str], Sequence[str], Sequence[str], str]] = {
    "technical_issues": (
        [
            "camera",
            "tablet",
            "laptop",
            "scanner",
            "printer",
            "doorbell",
            "speaker",
            "thermostat",
            "projector",
            "headset",
            "router",
            "keyboard",
            "watch",
        ],
        [
            "freezes during startup",
            "drops its wireless connection",
            "shows a blank screen",
            "plays distorted sound",
            "refuses every firmware update",
            "crashes while exporting clips",
            "overheats within minutes",
            "loses saved presets",
            "flickers constantly",
            "prints garbled symbols",
            "ignores voice commands",
            "rejects the pairing request",
        ],
        [
            "after the spring upgrade",
            "whenever guests join",
            "since the thunderstorm",
            "during long meetings",
            "in the basement",
            "beside the microwave",
            "on weekend mornings",
            "with battery saver enabled",
            "near the aquarium",
            "when travelling",
            "under heavy load",
        ],
        "device fault",
    ),
    "billing_questions": (
        [
            "invoice",
            "receipt",
            "refund",
            "voucher",
            "subscription",
            "discount",
            "deposit",
            "surcharge",
            "instalment",
            "statement",
            "renewal",
            "tax",
            "payment",
        ],
        [
            "shows the wrong amount",
            "was charged twice",
            "arrived without our company name",
            "uses an expired card",
            "misses the promised rebate",
            "is due before payday",
            "lists a cancelled seat",
            "bounced at the bank",
            "lacks the purchase number",
            "went to my former employer",
            "includes foreign fees",
            "was never confirmed",
        ],
        [
            "for last quarter",
            "on the family plan",
            "in the annual summary",
            "for the Berlin office",
            "after the downgrade",
            "despite the coupon",
            "before the audit",
            "on my credit card",
            "for the trial month",
            "in euros",
            "for two licences",
        ],
        "billing charge",
    ),
    "account_management": (
        [
            "profile",
            "password",
            "username",
            "nickname",
            "avatar",
            "membership",
            "delegate",
            "signature",
            "mailbox",
            "timezone",
            "language",
            "guardian",
            "login",
        ],
        [
            "needs a second owner",
            "must be hidden from colleagues",
            "belongs to my late father",
            "should merge with another",
            "was taken over by a stranger",
            "has to move to a new address",
            "is locked by security",
            "shows my maiden surname",
            "must expire at graduation",
            "should be shared with an assistant",
            "wants a hardware key",
            "cannot be verified",
        ],
        [
            "before parental leave",
            "for our volunteers",
            "after the wedding",
            "at the branch office",
            "for the summer school",
            "while I am abroad",
            "in the youth club",
            "for an intern",
            "during probation",
            "at the museum",
            "within the choir",
        ],
        "account access",
    ),
}
_REMEDIES = [
    "open the settings and start the guided check",
    "ask your administrator for a fresh code",
    "wait for tonight's maintenance, then try again",
    "remove it from the list and add it once more",
    "send the reference to our specialists",
    "choose the second entry of the menu and confirm",
    "switch off the automatic mode for a day",
    "print the summary and sign it",
    "compare both entries and keep the newer one",
    "call the hotline between breakfast and lunch",
    "follow the blue link in yesterday's letter",
    "let the assistant repair the mismatch overnight",
    "export everything and import it afterwards",
]


def exchange(topic: str, number: int) -> tuple[str, str]:
    """The number-th exchange of a topic; different for every number up to some hundreds."""
    things, troubles, circumstances, about = _WORDS[topic]
    thing = things[number % len(things)]
    trouble = troubles[(3 * number + number // len(things)) % len(troubles)]
    circumstance = circumstances[(7 * number + number // 29) % len(circumstances)]
    remedy = _REMEDIES[(5 * number + number // 17) % len(_REMEDIES)]
    return f"This {about} worries me: my {thing} {trouble} {circumstance}.", f"For the {thing}, {remedy}."


def record(topic: str, number: int) -> dict[str, Any]:
    """A single exchange as a line of a dataset."""
    user, assistant = exchange(topic, number)
    return {
        "messages": [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}],
        "topic": topic,
    }


_WRITES = "You write records for fine-tuning"
_PLANS = "You plan which records"
_JUDGES = "You check conversations that were written"
_CRITERIA = re.compile(r"^Criteria: (.+)$", re.MULTILINE)
_TURNS = re.compile(r"(?:last one of the messages|of the user on: message) ((?:\d+, )*\d+)")


def whole_answer(system: str, task: str, exchange: Callable[[], tuple[str, str]]) -> str | None:
    """The JSON that a prompt of the full profile asks for; None when it is another prompt.

    Args:
        system: the first message.
        task: the last one.
        exchange: gives what the user says next, and the reply.
    """
    if system.startswith(_PLANS):
        cases = [
            {"area": f"area {n % 5}", "situation": f"situation {n}", "user": "a user"} for n in range(30)
        ]
        return json.dumps({"cases": cases})
    if system.startswith(_JUDGES) and (criteria := _CRITERIA.search(task)):
        verdict = {"quote": "", "finding": "nothing to find fault with", "passes": True}
        return json.dumps(dict.fromkeys(json.loads(criteria.group(1)), verdict))
    if not system.startswith(_WRITES):
        return None
    user, reply = exchange()
    answer: dict[str, object] = {
        "messages": [{"role": "user", "content": user}, {"role": "assistant", "content": reply}]
    }
    if turns := _TURNS.search(task):
        answer["turn"] = int(turns.group(1).split(", ")[-1])
    return json.dumps(answer)


def asks_for_record(system: str) -> bool:
    """Whether a prompt of generation that begins so asks for a record: not for a plan of them, nor for a verdict."""
    return not system.startswith((_PLANS, _JUDGES))


def whole_record(user: str, assistant: str) -> str:
    """The answer of a capable model that was asked for a record."""
    said = [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
    return json.dumps({"messages": said})


class Writer:
    """Stands in for a language model: writes a new exchange of one topic at each call.

    Attributes:
        calls: how many answers were given.
    """

    def __init__(self, topic: str = "technical_issues", first: int = 100) -> None:
        self.topic = topic
        self.first = first
        self.calls = 0

    def __call__(self, messages: Sequence[Any]) -> str:
        return self.answer_to(str(messages[0].content), str(messages[-1].content))

    def answer_to(self, system: str, task: str) -> str:
        """The next answer, in the form that a prompt asks for.

        Args:
            system: the first message.
            task: the last one.
        """
        self.calls += 1
        if (
            whole := whole_answer(system, task, lambda: exchange(self.topic, self.first + self.calls))
        ) is not None:
            return whole
        wanted = re.findall(r"(?:Exchanges: |with )(\d+)", task)
        return self.answer(self.calls, int(wanted[0]) if wanted else 1)

    def answer(self, call: int, exchanges: int = 1) -> str:
        """The JSON of the call-th answer."""
        pairs = [exchange(self.topic, self.first + call + 400 * part) for part in range(exchanges)]
        return json.dumps({"exchanges": [{"user": user, "assistant": said} for user, said in pairs]})


class WordEmbeddings(Embeddings):
    """Texts with the same words are near: a bag of words, hashed. Loads nothing."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = np.zeros(256)
        for word in re.findall(r"\w+", text.lower()):
            vector[int(hashlib.sha256(word.encode()).hexdigest(), 16) % 256] += 1
        norm = float(np.linalg.norm(vector)) or 1.0
        return [float(value) for value in vector / norm]
