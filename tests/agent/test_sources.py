"""Where datasets come from: standard input, folders, patterns, archives, workbooks, the hub; and kinds of tables."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import huggingface_hub.constants
import openpyxl
import pyarrow
import pyarrow.parquet
import pytest
from backports import zstd

from .conftest import Command, chat_line

Json = dict[str, Any]
LINE = chat_line("billing", "Why was I charged twice?")
OTHER = chat_line("tech", "The app hangs.")


def import_of(command: Command, *named: str | Path, code: int = 0) -> Json:
    outcome = command("import", *named, "-w", "wf-1", "--json")
    assert outcome.code == code, outcome.err + outcome.out
    report: Json = outcome.document["import"]
    return report


def exported(command: Command) -> list[Json]:
    outcome = command("export", "-w", "wf-1", "--all", "-o", "-")
    return [json.loads(line) for line in outcome.out.splitlines()]


def said(command: Command) -> list[list[str]]:
    return [[message["content"] for message in record["messages"]] for record in exported(command)]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Puts bytes on standard input."""
    return lambda content: monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.mark.parametrize(
    "content",
    [
        f"{LINE}\n{OTHER}\n",
        f"[{LINE},\n{OTHER}]",
        "question;answer\nWhy was I charged twice?;a\nThe app hangs.;b\n",
    ],
)
def test_standard_input_is_read_and_written(
    command: Command, typed: Callable[[bytes], None], content: str
) -> None:
    typed(content.encode())
    report = import_of(command, "-")
    assert (report["files"], report["added"]) == (["<stdin>"], 2)
    assert [turns[0] for turns in said(command)] == ["Why was I charged twice?", "The app hangs."]


def test_standard_output_gets_the_records_and_nothing_else(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(f"{LINE}\n{chat_line('a', 'No answer', None)}\n")
    import_of(command, tmp_path / "a.jsonl")
    outcome = command("export", "-w", "wf-1", "-o", "-")
    assert (outcome.code, outcome.out) == (0, f"{LINE}\n")
    assert "1 records written to standard output" in outcome.err and "--all keeps such records" in outcome.err
    several = command("export", "-w", "wf-1", "-o", "-", "--split", "0.5")
    assert (several.code, several.out) == (1, "") and "more than one file" in several.err
    assert command("export", "-w", "wf-1", "-o", "-", "--json").code == 2
    assert not Path("-").exists()


def test_a_folder_a_pattern_and_what_is_left_alone(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for name, text in {
        "a.jsonl": LINE,
        "sub/b.json": f"[{OTHER}]",
        "README.md": "# Data",
        ".git/c.jsonl": chat_line("x", "hidden"),
        "dataset_info.json": "{}",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    report = import_of(command, folder)
    assert report["files"] == [str(folder / "a.jsonl"), str(folder / "sub" / "b.json")]
    assert report["left_alone"] == [str(folder / "README.md"), str(folder / "dataset_info.json")]
    assert "Left alone, for their names: " in command("import", folder, "-w", "wf-1").out
    by_pattern = import_of(command, str(folder / "**" / "*.json*"))
    assert (by_pattern["added"], by_pattern["already_there"]) == (0, 2)
    none = command("import", str(folder / "*.csv"), "-w", "wf-1")
    assert none.code == 1 and "No file is called like" in none.err
    (folder / "empty").mkdir()
    assert "without a dataset in it" in command("import", folder / "empty", "-w", "wf-1").err


def zipped(path: Path, members: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_zip_archives(command: Command, tmp_path: Path) -> None:
    one = zipped(
        tmp_path / "one.zip",
        {"__MACOSX/._t.csv": "x", "data/t.csv": "prompt;answer\nHi;Hello\n", "LICENSE": "x"},
    )
    assert "table; zip" in import_of(command, one)["formats"][0]["evidence"]
    assert said(command) == [["Hi", "Hello"]]

    several = zipped(tmp_path / "two.zip", {"train.jsonl": LINE, "test.jsonl": OTHER})
    (bad,) = import_of(command, several, code=1)["bad"]
    assert "2 datasets in the zip archive: 'train.jsonl', 'test.jsonl'" in bad["reason"]
    named = import_of(command, several / "test.jsonl")
    assert (named["added"], named["topics"]) == (1, {"tech": 1})
    assert "there is no 'x.jsonl'" in import_of(command, several / "x.jsonl", code=1)["bad"][0]["reason"]
    assert (
        "no dataset"
        in import_of(command, zipped(tmp_path / "n.zip", {"a.txt": "", "b.md": ""}), code=1)["bad"][0][
            "reason"
        ]
    )

    cut = tmp_path / "cut.zip"
    cut.write_bytes(several.read_bytes()[:60])
    assert import_of(command, cut, code=1)["bad"][0]["code"] == "broken_file"


def test_zstd(command: Command, tmp_path: Path) -> None:
    packed = zstd.compress(f"{LINE}\n{OTHER}\n".encode())
    (tmp_path / "a.jsonl.zst").write_bytes(packed)
    report = import_of(command, tmp_path / "a.jsonl.zst")
    assert (report["added"], report["formats"][0]["evidence"].endswith("zstd")) == (2, True)
    (tmp_path / "cut.jsonl.zst").write_bytes(packed[:-4])
    assert import_of(command, tmp_path / "cut.jsonl.zst", code=1)["bad"][0]["code"] == "broken_file"
    (tmp_path / "p.parquet.zst").write_bytes(zstd.compress(b"PAR1...."))
    assert (
        "packed with zstd: unpack it"
        in import_of(command, tmp_path / "p.parquet.zst", code=1)["bad"][0]["reason"]
    )


def test_a_folder_that_the_library_datasets_saved(command: Command, tmp_path: Path) -> None:
    for split, text in {"train": "a", "test": "b"}.items():
        folder = tmp_path / "saved" / split
        folder.mkdir(parents=True)
        table = pyarrow.table({"Prompt": [text], "Completion": ["c"], "Topic": ["t"]})
        with pyarrow.ipc.new_stream(folder / "data-00000-of-00001.arrow", table.schema) as stream:
            stream.write_table(table)
        (folder / "state.json").write_text(json.dumps({"_split": split, "_data_files": []}))
        (folder / "dataset_info.json").write_text("{}")
        (folder / "cache-1f.arrow").write_bytes(b"x")
    (tmp_path / "saved" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    report = import_of(command, tmp_path / "saved")
    assert (report["added"], report["bad"], report["topics"]) == (2, [], {"t": 2})
    assert [(record["split"], record["messages"][0]["content"]) for record in exported(command)] == [
        ("test", "b"),
        ("train", "a"),
    ]


def test_rows_of_the_dataset_server(command: Command, tmp_path: Path) -> None:
    rows = [
        {"row_idx": 0, "row": json.loads(LINE), "truncated_cells": []},
        {"row_idx": 1, "row": json.loads(OTHER), "truncated_cells": ["messages"]},
    ]
    page = {"features": [{"name": "messages"}], "rows": rows, "num_rows_total": 2, "partial": False}
    (tmp_path / "rows.json").write_text(json.dumps(page))
    report = import_of(command, tmp_path / "rows.json")
    assert (report["added"], report["topics"]) == (1, {"billing": 1})
    assert "the server left out a part of `messages`" in report["bad"][0]["reason"]


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    """Writes sheets of rows into an Excel file."""

    def write(**sheets: list[list[Any]]) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        book.save(tmp_path / "book.xlsx")
        return tmp_path / "book.xlsx"

    return write


def test_an_excel_workbook(command: Command, workbook: Callable[..., Path]) -> None:
    rows = [
        ["Question", "Answer", "Topic", "No"],
        ["How many?", 42, "sums", 1.0],
        [],
        ["Open?", True, None, None],
    ]
    report = import_of(command, workbook(Data=rows, Notes=[["made by hand"]], Empty=[]))
    assert (report["added"], report["topics"], report["without_topic"]) == (2, {"sums": 1}, 1)
    assert report["formats"][0]["evidence"].endswith("Excel; 'sheet Notes' around it left out")
    assert said(command) == [["How many?", "42"], ["Open?", "true"]]
    assert exported(command)[0]["No"] == "1"


def test_workbooks_that_cannot_be_read(
    command: Command, workbook: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reason(path: Path) -> str:
        return str(import_of(command, path, code=1)["bad"][0]["reason"])

    assert "a table without a column that is known" in reason(workbook(A=[["Where?", "There."], ["a", "b"]]))
    assert "the workbook is empty" in reason(workbook(A=[]))
    good = workbook(A=[["prompt", "answer"], ["a", "b"]])
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9)
    assert "with a password or of before 2007" in reason(tmp_path / "old.xls")
    with zipfile.ZipFile(good) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = members["xl/worksheets/sheet1.xml"][:300]
    assert "the workbook is damaged" in reason(zipped(tmp_path / "cut.xlsx", members))
    monkeypatch.setattr("finetune_coverage.tools.dataset.formats.containers.excel_rows.MAX_TEXTS_BYTES", 10)
    members["xl/sharedStrings.xml"] = b"<sst/>" * 9
    assert "texts of the workbook are more than" in reason(zipped(tmp_path / "bomb.xlsx", members))


GERMAN = "Question;Answer;Topic\r\nWie groß ist die Straße?;Für Sie „groß“ – 5 €.;Maße\r\n"


def test_what_excel_on_windows_saves(command: Command, tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_bytes(("sep=;\r\n" + GERMAN).encode("cp1252"))
    report = import_of(command, tmp_path / "g.csv")
    assert report["formats"][0]["evidence"].endswith("Windows-1252, such as groß, Straße, Für")
    assert said(command) == [["Wie groß ist die Straße?", "Für Sie „groß“ – 5 €."]]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("question;answer\nКак дела?;Хорошо\n", "cp1251"),
        ("question;answer\nJak się masz?;Źle, łódź tonie\n", "cp1250"),
        ("question;answer\n元気ですか;はい\n", "cp932"),
    ],
)
def test_other_code_pages_are_named_by_a_person(
    command: Command, tmp_path: Path, text: str, encoding: str
) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(text.encode(encoding))
    (bad,) = import_of(command, file, code=1)["bad"]
    assert (
        bad["code"] == "not_utf8" and "line 2 is not UTF-8" in bad["reason"] and "--encoding" in bad["reason"]
    )
    assert command("import", file, "-w", "wf-1", "--encoding", encoding).code == 0
    assert said(command) == [text.splitlines()[1].split(";")]


def test_an_encoding_that_there_is_not(command: Command, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(LINE)
    for name in ("latin-99", "base64"):
        outcome = command("import", tmp_path / "a.jsonl", "-w", "wf-1", "--encoding", name)
        assert outcome.code == 1 and f"'{name}' is not an encoding" in outcome.err


TURNS = [
    {"session_id": 1, "turn": 2, "speaker": "bot", "text": "Which one?", "topic": "a", "at": "10:02"},
    {"session_id": 2, "turn": 1, "speaker": "human", "text": "Bye?", "topic": "b", "at": "10:03"},
    {"session_id": 1, "turn": 1, "speaker": "human", "text": "Broken.", "topic": "a", "at": "10:01"},
    {"session_id": None, "turn": 1, "speaker": "human", "text": "Who?", "topic": "a", "at": "10:04"},
    {"session_id": 2, "turn": 2, "speaker": "bot", "text": "Bye.", "topic": "b", "at": "10:05"},
]


@pytest.mark.parametrize("layout", ["lines", "list", "parquet"])
def test_turns_of_a_log_are_put_together(command: Command, tmp_path: Path, layout: str) -> None:
    file = tmp_path / "log.data"
    if layout == "parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(TURNS), file)
    else:
        lines = list(map(json.dumps, TURNS))
        file.write_text("\n".join(lines) if layout == "lines" else f"[{','.join(lines)}]")
    report = import_of(command, file)
    assert (report["added"], report["topics"], report["left_beside"]) == (2, {"a": 1, "b": 1}, {})
    assert [bad["line"] for bad in report["bad"]] == [4] and "whose turn is it?" in report["bad"][0]["reason"]
    first, second = exported(command)
    assert first["messages"] == [
        {"role": "user", "content": "Broken."},
        {"role": "assistant", "content": "Which one?"},
    ]
    assert (first["session_id"], second["at"]) == (1, ["10:03", "10:05"])


def test_one_endless_line_does_not_fill_the_memory(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("formats.items.raw_objects", "block_reader"):
        monkeypatch.setattr(f"finetune_coverage.tools.dataset.{module}.MAX_ITEM_BYTES", 1000)
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join([LINE, chat_line("a", "x" * 5000), OTHER, chat_line("b", "y" * 5000)]))
    report = import_of(command, file)
    assert [(bad["line"], bad["code"]) for bad in report["bad"]] == [(2, "too_long"), (4, "too_long")]
    assert exported(command) == [json.loads(LINE), json.loads(OTHER)]


def test_one_endless_row_does_not_fill_the_memory(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finetune_coverage.tools.dataset.formats.containers.table_rows.MAX_ITEM_BYTES", 1000)
    (tmp_path / "t.csv").write_text(f"prompt,answer\na,b\nc,{'x' * 5000}\n")
    report = import_of(command, tmp_path / "t.csv", code=1)
    assert (report["added"], report["bad"][0]["code"]) == (1, "too_long")
    assert "line 3 is longer than" in report["bad"][0]["reason"]


class Hub(BaseHTTPRequestHandler):
    """The part of the hub's API that a download needs: https://huggingface.co/docs/hub/api."""

    files: ClassVar[dict[str, str]] = {
        "README.md": "# Set",
        "data/train.jsonl": LINE,
        "data/test.jsonl": OTHER,
    }
    commit = "a" * 40

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def answer(self, *, with_body: bool) -> None:
        place = self.path.split("?")[0]
        content: bytes | None = None
        if place.startswith("/api/datasets/ann/set"):
            named = [{"rfilename": name} for name in self.files]
            content = json.dumps({"id": "ann/set", "sha": self.commit, "siblings": named}).encode()
        elif place.startswith("/datasets/ann/set/resolve/"):
            content = self.files[place.split("/", 6)[6]].encode()
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        if content is None:
            self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("ETag", f'"{abs(hash(content)):x}"')
        self.send_header("X-Repo-Commit", self.commit)
        self.end_headers()
        if with_body and content is not None:
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A hub on the loopback, with one dataset of two files, and an empty cache."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    yield
    server.shutdown()
    server.server_close()


def test_the_hub(command: Command, hub: None) -> None:
    report = import_of(command, "hf://datasets/ann/set")
    assert report["files"] == [
        "hf://datasets/ann/set/data/train.jsonl",
        "hf://datasets/ann/set/data/test.jsonl",
    ]
    assert report["topics"] == {"billing": 1, "tech": 1}
    assert import_of(command, "hf://datasets/ann/set@main/data/te*.jsonl")["already_there"] == 1
    nothing = command("import", "hf://datasets/ann/set/other", "-w", "wf-1")
    assert nothing.code == 1 and "names no dataset" in nothing.err and "data/train.jsonl" in nothing.err
    absent = command("import", "hf://datasets/bob/none", "-w", "wf-1")
    assert absent.code == 1 and "cannot be had from the Hugging Face hub" in absent.err
    assert "is no path of the Hugging Face hub" in command("import", "hf://models/x", "-w", "wf-1").err


def test_a_hub_that_is_not_reached(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    outcome = command("import", "hf://datasets/ann/set", "-w", "wf-1")
    assert outcome.code == 1
    assert "cannot be had from the Hugging Face hub" in outcome.err and "HF_TOKEN" in outcome.err
