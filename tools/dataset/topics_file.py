"""Reading the topics of a workflow from a YAML or JSON file.

The file holds ``{"topics": [...]}`` or only the list; each topic is a name, or an object with ``name`` and
maybe ``description``, ``parent``, ``weight``, ``most`` (records at most) and ``examples``: a list of texts that belong
to it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import InvalidInput
from ..store.workflows import TopicInfo, check_topics
from .yaml_file import load_yaml

_KEYS = ("name", "description", "parent", "weight", "most", "examples")
_HINT = 'Write it as {"topics": [{"name": …, "description": …, "parent": …, "weight": …, "most": …, "examples": […]}]}.'


def read_topics(path: str | Path) -> list[TopicInfo]:
    """Read the topics of a file.

    Raises:
        InvalidInput: the file cannot be read, is neither YAML nor JSON, or a topic in it cannot be used.
    """
    file = Path(path)
    document = load_yaml(file, _HINT)
    listed = document.get("topics") if isinstance(document, dict) else document
    if not isinstance(listed, list):
        raise InvalidInput(f"{file} has no list of topics.", hint=_HINT)
    infos = [_topic(item, f"{file}, topic {number}") for number, item in enumerate(listed, start=1)]
    check_topics(infos)
    return infos


def _topic(item: Any, where: str) -> TopicInfo:
    if not isinstance(item, dict):
        return TopicInfo(_text(item, f"{where}: name"))
    unknown = [key for key in item if key not in _KEYS]
    if unknown:
        # Silence here would turn a misspelt `weight` into no target at all.
        raise InvalidInput(f"{where}: unknown key {unknown[0]!r}.", hint=f"Known keys: {', '.join(_KEYS)}.")
    parent = item.get("parent")
    return TopicInfo(
        name=_text(item.get("name"), f"{where}: name"),
        description=_text(item.get("description") or "", f"{where}: description"),
        parent=None if parent is None else _text(parent, f"{where}: parent"),
        weight=_weight(item.get("weight"), where),
        examples=_examples(item.get("examples"), where),
        most=_most(item.get("most"), where),
    )


def _examples(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise InvalidInput(f"{where}: examples are not a list.", hint="Write a list of texts.")
    texts = (_text(text, f"{where}: example {number}") for number, text in enumerate(value, start=1))
    return tuple(text for text in texts if text)


def _text(value: Any, what: str) -> str:
    # YAML reads an unquoted 404 as a number; a label of digits is still a label.
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise InvalidInput(f"{what} is missing or not text.", hint="Put it in quotes.")
    return value.strip()


def _weight(value: Any, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(f"{where}: the weight is not a number.", hint="Write a number above 0.")
    return float(value)


def _most(value: Any, where: str) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise InvalidInput(
            f"{where}: most is not a whole number.", hint="Write how many records it may have."
        )
    return value
