"""What guides the records that are written for a topic: rules in words, planned cases, lessons of what was dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from pydantic import ValidationError

from ....tools.errors import CoverageError
from ....tools.generation.lessons.lessons import MOST_LESSONS, Lesson, lessons_of, reject_records
from ....tools.generation.lessons.rules import Rule, add_rule, list_rules, remove_rule, why_unread
from ....tools.generation.scenarios.scenario import Scenario
from ....tools.generation.scenarios.scenario_store import (
    ScenarioFile,
    all_scenarios,
    as_yaml,
    replace_scenarios,
)
from ....tools.services import Services
from ....tools.store.records import set_status
from ..elements import box, button, choice, field, tell, text, text_input

_SHOWN = 60
"""Cases and lessons of a topic."""
_PARTS = {
    "situation": "Situation",
    "area": "Part of the topic",
    "user": "Who writes",
    "difficulty": "Difficulty",
}


class Guidance:
    """The part of the topics screen that is about one topic, or about what holds for all.

    Args:
        services: the store and the settings.
        workflow_id: which dataset.
    """

    def __init__(self, services: Services, workflow_id: str) -> None:
        self._services, self._workflow_id = services, workflow_id
        self._names: list[str] | None = None
        self._topic = ""
        self._rule = ""

    async def draw(self) -> None:
        """Draw it where it is called, empty until `show`."""
        with box("section", "card", aria_label="What is written for"):
            text("What guides the records that are written", "h2")
            self._choice = box("div")
            self._rules = box("section", aria_label="Rules")
            self._cases = box("section", aria_label="Cases")
            self._lessons = box("section", aria_label="Lessons")

    async def show(self, names: list[str]) -> None:
        """Show it for the topics that there are now; while they stay the same, what is being typed stays, too."""
        if self._names is not None and sorted(names) == sorted(self._names):
            return
        self._names = names
        self._topic = self._topic if self._topic in names else ""
        self._choice.clear()
        with self._choice, field("For"):
            options = {"": "all topics", **{name: name for name in names}}
            choice(self._topic, options, self._about, name="Topic of rules, cases and lessons")
        await self._show()

    async def _about(self, topic: str) -> None:
        self._topic = topic
        await self._show()

    async def _show(self) -> None:
        await self._show_rules()
        await self._show_cases()
        await self._show_lessons()

    async def _show_rules(self) -> None:
        store = self._services.store
        found = await asyncio.to_thread(list_rules, store, self._workflow_id, self._topic or None)
        self._rules.clear()
        with self._rules:
            text("Rules", "h3")
            if not found:
                text("None yet: a rule is a sentence that every record must keep to.", "p", "soft")
            for rule in found:
                with box("div", "acts listed"):
                    whose = "" if rule.topic == (self._topic or None) else f" ({rule.topic or 'all topics'})"
                    text(f"{rule.words}{whose}").style("flex:1")
                    button("Remove", partial(self._remove_rule, rule.id), quiet=True).classes("small")
            if unread := why_unread(found, self._services.settings):
                text(f"{unread[0].upper()}{unread[1:]}.", "p", "warn small")
            with box("div", "acts").style("align-items:end"):
                where = f"for {self._topic}" if self._topic else "for all topics"
                with field(f"A rule in your own words, in any language, {where}").style("flex:1 1 16rem"):
                    text_input(lambda value: setattr(self, "_rule", value.strip()), name="New rule")
                button("Add the rule", self._add_rule, quiet=True)

    async def _add_rule(self) -> None:
        if not self._rule:
            tell("Write the rule first.", is_problem=True)
            return
        try:
            rule = Rule("in_words", self._rule, self._topic or None)
        except CoverageError as error:
            tell(str(error), is_problem=True)
            return
        if await self._done(partial(add_rule, self._services.store, self._workflow_id, rule), "Rule added"):
            self._rule = ""
            await self._show_rules()

    async def _remove_rule(self, rule_id: int) -> None:
        change = partial(remove_rule, self._services.store, self._workflow_id, rule_id)
        if await self._done(change, "Rule removed"):
            await self._show_rules()

    async def _show_cases(self) -> None:
        file = await asyncio.to_thread(all_scenarios, self._services.store, self._workflow_id)
        self._cases.clear()
        with self._cases:
            text("Cases", "h3")
            if self._topic:
                self._draw_cases(file, file.topics.get(self._topic, []))
            else:
                self._draw_own(file)

    def _draw_cases(self, file: ScenarioFile, cases: Sequence[Scenario]) -> None:
        if not cases:
            text("None yet: the model plans them when it first generates for this topic.", "p", "soft")
        for number, case in enumerate(cases[:_SHOWN]):
            place = box("div", "acts listed")
            with place:
                with box("div").style("flex:1 1 14rem"):
                    text(case.situation, "div")
                    more = " · ".join(part for part in (case.area, case.user, case.difficulty) if part)
                    text(more, "div", "soft small")
                button("Edit", partial(self._edit_case, place, file, number), quiet=True).classes("small")
                button("Remove", partial(self._remove_case, file, number), quiet=True).classes("small")
        if len(cases) > _SHOWN:
            rest = f"… and {len(cases) - _SHOWN:,} more: for “all topics” there is one text with all of them."
            text(rest, "p", "soft small")
        place = box("div")
        with place:
            button("Add a case", partial(self._edit_case, place, file, len(cases)), quiet=True)

    def _edit_case(self, place: Any, file: ScenarioFile, number: int) -> None:
        cases = file.topics.get(self._topic, [])
        written = cases[number].model_dump() if number < len(cases) else dict.fromkeys(_PARTS, "")
        place.clear()
        with place, box("div", "case"):
            for part, label in _PARTS.items():
                with field(label):
                    keep = partial(written.__setitem__, part)
                    tag = "textarea" if part == "situation" else "input"
                    text_input(keep, name=label, value=written[part], tag=tag)
            with box("div", "acts"):
                button("Save the case", lambda: self._save_case(file, number, written))
                button("Cancel", self._show_cases, quiet=True)

    async def _save_case(self, file: ScenarioFile, number: int, written: dict[str, str]) -> None:
        try:
            case = Scenario.model_validate(written)
        except ValidationError as error:
            first = error.errors()[0]
            label = _PARTS[str(first["loc"][0])]
            tell(
                f"{label}: {'it is needed' if not written['situation'].strip() else first['msg']}.",
                is_problem=True,
            )
            return
        cases = list(file.topics.get(self._topic, []))
        cases[number : number + 1] = [case]
        await self._save_cases(file, cases, "Case kept")

    async def _remove_case(self, file: ScenarioFile, number: int) -> None:
        cases = list(file.topics.get(self._topic, []))
        del cases[number]
        await self._save_cases(file, cases, "Case removed")

    async def _save_cases(self, file: ScenarioFile, cases: list[Scenario], said: str) -> None:
        changed = file.model_copy(update={"topics": {self._topic: cases}})
        await self._save(as_yaml(changed), said)

    async def _save(self, written: str, said: str) -> None:
        change = partial(replace_scenarios, self._services.store, self._workflow_id, written)
        if await self._done(change, said):
            await self._show_cases()

    def _draw_own(self, file: ScenarioFile) -> None:
        text(
            "Each topic has cases of its own: choose one above. What you bring here holds for all of them, one a line.",
            "p",
            "soft",
        )
        own = {
            "personas": "\n".join(file.personas),
            "situations": "\n".join(file.situations),
            "axes": "\n".join(f"{name}: {words}" for name, words in file.axes.items()),
        }
        labels = {
            "personas": "Personas, in place of the users that were planned",
            "situations": "Situations, before those that were planned",
            "axes": "Edge cases, as name: what happens",
        }
        with box("div", "case"):
            for name, label in labels.items():
                with field(label):
                    text_input(partial(own.__setitem__, name), name=label, value=own[name], tag="textarea")
            with box("div", "acts"):
                button("Save for all topics", lambda: self._save_own(own), quiet=True)
        edited = [as_yaml(file)]
        with box("details"):
            text("All cases as one text (YAML)", "summary")
            area = text_input(
                partial(edited.__setitem__, 0), name="Cases, as YAML", value=edited[0], tag="textarea"
            )
            area.props["rows"] = str(min(24, edited[0].count("\n") + 2))
            area.style("font-family:ui-monospace,monospace;font-size:.85rem")
            button("Save the cases", lambda: self._save(edited[0], "Cases kept"), quiet=True)

    async def _save_own(self, own: dict[str, str]) -> None:
        lines = {
            name: [line.strip() for line in said.splitlines() if line.strip()] for name, said in own.items()
        }
        pairs = [line.partition(":") for line in lines["axes"]]
        if wrong := next((name for name, colon, words in pairs if not colon or not words.strip()), None):
            tell(f"An edge case is written as name: what happens. This one is not: {wrong}.", is_problem=True)
            return
        axes = {name.strip(): words.strip() for name, _, words in pairs}
        file = ScenarioFile(personas=lines["personas"], situations=lines["situations"], axes=axes)
        await self._save(as_yaml(file), "Kept for all topics")

    async def _show_lessons(self) -> None:
        store, lessons = self._services.store, list[Lesson]()
        if self._topic:
            lessons = await asyncio.to_thread(lessons_of, store, self._workflow_id, self._topic, _SHOWN)
        self._lessons.clear()
        with self._lessons:
            text("Lessons", "h3")
            if not self._topic:
                text("What was dropped of a topic, and why: choose one above.", "p", "soft")
            elif not lessons:
                text(
                    "None yet: a record that is dropped in review is one, with the reason given.", "p", "soft"
                )
            else:
                text(
                    f"Dropped records; the first {MOST_LESSONS} are told to the model as what to keep away from.",
                    "p",
                    "soft",
                )
            for lesson in lessons:
                self._draw_lesson(lesson)

    def _draw_lesson(self, lesson: Lesson) -> None:
        with box("div", "acts listed"):
            with box("div").style("flex:1 1 14rem"):
                text(lesson.get("user") or lesson.get("assistant") or lesson["record"], "div")
                if lesson.get("user") and lesson.get("assistant"):
                    text(lesson["assistant"], "div", "soft small")
            with field("Why it was dropped").style("flex:1 1 12rem"):
                text_input(
                    partial(self._reason, lesson["record"]),
                    name=f"Why {lesson['record']} was dropped",
                    value=lesson.get("why", ""),
                )
            button("Take it back in", partial(self._take_back, lesson["record"]), quiet=True).classes("small")

    async def _reason(self, record_id: str, why: str) -> None:
        change = partial(reject_records, self._services.store, self._workflow_id, [record_id], why)
        await self._done(change, "Reason kept")

    async def _take_back(self, record_id: str) -> None:
        change = partial(set_status, self._services.store, self._workflow_id, [record_id], "active")
        if await self._done(change, "It is in the dataset again, and no lesson any more"):
            await self._show_lessons()

    async def _done(self, change: Callable[[], Any], said: str) -> bool:
        try:
            await asyncio.to_thread(change)
        except CoverageError as error:
            tell(str(error), is_problem=True)
            return False
        tell(said)
        return True
