"""Planting defects into what is said, and into who says it."""

from __future__ import annotations

import copy
import random
import re
from typing import Any

from finetune_coverage.tools.dataset.record import Message, Record, message_text

from .planted_in_calls import Observed, other_digits, result_texts

_NUMBER = re.compile(r"(?<![\w.])[\w#-]*\d[\w-]*(?:[.,:]\d+)*")
_BEFORE = (
    "As an AI language model, I cannot do that myself, but here is what I found. ",
    "I'm an AI language model and have no access to your account. ",
    "Sure! Here is the rewritten reply: ",
    "Assistant: ",
    "### Response:\n",
)
_AFTER = (
    " Best regards, [Your Name]",
    " Please call us at [phone number].",
    " Kind regards, {{agent_name}}",
    "<|im_end|>",
    " </s>",
    "\n\nUser: Thank you!\nAssistant: You're welcome!",
    " Note: this reply follows the edge case that was asked for.",
)
_FILLERS = ("really", "just", "maybe", "also", "now", "still")


def near_copy(record: Record, observed: Observed, rng: random.Random) -> dict[str, Any] | None:
    """The same dialogue with about every twentieth word of the user dropped, doubled by a filler or swapped."""
    source = copy.deepcopy(record.source)
    users = [message for message in source["messages"] if message["role"] == "user"]
    if sum(len(message_text(message).split()) for message in users) < 20:
        return None
    for message in users:
        words = message_text(message).split()
        for start in range(0, len(words) - 9, 20):
            place = rng.randrange(start, min(start + 20, len(words) - 1))
            form = rng.randrange(3)
            if form == 0:
                words[place] = rng.choice(_FILLERS)
            elif form == 1:
                words[place] += f" {rng.choice(_FILLERS)}"
            else:
                words[place], words[place + 1] = words[place + 1], words[place]
        message["content"] = " ".join(words)
    return source if source != record.source else None


def artefact(record: Record, observed: Observed, rng: random.Random) -> dict[str, Any] | None:
    """A trace of the machine: its voice, a placeholder, a control token, a text cut off or run in circles."""
    places = [i for i, message in enumerate(record.messages) if _speaks(message, "assistant")]
    if not places:
        return None
    source = copy.deepcopy(record.source)
    message = source["messages"][rng.choice(places)]
    text = message_text(message)
    form = rng.choice(["before", "after", "cut", "loop"])
    words = text.split()
    if form == "cut" and len(words) >= 8:
        text = " ".join(words[: len(words) * 2 // 3]).rstrip(".,!?;:")
    elif form == "loop" and len(words) >= 6:
        text = f"{text} {text} {text}"
    elif form == "before":
        text = rng.choice(_BEFORE) + text
    else:
        text += rng.choice(_AFTER)
    message["content"] = text
    return source


def broken_roles(record: Record, observed: Observed, rng: random.Random) -> dict[str, Any] | None:
    """One message by the wrong speaker, gone, empty or too much."""
    source = copy.deepcopy(record.source)
    messages = source["messages"]
    said = [i for i, message in enumerate(messages) if _speaks(message, "assistant")]
    asked = [i for i, message in enumerate(messages) if _speaks(message, "user")]
    if not said or not asked:
        return None
    form = rng.choice(["swapped", "gone", "empty", "doubled", "system", "stray_result", "begins", "ends"])
    place = rng.choice(said)
    if form == "swapped":
        messages[place]["role"] = "user"
    elif form == "gone":
        between = [i for i in said if 0 < i < len(messages) - 1 and messages[i + 1]["role"] == "user"]
        if not between:
            return None
        del messages[rng.choice(between)]
    elif form == "empty":
        messages[place]["content"] = "  "
    elif form == "doubled":
        place = rng.choice(asked)
        messages.insert(place + 1, {"role": "user", "content": "Are you still there?"})
    elif form == "system":
        messages.insert(place, {"role": "system", "content": "Be friendly to the customer."})
    elif form == "stray_result":
        messages.insert(place + 1, {"role": "tool", "tool_call_id": "call_99", "content": '{"status": "ok"}'})
    elif form == "begins":
        messages.insert(asked[0], {"role": "assistant", "content": "Your request has been carried out."})
    else:
        del messages[said[-1] :]
    return source


def contradiction(record: Record, observed: Observed, rng: random.Random) -> dict[str, Any] | None:
    """The last answer that gives a fact of a tool's result gives another number, date, id or name instead."""
    results: list[tuple[str, str]] = []
    raw = ""
    found: tuple[int, list[tuple[str, str]]] | None = None
    for index, message in enumerate(record.messages):
        if message["role"] == "tool":
            raw += "\n" + message_text(message)
            results.extend(result_texts(message_text(message)))
        elif _speaks(message, "assistant") and raw:
            facts = _changed_facts(message_text(message), raw, results, observed, rng)
            found = (index, facts) if facts else found
    if found is None:
        return None
    index, facts = found
    old, new = rng.choice(facts)
    source = copy.deepcopy(record.source)
    text = message_text(source["messages"][index])
    source["messages"][index]["content"] = re.sub(
        rf"(?<!\w){re.escape(old)}(?!\w)", lambda _: new, text, flags=re.IGNORECASE
    )
    return source


def _changed_facts(
    text: str, raw: str, results: list[tuple[str, str]], observed: Observed, rng: random.Random
) -> list[tuple[str, str]]:
    """(as it stands, changed) of every number, date, id and name of the results that the text gives."""
    facts = []
    for number in dict.fromkeys(_NUMBER.findall(text)):
        if re.search(rf"(?<![\w.]){re.escape(number)}(?!\w)", raw):
            facts.append((number, other_digits(number, rng)))
    for key, value in dict.fromkeys(results):
        others = [name for name in observed.results.get(key, []) if name.lower() != value.lower()]
        stands = re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.IGNORECASE)
        if value[0].isupper() and not re.search(r"\d", value) and others and stands:
            facts.append((value, rng.choice(others)))
    return facts


def _speaks(message: Message, role: str) -> bool:
    return message["role"] == role and not message.get("tool_calls") and bool(message_text(message).strip())
