"""What README, CHANGELOG and docs/ name is there: files, commands, options, make targets, modules, settings, links."""

from __future__ import annotations

import os
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest
from finetune_coverage.tools.server_settings import ServerSettings
from finetune_coverage.tools.settings import PREFIX, Settings
from finetune_coverage.tools.settings_files import ENV_FILE

from .test_readme import known_commands

ROOT = Path(__file__).resolve().parents[2]
OWN = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")
PLAYED = ("docs/demo.md", "docs/conversations/README.md")
"""What programs and people said: nobody's claims. Their links are looked at like all others."""
LINKED = (*OWN, *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")))
PAGES = tuple(page for page in LINKED if page not in PLAYED and page != "docs/security.md")
FOLDERS = (".ci", "agent", "benchmarks", "docs", "examples", "graph", "notebooks", "tests", "tools")
ENDINGS = ("csv", "ipynb", "jinja", "json", "md", "png", "py", "svg", "toml", "txt", "yaml")
FILE = re.compile(rf"[\w.*/-]+\.(?:{'|'.join(ENDINGS)})")


def spans(page: str) -> list[str]:
    """What is set as code in running text, the lines of shell blocks, where links lead to; no output of programs."""
    running, found, fence, language = "", [], "", ""
    for line in (ROOT / page).read_text(encoding="utf-8").splitlines():
        opens = re.match(r"(`{3,})(\w*)$", line)
        if opens and (not fence or line == fence):
            fence, language = ("", "") if fence else opens.groups()
        elif language == "bash":
            found.append(line.split("  #")[0].strip())
        elif not fence:
            running += f"{line}\n"
    links = [
        os.path.relpath((ROOT / page).parent / link.partition("#")[0], ROOT)
        for link in re.findall(r"\]\(([^)#\s][^)\s]*)\)", running)
        if "://" not in link
    ]
    found += [*links, *(" ".join(span.split()) for span in re.findall(r"`([^`]+)`", running))]
    return [span for span in dict.fromkeys(found) if span]


@cache
def files() -> tuple[str, ...]:
    """The files of the project, as paths from its root."""
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    return tuple(path.relative_to(ROOT).as_posix() for path in [*inside, *ROOT.glob("*.*")])


@cache
def sources() -> str:
    """The project's own code, where the names of files stand that it writes, and the options of benchmarks."""
    own = re.compile(r"(?:agent|benchmarks|docs|tools)/.*\.py")
    return "\n".join((ROOT / path).read_text(encoding="utf-8") for path in files() if own.fullmatch(path))


def is_there(path: str) -> bool:
    """Whether a file or folder is in the project, or is one that the program writes under that name."""
    if (ROOT / path).exists() or any(one.endswith(f"/{path}") for one in files()):
        return True
    return f'"{Path(path).name}"' in sources()


def problems(span: str) -> list[str]:
    """What a span names that is not there; spans of any other kind name nothing."""
    words = span.removeprefix("finetune-coverage ").split()
    missing = [f"setting {name}" for name in re.findall(rf"{PREFIX}(\w+)", span) if not is_setting(name)]
    known = known_commands()
    path = next((tuple(words[:n]) for n in (2, 1) if tuple(words[:n]) in known), None)
    if words[0] == "make" and len(words) > 1:
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        missing += [] if words[1] in targets else [f"target {words[1]}"]
    elif words[:2] == ["python", "-m"]:
        missing += [] if find_spec(f"finetune_coverage.{words[2]}") else [f"module {words[2]}"]
    elif path is not None:
        options = [word.strip("[]…,") for word in words if word.startswith(("--", "[--"))]
        missing += [f"option {option}" for option in options if option not in known[path]]
    elif span.startswith("--"):
        is_known = any(words[0] in options for options in known.values()) or f'"{words[0]}"' in sources()
        missing += [] if is_known else [f"option {words[0]}"]
    elif span.startswith("finetune-coverage --"):  # an option of all commands
        missing += [] if f'"{words[0]}"' in sources() else [f"option {words[0]}"]
    elif span.startswith("finetune-coverage ") and words[0] != "…":
        missing += [f"command {words[0]}"]
    elif len(words) == 1 and (FILE.fullmatch(span) or ("/" in span and span.split("/")[0] in FOLDERS)):
        missing += [] if is_there(span.rstrip("/")) else [f"file {span}"]
    return missing


def is_setting(name: str) -> bool:
    """Whether ``FINETUNE_COVERAGE_<name>`` is read; parts of nested settings are parted by two underscores."""
    is_field = name.split("__")[0].lower() in {*Settings.model_fields, *ServerSettings.model_fields}
    return not name or is_field or f"{PREFIX}{name}" == ENV_FILE


@pytest.mark.parametrize("page", PAGES)
def test_what_it_names_is_there(page: str) -> None:
    missing = {span: found for span in spans(page) if (found := problems(span))}
    assert missing == {}


def test_what_matters_is_looked_at() -> None:
    named = {page: {*spans(page)} for page in PAGES}
    assert {"make demo", "docs/conversations/README.md", "docs/demo.md"} <= named["README.md"]
    assert {"coverage.ipynb", "generate --batch", "--split", "tools/inspection"} <= named["CHANGELOG.md"]
    assert "tools/generation/money/prices.yaml" in named["docs/approval.md"]
    assert "tests/packaging/test_extending.py" in named["docs/extending.md"]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", LINKED)
def test_its_links_lead_somewhere(page: str) -> None:
    text = re.sub(
        r"^(`{3,}).*?^\1$", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    for link in links:
        path, _, anchor = link.partition("#")
        there = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        assert there.is_relative_to(ROOT) and there.exists(), link
        assert not anchor or anchor in anchors(there), link


def test_the_contents_name_every_page() -> None:
    for folder in ("docs", "docs/decisions"):
        contents = (ROOT / folder / "README.md").read_text(encoding="utf-8")
        pages = {path.name for path in (ROOT / folder).glob("*.md")} - {"README.md"}
        assert pages - {*re.findall(r"\]\(([\w-]+\.md)\)", contents)} == set()


@pytest.mark.parametrize(
    ("span", "missing"),
    [
        ("make coffee", ["target coffee"]),
        ("make demo", []),
        ("python -m benchmarks.nothing", ["module benchmarks.nothing"]),
        ("python -m benchmarks.faults", []),
        ("analyze -w ID [--within] [--beyond]", ["option --beyond"]),
        ("finetune-coverage balance", ["command balance"]),
        ("--no-such-option", ["option --no-such-option"]),
        ("notebooks/nothing.ipynb", ["file notebooks/nothing.ipynb"]),
        ("nothing.ipynb", ["file nothing.ipynb"]),
        ("tools/nowhere", ["file tools/nowhere"]),
        ("demo-output/generated.md", []),
        (f"{PREFIX}COFFEE", ["setting COFFEE"]),
        ("messages", []),
    ],
)
def test_what_is_not_there_is_found(span: str, missing: list[str]) -> None:
    assert problems(span) == missing
