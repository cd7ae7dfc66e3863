"""Stands in for a capable model that reads the conversation: which action it calls for each sentence of the tests.

A test that types something new adds it here, or puts a reading of its own into the model's queue.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

READS = "You are the voice of an agent that makes fine-tuning datasets balanced"
"""What the prompt of a reading begins with."""

TRANSLATES = "You put into another language what an agent says to a person."
"""What the prompt of a translation begins with."""

_PLAN = re.compile(
    r"(?:do |make it )?(?P<count>\d+)(?: for (?P<topic>.+?))?(?:(?: with|,) (?P<strategy>[a-z_ -]+))?"
)
_TWO = re.compile(r"(\d+) technical and (\d+) billing(?: with|,) few-shot")
_PILOT = re.compile(r"first (\d+), then the rest if they are good")
_DROP = re.compile(r"drop (?P<numbers>\d+(?: and \d+)?)(?:(?: because|,|:) (?P<reason>.+))?")
_EDIT = re.compile(r"edit the (?P<part>reply|question) of (?P<number>\d+): (?P<text>.+)")
_EACH: dict[str, tuple[str, dict[str, Any]]] = {
    sentence: (name, arguments)
    for name, arguments, sentences in [
        ("CompareBranches", {}, ["compare", "compare the two"]),
        ("ExplainCost", {}, ["how much is it?", "what did it cost so far?", "what does it cost?"]),
        ("ExplainPlan", {}, ["tell me about the plan", "what happens if I say yes?", "what is the plan?"]),
        ("ExplainRejections", {}, ["what was rejected and why?", "what was rejected?", "why was this rejected"]),
        ("ExplainRejections", {}, ["why were drafts rejected?"]),
        ("ExplainRounds", {}, ["show me the rounds", "what did the last round add", "what did the last round add?"]),
        ("ExplainScore", {}, ["what does the score mean?", "what is the score?"]),
        ("ExplainStrategies", {"names": ["few_shot"]}, ["what does few shot do?", "why few-shot?"]),
        ("ExplainStrategies", {"names": ["message_variation"]}, ["what does message variation do?"]),
        ("ExplainStrategies", {"names": ["scenario_expansion"]}, ["what is scenario expansion?"]),
        ("ExplainStrategies", {}, ["which strategies are there?", "which strategy fits?"]),
        ("ExplainTopics", {}, ["how many records are there?"]),
        ("ExplainTopics", {"topics": ["technical"]}, ["how many technical issues?"]),
        ("ExplainTopics", {"topics": ["technical"]}, ["how many technical issues are there?"]),
        ("ExplainTopics", {"lowest": 3}, ["show me the worst three"]),
        ("ExplainWhyLow", {"topic": "technical"}, ["why is technical low?", "why is technical low"]),
        ("ExplainWhyLow", {"topic": "technical"}, ["warum ist technical issues so schwach"]),
        ("ExplainMeans", {}, ["help", "hello, are you there?", "why?"]),
        ("Export", {"format": "axolotl", "train": 0.75, "name": "mine"}, ["save it as mine for axolotl, 3 to 1"]),
        ("GoBackBefore", {"round": 2, "strategy": "topic_description"},
         ["go back to before round 2 and try topic description instead"]),
        ("GoBackBefore", {"round": 4}, ["go back to before round 4"]),
        ("GoBackBefore", {}, ["go back to before the last round"]),
        ("KeepRecords", {"numbers": [1]}, ["keep 1"]),
        ("LeaveOut", {"topics": ["technical"]}, ["ignore technical"]),
        ("LeaveOut", {"topics": ["billing"]}, ["leave billing out"]),
        ("LeaveOut", {"again": ["technical"]}, ["technical again"]),
        ("LookAtRecords", {"topic": "billing"},
         ["what do billing records look like", "wie sehen billing datensätze aus"]),
        ("LookAtRecords", {"topic": "technical"}, ["what do technical issues look like?"]),
        ("MoveRecords", {"numbers": [2], "topic": "billing"}, ["record 2 is about billing"]),
        ("NothingAsked", {}, ["hi", "hello", "thanks!", "great, thank you"]),
        ("Decline", {}, ["too expensive"]),
        ("NothingAsked", {}, ["check it please"]),
        ("NothingAsked", {}, ["Analyze coverage", "analyze wf-2", "Please check my dataset", "Prepare my dataset."]),
        ("PlanForScore", {"score": 0.8}, ["what would 0.8 cost", "what would 0.8 cost?"]),
        ("ProposeMore", {}, ["generate more"]),
        ("ProposePlan", {"max_tokens": 90_000}, ["no more than 90,000 tokens"]),
        ("DescribeTopic", {"topic": "technical", "description": "Faults of devices, never of invoices."},
         ["technical is about faults of devices, never of invoices"]),
        ("ExplainQuality", {}, ["are they any good?"]),
        ("ShowDetails", {}, ["which other plans are there?"]),
        ("ProposePilot", {"count": 2}, ["a pilot of 2 please", "just 2 first", "show me 2 first"]),
        ("ProposePilot", {"count": 3}, ["show me 3 first", "show me three first"]),
        ("ProposePilot", {"count": 6}, ["show me 6 first"]),
        ("RemoveRule", {"number": 1}, ["remove rule 1"]),
        ("SetTargets", {"aims": [{"kind": "share", "topic": "billing", "value": 1.0}]}, ["100% billing"]),
        ("SetTargets", {"aims": [{"kind": "share", "topic": "billing", "value": 0.5}]},
         ["billing should be half of it"]),
        ("SetTargets", {"aims": [{"kind": "factor", "topic": "billing", "value": 2.0}]}, ["twice as much billing"]),
        ("SetTargets", {"aims": [{"kind": "equal"}]}, ["all topics should be equal", "make all equal again"]),
        ("ShowRecords", {"next": True}, ["next"]),
        ("ShowRecords", {}, ["review", "review existing records", "show me the records"]),
        ("ShowRecords", {}, ["review the records of the smallest topic"]),
        ("ShowRecords", {"topic": "technical"}, ["show me technical records"]),
        ("ShowRecords", {"topic": "odd"}, ["show me the records of odd"]),
        ("ShowRecords", {"origin": "synthetic"}, ["show me the synthetic records"]),
        ("ShowRecords", {"shown_numbers": [2]}, ["show 2 in full"]),
        ("StateRule", {"rule": "回答不要超过两句"}, ["规则: 回答不要超过两句"]),
        ("StateRule", {"rule": "never say “hotline”", "forbidden_phrase": "hotline", "topic": "technical"},
         ["never say “hotline” in technical issues"]),
        ("ShowRules", {}, ["list rules", "which rules apply", "which rules apply?"]),
        ("ShowTable", {}, ["back", "options"]),
        ("UndoRound", {"round": 1}, ["take back the first round", "undo round 1"]),
        ("UndoRound", {"round": 7}, ["undo round 7"]),
        ("UndoRound", {}, ["undo", "undo the last round"]),
        ("WhatIf", {"items": [{"topic": "technical", "count": 8}]}, ["what would the score be if you do 8?"]),
    ]
    for sentence in sentences
}  # fmt: skip


def reading_of(prompt: str, results: Sequence[str] = ()) -> dict[str, Any]:
    """The assistant's message to a request for a reading, in OpenAI's form.

    Args:
        prompt: the prompt's message of the user.
        results: of the tools that were called for it, as JSON; what they tell is the answer.
    """
    if results:
        told = [json.loads(result) for result in results]
        return {"content": "\n\n".join(str(one.get("facts") or one.get("error")) for one in told)}
    sentence = json.loads(prompt.rpartition("The person says now:\n")[2])
    state = json.loads(prompt.partition("State:\n")[2].partition("\nTurns before")[0])
    read = _read(sentence, state)
    if read is None:
        return {"content": f"No reading is written for this sentence: {sentence}"}
    name, arguments = read
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {"content": None, "tool_calls": [{"id": f"call-{name}", "type": "function", "function": function}]}


def scripted_reading(messages: Sequence[BaseMessage]) -> AIMessage:
    """The same for a scripted chat model."""
    results = [message.text for message in messages if message.type == "tool"]
    said = reading_of(messages[1].text, results)
    calls = [
        {
            "name": call["function"]["name"],
            "args": json.loads(call["function"]["arguments"]),
            "id": call["id"],
        }
        for call in said.get("tool_calls", [])
    ]
    return AIMessage(said["content"] or "", tool_calls=calls)


def translation_of(prompt: str) -> dict[str, Any]:
    """A translation that leaves every line as it is."""
    return {"language": "another", "lines": json.loads(prompt.rpartition("Lines:\n")[2])}


def endpoint_reading(body: dict[str, Any]) -> dict[str, Any] | None:
    """The same for a mock endpoint; ``None`` where it is asked for something else."""
    messages = body["messages"]
    if str(messages[0]["content"]).startswith(TRANSLATES):
        return {"content": json.dumps(translation_of(messages[1]["content"]))}
    if not str(messages[0]["content"]).startswith(READS):
        return None
    results = [message["content"] for message in messages if message["role"] == "tool"]
    return reading_of(messages[1]["content"], results)


def _read(sentence: str, state: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    topics = list(state.get("topics") or {})
    if sentence in _EACH:
        name, arguments = _EACH[sentence]
        return name, _in_full(arguments, topics)
    if found := re.fullmatch(r"(?:use |switch to )?(wf-\S+)(?: 열어 줘)?", sentence):
        return "SwitchDataset", {"workflow_id": found[1]}
    if found := re.fullmatch(r"How many records does (topic \d+) have\?", sentence):
        return "ExplainTopics", {"topics": [found[1]]}
    if found := _EDIT.fullmatch(sentence):
        role = "assistant" if found["part"] == "reply" else "user"
        return "EditRecord", {"number": int(found["number"]), "role": role, "text": found["text"]}
    if found := _DROP.fullmatch(sentence):
        numbers = [int(number) for number in re.findall(r"\d+", found["numbers"])]
        reason = found["reason"] or ""
        is_rule = "never" in reason or "no reply" in reason
        return "DropRecords", {"numbers": numbers, "reason": reason, "is_rule": is_rule}
    if found := _PILOT.fullmatch(sentence):
        items = [{**item, "pilot": int(found[1])} for item in state["plan_on_the_table"]]
        return "ProposePlan", {"items": items}
    if found := _TWO.fullmatch(sentence):
        names = [_topic("technical", topics), _topic("billing", topics)]
        counts = zip(names, found.groups(), strict=True)
        return "ProposePlan", {
            "items": [{"topic": name, "count": int(count), "strategy": "few_shot"} for name, count in counts]
        }
    if found := _PLAN.fullmatch(sentence):
        before = (state.get("plan_on_the_table") or [{"topic": ""}])[0]
        item = {"topic": before["topic"], "count": int(found["count"])}
        if found["topic"]:
            item["topic"] = _topic(found["topic"], topics)
        if found["strategy"]:
            item["strategy"] = found["strategy"].replace("-", "_").replace(" ", "_")
        return "ProposePlan", {"items": [item]}
    return None


def _in_full(arguments: Any, topics: Sequence[str]) -> Any:
    if isinstance(arguments, list):
        return [_in_full(part, topics) for part in arguments]
    if not isinstance(arguments, dict):
        return arguments
    full = {key: _in_full(value, topics) for key, value in arguments.items()}
    if "topic" in full:
        full["topic"] = _topic(full["topic"], topics)
    for several in full.keys() & {"topics", "again"}:
        full[several] = [_topic(name, topics) for name in full[several]]
    return full


def _topic(named: str, topics: Sequence[str]) -> str:
    """The topic that begins with the word that was typed, misspelled or not."""
    return next((topic for topic in topics if topic.lower().startswith(named.lower()[:3])), named)
