"""Overview of a dataset: the score with its band, every topic against its target, and what to do next."""

from __future__ import annotations

import asyncio
import base64
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nicegui import ui

from ....graph.offers.offer import Offer, PlanOffer
from ....graph.wording.markdown import escape
from ....tools.analyze_coverage import analyze, recommend_for
from ....tools.coverage.balance import EXCELLENT, GOOD
from ....tools.coverage.plans import PlanItem
from ....tools.coverage.recommendation import Recommendation
from ....tools.coverage.report import Coverage, TopicCoverage
from ....tools.coverage.score_change import ScoreChange, effect_on_score
from ....tools.coverage_change import CoverageChange, coverage_change
from ....tools.errors import CoverageError
from ....tools.services import Services
from ..conversations import BESIDE, PageConversation
from ..elements import address, box, button, link, text, topic_name
from ..frame import frame
from ..markdown import as_html
from ..plain_words import without_commands

if TYPE_CHECKING:
    from ....tools.coverage.space.topic_map import OnPlaced, Stage

_SHOWN = 40
"""Topics that are drawn at first, those furthest below their targets; a page of 2,000 bars is no overview."""
_ADVICE = 5
_PART_OF_TIME = 10
_MAP_TOLD_EVERY = 1.0


@dataclass(frozen=True)
class Figures:
    """What the screen shows, read at one moment."""

    coverage: Coverage
    change: CoverageChange
    next: Recommendation


def read_figures(services: Services, workflow_id: str) -> Figures:
    """Read them from the store.

    Raises:
        WorkflowNotFound: the dataset is not there.
    """
    coverage = analyze(services, workflow_id)
    found = recommend_for(services, workflow_id, coverage)
    return Figures(coverage, coverage_change(services, workflow_id), found)


class Overview:
    """The screen of one tab."""

    def __init__(self, services: Services, workflow_id: str, conversation: PageConversation) -> None:
        self._services, self._workflow_id, self._conversation = services, workflow_id, conversation
        self._shows_all = False
        self._figures: Figures | None = None
        self._shown_additions: dict[str, int] = {}
        self._was_busy = conversation.is_busy
        self._version = conversation.dataset_version
        self._is_due, self._not_before = False, 0.0

    async def draw(self) -> None:
        """Draw it, and again whenever a step of the conversation ended."""
        with frame(self._workflow_id, "", self._conversation) as listen:
            self._main = box("div").style("display:grid;gap:var(--gap)")
            with self._main:
                text("Measuring…", "p", "working")
            listen(self._changed)
        if self._conversation.beside:
            self._conversation.analyze_again()
        self._measure_soon()  # the browser shows meanwhile that it is being done

    def _changed(self) -> None:
        ended = self._was_busy and not self._conversation.is_busy
        self._was_busy = self._conversation.is_busy
        is_other = self._conversation.dataset_version != self._version
        if self._figures is not None:
            self._draw_next()
            if self._additions() != self._shown_additions:
                self._draw_topics()
        if ended:
            ui.timer(0, self._measure, once=True)
        elif is_other and not self._conversation.is_busy:
            self._measure_soon()
        if not self._conversation.is_busy:
            self._version = self._conversation.dataset_version

    def _measure_soon(self) -> None:
        """Measure, where that takes long not more often than a tenth of the time allows: another process may write."""
        if not self._is_due:
            self._is_due = True
            ui.timer(max(0.0, self._not_before - time.monotonic()), self._measure, once=True)

    async def _measure(self) -> None:
        self._is_due = False
        began = time.monotonic()
        self._figures = await asyncio.to_thread(read_figures, self._services, self._workflow_id)
        self._not_before = time.monotonic() + _PART_OF_TIME * (time.monotonic() - began)
        self._main.clear()
        with self._main:
            self._draw_score(self._figures)
            self._next = box("section", "card", aria_label="What to do next")
            self._draw_next()
            with box("section", "card", aria_label="Topics"):
                self._topics = box("div")
                self._draw_topics()
                self._map_place = box("div").style("margin-top:.8rem")
                with self._map_place:
                    button("Draw a map of topics and gaps", self._draw_map, quiet=True)
            self._draw_advice(self._figures)

    def _draw_score(self, figures: Figures) -> None:
        coverage = figures.coverage
        with box("section", "card row", aria_label="Balance"):
            with box("div"):
                text("Overview", "h1")
                text(
                    f"{self._workflow_id}: {coverage.total_records:,} records, {len(coverage.topics):,} topics",
                    "p",
                    "soft",
                )
            with box("div"):
                text("Balance score", "div", "soft small")
                score = "none yet" if coverage.balance_score is None else f"{coverage.balance_score:.2f}"
                text(score, "div", "score")
                if coverage.balance_score is not None:
                    with box("div", "gauge", aria_hidden="true"):
                        box("i").style(f"left:calc({coverage.balance_score:.1%} - 1px)")
                    bands = f"good from {GOOD:g}, excellent from {EXCELLENT:g}"
                    text(f"{coverage.status}; {bands}", "div", "soft small")
            change = ScoreChange(figures.change.before.balance_score_exact, coverage.balance_score_exact)
            if figures.change.kind == "measured" and change.before is not None and change.after is not None:
                with box("div").style("max-width:17rem"):
                    text("By generation so far", "div", "soft small")
                    if change.before == change.after:
                        text("No change in the score", "div", "strong")
                    else:
                        text(str(change), "div", "score")
                    if coverage.effective_score is not None:
                        text(
                            f"{coverage.effective_score:.2f} when the new records count for what they are worth",
                            "div",
                            "soft small",
                        )

    def _draw_next(self) -> None:
        assert self._figures is not None
        found, offer = self._figures.next, self._conversation.offer
        self._next.clear()
        with self._next:
            text("Next", "h2")
            if self._conversation.beside:
                text(f"{BESIDE} {self._conversation.beside}", "p")
                button("Ask again by what is there now", self._conversation.analyze_again)
                return
            if self._conversation.is_busy:
                text(self._conversation.goes_on, "p", "working")
                link("Watch it", address(self._workflow_id, "plan"), "act")
                return
            text(self._next_sentence(found, offer), "p")
            if found.action == "proceed_to_grader":
                link("Export the dataset", address(self._workflow_id, "export"), "act")
            elif planned := self._planned(offer):
                count = sum(item.count for item in planned)
                link(f"Look at the plan for {count:,} records", address(self._workflow_id, "plan"), "act")
            elif offer is not None:
                link("See what waits for your answer", address(self._workflow_id, "plan"), "act")
            else:
                button("Analyze again", self._conversation.analyze_again)
            with box("details", "small").style("margin-top:.7rem"):
                text("Why", "summary")
                ui.html(as_html(escape(found.reason).replace("\\`", "`")))

    def _next_sentence(self, found: Recommendation, offer: Offer | None) -> str:
        assert self._figures is not None
        if found.action == "proceed_to_grader":
            return "The balance is where it should be: the dataset can be exported."
        if planned := self._planned(offer):
            change = effect_on_score(self._figures.coverage, planned)
            topics = list(dict.fromkeys(item.topic for item in planned))
            whose = topics[0] if len(topics) == 1 else f"{len(topics):,} topics"
            count = sum(item.count for item in planned)
            return f"{count:,} more records for {whose} would take the balance score from {' to '.join(change.shown)}."
        if offer is not None:
            return "The conversation waits for your answer."
        return "Have it looked at again, to see what it needs."

    def _planned(self, offer: Offer | None) -> list[PlanItem]:
        """The plan in question, as it stands in its table; nothing where the question is another one."""
        table = self._conversation.table
        if table is not None and table.offer is offer and table.wanted:
            return table.wanted
        return offer.items if isinstance(offer, PlanOffer) else []

    def _additions(self) -> dict[str, int]:
        """Records that the plan in question adds to each of its topics."""
        added: dict[str, int] = {}
        if self._conversation.is_busy or self._conversation.beside:
            return added
        for item in self._planned(self._conversation.offer):
            added[item.topic] = added.get(item.topic, 0) + item.count
        return added

    def _draw_topics(self) -> None:
        figures, added = self._figures, self._additions()
        assert figures is not None
        self._shown_additions = added
        topics = sorted(figures.coverage.topics, key=_furthest_below)
        shown = topics if self._shows_all else topics[:_SHOWN]
        self._topics.clear()
        with self._topics:
            text("Topics against their targets", "h2")
            if not topics:
                text("No record has a topic yet. Ask in the conversation to assign topics.", "p", "empty")
            with box("div", "topics", role="list"):
                _Bars(figures, topics, added, self._services.settings.minimum_per_topic).draw(shown)
            if len(shown) < len(topics):
                button(f"Show all {len(topics):,} topics", self._show_all, quiet=True)
            _legend(figures, has_plan=bool(added))
            if figures.coverage.uncategorized:
                text(
                    f"{figures.coverage.uncategorized:,} records have no topic; they stay out of the score.",
                    "p",
                    "soft small",
                )

    def _draw_advice(self, figures: Figures) -> None:
        needs = figures.next.review[:_ADVICE]
        if needs:
            with box("section", "card", aria_label="Worth a look"):
                text("Worth a look", "h2")
                with box("ul").style("margin:0;padding-left:1.2rem"):
                    for need in needs:
                        text(need.reason, "li")

    async def _show_all(self) -> None:
        self._shows_all = True
        await self._measure()

    async def _draw_map(self) -> None:
        self._map_place.clear()
        with self._map_place:
            text("Placing records on the map; the first time may take minutes…", "p", "working")
            far = text("", "p", "soft small")
            reached: list[str] = [""]
            timer = ui.timer(_MAP_TOLD_EVERY, lambda: far.set_text(reached[0]))
        under = self._figures.coverage.under_represented if self._figures else []
        try:
            picture = await asyncio.to_thread(
                _map_picture, self._services, self._workflow_id, under, partial(_tell_map, reached)
            )
        except CoverageError as error:
            self._map_place.clear()
            with self._map_place:
                text(without_commands(str(error)), "p", "bad")
            return
        finally:
            timer.cancel()
        self._map_place.clear()
        with self._map_place, box("div", "wide").style("margin-top:.8rem"):
            image = box(
                "img",
                src=f"data:image/png;base64,{picture}",
                alt="Map of the topics; thin places are marked",
            )
            image.style("width:100%;min-width:38rem;background:#fff;border-radius:6px;display:block")


class _Bars:
    """A row for each topic, all to one scale: as many records as the largest topic has or shall have."""

    def __init__(
        self, figures: Figures, topics: Sequence[TopicCoverage], added: Mapping[str, int], minimum: int
    ) -> None:
        self._change, self._added, self._minimum = figures.change, added, minimum
        scored = sum(topic.records for topic in topics if topic.target is not None)
        self._aims = {topic.name: (topic.target or 0.0) * scored for topic in topics}
        after = (float(topic.records + added.get(topic.name, 0)) for topic in topics)
        self._most = max([1.0, *after, *self._aims.values()])

    def draw(self, topics: Sequence[TopicCoverage]) -> None:
        for topic in topics:
            with box("div", "topic", role="listitem"):
                with box("div", "name"):
                    topic_name(topic.name)
                    if topic.under_represented:
                        text("▼ under-represented", "div", "bad small")
                    elif topic.below_minimum:
                        text(f"fewer than {self._minimum} records", "div", "warn small")
                    if topic.most is not None:
                        text(f"at most {topic.most:,} wanted", "div", "soft small")
                self._draw_bar(topic)
                text(self._figures_of(topic), "span", "number small")

    def _draw_bar(self, topic: TopicCoverage) -> None:
        real = topic.records - topic.synthetic
        parts = [
            ("real", 0.0, real),
            ("worth", real, topic.worth),
            ("made", real + topic.worth, topic.synthetic - topic.worth),
            ("would", topic.records, self._added.get(topic.name, 0)),
        ]
        with box("div", "bar", aria_hidden="true"):
            for kind, start, length in parts:
                if length > 0:
                    box("span", kind).style(f"left:{start / self._most:.2%};width:{length / self._most:.2%}")
            if topic.target is not None:
                box("span", "aim").style(f"left:calc({self._aims[topic.name] / self._most:.2%} - 1px)")

    def _figures_of(self, topic: TopicCoverage) -> str:
        before = self._change.before.topic_distribution.get(topic.name, 0)
        planned = f" (+{added:,} planned)" if (added := self._added.get(topic.name, 0)) else ""
        if self._change.kind == "measured" and before != topic.records:
            worth = topic.records - topic.synthetic + topic.worth
            return f"{before:,} → {topic.records:,}, worth {worth:,.0f}{planned}"
        return f"{topic.records:,}{planned}"


def _legend(figures: Figures, *, has_plan: bool) -> None:
    signs = [("real", "real records")]
    if any(topic.synthetic for topic in figures.coverage.topics):
        signs += [("worth", "generated, what they are worth"), ("made", "generated, beyond that")]
    if any(topic.synthetic for topic in figures.coverage.topics):
        text(
            "Worth: for how many real records the generated ones count, by what they say that no other record says.",
            "p",
            "soft small",
        )
    if has_plan:
        signs.append(("would", "what the plan above adds"))
    with box("div", "legend small soft"):
        for kind, words in [*signs, ("aim", "target at today's size")]:
            with box("span"):
                with box("span", "bar", aria_hidden="true"):
                    box("span", kind).style("left:0;width:100%" if kind != "aim" else "left:45%")
                text(words)


def _furthest_below(topic: TopicCoverage) -> tuple[bool, float]:
    return (topic.representation is None, topic.representation or 0.0)


def _tell_map(reached: list[str], stage: Stage, done: int, total: int) -> None:
    """Called from the thread that places the records."""
    if stage == "topics":
        reached[0] = f"Topics looked at for thin groups: {done:,} of {total:,}"
    elif done < total:
        reached[0] = f"Records read for their meaning: {done:,} of {total:,}"
    else:
        reached[0] = f"Placing {total:,} records by what they say"


def _map_picture(services: Services, workflow_id: str, under: list[str], on_progress: OnPlaced) -> str:
    from ....tools.coverage.space.topic_map import map_topics
    from ...views.plots.map import draw_map

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "map.png"
        draw_map(map_topics(services, workflow_id, on_progress), under, file)
        return base64.b64encode(file.read_bytes()).decode()
