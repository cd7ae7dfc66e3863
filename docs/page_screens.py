"""Pictures of the page in light, dark and on a phone: ``python -m docs.page_screens``.

A served page in Chromium, on the bundled dataset, with the model of the settings; one small round is approved on it, so
that there is something to see. Takes as long as the model takes for six records.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from finetune_coverage.tools.dataset.bundled_sample import import_sample
from finetune_coverage.tools.store.store import Store
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

FOLDER = Path(__file__).with_name("screens") / "page"
_WAIT = 600_000
_COLOURS = 96
_LOOKS = {"light": (1280, "light"), "dark": (1280, "dark"), "phone": (380, "light")}
_SCREENS = {
    "datasets": "table",
    "overview": ".topic",
    "plan": "h1",
    "review": ".turn",
    "topics": "textarea",
    "export": "h1",
}


def main() -> None:
    """Play a round and take the pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="finetune-coverage-") as home:
        store = Store.open(f"sqlite:///{Path(home) / 'coverage.db'}")
        import_sample(store, "sample")
        store.close()
        server = subprocess.Popen(
            [sys.executable, "-m", "finetune_coverage.agent.cli", "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"FINETUNE_COVERAGE_HOME": home, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
        )
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=["--no-sandbox"]
                )
                page = browser.new_context().new_page()
                page.set_default_timeout(_WAIT)
                expect.set_options(timeout=_WAIT)
                _play(page, found.group())
                browser.close()
        finally:
            server.terminate()
            server.wait()


def _play(page: Page, url: str) -> None:
    origin = url.partition("/?")[0]
    page.goto(url)
    page.goto(f"{origin}/data/sample/plan")
    page.get_by_label("Records for technical_issues").fill("6")
    approve = page.get_by_role("button", name="Approve and generate 6 records")
    expect(approve).to_be_enabled()
    _take(page, "plan to approve")
    approve.click()
    page.wait_for_selector("text=The latest records")
    _take(page, "generation")
    page.wait_for_selector("text=Rounds so far")
    for name, shows in _SCREENS.items():
        path = {"datasets": "/", "overview": "/data/sample"}.get(name, f"/data/sample/{name}")
        page.goto(f"{origin}{path}")
        page.wait_for_selector(shows)
        page.wait_for_timeout(1500)
        _take(page, name)


def _take(page: Page, name: str) -> None:
    for look, (width, scheme) in _LOOKS.items():
        page.set_viewport_size({"width": width, "height": 820})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.wait_for_timeout(300)
        picture = Image.open(io.BytesIO(page.screenshot(full_page=look == "phone")))
        file = FOLDER / f"{name.replace(' ', '-')}-{look}.png"
        picture.convert("RGB").quantize(_COLOURS).save(file, optimize=True)
        sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    main()
