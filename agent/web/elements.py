"""The few plain elements that the screens are made of. All text is text: nothing here reads HTML or Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from .plain_words import without_commands

_PIECE = re.compile(r"[^_/.:-]*[_/.:-]+|[^_/.:-]+")
_LONG_WORD = 20
OnClick = Callable[[], Any]


def text(said: str, tag: str = "span", classes: str = "") -> TextElement:
    """Text in an element of its own."""
    element = TextElement(tag=tag, text=said)
    return element.classes(classes) if classes else element


def topic_name(name: str, tag: str = "span", classes: str = "") -> Element:
    """A topic's name, which may be broken behind its signs and not within its words, unless one alone is too long."""
    pieces = _PIECE.findall(name)
    is_long = any(len(word) > _LONG_WORD for piece in pieces for word in piece.split())
    element = box(tag, f"name long {classes}" if is_long else f"name {classes}")
    with element:
        for number, piece in enumerate(pieces):
            if number:
                box("wbr")
            text(piece)
    return element


def box(tag: str = "div", classes: str = "", **attributes: str) -> Element:
    """An element to put others into, as a context manager; underscores in attributes stand for hyphens."""
    element = ui.element(tag)
    if classes:
        element.classes(classes)
    for name, value in attributes.items():
        element.props[name.rstrip("_").replace("_", "-")] = value
    return element


def button(label: str, on_click: OnClick, *, quiet: bool = False) -> TextElement:
    """A button with words on it."""
    element = text(label, "button", "act quiet" if quiet else "act")
    element.props["type"] = "button"
    element.on("click", on_click, args=[])
    return element


def link(label: str, address: str, classes: str = "") -> TextElement:
    """A link within the page."""
    element = text(label, "a", classes)
    element.props["href"] = address
    return element


def field(label: str) -> Element:
    """A label around the one input that is put into it."""
    element = box("label", "field")
    with element:
        text(label)
    return element


# Inputs are given a default and no value: a value would be written into them again with everything that is drawn anew,
# over what somebody is typing.
def number_input(value: int, on_change: Callable[[int], Any], *, name: str, most: int) -> Element:
    """A whole number from 0; told with every change that is one.

    Args:
        value: at first.
        on_change: called with the number.
        name: what it is, for those who do not see the table around it.
        most: the largest that may be typed.
    """
    element = box("input", type="number", min="0", max=str(most), defaultValue=str(value), aria_label=name)
    script = (
        "(e) => { const n = Number(e.target.value); "
        f"if (Number.isInteger(n) && n >= 0 && n <= {most}) emit(n); }}"
    )
    element.on("input", lambda event: on_change(int(event.args)), js_handler=script)
    return element


def text_input(on_change: Callable[[str], Any], *, name: str, value: str = "", tag: str = "input") -> Element:
    """A line, or with ``tag="textarea"`` several; told as it is left."""
    element = box(tag, defaultValue=value, aria_label=name)
    element.on("change", lambda event: on_change(str(event.args)), js_handler="(e) => emit(e.target.value)")
    return element


def choice(value: str, options: Mapping[str, str], on_change: Callable[[str], Any], *, name: str) -> Element:
    """A choice of one: of each option its value and its words."""
    element = box("select", aria_label=name)
    element.on("change", lambda event: on_change(str(event.args)), js_handler="(e) => emit(e.target.value)")
    with element:
        for option, words in options.items():
            entry = text(words, "option")
            entry.props["value"] = option
            if option == value:
                entry.props["selected"] = True
    return element


def show_choice(drawn: Element, value: str) -> None:
    """Make another option the chosen one where it stands: what else is chosen meanwhile is not drawn over."""
    drawn.client.run_javascript(f"getHtmlElement({drawn.id}).value = {json.dumps(value)}")


def checkbox(value: bool, on_change: Callable[[bool], Any], *, name: str) -> Element:
    """A box to tick."""
    element = box("input", type="checkbox", aria_label=name)
    if value:
        element.props["checked"] = True
    element.on(
        "change", lambda event: on_change(bool(event.args)), js_handler="(e) => emit(e.target.checked)"
    )
    return element


@contextmanager
def table(*headings: str, numbers: Collection[str] = ()) -> Iterator[None]:
    """A table whose rows are made within.

    Args:
        headings: of its columns.
        numbers: those among them that stand over numbers.
    """
    with box("div", "wide"), box("table"):
        with box("thead"), box("tr"):
            for heading in headings:
                text(heading, "th", "number" if heading in numbers else "")
        with box("tbody"):
            yield


@contextmanager
def facts(of: Mapping[str, str]) -> Iterator[Element]:
    """Names, each with what is to be said of it."""
    with box("dl", "facts") as drawn:
        for name, said in of.items():
            text(name, "dt")
            text(said, "dd")
        yield drawn


def focus_on(identifier: str) -> None:
    """Put the focus on an element by the id that was given to it, as soon as the browser has drawn it."""
    ui.run_javascript(f"focusOn({json.dumps(identifier)})")


def address(workflow_id: str, screen: str = "") -> str:
    """Where a screen of a dataset is."""
    return f"/data/{quote(workflow_id, safe='')}" + (f"/{screen}" if screen else "")


def tell(words: str, *, is_problem: bool = False) -> None:
    """Say at the foot of the page, for some seconds and to screen readers, what was done or why it was not."""
    ui.run_javascript(f"tell({json.dumps(without_commands(words))}, {json.dumps(is_problem)})")
