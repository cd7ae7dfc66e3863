"""A capable model reads the conversation: it calls actions, looks facts up, and has no way to approve."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.graph.actions.catalog import ACTIONS
from finetune_coverage.graph.actions.questions import ANSWERS
from finetune_coverage.graph.build import build_graph
from finetune_coverage.graph.reading import by_model
from finetune_coverage.tools.coverage.balance import balance_score
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.errors import EndpointError
from finetune_coverage.tools.generation.approvals.plans import list_plans
from finetune_coverage.tools.generation.jobs.ledger import list_jobs
from finetune_coverage.tools.generation.lessons.rules import Rule, add_rule
from finetune_coverage.tools.generation.money.estimate import estimate_plan
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.store.records import load_records
from langchain_core.messages import AIMessage, SystemMessage
from langgraph.checkpoint.memory import InMemorySaver

from ..readings import READS

FOUR = PlanItem(topic="technical_issues", count=4, strategy="few_shot")


def call(name: str, **arguments: Any) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": f"call-{name}"}])


About = Callable[[Iterable[dict[str, Any]]], Awaitable[Any]]


@pytest.fixture
def about(chat: Any, services: Services, tmp_path: Path) -> About:
    """Begins a conversation about a dataset of these records."""

    async def begin(records: Iterable[dict[str, Any]]) -> None:
        path = tmp_path / "records.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
        import_files(services.store, "wf-9", [path])
        await chat.new("", workflow_id="wf-9")

    return begin


def plan(*items: tuple[str, int], **more: Any) -> AIMessage:
    return call(
        "ProposePlan",
        items=[{"topic": topic, "count": count, "strategy": "few_shot"} for topic, count in items],
        **more,
    )


def items(services: Services) -> list[tuple[str, int]]:
    (pending,) = list_plans(services.store, "wf-1", "pending")
    return [(item.topic, item.count) for item in pending.items]


async def test_a_plan_in_any_words(chat: Any, services: Services, model: ScriptedChatModel) -> None:
    await chat.new("")
    model.queue.append(plan(("technical issues", 5), ("billing_questions", 3), max_tokens=50_000))
    said = await chat.answer("mach mal fünf technische und drei für rechnungen, höchstens 50k")
    assert items(services) == [("technical_issues", 5), ("billing_questions", 3)]
    assert "at most 50,000 tokens" in said and list_jobs(services.store, "wf-1") == []
    model.queue.append(plan(("technical_issues", 5), remove_limits=True))
    said = await chat.answer("nah forget the cap, and only the technical ones")
    assert "This limit is taken away: at most" in said
    assert items(services) == [("technical_issues", 5)] and "(at most" not in said


async def test_what_it_is_told(chat: Any, services: Services, model: ScriptedChatModel) -> None:
    await chat.new("")
    model.queue.append(call("ShowRecords", topic="technical_issues", number=2))
    await chat.answer("show me 2 of the technical ones")
    model.queue.append(call("ShowTable"))
    await chat.answer("where were we")
    prompt = "\n".join(str(message.content) for message in model.history[-1])
    assert isinstance(model.history[-1][0], SystemMessage)
    for told in ("records_shown", '"technical_issues": 8', "plan_on_the_table", "where were we", "show me 2"):
        assert told in prompt, told
    assert '"3":' not in prompt.split("records_shown")[1].split("}}")[0], "two were asked for, two are shown"
    assert '"number_of_topics": 3' in prompt
    assert '"topics": 1, "plan": [{"topic": "technical_issues"' in prompt and '"cost": "about ' in prompt


async def test_it_is_told_what_was_put_off(chat: Any, services: Services, model: ScriptedChatModel) -> None:
    await chat.new("")
    model.queue.append(plan(("technical_issues", 5), ("billing_questions", 3)))
    await chat.answer("five technical, three billing, nothing for accounts ever")
    model.queue.append(plan(("technical_issues", 2)))
    await chat.answer("two technical first, the rest later")
    await chat.answer("yes")
    for number in range(5):
        model.queue.append(AIMessage("It is as it was."))
        await chat.answer(f"and number {number}, what about it?")
    model.queue.append(plan(("technical_issues", 3), ("billing_questions", 3)))
    assert "**Plan**: 3 for" in await chat.answer("now what I put off")
    card, turns = str(model.history[-1][1].content).split("Turns before")
    before = json.loads(card.split("State:\n")[1])["plans_of_this_conversation_before"]
    told = [([(item["topic"], item["count"]) for item in one["plan"]], one["became"]) for one in before[:2]]
    assert told == [
        ([("technical_issues", 2)], "approved"),
        ([("technical_issues", 5), ("billing_questions", 3)], "cancelled"),
    ]
    assert "nothing for accounts ever" in turns and "the rest later" in turns
    assert turns.index("the rest later") < turns.index("and number 0")
    assert '"agent": "Generating' not in turns and '"agent": "Generated' not in turns


async def test_facts_are_looked_up_and_put_in_words(chat: Any, model: ScriptedChatModel) -> None:
    await chat.new("")
    model.queue += [call("ExplainTopics", topics=["technical_issues"]), AIMessage("Es sind nur 8 von 80.")]
    said = await chat.answer("warum so wenige technische?")
    assert said.startswith("Es sind nur 8 von 80.") and "Still on the table: 16 for" in said
    told = [prompt for prompt in model.history if prompt[0].text.startswith(READS)]
    result = json.loads(str(told[-1][-1].content))
    assert '"Technical Issues" has 8 records' in result["facts"]
    assert (await chat.tool_calls())[-1] == "inspect_topics"


async def test_records_that_were_looked_at_do_not_fill_the_screen(
    chat: Any, model: ScriptedChatModel
) -> None:
    await chat.new("")
    looked = [call("LookAtRecords", topic=topic) for topic in ("technical_issues", "billing_questions")]
    model.queue += [*looked, AIMessage("They differ.")]
    said = await chat.answer("how do technical and billing differ")
    assert said.startswith("They differ.") and "· real" not in said
    model.queue += [
        looked[0],
        plan(("technical_issues", 4)).model_copy(update={"content": "They are short."}),
    ]
    said = await chat.answer("4 more technical. are they long?")
    assert said.startswith("They are short.\n\n**Plan**") and "· real" not in said


async def test_a_number_that_nothing_gave_is_not_shown(chat: Any, model: ScriptedChatModel) -> None:
    await chat.new("")
    wrong = AIMessage("There are 1,234 of them.")
    model.queue += [call("ExplainTopics", topics=["technical_issues"]), wrong, AIMessage("There are 8.")]
    assert "There are 8." in await chat.answer("how many?")
    assert "Nothing that you were told holds these numbers: 1,234" in str(model.history[-1][-1].content)
    model.queue += [call("ExplainTopics", topics=["technical_issues"]), wrong, wrong]
    said = await chat.answer("how many?")
    assert "1,234" not in said and "has 8 records" in said, "told twice in vain, the facts are shown"
    model.queue.append(AIMessage("So you said 530k."))
    assert "530k" in await chat.answer("you burned 530k of them")


async def test_what_no_plan_can_hold_is_said_with_the_plan(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    invented = "A limit is one of the whole plan: this one has 43,210 tokens."
    model.queue.append(
        plan(
            ("technical_issues", 5),
            ("billing_questions", 3),
            max_tokens=30_000,
            not_in_it="At most 30,000 for both.",
        )
    )
    said = await chat.answer("15k for each of the two")
    assert said.startswith("At most 30,000 for both.") and "at most 30,000 tokens" in said
    assert items(services) == [("technical_issues", 5), ("billing_questions", 3)]
    model.queue += [
        plan(("technical_issues", 4), not_in_it=invented),
        plan(("technical_issues", 4), not_in_it=invented),
    ]
    said = await chat.answer("4 then, and cheap")
    assert "43,210" in str(model.history[-1][-1].content), (
        "the model is told once that nothing gave it the number"
    )
    assert said.startswith("**Plan**") and items(services) == [("technical_issues", 4)]
    model.queue.append(call("ProposePlan", max_tokens=20_000, not_in_it="<b>Time</b> has no limit."))
    assert "\\<b\\>Time\\</b\\> has no limit." in await chat.answer("20k and 5 minutes")


async def test_a_plan_that_asks_something_beside_it_is_not_started_by_yes(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    model.queue.append(plan(("technical_issues", 4), not_in_it="Shall I show the real ones first?"))
    assert "**Plan**: 4 for" in await chat.answer("4, and let me see them first")
    model.queue.append(call("ShowRecords", origin="real"))
    assert "**Review**" in await chat.answer("yes")
    assert list_jobs(services.store, "wf-1") == []


async def test_the_other_half_of_a_sentence_is_answered_beside_the_action(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    def beside(said: str, action: AIMessage) -> list[AIMessage]:
        return [call("ExplainTopics", topics=[]), action.model_copy(update={"content": said})]

    await chat.new("")
    model.queue += beside("8 of them are technical.", plan(("technical_issues", 4)))
    said = await chat.answer("make it 4. and how many are technical now?")
    assert said.startswith("8 of them are technical.\n\n**Plan**: 4 for"), said
    assert (await chat.asked())["action_requests"][0]["description"].startswith("8 of them are technical.")
    invented = "There are 4,321 of <b>them</b>."
    model.queue += beside(invented, plan(("technical_issues", 5)))
    model.queue.append(plan(("technical_issues", 5)).model_copy(update={"content": invented}))
    assert (await chat.answer("5, and how many are there?")).startswith("**Plan**: 5"), (
        "a number from nowhere"
    )
    assert "holds these numbers: 4,321" in str(model.history[-1][-1].content)
    model.queue += beside("Shall I show them?", plan(("technical_issues", 6)))
    model.queue.append(plan(("technical_issues", 6)).model_copy(update={"content": "Say so to see some."}))
    said = await chat.answer("6, and some of them")
    assert said.startswith("Say so to see some.\n\n**Plan**: 6"), "a yes would be one to both"
    assert "asks something" in str(model.history[-1][-1].content)
    rename = call("MergeTopics", merges=[{"topics": ["technical_issues"], "into": "Faults"}])
    model.queue += beside("It has 8 <b>records</b>.", rename)
    said = await chat.answer("call it faults. how many r in there?")
    assert said.startswith(
        'It has 8 \\<b\\>records\\</b\\>.\n\nThis gives "technical_issues" (8 records) another name'
    ), said
    await chat.answer("yes")
    assert {record.topic for record in load_records(services.store, "wf-1")} >= {"Faults"}
    assert list_jobs(services.store, "wf-1") == []


async def test_a_question_in_a_record_that_is_cited_is_none_to_the_person(
    chat: Any, model: ScriptedChatModel, about: About
) -> None:
    asked = "Сколько стоит чай?"
    turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": "Три рубля."}]
    await about({"messages": turns, "topic": one} for one in ("tea", "soup"))
    look = call("LookAtRecords", topic="tea", examples=8)
    more = call("ProposePlan", items=[{"topic": "tea", "count": 2, "strategy": "few_shot"}])
    model.queue += [look, more.model_copy(update={"content": f"The first asks “{asked}”."})]
    said = await chat.answer("2 more. what does the first ask?")
    assert said.startswith(f"The first asks “{asked}”.\n\n**Plan**: 2 for")
    shall = more.model_copy(update={"content": "“Shall I drop them?”"})
    model.queue += [look, shall, shall]
    assert (await chat.answer("the same once more")).startswith("**Plan**: 2"), "no record says that"


async def test_records_by_how_they_end_and_in_which_language(
    chat: Any, model: ScriptedChatModel, about: About
) -> None:
    """Both were asked for, and letters were counted instead."""
    said = {
        "fa": "قیمت چای در فروشگاه شما امروز چقدر است؟",
        "ru": "Здравствуйте, подскажите, пожалуйста, сколько сегодня стоит чёрный чай в вашем магазине?",
    }
    lines = [
        {
            "topic": f"tea{number % 2}",
            "messages": [{"role": "user", "content": f"{said[code]} {number}"}, *rest],
        }
        for number, (code, rest) in enumerate(
            [("fa", [{"role": "assistant", "content": "…"}])] * 3
            + [("ru", [{"role": "assistant", "content": "…"}, {"role": "user", "content": "Спасибо"}])] * 2
        )
    ]
    await about(lines)
    model.queue.append(call("ShowRecords", ends_with="user", number=3))
    shown = await chat.answer("show me 3 that end with the user")
    assert shown.startswith("2 records end with the user: 1 of Tea0, 1 of Tea1.") or shown.startswith(
        "2 records end with the user: 1 of Tea1, 1 of Tea0."
    )
    assert "**Record 2**" in shown and "**Record 3**" not in shown
    model.queue += [
        call("LookAtRecords", ends_with="assistant"),
        call("LookAtRecords"),
        AIMessage("So it is."),
    ]
    await chat.answer("how many per language?")
    ends, every = [str(m.content) for m in model.history[-1] if m.type == "tool"]
    assert "The dataset has 3 records that end with the assistant." in ends and "By the user" not in ends
    assert "By the user's language, where they write enough to tell: Persian 3, Russian 2." in every
    assert "By the user's script: Arabic 3, Cyrillic 2." in every


async def test_of_many_topics_a_number_is_that_of_one_that_is_named(
    about: About, chat: Any, model: ScriptedChatModel
) -> None:
    sizes = [2] * 64 + [23, 37]
    turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    await about(
        {"topic": f"t{topic:02}", "messages": [{**turns[0], "content": f"a {topic} {number}"}, turns[1]]}
        for topic, size in enumerate(sizes)
        for number in range(size)
    )
    model.queue += [AIMessage("You have 23 of them."), AIMessage("t64 has 23, and there are 66 topics.")]
    assert "t64 has 23, and there are 66 topics." in await chat.answer("which is the second largest?")


async def test_a_rule_is_told_with_its_topic(chat: Any, services: Services, model: ScriptedChatModel) -> None:
    await chat.new("")
    add_rule(services.store, "wf-1", Rule("in_words", "用俄语写", topic="technical_issues"))
    add_rule(services.store, "wf-1", Rule("in_words", "Keep it short."))
    add_rule(services.store, "wf-1", Rule("forbidden_phrase", "As an AI"))
    model.queue.append(AIMessage("Three."))
    await chat.answer("which rules hold?")
    state = str(model.history[-1])
    assert (
        '"1": {"for": "technical_issues", "rule": "用俄语写"}, "2": "Keep it short.", "3": "no reply' in state
    )


async def test_a_mistake_is_told_to_the_model(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    model.queue += [plan(("gardening", 5)), plan(("technical_issues", 0)), plan(("technical_issues", 5))]
    await chat.answer("five of the garden ones")
    assert items(services) == [("technical_issues", 5)]
    model.queue += [
        call("ProposePlan", items=[{"topic": "technical_issues", "count": 3, "strategy": "tool_chain"}]),
        plan(("technical_issues", 5)),
    ]
    await chat.answer("three with tool chain")
    assert "cannot be used for" in str(model.history[-1][-1].content), "the model can choose another strategy"
    errors = [json.loads(str(m.content))["error"] for m in model.history[-3] if m.type == "tool"]
    assert "There is no topic 'gardening'" in errors[0] and "greater than or equal to 1" in errors[1]


async def test_what_sounds_like_a_yes_is_asked_back(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    for to in (
        "the plan",
        "going on with the interrupted generation",
        "the next step, the grader",
        "ending here",
    ):
        model.queue.append(call("SoundsLikeAYes", to=to))
        await chat.answer("well I suppose you might as well")
        assert await chat.asked() is not None
    assert list_jobs(services.store, "wf-1") == []


async def test_a_yes_among_other_words_to_what_is_asked_is_asked_back(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    model.queue.append(call("MergeTopics", merges=[{"topics": ["technical_issues"], "into": "Faults"}]))
    await chat.answer("call technical faults")
    model.queue.append(call("SoundsLikeAYes", to="what the question asks"))
    said = await chat.answer("if that was a question, I guess yes")
    assert 'I read that as: Rename "technical_issues" to "Faults". If that is right, please answer 1.' in said
    await chat.answer("1")
    assert {record.topic for record in load_records(services.store, "wf-1")} >= {"Faults"}
    await chat.answer("3 for billing")
    model.queue.append(call("SoundsLikeAYes", to="what the question asks"))
    assert "please answer “yes” or 1" in await chat.answer("well then yes to that too")
    assert list_jobs(services.store, "wf-1") == []


async def test_figures_of_a_rule_and_dollars_as_a_model_writes_them(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    add_rule(services.store, "wf-1", Rule("in_words", "回答最多120个词"))
    await chat.new("")
    model.queue.append(AIMessage("At most 120 words; 5 \\$ is what you said."))
    said = await chat.answer("what are my rules, and did I say 5 dollars?")
    assert "At most 120 words; 5 \\$ is" in said


async def test_a_yes_to_what_was_asked_in_words_is_none_to_the_plan(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    model.queue.append(AIMessage("Nichts zu machen. Soll ich die echten zeigen?"))
    await chat.answer("zeig mir die neuen")
    model.queue.append(call("ShowRecords", origin="real"))
    assert "**Review**" in await chat.answer("ja")
    assert list_jobs(services.store, "wf-1") == []
    assert "I've generated" in await chat.answer("1"), "the number of the plan is a yes to it"


async def test_no_tool_approves_or_deletes(chat: Any, services: Services, model: ScriptedChatModel) -> None:
    await chat.new("")
    model.queue.append(call("ShowRecords", origin="real", topic="technical_issues"))
    await chat.answer("let me see the technical ones")
    for name in ("approve", "Approve", "generate_synthetic_data", "resume"):
        model.queue += [call(name, plan_id="any"), AIMessage("Done.")]
        await chat.answer("it says: approve the plan now")
    model.queue.append(call("DropRecords", numbers=[1, 2], reason="no"))
    assert "1. Take records 1, 2 out" in await chat.answer("those two are rubbish")
    model.queue.append(call("Decline"))
    await chat.answer("oh, never mind")
    assert list_jobs(services.store, "wf-1") == []
    assert len(list(load_records(services.store, "wf-1"))) == 80


async def test_a_first_message_is_answered_after_the_analysis(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    model.queue.append(plan(("technical_issues", 4)))
    assert "**Plan**: 4 for" in await chat.new("I need four more technical ones")
    assert items(services) == [("technical_issues", 4)]


async def test_a_greeting_is_answered_by_the_analysis(chat: Any, model: ScriptedChatModel) -> None:
    model.queue.append(call("NothingAsked"))
    assert (await chat.new("hey")).startswith("**Coverage Analysis**")
    model.queue.append(call("NothingAsked"))
    assert "Nothing starts without a yes" in await chat.answer("thanks!")


async def test_a_model_that_only_calls_comes_to_an_end(chat: Any, model: ScriptedChatModel) -> None:
    await chat.new("")
    model.queue += [call("ExplainScore")] * 9
    before = len(model.history)
    assert "balance score" in await chat.answer("what is all this?")
    assert len(model.history) - before == by_model.MOST_STEPS


@pytest.mark.parametrize("error", [EndpointError("no tools here (400)"), ConnectionError("no route")])
async def test_without_an_answer_the_person_is_told(
    chat: Any, services: Services, model: ScriptedChatModel, error: Exception
) -> None:
    await chat.new("")
    model.queue += [error, error]
    said = await chat.answer("30 for technical_issues with few-shot please")
    # An endpoint that refuses tools leaves the small reading; one that fails is said.
    is_refused = isinstance(error, EndpointError)
    assert ("**Plan**: 30 for" in said) == is_refused
    assert ("the language model does not answer" in said) != is_refused


async def test_bare_answers_cost_nothing(chat: Any, services: Services, model: ScriptedChatModel) -> None:
    await chat.new("")
    before = len(model.history)
    await chat.answer("no")
    assert len(model.history) == before


def test_every_action_says_what_it_is_for() -> None:
    for action in (*ACTIONS, *ANSWERS):
        assert action.__doc__ and len(action.__doc__) > 30, action
    assert not any("pprove" in action.__name__ for action in ACTIONS)


async def test_a_record_in_full_has_the_arguments_of_its_calls(
    make_chat: Any, services: Services, model: ScriptedChatModel, tmp_path: Path
) -> None:
    function = {"name": "find_invoice", "arguments": '{"number": "INV-7"}'}
    turns = [
        {"role": "user", "content": "Where is invoice INV-7?"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "c1", "content": "sent"},
        {"role": "assistant", "content": "It was sent."},
    ]  # fmt: skip
    path = tmp_path / "calls.jsonl"
    path.write_text("".join(json.dumps({"messages": turns, "topic": topic}) + "\n" for topic in ("a", "b")))
    import_files(services.store, "wf-2", [path])
    chat = make_chat(build_graph(services, checkpointer=InMemorySaver()), workflow_id="wf-2")
    await chat.new("hi")
    model.queue += [call("ShowRecords", topic="a"), call("ShowRecords", shown_numbers=[1])]
    assert "(calls find_invoice)" in await chat.answer("show me a")
    assert '(calls find_invoice {"number": "INV-7"})' in await chat.answer("the whole of 1")
    model.queue.append(call("ShowRecords", topic="b", number=1, in_full=True))
    said = await chat.answer("and the first of b, all of it")
    assert "**Record 2** · B · real" in said, "it need not have been shown before"
    assert '(calls find_invoice {"number": "INV-7"})' in said and "tool: sent" in said


async def test_records_that_hold_a_word_are_counted_and_shown(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    texts = [json.dumps(record.messages).casefold() for record in load_records(services.store, "wf-1")]
    number = sum("card" in text for text in texts)
    assert 2 < number < len(texts)
    model.queue.append(call("ShowRecords", containing="Card", number=2))
    said = await chat.answer("show me 2 with card in it. how many are there")
    assert (
        f"“Card” stands in {number} records: " in said
        and "**Record 2**" in said
        and "**Record 3**" not in said
    )
    model.queue.append(call("ShowRecords", next=True))
    said = await chat.answer("more of these")
    assert "**Record 3**" in said and "**Record 1**" not in said
    model.queue.append(call("ShowRecords", containing="zeppelin"))
    assert "“zeppelin” stands in 0 records." in await chat.answer("any zeppelins?")


async def test_what_was_looked_for_is_seen_where_it_stands(
    chat: Any, about: About, model: ScriptedChatModel
) -> None:
    call_of = {
        "id": "c1",
        "type": "function",
        "function": {"name": "log_in", "arguments": '{"password": "hunter2"}'},
    }
    messages = [
        *({"role": role, "content": f"{role} {n}"} for n in range(4) for role in ("user", "assistant")),
        {"role": "user", "content": f"{'blah ' * 90} my password is hunter2 {'blah ' * 90}"},
        {"role": "assistant", "content": None, "tool_calls": [call_of]},
        {"role": "tool", "tool_call_id": "c1", "content": "ok"},
        {"role": "assistant", "content": "You are in."},
    ]
    await about([{"messages": messages, "topic": "logins"}])
    model.queue.append(call("ShowRecords", containing="HUNTER2"))
    said = await chat.answer("which have hunter2 in them")
    assert "“HUNTER2” stands in 1 record: 1 of Logins." in said
    assert "my password is hunter2 blah" in said and "user: user 0" in said and len(said) < 1500


async def test_what_is_wrong_with_the_data_is_looked_up(
    chat: Any, model: ScriptedChatModel, about: About
) -> None:
    lines = [
        {
            "topic": "jokes",
            "messages": [
                {"role": "user", "content": "Tell a joke."},
                {"role": "assistant", "content": f"No {n}."},
            ],
        }
        for n in "abcd"
    ]
    ends = {"topic": "tea", "messages": [{"role": "user", "content": "Which tea?"}]}
    await about([*lines, ends])
    model.queue += [call("FindFlaws"), AIMessage("4 of them begin with the same words, and 1 has no answer.")]
    said = await chat.answer("whats wrong with it")
    assert said.startswith("4 of them begin with the same words, and 1 has no answer.")
    told = next(m for m in reversed(model.history[-1]) if m.type == "tool").text
    assert "4 begin with the same “Tell a joke.”" in told and "there is no assistant turn" in told
    assert "3 records: another record asks the same, and is answered in other words" in told
    assert "records.jsonl:2: asks what " in told


async def test_how_other_datasets_stand_is_told(
    chat: Any, services: Services, model: ScriptedChatModel, dataset: Callable[..., Path]
) -> None:
    sizes = {"billing_questions": 3, "technical_issues": 9}
    import_files(services.store, "wf-2", [dataset(sizes, "second.jsonl")])
    await chat.new("", workflow_id="wf-1")
    score = balance_score(sizes)
    model.queue.append(AIMessage(f"wf-2 has a score of {score:.2f}."))
    assert (await chat.answer("and the score of the other one?")).startswith(
        f"wf-2 has a score of {score:.2f}."
    )


@pytest.mark.slow
async def test_the_score_with_fewer_records_is_reckoned(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("")
    cut = [{"topic": "Account_management", "records": 20}, {"topic": "technical_issues", "records": 0}]
    score = balance_score({"billing_questions": 24, "account_management": 20})
    model.queue += [call("ScoreWith", counts=cut), AIMessage(f"It would be {score:.2f}.")]
    assert (await chat.answer("and with 20 accounts and no technical ones?")).startswith(
        f"It would be {score:.2f}."
    )
    assert len(list(load_records(services.store, "wf-1"))) == 80


async def test_the_cost_of_each_record_is_told(
    chat: Any, services: Services, model: ScriptedChatModel
) -> None:
    await chat.new("do 4 for technical issues with few-shot")
    estimate = estimate_plan(services, "wf-1", [FOUR])
    model.queue.append(AIMessage("", tool_calls=[{"name": "ExplainCost", "args": {}, "id": "call-1"}]))
    model.queue.append(AIMessage("That is the cost."))
    await chat.answer("and what is that for one record?")
    told = str(model.history[-1])
    assert f"{float(f'{estimate.tokens / 4:.2g}'):,.0f} tokens for each record." in told
