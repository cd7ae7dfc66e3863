"""Messages that chat apps keep as a tree, by their ids: each try at an answer is a branch."""

from __future__ import annotations

from typing import Any

Source = dict[str, Any]


def way_to(nodes: Source, current: Any, parent: str, children: str) -> list[Any]:
    """The nodes from the root to the current one, which is what a person saw last.

    Args:
        nodes: by their ids.
        current: the id of the current node; where it is none, the last child is followed at each node.
        parent: the key under which a node names the one before it.
        children: the key under which it names those after it.
    """
    at = current if isinstance(current, str) and current in nodes else _last_leaf(nodes, parent, children)
    way: list[Any] = []
    seen: set[str] = set()
    while isinstance(at, str) and at in nodes and at not in seen:
        seen.add(at)
        way.append(nodes[at])
        at = nodes[at].get(parent) if isinstance(nodes[at], dict) else None
    return way[::-1]


def _last_leaf(nodes: Source, parent: str, children: str) -> str | None:
    at = next((name for name, node in nodes.items() if isinstance(node, dict) and not node.get(parent)), None)
    seen: set[str] = set()
    while at is not None and at not in seen:
        seen.add(at)
        node = nodes.get(at)
        following = node.get(children) if isinstance(node, dict) else None
        if not isinstance(following, list) or not following or not isinstance(following[-1], str):
            return at
        at = following[-1]
    return at
