"""Topics with their descriptions and targets, the labels that are doubted, and what guides what is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from nicegui import ui

from ....tools.analyze_coverage import analyze
from ....tools.bounds import MOST_LISTED
from ....tools.coverage.label_doubts import label_doubts
from ....tools.coverage.report import Coverage
from ....tools.coverage.targets import Aim
from ....tools.dataset.topic_names import near_same, topic_names
from ....tools.errors import CoverageError
from ....tools.services import Services
from ....tools.set_targets import change_targets
from ....tools.store.workflows import TopicInfo, list_topics, set_topics
from ....tools.topics.assignments import last_run, undo_last_run
from ....tools.topics.discover import ceilings_lost, merge_topics
from ..conversations import PageConversation
from ..elements import (
    address,
    box,
    button,
    choice,
    field,
    link,
    table,
    tell,
    text,
    text_input,
    topic_name,
)
from ..frame import frame
from .guidance import Guidance

_MOST_WEIGHT = 1_000_000
_WEIGHED = "(e) => { if (e.target.value && e.target.validity.valid) emit(Number(e.target.value)); }"
_LIMITED = "(e) => { if (e.target.validity.valid) emit(e.target.value ? Number(e.target.value) : null); }"


class Topics:
    """The screen of one tab."""

    def __init__(self, services: Services, workflow_id: str, conversation: PageConversation) -> None:
        self._services, self._workflow_id, self._conversation = services, workflow_id, conversation
        self._merged, self._into = "", ""
        self._run = 0
        self._guidance = Guidance(services, workflow_id)

    async def draw(self) -> None:
        """Draw all parts; each is drawn anew after a change."""
        with frame(self._workflow_id, "topics", self._conversation):
            self._topics = box("section", "card", aria_label="Topics")
            self._doubts = box("section", "card", aria_label="Doubtful topics")
            await self._guidance.draw()
            self._dialog = ui.dialog()
        await self._draw_topics()
        with self._doubts:
            text("Looking whether records read like their topics…", "p", "working")
        await ui.context.client.connected()
        await self._draw_doubts()

    async def _draw_topics(self) -> None:
        coverage = await asyncio.to_thread(analyze, self._services, self._workflow_id)
        declared = {info.name: info for info in list_topics(self._services.store, self._workflow_id)}
        names = list(dict.fromkeys([*(topic.name for topic in coverage.topics), *declared]))
        await self._guidance.show(names)
        self._topics.clear()
        with self._topics:
            text("Topics and targets", "h1")
            text(
                "A description tells the model what belongs to a topic. Weights say how large topics should be beside "
                "each other; all the same means equal parts. Nothing is proposed beyond “at most” so many records.",
                "p",
                "soft",
            )
            for same in near_same({name: coverage.topic_distribution.get(name, 0) for name in names}):
                self._draw_same(same)
            headings = ("Topic", "Records", "Weight", "At most", "Description")
            with box("div", "plan"), table(*headings, numbers=("Records",)):
                for name in names:
                    self._draw_topic(name, coverage, declared.get(name))
            with box("div", "acts").style("margin-top:1rem;align-items:end"):
                with field("Merge or rename"):
                    options = {"": "choose a topic", **{name: name for name in names}}
                    choice(
                        "",
                        options,
                        lambda value: setattr(self, "_merged", value),
                        name="Topic to merge or rename",
                    )
                with field("into (a topic, or a new name)"):
                    text_input(lambda value: setattr(self, "_into", value.strip()), name="Its new name")
                button("Merge or rename", self._merge, quiet=True)
                if self._run:
                    button("Undo the last merge", self._undo_merge, quiet=True)
                button("Make all weights equal", self._make_equal, quiet=True)

    def _draw_same(self, names: list[str]) -> None:
        with box("div", "note"):
            text(f"Written differently, and the same otherwise: {', '.join(names)}.", "p")
            one = partial(self._merge_into, names[1:], names[0])
            button(f"Make them one: {names[0]}", one, quiet=True).classes("small")

    def _draw_topic(self, name: str, coverage: Coverage, info: TopicInfo | None) -> None:
        weight = 1.0 if coverage.weights is None else coverage.weights.get(name, 0.0)
        with box("tr"):
            topic_name(name, "td")
            with box("td", "number", data_label="Records"):
                where = f"{address(self._workflow_id, 'review')}?topic={quote(name, safe='')}&origin="
                link(f"{coverage.topic_distribution.get(name, 0):,}", where).props["aria-label"] = (
                    f"Records of {name}"
                )
            with box("td", data_label="Weight"):
                entry = _number(f"Weight of {name}", f"{weight:.6g}", least=0, most=_MOST_WEIGHT, step="any")
                entry.on("change", partial(self._weigh, name), js_handler=_WEIGHED)
            with box("td", data_label="At most"):
                ceiling = "" if info is None or info.most is None else str(info.most)
                entry = _number(f"Most records of {name}", ceiling, least=1, most=MOST_LISTED, step="1")
                entry.on("change", partial(self._limit, name), js_handler=_LIMITED)
            with box("td", "described"):
                line = text_input(
                    partial(self._describe, name),
                    name=f"Description of {name}",
                    value=info.description if info is not None else "",
                    tag="textarea",
                )
                line.classes("grows")

    async def _weigh(self, name: str, event: Any) -> None:
        value = float(event.args)
        aims = [Aim(kind="weight", topic=name, value=value)] if value > 0 else []
        change = partial(
            change_targets, self._services, self._workflow_id, aims, without=[] if aims else [name]
        )
        # Not drawn anew: whoever is on the way through the table is typing in it.
        await self._done(change, f"Weight of {name} set; the score counts by it now")

    async def _limit(self, name: str, event: Any) -> None:
        most = None if event.args is None else float(event.args)
        aims = [Aim(kind="most", topic=name, value=most)]
        change = partial(change_targets, self._services, self._workflow_id, aims)
        said = (
            f"{name} has no ceiling" if most is None else f"No more than {most:,.0f} are proposed for {name}"
        )
        await self._done(change, said)

    async def _make_equal(self) -> None:
        change = partial(change_targets, self._services, self._workflow_id, [Aim(kind="equal")])
        if await self._done(change, "All topics have the same target"):
            await self._draw_topics()

    async def _describe(self, name: str, description: str) -> None:
        def change() -> None:
            store = self._services.store
            infos = list_topics(store, self._workflow_id)
            if not any(info.name == name for info in infos):
                infos.append(TopicInfo(name))
            described = [
                replace(info, description=description.strip()) if info.name == name else info
                for info in infos
            ]
            set_topics(store, self._workflow_id, described)

        await self._done(change, f"Description of {name} kept")

    async def _merge(self) -> None:
        if not self._merged or not self._into:
            tell("Choose a topic, and say what it becomes.")
            return
        merged, into = self._merged, self._into
        if merged == into:
            tell(f"{merged} is called so already.")
            return
        names = await asyncio.to_thread(topic_names, self._services.store, self._workflow_id)
        # What is only written in another way is the topic that there is, unless that one is to be written so.
        others = {name: 0 for name in names if name != merged}
        into = next((same[0] for same in near_same({**others, into: -1}) if into in same), into)
        ending = {merged: into}
        lost = await asyncio.to_thread(ceilings_lost, self._services.store, self._workflow_id, ending)
        self._dialog.clear()
        with self._dialog, box("div", "card"):
            asked = (
                f"Merge {merged} into {into}? All its records go there, and {merged} ends."
                if into in names
                else f"Rename {merged} to {into}?"
            )
            text(asked, "p")
            text("Its rules and cases go along.", "p", "soft")
            if lost:
                text("Its ceiling ends with it.", "p", "soft")
            with box("div", "acts"):
                button("Yes", lambda: self._dialog.submit(True))
                button("No", lambda: self._dialog.submit(False), quiet=True)
        if await self._dialog and await self._merge_into([merged], into):
            self._merged = self._into = ""

    async def _merge_into(self, names: list[str], into: str) -> bool:
        change = partial(merge_topics, self._services, self._workflow_id, dict.fromkeys(names, into))
        is_done = await self._done(change, f"{' and '.join(names)} is {into} now")
        if is_done:
            last = await asyncio.to_thread(last_run, self._services.store, self._workflow_id)
            self._run = last.run if last is not None else 0
            await self._draw_topics()
        return is_done

    async def _undo_merge(self) -> None:
        change = partial(undo_last_run, self._services.store, self._workflow_id, self._run)
        await self._done(change, "The topics are as they were before")
        self._run = 0
        await self._draw_topics()

    async def _draw_doubts(self) -> None:
        """The topics of records that read as if they had another one; it takes some seconds to tell."""
        needs = await asyncio.to_thread(label_doubts, self._services.store, self._workflow_id)
        self._doubts.clear()
        with self._doubts:
            text("Doubtful topics of real records", "h2")
            found = [need for need in needs if need.record_ids]
            for need in found:
                text(f"{need.topic}: {need.reason}", "p")
            for need in needs:
                if not need.record_ids:
                    text(need.reason, "p", "soft small")
            if found:
                number = sum(len(need.record_ids) for need in found)
                where = f"{address(self._workflow_id, 'review')}?order=queue&origin=real"
                link(
                    "Move or keep it" if number == 1 else f"Move or keep these {number:,}", where, "act quiet"
                )
            elif not needs:
                text("None: every record reads like the topic that it has.", "p", "soft")

    async def _done(self, change: Callable[[], Any], said: str) -> bool:
        try:
            await asyncio.to_thread(change)
        except (CoverageError, ValueError) as error:
            tell(str(error), is_problem=True)
            return False
        tell(said)
        return True


def _number(label: str, value: str, *, least: int, most: float, step: str) -> ui.element:
    """A field for a number, which says what it is for to those who hear it."""
    return box(
        "input",
        type="number",
        min=str(least),
        max=str(most),
        step=step,
        defaultValue=value,
        aria_label=label,
    )
