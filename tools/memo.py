"""What was made once and still holds, kept at hand."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Memo:
    """Keeps so many things; the one asked for longest ago goes first. Safe to share between threads.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def once(self, key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
        """What ``make`` gives, made once for a key.

        Args:
            key: names it and all that it depends on; taken before it is made, so that what is kept is never older.
            make: makes it; what it gives is not altered. Without the lock: two threads may make it at once.
        """
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return cast("T", self._made[key])
        made = make()
        with self._lock:
            self._made[key] = made
            while len(self._made) > self._most:
                self._made.popitem(last=False)
        return made
