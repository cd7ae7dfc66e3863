"""One's own columns: `import --map` reads them, `import --suggest` proposes how; errors say what was given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import Command, chat_line

Json = dict[str, Any]


def lines(*objects: Json) -> str:
    return "\n".join(json.dumps(item, ensure_ascii=False) for item in objects)


def exported(command: Command) -> list[Json]:
    outcome = command("export", "-w", "wf-1", "--all", "-o", "-")
    return [json.loads(line) for line in outcome.out.splitlines()]


def imported(command: Command, folder: Path, text: str, mapping: str, name: str = "data.jsonl") -> Json:
    (folder / name).write_text(text, encoding="utf-8")
    (folder / "map.yaml").write_text(mapping, encoding="utf-8")
    outcome = command("import", folder / name, "-w", "wf-1", "--map", folder / "map.yaml", "--json")
    report: Json = outcome.document["import"]
    return report


def turn(role: str, content: str, **others: Any) -> Json:
    return {"role": role, "content": content, **others}


TOOL = {"name": "find", "parameters": {"type": "object", "properties": {}}}
MAPPED = {
    "a column for each turn": (
        "Frage (Kunde);Antwort;Bereich;Nr\nWo?;Hier.;Ort;1\n",
        "turns: [{user: Frage (Kunde)}, {assistant: Antwort}]\ntopic: Bereich",
        {"messages": [turn("user", "Wo?"), turn("assistant", "Hier.")], "Nr": "1", "topic": "Ort"},
    ),
    "later turns may be missing": (
        "q1,a1,q2,a2\nOne?,1.,,\n",
        "turns: [{user: q1}, {assistant: a1}, {user: q2}, {assistant: a2}]",
        {"messages": [turn("user", "One?"), turn("assistant", "1.")]},
    ),
    "a list of turns within": (
        lines(
            {
                "log": {
                    "entries": [{"who": "Kunde", "said": "Hi.", "at": 3}, {"who": "KI", "said": "Hallo."}],
                    "id": 7,
                },
                "meta": {"area": "x", "rules": "Be kind."},
                "functions": json.dumps([TOOL]),
            }
        ),
        "messages: log.entries\nrole: who\ncontent: said\nroles: {Kunde: user, ki: assistant}\n"
        "system: meta.rules\ntools: functions\ntopic: meta.area",
        {
            "messages": [turn("system", "Be kind."), turn("user", "Hi.", at=3), turn("assistant", "Hallo.")],
            "tools": [{"type": "function", "function": TOOL}],
            "log": {"id": 7},
            "topic": "x",
        },
    ),
    "turns without speakers, found by JMESPath": (
        lines({"d": [{"t": ["A?", "a"]}, {"t": ["B?", "b"]}]}),
        "messages: d[].t[]\nrole: [user, assistant]\ntopic: \"'fixed'\"",
        {
            "messages": [
                turn("user", "A?"),
                turn("assistant", "a"),
                turn("user", "B?"),
                turn("assistant", "b"),
            ],
            "d": [{"t": ["A?", "a"]}, {"t": ["B?", "b"]}],
            "topic": "fixed",
        },
    ),
    "a row for each turn": (
        "id,n,who,what,area\n7,2,Rep,Which?,bills\n7,1,Cust,Wrong bill.,bills\n",
        "conversation: id\norder: n\nrole: who\ncontent: what\nroles: {Cust: user, Rep: assistant}\ntopic: area",
        {"messages": [turn("user", "Wrong bill."), turn("assistant", "Which?")], "id": "7", "topic": "bills"},
    ),
    "many records in one object": (
        json.dumps(
            {"of": "2024", "all": {"x": [{"by": "human", "said": "Hi"}, {"by": "bot", "said": "Hello"}]}}
        ),
        "records: values(all)\nmessages: turns\nrole: by\ncontent: said",
        {"messages": [turn("user", "Hi"), turn("assistant", "Hello")]},
    ),
    "some items, some speakers": (
        lines(
            {"kind": "note", "log": []},
            {
                "kind": "chat",
                "log": [{"by": 71, "t": "Hi"}, {"by": 5, "t": "(vip)"}, {"by": 9, "t": "Hello"}],
            },
        ),
        "where: kind == 'chat'\nmessages: log\nrole: by\ncontent: t\n"
        "roles: {'9': assistant, '5': leave_out, '*': user}",
        {"messages": [turn("user", "Hi"), turn("assistant", "Hello")], "kind": "chat"},
    ),
    "a transcript with times": (
        json.dumps({"log": "System: begun\n[09:12] Kunde: It is 9:15.\nWhy?\n[09:13] Agent: So it is."}),
        "transcript: log\nroles: {Kunde: user, Agent: assistant, System: leave_out}",
        {"messages": [turn("user", "It is 9:15.\nWhy?"), turn("assistant", "So it is.")]},
    ),
    "answers of tools without ids": (
        lines(
            {
                "log": [
                    {"who": "human", "t": "Where?"},
                    {
                        "who": "bot",
                        "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": "{}"}}],
                    },
                    {"who": "tool", "t": "here"},
                    {"who": "bot", "t": "Here."},
                ]
            }
        ),
        "messages: log\nrole: who\ncontent: t",
        {
            "messages": [
                turn("user", "Where?"),
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                    ],
                },
                {"role": "tool", "tool_call_id": "call_1", "content": "here"},
                turn("assistant", "Here."),
            ]
        },
    ),
    "turns in a cell": (
        "chat,topic\n\"[{'by': 'human', 'said': 'Hi'}, {'by': 'bot', 'said': 'Hello'}]\",t\n",
        "messages: chat\nrole: by\ncontent: said",
        {"messages": [turn("user", "Hi"), turn("assistant", "Hello")], "topic": "t"},
    ),
    "another field that is called topic": (
        lines({"q": "A?", "a": "b", "topic": 5, "area": ["x", "y"]}),
        "turns: [{user: q}, {assistant: a}]\ntopic: area",
        {
            "messages": [turn("user", "A?"), turn("assistant", "b")],
            "topic": ["x", "y"],
            "source_format": "mapping",
            "source_extra": {"topic": 5},
        },
    ),
}


@pytest.mark.parametrize("kind", MAPPED)
def test_what_a_mapping_reads(command: Command, tmp_path: Path, kind: str) -> None:
    text, mapping, record = MAPPED[kind]
    report = imported(command, tmp_path, text, mapping, "data.jsonl" if text.startswith("{") else "data.csv")
    assert (report["added"], report["bad"]) == (1, [])
    assert exported(command) == [record]


GIVEN = lines({"q": "A?", "a": "b", "n": 7, "who": "Ann", "t": [{"who": "Ann", "said": "x"}]})


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("turns: [{user: q}, {assistant: b}]", "`turns[2].assistant: b` gave nothing, not text"),
        ("turns: [{user: q}, {assistant: n}]", "`turns[2].assistant: n` gave '7', not text"),
        ("messages: who\nrole: who", "`messages: who` gave the text 'Ann', not a list of turns"),
        (
            "messages: t\nrole: who\ncontent: said",
            "`role: who` gave the text 'Ann' in turn 1: say who that is",
        ),
        ("messages: t\nrole: [user]\ncontent: text", "`content: text` gave nothing, not text"),
        ("turns: [{user: 'to_number(q'}]", "is no field; the fields are 'q', 'a', 'n'"),
        ("turns: [{user: 'abs(q)'}]", "cannot be asked of it"),
        ("turns: [{user: q}, {assistant: a}]\ntools: n", "`tools: n` gave '7'"),
        ("turns: [{user: q}, {assistant: a}]\nsystem: n", "`system: n` gave '7', not text"),
        ("conversation: id\nrole: who\ncontent: q", "`conversation: id` gave nothing: whose turn is it?"),
    ],
)
def test_an_error_names_the_expression_the_record_and_what_it_gave(
    command: Command, tmp_path: Path, mapping: str, said: str
) -> None:
    report = imported(command, tmp_path, f"\n{GIVEN}", mapping)
    assert report["added"] == 0
    (bad,) = report["bad"]
    assert bad["line"] == 2 and said in bad["reason"]


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("turn: [{user: q}]", "unknown key 'turn'"),
        ("topic: q", "there are none of them"),
        ("turns: [{user: q}]\nmessages: t", "both `messages` and `turns`"),
        ("turns: [{customer: q}]", "'customer' is no role; use one of system"),
        ("turns: [{user: q, assistant: a}]", "each entry of `turns` is one role with one field"),
        ("messages: t\nroles: {Ann: boss}", "'boss' is no role"),
        ("messages: t\nrole: []", "`role` names nobody"),
        ("messages: t\norder: n", "`order` belongs to `conversation`"),
        ("messages: 5", "messages: Input should be a valid string"),
        ("- a", "does not hold `key: field` lines"),
        ("a: [", "is neither YAML nor JSON (line 1"),
    ],
)
def test_a_mapping_that_is_none_is_refused_before_anything_is_read(
    command: Command, tmp_path: Path, mapping: str, said: str
) -> None:
    (tmp_path / "map.yaml").write_text(mapping)
    (tmp_path / "data.jsonl").write_text(GIVEN)
    outcome = command("import", tmp_path / "data.jsonl", "-w", "wf-1", "--map", tmp_path / "map.yaml")
    assert outcome.code == 1
    assert "map.yaml" in outcome.err and said in outcome.err
    assert command("workflows", "--json").document["workflows"] == []


def test_bad_answers_are_no_training_data_by_a_mapping_either(command: Command, tmp_path: Path) -> None:
    rows = [{"q": "A?", "a": "b", "label": False}, {"q": "B?", "a": "c", "label": True}]
    report = imported(command, tmp_path, lines(*rows), "turns: [{user: q}, {assistant: a}]")
    assert (report["added"], [bad["code"] for bad in report["bad"]]) == (1, ["marked_bad"])
    as_topic = imported(command, tmp_path, lines(*rows), "turns: [{user: q}, {assistant: a}]\ntopic: label")
    assert as_topic["topics"] == {"false": 1, "true": 1}


def test_a_topic_that_a_mapping_finds_nowhere_is_refused(command: Command, tmp_path: Path) -> None:
    (tmp_path / "data.jsonl").write_text(lines({"q": "A?", "a": "b", "area": "x"}))
    (tmp_path / "map.yaml").write_text("turns: [{user: q}, {assistant: a}]\ntopic: aera")
    outcome = command("import", tmp_path / "data.jsonl", "-w", "wf-1", "--map", tmp_path / "map.yaml")
    assert outcome.code == 1
    assert "No record has the field 'aera'" in outcome.err and "there are: area" in outcome.err


@pytest.mark.parametrize(
    "arguments", [["--format", "alpaca"], ["--topic-field", "area"], ["--output", "x.yaml"]]
)
def test_what_does_not_go_together(command: Command, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "data.jsonl").write_text(GIVEN)
    (tmp_path / "map.yaml").write_text("turns: [{user: q}, {assistant: a}]\ntopic: who")
    mapped = ["--map", tmp_path / "map.yaml"] if arguments[0] != "--output" else []
    assert command("import", tmp_path / "data.jsonl", "-w", "wf-1", *mapped, *arguments).code == 2
    assert command("import", tmp_path / "data.jsonl").code == 2


ASKED = ["Where is my order?", "How do I reset it?", "Can I return the lamp?", "Is the shop open now?"] * 3
SUGGESTED = {
    "columns of other names": (
        "nr;Rückmeldung;Anliegen des Kunden;Bereich\n"
        + "".join(
            f"{n};Das ist Antwort Nummer {n}.;{text[:-1]} {n}?;{'ab'[n % 2]}\n"
            for n, text in enumerate(ASKED)
        ),
        {"turns": [{"user": "Anliegen des Kunden"}, {"assistant": "Rückmeldung"}], "topic": "Bereich"},
    ),
    "names that tell the sides": (
        "agent,customer,system_text\n"
        + "".join(
            f"It is number {n}.,Tell me {n} please.,Answer as a shop clerk who is friendly and brief.\n"
            for n in range(9)
        ),
        {"turns": [{"user": "customer"}, {"assistant": "agent"}], "system": "system_text"},
    ),
    "several turns in a row": (
        "a,b,c,d\n" + "".join(f"What is {n}?,It is {n}.,And {n} more?,It is {n} too.\n" for n in range(9)),
        {"turns": [{"user": "a"}, {"assistant": "b"}, {"user": "c"}, {"assistant": "d"}]},
    ),
    "a list of turns within": (
        lines(
            *(
                {
                    "data": {
                        "chat log": [
                            {"by": "x1", "t": f"Hello {n} there"},
                            {"by": "bot", "t": f"Good day {n}"},
                        ]
                    },
                    "meta": {"kind": "ab"[n % 2]},
                }
                for n in range(9)
            )
        ),
        {
            "messages": 'data."chat log"',
            "role": "by",
            "content": "t",
            "roles": {"bot": "assistant", "x1": "user"},
            "topic": "meta.kind",
        },
    ),
    "a row for each turn": (
        "Fall;Nr;Wer;Was\n"
        + "".join(
            f"{n};1;Customer;Meine Nummer {n} geht nicht.\n{n};2;Technik;Bitte {n} neu starten.\n"
            for n in range(9)
        ),
        {
            "conversation": "Fall",
            "order": "Nr",
            "role": "Wer",
            "content": "Was",
            "roles": {"Customer": "user", "Technik": "assistant"},
        },
    ),
    "fields within fields": (
        lines(
            *(
                {
                    "ticket": {
                        "customer_message": f"Invoice {n} is wrong.",
                        "agent_reply": f"Invoice {n} is mended.",
                    },
                    "n": n,
                }
                for n in range(9)
            )
        ),
        {"turns": [{"user": "ticket.customer_message"}, {"assistant": "ticket.agent_reply"}]},
    ),
    "exchanges in a list": (
        lines(
            *(
                {
                    "n": n,
                    "of": {
                        "rounds": [{"ask": f"What is {k}?", "tell": f"It is {k} now."} for k in (n, n + 50)]
                    },
                }
                for n in range(9)
            )
        ),
        {"messages": "of.rounds[].[ask, tell][]", "role": ["user", "assistant"]},
    ),
    "numbered turns, later ones in few records": (
        "client_1,shop_1,client_2,shop_2,notes\n"
        + "".join(
            f"What is {n}?,It is {n}.,{'And more?,No more.' if n % 3 == 0 else ','},Seen by night shift\n"
            for n in range(9)
        ),
        {
            "turns": [
                {"user": "client_1"},
                {"assistant": "shop_1"},
                {"user": "client_2"},
                {"assistant": "shop_2"},
            ]
        },
    ),
    "many conversations in one object": (
        json.dumps(
            {
                "from": "2024",
                "sessions": [
                    {
                        "log": [
                            {"by": "visitor", "t": f"Hello {n} there"},
                            {"by": "staff", "t": f"Good day {n}"},
                        ]
                    }
                    for n in range(9)
                ],
            }
        ),
        {
            "records": "sessions",
            "messages": "log",
            "role": "by",
            "content": "t",
            "roles": {"visitor": "user", "staff": "assistant"},
        },
    ),
    "texts that take turns": (
        lines(*({"said": [f"Hello {n} there", f"Good day {n}"]} for n in range(9))),
        {"messages": "said", "role": ["user", "assistant"]},
    ),
}


@pytest.mark.parametrize("kind", SUGGESTED)
def test_a_proposed_mapping_is_taken_as_it_is(command: Command, tmp_path: Path, kind: str) -> None:
    text, mapping = SUGGESTED[kind]
    file = tmp_path / ("data.jsonl" if text.startswith("{") else "data.csv")
    file.write_text(text, encoding="utf-8")
    outcome = command("import", file, "--suggest")
    assert outcome.code == 0, outcome.err
    assert yaml.safe_load(outcome.out) == mapping
    shown = command("import", file, "--suggest", "--json").document["suggestion"]
    (tmp_path / "map.yaml").write_text(outcome.out, encoding="utf-8")
    report = command("import", file, "-w", "wf-1", "--map", tmp_path / "map.yaml", "--json").document[
        "import"
    ]
    assert report["bad"] == [] and report["added"] == shown["read"] == shown["looked_at"]
    first = exported(command)[0]
    assert first["messages"] == shown["messages"]
    roles = [message["role"] for message in first["messages"] if message["role"] != "system"]
    assert roles == ["user", "assistant"] * (len(roles) // 2)
    assert f"user: {first['messages'][-2]['content']}" in outcome.err


def test_a_layout_that_is_known_needs_no_mapping(command: Command, tmp_path: Path) -> None:
    rows = [json.loads(chat_line(None, f"Question {n}?")) | {"area": "ab"[n % 2]} for n in range(30)]
    (tmp_path / "data.jsonl").write_text(lines(*rows))
    outcome = command("import", tmp_path / "data.jsonl", "--suggest", "-o", tmp_path / "map.yaml")
    assert (outcome.code, outcome.out) == (0, "")
    assert "OpenAI chat" in outcome.err and "no mapping is needed" in outcome.err
    assert (
        "Topics could be in area (a, b): --topic-field area\n" in outcome.err
        and "was not written" in outcome.err
    )
    assert not (tmp_path / "map.yaml").exists()


def test_a_mapping_is_written_where_nothing_is(command: Command, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(SUGGESTED["several turns in a row"][0])
    where = ["--suggest", "-o", tmp_path / "map.yaml"]
    first = command("import", tmp_path / "data.csv", *where)
    assert (first.code, first.out) == (0, "") and "--map" in first.err
    again = command("import", tmp_path / "data.csv", *where)
    assert again.code == 1 and "there already" in again.err
    assert command("import", tmp_path / "data.csv", *where, "--overwrite").code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (lines({"a": 1, "b": 2}), "nothing looks like a conversation; its fields are a, b"),
        ("{broken", "cannot be read"),
        ("", "cannot be read: it is empty"),
    ],
)
def test_nothing_to_propose(command: Command, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "data.jsonl").write_text(text)
    outcome = command("import", tmp_path / "data.jsonl", "--suggest")
    assert outcome.code == 1 and said in outcome.err


def test_an_unknown_layout_names_its_fields_and_the_way_out(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "data.jsonl"
    file.write_text(lines({"ask": "A b c?", "reply": "D e f.", "n": 1}))
    outcome = command("import", file, "-w", "wf-1")
    assert outcome.code == 1
    assert "keys: 'ask', 'reply', 'n'" in outcome.out
    assert f"finetune-coverage import {file} --suggest -o mapping.yaml" in outcome.out


def test_ids_are_no_speakers_and_one_object_alone_shows_nothing(command: Command, tmp_path: Path) -> None:
    requests = [
        {"requestId": f"request_{number}", "message": {"text": f"How do I write case {number} of it?"}}
        for number in range(3)
    ]
    file = tmp_path / "chat.json"
    file.write_text(json.dumps({"responder": "Some assistant", "requests": requests}), encoding="utf-8")
    outcome = command("import", file, "--suggest")
    assert outcome.code == 1 and "nothing looks like a conversation" in outcome.err
    assert "requests" in outcome.err


def test_a_mapping_that_is_only_begun_is_not_read(command: Command, tmp_path: Path) -> None:
    rows = [
        {"log": [{"by": "x1", "said": f"Hello {n} there"}, {"by": "x2", "said": f"Good day {n}"}], "n": n}
        for n in range(9)
    ]
    (tmp_path / "data.jsonl").write_text(lines(*rows))
    outcome = command("import", tmp_path / "data.jsonl", "--suggest", "-o", tmp_path / "map.yaml")
    assert outcome.code == 3 and "who is the user and who the assistant?" in outcome.err
    importing = ["import", tmp_path / "data.jsonl", "-w", "wf-1", "--map", tmp_path / "map.yaml"]
    refused = command(*importing)
    assert refused.code == 1 and "is only begun: who is the user" in refused.err
    mapping = yaml.safe_load((tmp_path / "map.yaml").read_text())
    del mapping["unsettled"]
    (tmp_path / "map.yaml").write_text(yaml.safe_dump(mapping))
    assert command(*importing, "--json").document["import"]["added"] == 9


NOTES = [f"The night shift took note of case {n} and all of its many details." for n in range(9)]
BEGUN = {
    "most of the text is left": (
        [
            {"question": f"What is {n}?", "reply": f"It is {n} so.", "documents": [NOTES[n]] * 3}
            for n in range(9)
        ],
        "more than half of the text behind: documents[]",
    ),
    "nobody answers": (
        [{"ask": f"What is {n}?", "candidates": [{"text": f"It is {n} so."}] * 3} for n in range(9)],
        "nobody answers ask",
    ),
    "speakers within a text": (
        [{"log": f"Kundin: Wo ist {n}?\nBeraterin: Hier ist {n}.\nKundin: Danke {n}."} for n in range(9)],
        "who is the user",
    ),
    "exchanges in one object": (
        [{"faq": [{"q": f"What is {n}?", "a": f"It is {n} so."} for n in range(9)]}],
        "is each a conversation",
    ),
}


@pytest.mark.parametrize("kind", BEGUN)
def test_what_is_not_certain_is_begun(command: Command, tmp_path: Path, kind: str) -> None:
    items, doubt = BEGUN[kind]
    file = tmp_path / "data.json"
    file.write_text(json.dumps(items[0], indent=1) if len(items) == 1 else lines(*items))
    outcome = command("import", file, "--suggest")
    assert outcome.code == 3, outcome.err
    assert doubt in " ".join(yaml.safe_load(outcome.out)["unsettled"])
    assert doubt in outcome.err


def test_bad_messages_in_most_of_a_file_name_the_way_out(command: Command, tmp_path: Path) -> None:
    rows = [{"messages": [turn("Ann", f"Where is {n}?"), turn("Shop", f"Here is {n}.")]} for n in range(4)]
    (tmp_path / "data.jsonl").write_text(lines(*rows))
    outcome = command("import", tmp_path / "data.jsonl", "-w", "wf-1")
    assert "unknown role 'Ann'" in outcome.out and "--suggest -o mapping.yaml" in outcome.out
