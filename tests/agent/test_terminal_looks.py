"""What commands look like on terminals from 60 to 200 columns, without colours, and in a pipe."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Iterator

import pytest
import typer
from finetune_coverage.agent.chat.markdown import ChatMarkdown
from finetune_coverage.agent.cli import app
from finetune_coverage.agent.views.coverage_table import coverage_table
from finetune_coverage.agent.views.progress import ProgressView
from finetune_coverage.tools.analyze_coverage import analyze
from finetune_coverage.tools.coverage.recommendation import PlanItem
from finetune_coverage.tools.dataset.importer import import_files
from finetune_coverage.tools.generation.approvals.plans import list_plans, propose_plan
from finetune_coverage.tools.generation.jobs.progress import Progress
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from rich.cells import cell_len
from rich.console import Console

if sys.platform == "win32":
    pytest.skip("a pseudo-terminal is needed, which Windows lacks", allow_module_level=True)

from .terminal import in_a_pipe, on_terminals

WIDTHS = [60, 80, 120, 200]
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
LONG = "refund_for_a_subscription_that_was_renewed_although_it_had_been_cancelled_in_time"
ODD = {"استرداد الأموال بعد إلغاء الاشتراك": 6, "📦 delivery 🚚 tracking 🧭": 2, LONG: 9}
MANY = {f"topic {n:02}" + " with a long name" * (n % 7 == 0): 1 + n % 4 for n in range(77)}


def known_commands() -> list[tuple[str, ...]]:
    """Every command and every command of a group."""
    group = typer.main.get_command(app)
    known: list[tuple[str, ...]] = []
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        known += [(name,), *((name, inner) for inner in getattr(command, "commands", {}))]
    return known


PLAN = "{plan}"
"""Stands for the id of the plan that the fixture stores."""

COMMANDS = [
    ["analyze", "-w", "odd"],
    ["analyze", "-w", "many"],
    ["recommend", "-w", "odd"],
    ["targets", "-w", "odd"],
    ["generate", "-w", "odd", "--topic", LONG, "--count", "2", "--strategy", "few_shot"],
    ["plans"],
    ["plans", "list", "--all"],
    ["plans", "approve", PLAN],
    ["workflows"],
    ["workflows", "list"],
    ["workflows", "compare", "odd", "many"],
    ["jobs"],
    ["jobs", "list"],
    ["jobs", "show", "job-9"],
    ["threads"],
    ["threads", "list"],
    ["threads", "show", "a-conversation"],
    ["rules", "list", "-w", "odd"],
    ["topics", "list", "-w", "odd"],
    ["targets", "show", "-w", "many"],
    ["validate", "-w", "odd"],
    ["review", "-w", "odd"],
    ["import", "{home}/odd.jsonl", "-w", "odd"],
    ["export", "-w", "odd", "-o", "{home}/odd.jsonl"],
    ["doctor"],
    ["chat", "-w", "odd"],
    ["analyze", "-w", "nowhere"],
    ["generate", "--help"],
]
# What changes the dataset, serves, or needs a model is not run here; its help has to fit all the same.
HELPS = [
    [*path, "--help"]
    for path in known_commands()
    if not any(command[: len(path)] == [*path] for command in COMMANDS)
]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Two datasets with names that are hard to lay out, and a plan."""
    home = tmp_path_factory.mktemp("looks")
    made = Services(Settings(home=home, model="embedded"))
    for name, sizes in (("odd", ODD), ("many", MANY)):
        path = home / f"{name}.jsonl"
        lines = [
            json.dumps(_record(topic, n), ensure_ascii=False) for topic in sizes for n in range(sizes[topic])
        ]
        path.write_text("\n".join(lines), encoding="utf-8")
        import_files(made.store, name, [path])
    item = PlanItem(topic=LONG, count=3, strategy="few_shot")
    propose_plan(made.store, "odd", [item], thread_id="a-conversation")
    yield made
    made.store.close()


def _record(topic: str, number: int) -> dict[str, object]:
    user = {"role": "user", "content": f"Question {number} about {topic}, in a sentence that is long enough."}
    return {
        "topic": topic,
        "messages": [user, {"role": "assistant", "content": f"Answer {number}. {topic}."}],
    }


def seen(written: str) -> list[str]:
    """The lines on the screen; a line that was drawn over counts as often as it was drawn."""
    return re.split(r"[\n\r]", ESCAPE.sub("", written))


@pytest.fixture(scope="module")
def written(services: Services) -> dict[str, str]:
    """What all commands write on a terminal of each width, and without colours."""
    passes: list[tuple[int, dict[str, str]]] = [(width, {}) for width in WIDTHS]
    (plan,) = list_plans(services.store, "odd")
    home = services.settings.home
    commands = [[word.format(plan=plan.id, home=home) for word in command] for command in COMMANDS]
    outputs = on_terminals(commands, [*passes, (80, {"NO_COLOR": "1"})], home)
    return dict(zip([*map(str, WIDTHS), "NO_COLOR"], outputs, strict=True))


# One test for all passes: in a test each, several workers of pytest would run all commands once more.
def test_how_commands_look_at_every_width_and_without_colours(
    written: dict[str, str], subtests: pytest.Subtests
) -> None:
    for width in WIDTHS:
        with subtests.test(width=width):
            _fits(written[str(width)], width)
    with subtests.test("without colours"):
        _is_neither_coloured_nor_bold(written["NO_COLOR"])


def _fits(text: str, width: int) -> None:
    shown = [line for line in seen(text) if not line.startswith("$ ")]
    assert [line for line in shown if cell_len(line) > width] == []
    assert "Traceback" not in text and "\x1b[1m" in text  # it is a terminal, and looks like one
    own, _help = text.split("$ generate --help")
    names = [*ODD, *MANY, *(name.replace("_", " ").title() for name in ODD)]
    for head, tail in re.findall(r"(\S*)…(?! and)(\S*)", ESCAPE.sub("", own)):
        assert any(head in name and tail in name for name in names), "what is no name is cut"
    assert "▼ under-represented" in text and "│ target" in text
    assert re.search(r"^plan-[0-9a-f]{12}(?: |$)", "\n".join(shown), re.MULTILINE), "an id is broken in two"
    assert "استرداد" in text and "📦" in text


def _is_neither_coloured_nor_bold(text: str) -> None:
    own, _help = text.split("$ generate --help")
    # A bar that is drawn anew still moves the cursor.
    assert not re.search(r"\x1b\[[0-9;]*m", own) and "▼ under-represented" in own


def test_every_help_fits(services: Services) -> None:
    widths = (60, 200)
    texts = on_terminals(HELPS, [(width, {}) for width in widths], services.settings.home)
    for width, text in zip(widths, texts, strict=True):
        shown = [line for line in seen(text) if not line.startswith("$ ")]
        assert [line for line in shown if cell_len(line) > width] == [] and "Traceback" not in text
        assert text.count("Usage:") == len(HELPS)


def test_a_pipe_gets_plain_text_in_whole_lines(services: Services) -> None:
    written = in_a_pipe(COMMANDS[:3], services.settings.home)
    assert "\x1b" not in written and "█" not in written
    [line] = [line for line in written.splitlines() if line.startswith(LONG) and "33.3%" in line]
    assert line.split()[1:4] == ["9", "53%", "33.3%"]


@pytest.mark.parametrize("width", WIDTHS)
def test_bars_measure_each_topic_against_its_target(width: int, services: Services) -> None:
    coverage = analyze(services, "odd").model_dump(mode="json")
    drawn = io.StringIO()
    console = Console(file=drawn, width=width)
    console.print(coverage_table(coverage, console))
    rows = [line for line in drawn.getvalue().splitlines() if "│" in line and "%" in line]
    # 35%, 12% and 53% where each should have 33%: the target's line is at the same place in every row.
    assert len({cell_len(row[: row.index("│")]) for row in rows}) == 1
    bars = [(row.split("│")[0].count("█"), row.split("│")[1].count("█")) for row in rows]
    assert bars[0][0] == bars[2][0] > bars[1][0] > 0 and bars[2][1] > bars[0][1] == bars[1][1] == 0
    assert ["▼" in row for row in rows] == [False, True, False]


def test_a_terminal_without_the_signs_gets_others(services: Services) -> None:
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding="ascii", errors="replace"), width=80)
    console.print(coverage_table(analyze(services, "many").model_dump(mode="json"), console))
    console.file.flush()
    assert (
        b"?" not in raw.getvalue() and b"v under-represented" in raw.getvalue() and b"###" in raw.getvalue()
    )


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("topic", ["billing", *ODD])
def test_a_bar_keeps_its_count_whatever_stands_beside_it(width: int, topic: str) -> None:
    drawn = io.StringIO()
    rejected = {"variation": 12, "near_duplicate": 9, "semantic_duplicate": 7}
    with ProgressView(Console(file=drawn, width=width, force_terminal=True, legacy_windows=False)) as view:
        view.update(
            Progress("job-1", topic, 111, 300, 400, rejected, "waits for the endpoint, next try in 20 s")
        )
    last = [line for line in seen(drawn.getvalue()) if line.strip()][-1]
    assert "111/300" in last and "waits" in last and cell_len(last) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_tables_of_the_conversation_are_not_cut(width: int) -> None:
    drawn = io.StringIO()
    table = f"| Topic | Records |\n|---|---|\n| {LONG} | 3 |\n| アカウント管理とパスワードの再設定{'あ' * 30} | 4 |"
    Console(file=drawn, width=width).print(ChatMarkdown(f"**Coverage**\n\n{table}\n\n\x1b[31mred"))
    text = drawn.getvalue()
    assert "…" not in text and "\x1b" not in text
    assert "".join(text.split()).count("あ") == 30 and max(map(cell_len, text.splitlines())) <= width


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "text",
    [
        "方案：“MathAPI” 8 条 (tool chain)。费用：大约 40 次模型调用和 280,000 tokens，约 $0.13（最多 $0.15）；60% "
        "通过（假定，因为还没有用这种方式生成过）。每一部分在 20 份草稿因同一原因被拒后，就会停下来询问。"
        * 2,
        "このデータセットのバランススコアは0.44で、目標の0.5を下回っています。「天気」は15件しかありません。"
        * 3,
    ],
    ids=["Chinese", "Japanese"],
)
def test_lines_of_scripts_without_spaces_are_filled(text: str, width: int) -> None:
    drawn = io.StringIO()
    Console(file=drawn, width=width).print(ChatMarkdown(text))
    lines = [line.rstrip() for line in drawn.getvalue().rstrip("\n").split("\n")]
    assert "".join("".join(lines).split()) == "".join(text.split())
    longest_word = len("280,000 ")
    assert all(width - longest_word - 2 <= cell_len(line) <= width for line in lines[:-1]), lines
    assert not any(line[0] in "，。；：”）」、" or line[-1] in "“（「" for line in lines)


def test_a_line_of_words_with_spaces_ends_between_them() -> None:
    drawn = io.StringIO()
    text = "균형 점수가 0.54에서 0.67로 올라갑니다. MathAPI는 2개에서 10개로, TravelAPI는 13개에서 23개로 늘어납니다."
    Console(file=drawn, width=40).print(ChatMarkdown(text))
    words = [word for line in drawn.getvalue().split("\n") for word in line.split()]
    assert words == text.split()
