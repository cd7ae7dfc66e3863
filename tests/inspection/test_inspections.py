"""The read-only tools: right figures, the tools' contract, and nothing changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.graph.wording.inspections import quoted
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.dataset.record import Record
from finetune_coverage.tools.errors import InvalidInput, TopicNotFound, WorkflowNotFound
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.inspection.as_tools import INSPECTIONS, inspection_tools, run_inspection
from finetune_coverage.tools.inspection.plans import inspect_plan, plan_for_score
from finetune_coverage.tools.inspection.records import inspect_records, shortened, shown_record
from finetune_coverage.tools.inspection.rejections import inspect_rejections
from finetune_coverage.tools.inspection.rounds import inspect_rounds
from finetune_coverage.tools.inspection.topics import inspect_topics
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import load_records, set_status
from finetune_coverage.tools.store.workflows import dataset_version

SIZES = {"billing": 45, "technical": 15, "account": 90}


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    path = tmp_path / "data.jsonl"
    lines = [
        {
            "messages": [
                {"role": "user", "content": f"{topic} question number {number} has seven words"},
                {"role": "assistant", "content": f"Answer {number}."},
            ],
            "topic": topic,
        }
        for topic, size in SIZES.items()
        for number in range(size)
    ]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    services = Services(Settings(home=tmp_path / "home", model="unknown-model"))
    import_files(services.store, "wf-1", [path])
    yield services
    services.store.close()


def test_topics_are_listed_lowest_first(services: Services) -> None:
    standing = inspect_topics(services, "wf-1", most=2)
    assert [(t.topic, t.place, t.records, t.recommended) for t in standing.topics] == [
        ("technical", 1, 15, 30),
        ("billing", 2, 45, 0),
    ]
    assert (standing.balance_score, standing.total_records, standing.median_records) == (0.45, 150, 45)
    assert (standing.under_represented, standing.below_minimum, standing.largest_topic) == (1, 3, "account")
    assert standing.topics[0].below_minimum_by == 85


def test_what_was_taken_out_is_counted(services: Services) -> None:
    first = next(load_records(services.store, "wf-1", topic="technical"))
    set_status(services.store, "wf-1", [first.id], "rejected")
    assert inspect_topics(services, "wf-1", topics=["technical"]).topics[0].taken_out == 1


def test_records_are_described_and_shown_spread_out(services: Services) -> None:
    look = inspect_records(services, "wf-1", "technical", examples=3)
    assert (look.records, look.looked_at, look.multi_turn, look.mean_messages) == (15, 15, 0, 2.0)
    assert look.median_user_words == 7
    assert [r.turns[0].text.split()[3] for r in look.examples] == ["2", "7", "12"]


def test_records_are_found_by_what_is_said_and_called_and_by_their_length(services: Services) -> None:
    def line(name: str, said: str, arguments: str) -> str:
        call = {"id": "c1", "type": "function", "function": {"name": "book", "arguments": arguments}}
        messages: list[dict[str, object]] = [
            {"role": "system", "content": "x" * 900 if name == "short" else ""},
            {"role": "user", "content": said},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "ok"},
            {"role": "assistant", "content": "Done."},
        ]
        return json.dumps({"messages": messages, "topic": name})

    path = services.settings.home / "calls.jsonl"
    texts = (
        ("short", "a table", '{"for": "Ann"}'),
        ("middle", "a table at eight for all of us", "{}"),
        ("long", "예약 " * 90, "{}"),
    )
    path.write_text("\n".join(line(*one) for one in texts), encoding="utf-8")
    import_files(services.store, "calls", [path])

    def topics(**which: Any) -> list[str | None]:
        return [one.topic for one in inspect_records(services, "calls", examples=3, **which).examples]

    assert topics(order="shortest") == ["short", "middle", "long"], "a system prompt does not count"
    assert topics(order="longest") == ["long", "middle", "short"]
    assert topics(containing="ann") == ["short"] and topics(containing="BOOK") == ["short", "middle", "long"]
    assert topics(origin="synthetic") == [] and topics(order="shortest", containing="table")[0] == "short"
    look = inspect_records(services, "calls", order="longest", examples=1)
    assert (look.records, look.looked_at, look.examples[0].turns_left_out) == (3, 3, 0)
    assert look.examples[0].note.endswith("characters") and len(look.examples[0].turns[0].text) > 240, (
        "it is whole"
    )
    assert len(shortened(look.examples[0]).turns[0].text) == 240


def test_what_is_in_a_dataset_is_told_by_its_tools_and_openings(services: Services) -> None:
    def line(number: int, tool: str, opening: str) -> str:
        call = {"id": "c1", "type": "function", "function": {"name": tool, "arguments": "{}"}}
        messages: list[dict[str, object]] = [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "How can I help?"},
            {"role": "user", "content": f"{opening} {number}, please"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "ok"},
            {"role": "assistant", "content": "Done."},
        ]
        return json.dumps({"messages": messages})

    path = services.settings.home / "without-topics.jsonl"
    lines = [line(n, "book_table", "a table for the guest") for n in range(9)]
    lines += [line(n, "weather", "the weather of week") for n in range(3)]
    path.write_text("\n".join(lines), encoding="utf-8")
    import_files(services.store, "calls", [path])
    look = inspect_records(services, "calls")
    assert look.tools == {"book_table": 9, "weather": 3}
    assert len(look.openings) == 12 and "a table for the guest 0, please" in look.openings, "not the greeting"
    assert look.openings[-1].startswith("the weather of week")
    assert len(look.examples) == 2


@pytest.mark.parametrize("target", [0.5, 0.7, 0.8, 0.95, 1.0])
def test_the_plan_for_a_score_reaches_it_and_with_one_record_less_it_would_not(
    services: Services, target: float
) -> None:
    found = plan_for_score(services, "wf-1", target)
    assert found.is_reachable and found.plan is not None and found.plan.score_then is not None
    assert found.plan.score_then >= target - 0.005
    least = found.plan.items[0]
    fewer = [least.model_copy(update={"count": least.count - 1}), *found.plan.items[1:]]
    then = inspect_plan(services, "wf-1", [item for item in fewer if item.count]).score_then
    assert then is not None and then <= found.plan.score_then


def test_a_score_that_is_there_needs_no_plan(services: Services) -> None:
    found = plan_for_score(services, "wf-1", 0.4)
    assert found.is_reached and found.plan is None
    with pytest.raises(InvalidInput, match="no balance score"):
        plan_for_score(services, "wf-1", 80)


def test_a_plan_tells_effect_and_cost_and_is_not_stored(services: Services) -> None:
    item = PlanItem(topic="technical", count=30, strategy="few_shot")
    effect = inspect_plan(services, "wf-1", [item])
    assert (effect.score_now, effect.score_then, effect.counts_then) == (0.45, 0.72, {"technical": 45})
    assert effect.estimate is not None and effect.estimate.usd is None
    bad = inspect_plan(services, "wf-1", [item.model_copy(update={"strategy": "tool_chain"})])
    assert bad.estimate is None and "tool_chain cannot be used" in (bad.why_not or "")
    assert list_plans(services.store, "wf-1") == []


def test_without_rounds_there_is_nothing_to_tell(services: Services) -> None:
    assert inspect_rounds(services, "wf-1").rounds == 0
    assert inspect_rejections(services, "wf-1").total == 0


def test_what_is_not_there_is_named(services: Services) -> None:
    with pytest.raises(TopicNotFound, match="no topic 'cooking'"):
        inspect_topics(services, "wf-1", topics=["cooking"])
    with pytest.raises(TopicNotFound, match="no topic 'cooking'"):
        inspect_records(services, "wf-1", "cooking")
    for inspect in (inspect_topics, inspect_rounds, inspect_rejections, inspect_records):
        with pytest.raises(WorkflowNotFound):
            inspect(services, "nowhere")


def test_as_tools_they_keep_the_contract_and_change_nothing(services: Services) -> None:
    before = dataset_version(services.store, "wf-1")
    more = {
        "plan_for_score": {"target": 0.8},
        "inspect_plan": {"items": [{"topic": "technical", "count": 3, "strategy": "few_shot"}]},
    }
    tools = inspection_tools(services)
    assert [tool.name for tool in tools] == list(INSPECTIONS)
    for tool in tools:
        result = json.loads(tool.invoke({"workflow_id": "wf-1", **more.get(tool.name, {})}))
        assert result["success"] is True and result["result"], tool.name
        failed = json.loads(tool.invoke({"workflow_id": "nowhere", **more.get(tool.name, {})}))
        assert failed["error"]["code"] == "workflow_not_found", tool.name
    assert dataset_version(services.store, "wf-1") == before
    assert (
        run_inspection(services, "plan_for_score", workflow_id="wf-1", target=7)["error"]["code"]
        == "invalid_input"
    )


def test_a_long_record_is_shown_by_its_beginning_and_its_end() -> None:
    roles = ["user", "assistant"] * 4
    messages = [{"role": role, "content": f"turn {number}"} for number, role in enumerate(roles)]
    record = shown_record(Record("r1", json.dumps({"messages": messages}), "billing"))
    assert [turn.text for turn in record.turns] == ["turn 0", "turn 1", "turn 6", "turn 7"]
    lines = quoted(record).splitlines()
    assert [line.strip() for line in lines[2:5]] == [
        "> assistant: turn 1",
        "> … 4 messages more …",
        "> user: turn 6",
    ]


def test_a_call_is_shown_with_its_arguments() -> None:
    function = {"name": "find_invoice", "arguments": '{"number": "INV-7"}'}
    message = {"role": "assistant", "content": "I look.", "tool_calls": [{"id": "c1", "function": function}]}
    record = shown_record(Record("r1", json.dumps({"messages": [message]}), "billing"))
    assert [turn.text for turn in record.turns] == ['I look. (calls find_invoice {"number": "INV-7"})']
