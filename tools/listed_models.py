"""Which models an endpoint says that it has: with one only, nobody has to name it."""

from __future__ import annotations

import threading
import time

_SECONDS = 3.0
_KEPT = 60.0
"""Seconds for which an endpoint that listed nothing is not asked again."""

_lock = threading.Lock()
_known: dict[tuple[str, str], tuple[float, list[str]]] = {}


def listed_models(url: str, key: str) -> list[str]:
    """The language models that the endpoint lists; none when it cannot be reached or lists none. Never raises.

    Args:
        url: the endpoint, ending in ``/v1`` or the like.
        key: its key; empty for none.
    """
    with _lock:
        asked_at, models = _known.get((url, key), (float("-inf"), []))
        if models or time.monotonic() - asked_at < _KEPT:
            return models
        models = _ask(url, key)
        _known[url, key] = (time.monotonic(), models)
        return models


def learnt_models(url: str, key: str) -> list[str] | None:
    """What `listed_models` learnt in this process, without asking again; None when it was not asked yet."""
    with _lock:
        return _known[url, key][1] if (url, key) in _known else None


def _ask(url: str, key: str) -> list[str]:
    import httpx

    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        answer = httpx.get(f"{url}/models", headers=headers, timeout=_SECONDS)
        answer.raise_for_status()
        names = [str(model["id"]) for model in answer.json()["data"]]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return []
    return [name for name in names if "embed" not in name.lower()]
