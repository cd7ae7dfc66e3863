"""The pictures of the documentation: there, drawn from runs, and loading nothing from anywhere."""

from __future__ import annotations

import re

import pytest
from finetune_coverage.docs.screens import FOLDER, SCREENS, Screen, on_screen, picture


def test_a_picture_is_what_was_written() -> None:
    svg = picture(Screen("x", ["analyze", "-w", "a<b"], 60), "\x1b[31mred\x1b[0m & <script>alert(1)</script>")
    assert "&lt;script&gt;" in svg and "<script>" not in svg and "a&lt;b" in svg and "red" in svg
    loaded = re.findall(r"(?:url\(|href=)[\"']?(?!#)[^\"')]+", svg)
    assert loaded == [] and "@font-face" not in svg


def test_of_a_bar_the_last_drawing_is_shown() -> None:
    drawn = b"Cost\r\n\x1b[?25lbar 1/30\r\x1b[2Kbar 2/30\r\x1b[2Kbar 3/30"
    assert on_screen(drawn) == "Cost\nbar 3/30"


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_pictures_are_kept(screen: Screen) -> None:
    svg = (FOLDER / f"{screen.name}.svg").read_text(encoding="utf-8")
    assert "@font-face" not in svg and "url(http" not in svg
    text = svg.replace("&#160;", " ")
    assert f"finetune-coverage {' '.join(screen.command)}" in text and "0.45" in text
