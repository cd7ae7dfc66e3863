"""A served page in a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Request, expect, sync_playwright

from ...forked import Forked
from ..endpoint import Endpoint

WAIT = 120_000
"""Milliseconds; long, since on a busy machine a first start embeds and imports for a while."""
_AT = """e => {
  const at = document.activeElement;
  if (at === document.body) return at === e ? "there" : "nowhere";
  const { left, right, top, bottom } = at.getBoundingClientRect(), style = getComputedStyle(at.closest(".drop") ?? at);
  const isSeen = right > 0 && bottom > 0 && left < innerWidth && top < innerHeight && style.outlineStyle !== "none";
  return isSeen ? (at === e ? "there" : "") : `not to be seen: ${at.outerHTML.slice(0, 200)}`;
}"""
_LEVELS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@dataclass
class Served:
    """A server process.

    Attributes:
        url: as it is printed, with the token.
    """

    process: Forked
    url: str

    @property
    def origin(self) -> str:
        return self.url.partition("/?")[0].rstrip("/")

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.communicate(30)


def serve(
    home: Path, endpoint: Endpoint, port: int = 0, settings: Mapping[str, str] | None = None, *options: str
) -> Served:
    """`finetune-coverage serve`, on the loopback unless options say otherwise.

    Args:
        home: the data folder.
        endpoint: to ask.
        port: 0 for any.
        settings: beside those of the endpoint.
        options: of the command.
    """
    environment = os.environ | endpoint.environment | {"FINETUNE_COVERAGE_HOME": str(home), "COLUMNS": "200"}
    order = ["serve", "--port", str(port), *options]
    process = Forked(home.parent, None, *order, environment=environment | dict(settings or {}))
    found = next((url for line in process.lines() if (url := re.search(r"https?://\S+", line))), None)
    assert found, process.communicate()
    return Served(process, found.group())


@dataclass
class Tab:
    """A page with what went on in it.

    Attributes:
        foreign: addresses that it asked for and that are not the server's.
        errors: what its scripts complained of.
    """

    page: Page
    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    received: int = 0

    def watch(self, origin: str) -> None:
        """Note everything from now on."""

        def asked(request: Request) -> None:
            if not request.url.startswith((origin, "data:", origin.replace("http", "ws", 1))):
                self.foreign.append(request.url)

        def finished(request: Request) -> None:
            self.received += 0 if self.page.is_closed() else request.sizes()["responseBodySize"]

        self.page.on("request", asked)
        self.page.on("requestfinished", finished)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def go_to(self, place: Locator, most: int = 40, *, back: bool = False) -> None:
        """Press Tab until a place has the focus; each stop on the way can be seen."""
        expect(place).to_be_visible()
        passed = []
        while (at := place.evaluate(_AT)) != "there" and len(passed) < most:
            assert not at.startswith("not to be seen"), at
            self.page.keyboard.press("Shift+Tab" if back else "Tab")
            passed.append(self.page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))
        if at == "there":
            return
        raise AssertionError(f"{place} is not among the next {most} stops: {passed}")

    def press(self, place: Locator, key: str = "Enter", most: int = 40, *, back: bool = False) -> None:
        """Go there by Tab and press a key."""
        self.go_to(place, most, back=back)
        self.page.keyboard.press(key)

    def type_into(self, place: Locator, text: str, *, back: bool = False) -> None:
        """Go there by Tab and put a text in the place of what is there."""
        self.press(place, "ControlOrMeta+a", back=back)
        self.page.keyboard.type(text)

    def is_at_something(self) -> bool:
        """Whether the focus is anywhere."""
        return bool(self.page.evaluate("document.activeElement !== document.body"))

    def faults(self) -> list[str]:
        """What axe finds against WCAG 2.2 A and AA, in light and in dark."""
        faults = []
        for colours in ("dark", "light"):
            self.page.emulate_media(color_scheme=colours)
            found: dict[str, Any] = Axe().run(self.page, options=_LEVELS).response
            faults += [
                f"{colours}: {fault['id']}: {node['html'][:150]}"
                for fault in found["violations"]
                for node in fault["nodes"]
            ]
        return faults


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium, without a window."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is not installed (`apt install chromium`)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()
