"""No pattern over texts takes more than linear time, whatever the text."""

from __future__ import annotations

import ast
import base64
import importlib
import inspect
import pkgutil
import random
import re
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

import pytest

PACKAGES = (
    "tools.coverage",
    "tools.dataset",
    "tools.generation.checks",
    "tools.generation",
    "tools",
    "graph",
    "agent",
)
"""Each without those before it; together all of the program."""
LENGTH = 8_000
FREE = 0.008
"""Seconds of CPU time at `LENGTH` that are no ground for suspicion: a quadratic pattern takes 0.02 and more."""
MOST = 0.4
PART = 8
STEEPEST = 20
"""How many times as long a text may take as a `PART` of its length: a linear pattern takes 8 times as long, a quadratic
one 64 times, and between them there is room for what else the machine does."""
TRIES = 5


class Found(NamedTuple):
    where: str
    pattern: re.Pattern[str]


Shape = Callable[[int], str]
"""Makes a text of a length."""

_CHANCE = random.Random(1)
_BASE64 = base64.b64encode(_CHANCE.randbytes(LENGTH)).decode()
_UNSPACED = "".join(chr(_CHANCE.randrange(0x4E00, 0x9FA5)) for _ in range(LENGTH))
# fmt: off
_UNITS = (
    "a", "A", "1", "_", "-", "*", "X", " ", "\n", "\n ", "\t\n", '"', "'", "(", "[", "{", "<", "`", "|", "\\", ".",
    "1,", "1.", "1 ", "A ", "a1", "a.", "a@", "x-", "> ", "a>", "# ", ". ", "$1", "{{", "<a ", "({[", "ab c ", "1:",
    "https://a.", "word another thing ", "Name Of It, ", "and 12 of ",
)
# An end that does not fit: whoever has read all of it goes back.
_ENDS = (("a", "!"), ("a", "_"), ("1", "_"), ("1", "x"), (" ", "x"), ("-", "x"), ("a.", "!"), ("1,", "x"))
# fmt: on


def filled(unit: str, end: str = "") -> Shape:
    return lambda length: (unit * (length // len(unit) + 1))[: length - len(end)] + end


SHAPES: dict[str, Shape] = {
    "base64": lambda length: _BASE64[:length],
    "unspaced": lambda length: _UNSPACED[:length],
    **{repr(unit): filled(unit) for unit in _UNITS},
    **{repr(unit + end): filled(unit, end) for unit, end in _ENDS},
}


def own_beginnings(pattern: re.Pattern[str]) -> Iterator[str]:
    """Texts that a pattern begins to match: over and over they make it look far ahead from each of them."""
    from re import _parser  # type: ignore[attr-defined]

    seen = set()
    for text in _beginnings(list(_parser.parse(pattern.pattern, pattern.flags)), most=8):
        # Once close together and once as words.
        for unit in (text, f"{text} "):
            if text and unit not in seen:
                seen.add(unit)
                yield unit


def _beginnings(items: list[Any], most: int) -> list[str]:
    """What the first items match, the first one alone, then the first two, and so on; some of each alternative."""
    so_far, found = [""], list[str]()
    for item in items:
        so_far = [before + after for before in so_far[:4] for after in _samples(item)][:8]
        found += so_far
    return list(dict.fromkeys(found))[:most]


def _samples(item: Any) -> list[str]:
    kind, value = str(item[0]), item[1]
    if kind == "LITERAL":
        return [chr(value)]
    if kind == "NOT_LITERAL":
        return ["~"]
    if kind == "ANY":
        return ["a"]
    if kind == "IN":
        return [_of_class(value)]
    if kind == "BRANCH":
        return list(dict.fromkeys(text for branch in value[1] for text in _wholes(branch)[:1]))[:6]
    if kind == "SUBPATTERN":
        return _wholes(value[3])
    if kind == "ATOMIC_GROUP":
        return _wholes(value)
    if kind in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, _, inner = value
        return [text * max(1, least) for text in _wholes(inner)] + ([""] if least == 0 else [])
    return [""]  # assertions and references to groups


def _wholes(items: Any) -> list[str]:
    texts = [""]
    for item in items:
        texts = [before + after for before in texts[:3] for after in _samples(item)][:6]
    return texts


def _of_class(members: list[Any]) -> str:
    excluded = str(members[0][0]) == "NEGATE"
    if excluded:
        return "a"
    kind, value = str(members[0][0]), members[0][1]
    if kind == "LITERAL":
        return chr(value)
    if kind == "RANGE":
        return chr(value[0])
    return {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " ", "CATEGORY_NOT_WORD": "-"}.get(str(value), "a")


def patterns(package: str) -> list[Found]:
    """Every pattern that a module of the package keeps or makes: by itself, in containers, in classes, in functions."""
    found: dict[tuple[str, int], Found] = {}
    root = importlib.import_module(f"finetune_coverage.{package}")
    others = tuple(f"finetune_coverage.{other}." for other in PACKAGES[: PACKAGES.index(package)])
    for info in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
        if f"{info.name}.".startswith(others):
            continue
        module = importlib.import_module(info.name)
        within = info.name.removeprefix("finetune_coverage.")
        kept = [
            Found(f"{within}.{name}", pattern)
            for name, value in list(vars(module).items())
            if not name.startswith("__")
            for pattern in _within(value, 0)
        ]
        made = [Found(f"{within}:{line}", pattern) for line, pattern in _made_when_run(module)]
        for one in kept + made:
            key = (one.pattern.pattern, one.pattern.flags)
            if key not in found:
                found[key] = one
    return sorted(found.values(), key=lambda one: one.where)


def _made_when_run(module: ModuleType) -> Iterator[tuple[int, re.Pattern[str]]]:
    """The patterns that functions make of a fixed text."""
    for call in ast.walk(ast.parse(inspect.getsource(module))):
        if not isinstance(call, ast.Call) or not call.args or not isinstance(call.args[0], ast.Constant):
            continue
        of, text = call.func, call.args[0].value
        is_re = isinstance(of, ast.Attribute) and isinstance(of.value, ast.Name) and of.value.id == "re"
        if is_re and of.attr != "escape" and isinstance(text, str):
            said = [ast.unparse(part) for part in (*call.args, *(word.value for word in call.keywords))]
            flags = [eval(part, {"re": re}) for part in said if part.startswith("re.")]
            yield call.lineno, re.compile(text, *flags[:1])


def _within(value: Any, depth: int) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
        return
    inner: list[Any] = []
    if depth > 5:
        return
    if isinstance(value, dict):
        inner = [*value, *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        inner = list(value)
    elif getattr(type(value) if not isinstance(value, type) else value, "__module__", "").startswith(
        "finetune_coverage"
    ):
        inner = list(getattr(value, "__dict__", {}).values())
    for one in inner:
        yield from _within(one, depth + 1)


def seconds(pattern: re.Pattern[str], text: str) -> float:
    """CPU time to find every match, which holds a search for the first one; and to match the whole text."""
    start = time.thread_time()
    for _ in pattern.finditer(text):
        pass
    middle = time.thread_time()
    pattern.fullmatch(text)
    return max(middle - start, time.thread_time() - middle)


def what_is_slow(pattern: re.Pattern[str], shape: Shape) -> str | None:
    """In words; None where the time is linear."""
    # Growing texts, so that an exponential pattern is seen before it hangs.
    for length in (LENGTH // 50, LENGTH // 10, LENGTH):
        whole, part = shape(length), shape(length // PART)
        taken = seconds(pattern, whole)
        if taken <= FREE:
            continue
        of_part = seconds(pattern, part)
        # Other programs take from a measurement now and then, and give to none: the best of some counts.
        for _ in range(TRIES):
            if taken <= min(MOST, STEEPEST * of_part):
                break
            taken, of_part = min(taken, seconds(pattern, whole)), min(of_part, seconds(pattern, part))
        else:
            return f"{of_part:.4f} s for {len(part):,} characters, {taken:.4f} s for {length:,}"
    return None


def test_a_quadratic_pattern_is_found() -> None:
    assert what_is_slow(re.compile("a+b"), filled("a")) is not None
    assert what_is_slow(re.compile(r"\s*,"), filled(" ", "x")) is not None
    assert what_is_slow(re.compile("[^b]a*"), filled("a")) is None


@pytest.mark.slow
@pytest.mark.parametrize("package", PACKAGES)
def test_no_pattern_over_texts_is_worse_than_linear(package: str) -> None:
    slow = []
    for where, pattern in patterns(package):
        for name, shape in (SHAPES | {repr(unit): filled(unit) for unit in own_beginnings(pattern)}).items():
            if found := what_is_slow(pattern, shape):
                slow.append(f"{where} on {name}: {found}")
                break
    assert not slow, "\n".join(slow)
