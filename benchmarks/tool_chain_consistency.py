"""Whether generated tool chains contradict themselves: ``python -m benchmarks.tool_chain_consistency [RECORDS]``.

A consistent model is played: real dialogues with tools that the dataset does not hold, of which those are taken in
which everything happens in one world. Every second draft of a second run gets one contradiction planted. What is
accepted is read by `contradictions`, which shares no code with what generates or with this file.
"""

from __future__ import annotations

import asyncio
import copy
import json
import random
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generation.approvals.approval import approve_plan
from finetune_coverage.tools.generation.approvals.plans import propose_plan
from finetune_coverage.tools.generation.jobs.job import run_item
from finetune_coverage.tools.generation.jobs.ledger import list_attempts, list_jobs
from finetune_coverage.tools.generation.tool_chain_settings import ToolChainSettings
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import load_records
from finetune_coverage.tools.store.workflows import create_workflow
from pydantic import SecretStr

from .contradictions import read
from .endpoint import MODEL, completion, listening
from .table import markdown_table

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FILES = {"STAR": DATA / "support/star_support.jsonl", "API-Bank": DATA / "tools/apibank_lv1_lv2.jsonl"}
TOPICS = {
    "STAR": [
        "hotel_book",
        "ride_book",
        "plane_book",
        "doctor_schedule",
        "weather",
        "restaurant_book",
        "bank_balance",
        "meeting_schedule",
    ],
    "API-Bank": ["QueryRegistration", "DeleteAccount", "ModifyRegistration", "RecordHealthData"],
}
"""Topics that a tool defines, with enough dialogues to hold most of them back."""
IN_DATASET = {"STAR": 14, "API-Bank": 6}
"""Records of a topic that the dataset gets; the others are what the model writes."""
ASKED = 110
"""Records; API-Bank has not as many dialogues whose tools go together."""
WORKFLOW = "bench"
Json = dict[str, Any]
Messages = list[Json]


# The model: dialogues of one world.


def happens_in_one_world(record: Json) -> bool:
    """Whether what tools return in a dialogue goes together: the model that is played takes no other."""
    world: dict[str, str] = {}
    last: tuple[str, str] | None = None
    calls: list[tuple[str, str]] = []
    so_far = ""
    for message in record["messages"]:
        told = set(re.findall(r"\d{3,}", str(message.get("content") or "")))
        if message["role"] == "assistant" and not told <= set(re.findall(r"\d{3,}", so_far)):
            return False
        so_far += json.dumps(message)
        calls += [
            (c["function"]["name"], c["function"]["arguments"]) for c in message.get("tool_calls") or ()
        ]
        if message["role"] != "tool":
            continue
        if not calls:
            return False
        call, text = calls.pop(0), message["content"]
        facts = dict(_facts(text))
        if call == last and world["last"] != text:
            return False
        arguments = json.loads(call[1])
        if any(key in facts and str(arguments[key]) != facts[key] for key in arguments):
            return False
        named = next((facts[key] for key in ("Name", "name", "id") if key in facts), None)
        for key, value in facts.items() if named else ():
            if key not in ("Message", "message") and world.setdefault(f"{named}/{key}", value) != value:
                return False
        last, world["last"] = call, text
    return not calls


def _facts(text: str) -> list[tuple[str, str]]:
    return re.findall(r'"(\w+)": "?([^",{}\[\]]+)', text)


class OneWorld:
    """Writes held-out dialogues, and judges truly, since it knows what it spoilt.

    Args:
        held_out: dialogues by topic.
        plants: ways to spoil a draft; every second one is spoilt, in turn.
    """

    def __init__(self, held_out: dict[str, list[Json]], plants: dict[str, Plant]) -> None:
        self._held_out = {topic: list(records) for topic, records in held_out.items()}
        self._plants = plants
        self._rng = random.Random(7)
        self._drafts = 0
        self.spoilt: dict[str, str] = {}

    async def chat(self, request: web.Request) -> web.Response:
        """POST /v1/chat/completions."""
        body = await request.json()
        return web.json_response(completion(body, json.dumps(self._answer(body), ensure_ascii=False)))

    def _answer(self, body: Json) -> Json:
        system, task = (str(body["messages"][place]["content"]) for place in (0, -1))
        if system.startswith("You plan which records"):
            return {
                "cases": [
                    {"area": f"area {n}", "situation": f"case {n}", "user": "a user"} for n in range(30)
                ]
            }
        if system.startswith("You check conversations"):
            return self._verdict(body, task)
        topic = json.loads(re.search(r'of the topic ("(?:[^"\\]|\\.)*")', task)[1])  # type: ignore[index]
        left = self._held_out[topic]
        declared = self._declared(system, task)
        fitting = [one for one in left if _called(one) <= declared]
        if not fitting:
            return {"messages": []}  # the model that is played has nothing more to say; not counted
        record = fitting[0]
        left.remove(record)
        self._drafts += 1
        if self._plants and self._drafts % 2 == 0:
            record = self._spoilt(record, topic)
        return {
            "messages": [_written(message) for message in record["messages"] if message["role"] != "system"]
        }

    def _spoilt(self, record: Json, topic: str) -> Json:
        for _ in range(len(self._plants)):
            name, plant = next(iter(self._plants.items()))
            self._plants[name] = self._plants.pop(name)  # to the end: the next one is tried next time
            spoilt = copy.deepcopy(record)
            if plant(spoilt["messages"], self._rng) and spoilt != record:
                self.spoilt[_key(spoilt["messages"])] = name
                return spoilt
        return record

    def _declared(self, system: str, task: str) -> set[str]:
        only = re.search(r"^The assistant of this record has only these tools: (\[.+\])$", task, re.MULTILINE)
        if only:
            return {tool if isinstance(tool, str) else _name(tool) for tool in json.loads(only[1])}
        return {
            _name(json.loads(line))
            for line in re.findall(r'^(\{"type": "function".+\})$', system, re.MULTILINE)
        }

    def _verdict(self, body: Json, task: str) -> Json:
        seen = json.dumps(body["messages"], ensure_ascii=False)
        seen = seen.replace("\\\\", "\\").replace('\\"', '"')  # quoted once more, as the prompt of a request
        is_spoilt = any(json.dumps(key, ensure_ascii=False) in seen for key in self.spoilt)
        criteria = json.loads(re.search(r"^Criteria: (.+)$", task, re.MULTILINE)[1])  # type: ignore[index]
        return {
            name: {
                "quote": "",
                "finding": "a fault was planted" if is_spoilt else "all is well",
                "passes": not is_spoilt,
            }
            for name in criteria
        }


def _called(record: Json) -> set[str]:
    return {c["function"]["name"] for m in record["messages"] for c in m.get("tool_calls") or ()}


def _name(tool: Json) -> str:
    return str((tool.get("function") or tool)["name"])


def _key(messages: Sequence[Json]) -> str:
    """What all users say in a draft: what it is known by."""
    return max((str(m["content"]) for m in messages if m["role"] == "user"), key=len)


def _written(message: Json) -> Json:
    calls = [call["function"] for call in message.get("tool_calls") or ()]
    said = {"role": message["role"], "content": message.get("content") or ""}
    return {**said, "tool_calls": calls} if calls else said


# What is planted. Each way says whether it could.

Plant = Callable[[Messages, random.Random], bool]


def _calling(messages: Messages) -> list[int]:
    return [place for place, message in enumerate(messages) if message.get("tool_calls")]


def _result_of(messages: Messages, place: int) -> Json | None:
    return next((m for m in messages[place + 1 : place + 2] if m["role"] == "tool"), None)


def other_value(value: str) -> str:
    """Another value of the same look."""
    if re.search(r"\d", value):
        return re.sub(r"\d", lambda digit: str((int(digit[0]) + 3) % 10), value)
    return value[::-1].capitalize()


def result_denies_call(messages: Messages, rng: random.Random) -> bool:
    """A result names another value than was asked for."""
    for place in _calling(messages):
        result = _result_of(messages, place)
        arguments = json.loads(messages[place]["tool_calls"][0]["function"]["arguments"])
        for value in map(str, arguments.values()):
            if result and len(value) > 2 and value in result["content"]:
                result["content"] = result["content"].replace(value, other_value(value))
                return True
    return False


def same_call_other_result(messages: Messages, rng: random.Random) -> bool:
    """A call is made again at once and returns something else."""
    place = rng.choice(_calling(messages))
    result = _result_of(messages, place)
    if result is None or len(messages[place]["tool_calls"]) > 1:
        return False
    changed = re.sub(
        r'": "?([^",{}\[\]]{3,})', lambda m: m[0].replace(m[1], other_value(m[1])), result["content"]
    )
    messages[place + 2 : place + 2] = [copy.deepcopy(messages[place]), {**result, "content": changed}]
    return bool(changed != result["content"])


def answer_denies_result(messages: Messages, rng: random.Random) -> bool:
    """The assistant tells another number or name than was returned."""
    results = " ".join(m["content"] for m in messages if m["role"] == "tool")
    for message in reversed(messages):
        if message["role"] != "assistant" or message.get("tool_calls"):
            continue
        for word in re.findall(r"\w{3,}", message["content"]):
            if re.search(rf"\b{word}\b", results) and (word[0].isdigit() or word[0].isupper()):
                message["content"] = message["content"].replace(word, other_value(word))
                return True
    return False


def argument_from_nowhere(messages: Messages, rng: random.Random) -> bool:
    """An argument that somebody said is another one in the call, and in its result."""
    for place in _calling(messages):
        said = " ".join(str(m.get("content") or "") for m in messages[:place])
        function = messages[place]["tool_calls"][0]["function"]
        for value in map(str, json.loads(function["arguments"]).values()):
            if len(value) > 3 and value in said and re.search(r"\d", value):
                function["arguments"] = function["arguments"].replace(value, other_value(value))
                if (result := _result_of(messages, place)) is not None:
                    result["content"] = result["content"].replace(value, other_value(value))
                return True
    return False


def topics_tool_not_called(messages: Messages, rng: random.Random) -> bool:
    """What the tool would have returned is told without a call."""
    messages[:] = [m for m in messages if m["role"] != "tool" and not m.get("tool_calls")]
    return True


def call_unanswered(messages: Messages, rng: random.Random) -> bool:
    """One result is missing."""
    place = rng.choice(_calling(messages))
    if (result := _result_of(messages, place)) is None:
        return False
    messages.remove(result)
    return True


def undeclared_tool(messages: Messages, rng: random.Random) -> bool:
    """A tool is called that there is not."""
    function = messages[rng.choice(_calling(messages))]["tool_calls"][0]["function"]
    function["name"] += "_v2"
    return True


def argument_missing(messages: Messages, rng: random.Random) -> bool:
    """A call without its arguments."""
    messages[rng.choice(_calling(messages))]["tool_calls"][0]["function"]["arguments"] = "{}"
    return True


PLANTS: dict[str, Plant] = {
    one.__name__.replace("_", " "): one
    for one in (
        result_denies_call,
        same_call_other_result,
        answer_denies_result,
        argument_from_nowhere,
        topics_tool_not_called,
        call_unanswered,
        undeclared_tool,
        argument_missing,
    )
}


# The runs.


def split(name: str) -> tuple[list[Json], dict[str, list[Json]]]:
    """What the dataset holds, and what the model writes, by topic."""
    by_topic: dict[str, list[Json]] = defaultdict(list)
    for line in FILES[name].open(encoding="utf-8"):
        record = json.loads(line)
        if record["topic"] in TOPICS[name] and record["topic"] in _called(record):
            by_topic[record["topic"]].append(record)
    kept = [record for records in by_topic.values() for record in records[: IN_DATASET[name]]]
    known = {_key(record["messages"]) for record in kept}
    held_out: dict[str, list[Json]] = defaultdict(list)
    for topic, records in by_topic.items():
        for record in records[IN_DATASET[name] :]:
            if happens_in_one_world(record) and (key := _key(record["messages"])) not in known:
                held_out[topic].append(record)
                known.add(key)
    return kept, held_out


async def run(name: str, count: int, plants: dict[str, Plant], folder: Path) -> dict[str, Any]:
    """So many records in all, spread over the topics; what became of each draft."""
    kept, held_out = split(name)
    # With plants, half of the drafts are no good.
    each = {
        topic: min(-(-count // len(held_out)), len(them) // (2 if plants else 1))
        for topic, them in held_out.items()
    }
    path = folder / "data.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in kept), encoding="utf-8")
    model = OneWorld(held_out, dict(plants))
    async with listening(model.chat) as url:
        settings = Settings(
            home=folder / "home",
            openai_base_url=url,
            openai_api_key=SecretStr("sk-mock"),
            model=MODEL,
            model_profile="full",
            verifier_share=1 if plants else 0,
            tool_chain=ToolChainSettings(negative_share=0),
        )
        services = Services(settings)
        create_workflow(services.store, WORKFLOW)
        import_files(services.store, WORKFLOW, [path])
        items = [PlanItem(topic=topic, count=n, strategy="tool_chain") for topic, n in each.items() if n]
        approval = approve_plan(
            services.store,
            propose_plan(services.store, WORKFLOW, items).id,
            approver="benchmark",
            channel="benchmark",
        )
        for number in range(len(items)):
            await run_item(services, approval.id, number)
    made = list(load_records(services.store, WORKFLOW, origin="synthetic"))
    attempts = [one for job in list_jobs(services.store) for one in list_attempts(services.store, job.id)]
    services.close()
    return {
        "made": [
            (record.topic, json.loads(record.body), (record.provenance or {})["drawn"]) for record in made
        ],
        "attempts": [one for one in attempts if one.number >= 0 and one.response],
        "spoilt": model.spoilt,
        "known": kept,
    }


def main(count: int) -> None:
    """Both runs over each dataset, as tables."""
    clean, planted = [], Counter[tuple[str, str]]()
    good = Counter[str]()
    for name, path in FILES.items():
        if not path.is_file():
            continue
        share = count * 3 // 4 if name == "STAR" else count - count * 3 // 4
        with tempfile.TemporaryDirectory() as folder:
            found = asyncio.run(run(name, share, {}, Path(folder)))
        readings = [(topic, read(body)) for topic, body, _ in found["made"]]
        faults = [fault for _, one in readings for fault in one.faults]
        real = [bool(read(record).faults) for record in found["known"]]
        refused = Counter(one.check for one in found["attempts"] if one.check and _spoken(one.response))
        for one in found["attempts"]:
            if one.check and _spoken(one.response):
                print(one.check, one.evidence, file=sys.stderr)
        clean.append(
            [
                name,
                len(readings),
                sum(bool(one.faults) for _, one in readings),
                sum(topic in one.called for topic, one in readings),
                sum(drawn["simulated"] for _, _, drawn in found["made"]),
                ", ".join(f"{check} {n}" for check, n in refused.most_common()) or "none",
                f"{sum(real)} of {len(real)}",
            ]
        )
        print(name, *faults, sep="\n  ", file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            found = asyncio.run(run(name, share, PLANTS, Path(folder)))
        for one in found["attempts"]:
            if not (spoken := _spoken(one.response)):
                continue
            kind = next((kind for key, kind in found["spoilt"].items() if key in spoken), None)
            outcome = "verifier" if one.check == "verifier" else "form" if one.check else "accepted"
            if kind is None:
                good[one.check or "accepted"] += 1
                if one.check:
                    print(one.check, one.evidence, file=sys.stderr)
            else:
                planted[kind, outcome] += 1
    header = [
        "data",
        "accepted",
        "contradict themselves",
        "call the topic's tool",
        "simulated",
        "refused",
        "real records",
    ]
    print(
        "A consistent model is played: real dialogues that the dataset does not hold and in which all happens in one "
        "world. What is accepted is read by a checker of its own, which finds the faults that need no understanding; "
        "the last column is what it finds in the real records of the dataset. No negatives, no verifier.\n"
    )
    print(markdown_table(header, clean))
    kinds = {
        kind: [planted[kind, outcome] for outcome in ("form", "verifier", "accepted")] for kind in PLANTS
    }
    kinds["all"] = [sum(numbers) for numbers in zip(*kinds.values(), strict=True)]
    rows = [[kind, sum(numbers), *numbers] for kind, numbers in kinds.items()]
    print("\nOne contradiction planted in every second draft, with a verifier that knows of it:\n")
    print(markdown_table(["planted", "drafts", "refused by form", "by the verifier", "accepted"], rows))
    refused_good = ", ".join(f"{check} {n}" for check, n in good.most_common() if check != "accepted")
    print(f"\nOf {good.total()} drafts between them, which were good, refused: {refused_good or 'none'}.")


def _spoken(response: str) -> set[str]:
    try:
        messages = json.loads(response)["messages"]
    except (ValueError, KeyError):
        return set()
    return {message["content"] for message in messages if message.get("role") == "user"}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ASKED)
