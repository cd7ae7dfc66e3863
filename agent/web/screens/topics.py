"""Topics with their descriptions and targets, the rules that generated records keep to, and the cases planned."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from nicegui import ui

from ....tools.analyze_coverage import analyze
from ....tools.coverage.report import Coverage
from ....tools.coverage.targets import Aim
from ....tools.errors import CoverageError
from ....tools.generation.lessons.rules import Rule, add_rule, list_rules, remove_rule, why_unread
from ....tools.generation.scenarios.scenario_store import all_scenarios, as_yaml, replace_scenarios
from ....tools.services import Services
from ....tools.set_targets import change_targets
from ....tools.store.workflows import TopicInfo, list_topics, set_topics
from ....tools.topics.discover import merge_topics
from ..conversations import PageConversation
from ..elements import box, button, choice, field, number_input, table, tell, text, text_input
from ..frame import frame

_MOST_WEIGHT = 1_000_000


class Topics:
    """The screen of one tab."""

    def __init__(self, services: Services, workflow_id: str, conversation: PageConversation) -> None:
        self._services, self._workflow_id, self._conversation = services, workflow_id, conversation
        self._merged, self._into = "", ""
        self._rule, self._rule_topic = "", ""

    async def draw(self) -> None:
        """Draw all parts; each is drawn anew after a change."""
        with frame(self._workflow_id, "topics", self._conversation):
            self._topics = box("section", "card", aria_label="Topics")
            self._rules = box("section", "card", aria_label="Rules")
            self._cases = box("section", "card", aria_label="Cases")
        await self._draw_topics()
        await self._draw_rules()
        await self._draw_cases()

    async def _draw_topics(self) -> None:
        coverage = await asyncio.to_thread(analyze, self._services, self._workflow_id)
        declared = {info.name: info for info in list_topics(self._services.store, self._workflow_id)}
        names = list(dict.fromkeys([*(topic.name for topic in coverage.topics), *declared]))
        self._topics.clear()
        with self._topics:
            text("Topics and targets", "h1")
            text(
                "A description tells the model what belongs to a topic. Weights say how large topics should be beside "
                "each other; all the same means equal parts.",
                "p",
                "soft",
            )
            with table("Topic", "Records", "Weight", "Description", numbers=("Records",)):
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
                button("Move its records", self._merge, quiet=True)
                button("Make all weights equal", self._make_equal, quiet=True)

    def _draw_topic(self, name: str, coverage: Coverage, info: TopicInfo | None) -> None:
        weight = (coverage.weights or {}).get(name, 1.0)
        with box("tr"):
            text(name, "td")
            text(f"{coverage.topic_distribution.get(name, 0):,}", "td", "number")
            with box("td"):
                entry = number_input(
                    round(weight), lambda _: None, name=f"Weight of {name}", most=_MOST_WEIGHT
                )
                entry.on(
                    "change", partial(self._weigh, name), js_handler="(e) => emit(Number(e.target.value))"
                )
            with box("td").style("width:60%"):
                line = text_input(
                    partial(self._describe, name),
                    name=f"Description of {name}",
                    value=info.description if info is not None else "",
                )
                line.style("width:100%")

    async def _weigh(self, name: str, event: Any) -> None:
        value = float(event.args)
        aims = [Aim(kind="weight", topic=name, value=value)] if value > 0 else []
        change = partial(
            change_targets, self._services, self._workflow_id, aims, without=[] if aims else [name]
        )
        if await self._done(change, f"Weight of {name} set; the score counts by it now"):
            await self._draw_topics()

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
        with ui.dialog() as dialog, box("div", "card"):
            text(f"Give all records of {merged} to {into}?", "p")
            with box("div", "acts"):
                button("Move them", lambda: dialog.submit(True))
                button("Leave them", lambda: dialog.submit(False), quiet=True)
        if await dialog:
            change = partial(merge_topics, self._services, self._workflow_id, [merged], into)
            if await self._done(change, f"Moved to {into}; `topics undo` in the terminal takes it back"):
                self._merged = self._into = ""
                await self._draw_topics()

    async def _draw_rules(self) -> None:
        found = await asyncio.to_thread(list_rules, self._services.store, self._workflow_id)
        names = [topic.name for topic in analyze(self._services, self._workflow_id).topics]
        self._rules.clear()
        with self._rules:
            text("Rules for generated records", "h2")
            self._draw_list_of_rules(found)
            with box("div", "acts").style("align-items:end"):
                with field("A rule in your own words, in any language"):
                    text_input(lambda value: setattr(self, "_rule", value.strip()), name="New rule")
                with field("for"):
                    options = {"": "all topics", **{name: name for name in names}}
                    choice(
                        "",
                        options,
                        lambda value: setattr(self, "_rule_topic", value),
                        name="Topic of the rule",
                    )
                button("Add the rule", self._add_rule, quiet=True)

    def _draw_list_of_rules(self, found: Sequence[Rule]) -> None:
        if not found:
            text("None yet.", "p", "soft")
        for rule in found:
            with box("div", "acts").style("margin-bottom:.4rem"):
                text(f"{rule.words} ({rule.topic or 'all topics'})").style("flex:1")
                button("Remove", partial(self._remove_rule, rule.id), quiet=True)
        if unread := why_unread(found, self._services.settings):
            text(f"{unread[0].upper()}{unread[1:]}.", "p", "warn small")

    async def _add_rule(self) -> None:
        if self._rule:
            rule = Rule("in_words", self._rule, self._rule_topic or None)
            if await self._done(
                partial(add_rule, self._services.store, self._workflow_id, rule), "Rule added"
            ):
                self._rule = ""
                await self._draw_rules()

    async def _remove_rule(self, rule_id: int) -> None:
        if await self._done(
            partial(remove_rule, self._services.store, self._workflow_id, rule_id), "Rule removed"
        ):
            await self._draw_rules()

    async def _draw_cases(self) -> None:
        cases = await asyncio.to_thread(all_scenarios, self._services.store, self._workflow_id)
        written = as_yaml(cases)
        edited = [written]
        self._cases.clear()
        with self._cases:
            text("Cases that are written for", "h2")
            text(
                "The model plans them for each topic when it first generates; change, add or delete them here. Your "
                "own personas, situations and axes count for all topics.",
                "p",
                "soft",
            )
            area = text_input(
                partial(edited.__setitem__, 0), name="Cases, as YAML", value=written, tag="textarea"
            )
            area.props["rows"] = str(min(24, written.count("\n") + 2))
            area.style("font-family:ui-monospace,monospace;font-size:.85rem")
            button("Save the cases", lambda: self._save_cases(edited[0]), quiet=True)

    async def _save_cases(self, written: str) -> None:
        change = partial(replace_scenarios, self._services.store, self._workflow_id, written)
        if await self._done(change, "Cases kept"):
            await self._draw_cases()

    async def _done(self, change: Callable[[], Any], said: str) -> bool:
        try:
            await asyncio.to_thread(change)
        except (CoverageError, ValueError) as error:
            tell(str(error), is_problem=True)
            return False
        tell(said)
        return True
