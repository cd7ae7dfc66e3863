"""`analyze --plot`: what is drawn, the file, and what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from finetune_coverage.agent.views.plots.distribution import bars_of, draw_distribution
from finetune_coverage.tools.coverage_change import coverage_change
from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.generation.jobs.job import run_item
from finetune_coverage.tools.models.scripted import ScriptedChatModel
from finetune_coverage.tools.services import Services
from finetune_coverage.tools.settings import Settings
from finetune_coverage.tools.store.records import load_records, set_status

from ..agent.conftest import Command, chat_line, command, sample, write_dataset
from ..generation.conftest import WORKFLOW, approved, exchange, model
from ..topics.conftest import HashedWords

pytestmark = pytest.mark.slow

__all__ = ["approved", "command", "model", "sample", "write_dataset"]


@pytest.fixture
def services(tmp_path: Path, model: ScriptedChatModel) -> Services:
    """The bundled sample, with vectors that cost nothing."""
    settings = Settings(home=tmp_path / "home", max_concurrency=1, model="embedded")
    made = Services(
        settings, make_chat_model=lambda _: model, make_embeddings=lambda _settings: HashedWords()
    )
    import_sample(made.store, WORKFLOW)
    return made


def size_of(path: Path) -> tuple[int, int]:
    from matplotlib.image import imread

    height, width = imread(path).shape[:2]
    return width, height


def test_the_picture_promises_what_the_recommendation_reaches(services: Services) -> None:
    change = coverage_change(services, WORKFLOW)
    assert change.kind == "predicted"
    assert round(change.score_after or 0, 2) == 0.72
    bars = {bar.name: bar for bar in bars_of(change)}
    assert next(iter(bars)) == "account_management"
    technical = bars["technical_issues"]
    assert (technical.label, technical.is_under) == ("15 → 45", True)
    assert (technical.share_before, technical.share_after) == (0.1, 0.25)
    assert bars["billing_questions"].label == "45"
    assert sum(bar.share_after for bar in bars.values()) == pytest.approx(1)


def test_after_generation_the_change_is_measured(
    services: Services, model: ScriptedChatModel, approved: Callable[..., tuple[str, int]]
) -> None:
    model.queue.append(
        exchange(
            "My phone gets hot and the app closes whenever I sort an album with many videos. What can I do?",
            "Turn off the preview of videos under Settings > Display, which is what heats the phone. "
            "If it still closes, clear the cache under Settings > Storage and sort the album again.",
        )
    )
    made = asyncio.run(run_item(services, *approved("technical_issues", 1, "few_shot")))
    assert made["accepted"] == 1
    change = coverage_change(services, WORKFLOW)
    assert change.kind == "measured"
    assert {bar.name: bar.label for bar in bars_of(change)}["technical_issues"] == "15 → 16, worth 15"


def test_a_balanced_dataset_has_one_bar_a_topic(services: Services, tmp_path: Path) -> None:
    for topic in ("account_management", "billing_questions"):
        ids = [record.id for record in load_records(services.store, WORKFLOW, topic=topic)]
        set_status(services.store, WORKFLOW, ids[15:], "rejected")
    change = coverage_change(services, WORKFLOW)
    assert change.kind == "unchanged" and change.score_after == 1
    draw_distribution(change, tmp_path / "even.png")
    assert size_of(tmp_path / "even.png")[0] > 1000


def test_analyze_draws_the_picture(command: Command, sample: str, tmp_path: Path) -> None:
    outcome = command("analyze", "-w", sample, "--plot", tmp_path / "coverage.png", "--json")
    assert outcome.code == 0 and outcome.document["success"]
    assert "coverage.png" in outcome.err
    assert size_of(tmp_path / "coverage.png")[0] > 1000
    assert [path.name for path in tmp_path.glob("*.png")] == ["coverage.png"]


def test_many_topics_with_any_name_make_a_taller_picture(
    command: Command, write_dataset: Any, tmp_path: Path
) -> None:
    odd = ["$x^2", "a" * 300, "बातचीत", "tab\there", "100% _ {}"]
    names = odd + [f"topic {number}" for number in range(75)]
    lines = [chat_line(name, f"question {number}") for number, name in enumerate(names)]
    command("import", write_dataset(*lines), "-w", "wide")
    assert command("analyze", "-w", "wide", "--plot", tmp_path / "wide.png").code == 0
    width, height = size_of(tmp_path / "wide.png")
    assert height > 1.5 * width


@pytest.mark.parametrize("name", ["picture.jpg", "nowhere/picture.png", "folder.png"])
def test_a_file_that_cannot_be_is_refused_first(
    command: Command, sample: str, tmp_path: Path, name: str
) -> None:
    (tmp_path / "folder.png").mkdir()
    outcome = command("analyze", "-w", sample, "--plot", tmp_path / name, "--json")
    assert outcome.code == 1
    assert json.loads(outcome.out)["error"]["code"] == "invalid_input"


def test_a_style_of_the_current_folder_is_not_used(services: Services, tmp_path: Path) -> None:
    """A `matplotlibrc` there could have TeX read files into the picture."""
    import matplotlib

    change, path = coverage_change(services, WORKFLOW), tmp_path / "coverage.png"
    with matplotlib.rc_context({"text.usetex": True, "text.latex.preamble": r"\input{/etc/passwd}"}):
        draw_distribution(change, path)
        assert matplotlib.rcParams["text.usetex"], "whoever draws beside us keeps their own style"
    assert path.stat().st_size > 1_000
