"""Changes to a copy of the Alertmanager file, each told in a line a person can check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import urlsplit, urlunsplit

Node = dict[str, Any]


class Edits:
    """The changes so far, in order."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    @property
    def lines(self) -> tuple[str, ...]:
        """Give a line per change, such as `route.group_wait: 30s → 1s`."""
        return tuple(self._lines)

    def put(self, node: Node, key: str, value: object, place: str, default: str = "(none)") -> None:
        """Set a key; `default` is what held where the file says nothing."""
        before = _shown(node[key]) if node.get(key) is not None else default
        node[key] = value
        self._lines.append(f"{place}.{key}: {before} → {_shown(value)}")

    def drop(self, node: Node, key: str, place: str, why: str) -> None:
        """Remove a key where it is."""
        if key in node:
            self._lines.append(f"{place}.{key}: {_shown(node.pop(key))} → (removed: {why})")

    def tell(self, line: str) -> None:
        """State a change, or what is left as it is, in the caller's words."""
        self._lines.append(line)


def plain_copy(value: Any) -> Any:
    """Give a deep copy in which nothing is shared: a YAML alias is two places that are changed apart."""
    if isinstance(value, Mapping):
        return {key: plain_copy(part) for key, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain_copy(part) for part in value]
    return value


def mapping(node: Node, key: str) -> Node:
    """Give the mapping at a key, an empty one where there is none."""
    value = node.get(key)
    return value if isinstance(value, dict) else {}


def entries(node: Node, key: str) -> list[tuple[int, Node]]:
    """Give the mappings in the list at a key, numbered as they stand."""
    value = node.get(key)
    if not isinstance(value, list):
        return []
    return [(index, part) for index, part in enumerate(value) if isinstance(part, dict)]


def _shown(value: object) -> str:
    if isinstance(value, Mapping | list):
        return "…"
    if not isinstance(value, str):
        return str(value if isinstance(value, int | float | PurePath) else type(value).__name__)
    if "@" in value and "://" in value:
        # A proxy's URL may carry a password.
        parts = urlsplit(value)
        user = (parts.username or "") + (":<redacted>" if parts.password else "")
        return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc.rpartition('@')[2]}"))
    return value
