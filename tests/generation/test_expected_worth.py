"""What a plan says its records will be worth: as measured here, else as the page says that is named with it."""

from __future__ import annotations

import re
from pathlib import Path

from finetune_coverage.tools.coverage.plans import PlanItem
from finetune_coverage.tools.generation.expected_worth import EMBEDDED, ON_OTHER_DATA, ONCE, expected_worth
from finetune_coverage.tools.inspection.plans import inspect_plan
from finetune_coverage.tools.services import Services

from .conftest import WORKFLOW
from .earlier_jobs import TOPIC, job

ROOT = Path(__file__).parents[2]
PLAN = [PlanItem(topic=TOPIC, count=30, strategy="message_variation")]


def test_what_was_measured_once_stands_in_the_pages_named_as_the_source() -> None:
    pages = ("benchmarks/RESULTS.md", "docs/demo.md")
    results, demo = ((ROOT / page).read_text(encoding="utf-8") for page in pages)
    found = re.search(r"30 message variations for .*: 30 accepted of 31 drafts, worth ([\d.]+);", results)
    assert found is not None
    told = {"message_variation": (30, float(found[1]))}
    table = results.partition("Worth of the good drafts")[2].partition("\n\nPlanted")[0]
    for strategy, accepted, worth in re.findall(r"\| (\w+) \| \d \| \d+ \| (\d+) \| ([\d.]+) \|", table):
        told.setdefault(strategy, (int(accepted), float(worth)))
    assert told == {name: tuple(measured) for name, measured in ONCE["full"].items()}
    found = re.search(r"generated 30 new synthetic .* They are worth ([\d.]+) real ones", demo)
    assert found is not None and ONCE["small"]["message_variation"] == (30, float(found[1]))
    assert "benchmarks/RESULTS.md" in ON_OTHER_DATA and "docs/demo.md" in EMBEDDED


def test_by_the_profile_of_the_model_until_a_round_here_was_measured(services: Services) -> None:
    services.settings.model_profile = "small"
    worth = expected_worth(services, WORKFLOW, PLAN)
    assert worth is not None and worth.words == f"about 1 of 30 new ({EMBEDDED})"
    services.settings.model_profile = "full"
    effect = inspect_plan(services, WORKFLOW, PLAN)
    assert effect.worth is not None and effect.worth.words == f"about 24 of 30 new ({ON_OTHER_DATA})"

    for measured, model in ((4.0, {}), (8.0, {}), (0.0, {"model": "another"})):
        notes = {"measured": {"worth": measured}}
        job(services, accepted=10, strategy="message_variation", notes=notes, ended_at="2026-01-20", **model)
    job(services, accepted=10, strategy="few_shot", notes={"measured": {"worth": 1.0}}, ended_at="2026-01-20")
    worth = expected_worth(services, WORKFLOW, PLAN)
    assert worth is not None and worth.words == "about 18 of 30 new (measured in earlier rounds)"

    services.settings.checks = services.settings.checks.model_copy(update={"semantic": False})
    assert expected_worth(services, WORKFLOW, PLAN) is None, "where nobody measures nothing is promised"
