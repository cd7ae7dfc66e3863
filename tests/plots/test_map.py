"""`analyze --map`: what is on the map, and labels that can be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from finetune_coverage.agent.views.plots.labels import Box, place
from finetune_coverage.agent.views.plots.map import draw_map
from finetune_coverage.tools.coverage.space import topic_map
from finetune_coverage.tools.coverage.space.topic_map import map_topics
from finetune_coverage.tools.errors import InvalidInput
from finetune_coverage.tools.memo import Memo
from finetune_coverage.tools.services import Services
from hypothesis import given
from hypothesis import strategies as st

from ..topics.conftest import Add, add, mixed_records, record, services
from .test_distribution import size_of

__all__ = ["add", "services"]


def test_topics_that_read_alike_lie_close_together(services: Services, add: Add, tmp_path: Path) -> None:
    add(mixed_records(each=14, labelled=14))
    found = map_topics(services, "wf-1")
    assert found.drawn == found.records == 42
    assert sorted(topic.name for topic in found.topics) == ["chess", "cooking", "sailing"]
    points = np.vstack([topic.points for topic in found.topics])
    owners = np.repeat(np.arange(3), 14)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (owners[distances.argmin(axis=1)] == owners).mean() > 0.9
    assert map_topics(services, "wf-1") is found, "it is kept for as long as the dataset is the same"
    services.read_of_datasets = Memo(1)
    told: list[tuple[str, int, int]] = []
    again = map_topics(services, "wf-1", lambda *far: told.append(far))
    assert told == [("records", 42, 42)], "topics are looked at once"
    assert all((a.points == b.points).all() for a, b in zip(found.topics, again.topics, strict=True))
    draw_map(found, {"chess"}, tmp_path / "map.png")
    assert size_of(tmp_path / "map.png")[0] > 1500


def test_a_large_dataset_is_drawn_in_part(
    services: Services, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic_map, "MOST_POINTS", 20)
    add(mixed_records(each=16, labelled=16)[:40])
    found = map_topics(services, "wf-1")
    drawn = {topic.name: len(topic.points) for topic in found.topics}
    assert 20 <= found.drawn <= 30 and drawn["chess"] < drawn["cooking"]
    assert found.records == 40


def test_too_few_records_make_no_map(services: Services, add: Add) -> None:
    add([record("a", "one question", "t"), record("b", "another without a topic")])
    with pytest.raises(InvalidInput, match="5 records"):
        map_topics(services, "wf-1")


@given(st.lists(st.tuples(st.floats(0, 800), st.floats(0, 600)), min_size=1, max_size=25))
def test_labels_do_not_lie_on_one_another(middles: list[tuple[float, float]]) -> None:
    placed = place([Box(x, y, 60, 10) for x, y in middles], 800, 600)
    assert len(placed) == len(middles)
    for number, box in enumerate(placed):
        assert all(box.overlap(other) == 0 for other in placed[number + 1 :])
        assert box.outside(800, 600) == pytest.approx(0)


def test_the_first_label_stays_where_it_is() -> None:
    first = Box(400, 300, 60, 10)
    assert place([first, first], 800, 600)[0] == first
