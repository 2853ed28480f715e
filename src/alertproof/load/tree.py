"""YAML as a tree of nodes that know their place.

Built from PyYAML's event stream rather than its constructor: places survive, duplicate keys and hostile input
(aliases that multiply, absurd depth) are refused before anything grows, and scalars stay text until a schema says
what they should be, as Prometheus' own loader does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from alertproof.errors import InputError, Place
from alertproof.load.text import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_DEPTH = 100
MAX_NODES = 500_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Node:
    """A YAML node: `value` is a str, a list of nodes or a dict of key to node.

    `size` counts it and all below, `depth` the levels below it, both with aliases expanded.
    """

    value: str | list[Node] | dict[str, Node]
    place: Place
    plain: bool = False
    size: int = 1
    depth: int = 0
    key_places: dict[str, Place] = field(default_factory=dict)


def read_tree(path: Path) -> tuple[Node, str]:
    """Give a YAML file's single document as a tree, and its text.

    Raises InputError with line and column for a missing, binary, huge or empty file, broken YAML, a key given twice,
    several documents, or input that expands beyond all measure.
    """
    text = read_text(path)
    return parse_tree(text, path), text


def parse_tree(text: str, path: Path) -> Node:
    """Give the single document of a YAML text; `path` is only for messages."""
    builder = _Builder(path)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(path, mark.line + 1, mark.column + 1) if mark else Place(path)
        raise InputError(
            place, f"not valid YAML: {error.problem or error.context}", "correct the YAML at this place"
        ) from error
    except yaml.YAMLError as error:
        raise InputError(Place(path), f"not valid YAML: {error}", "save the file as plain UTF-8 text") from error
    if builder.root is None:
        raise InputError(Place(path), "the file holds no YAML document", "write its contents, or remove it")
    return builder.root


class _Builder:
    """Collects events into one tree without recursion."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root: Node | None = None
        self.documents = 0
        self.open: list[tuple[Node, str | None]] = []
        self.anchors: dict[str, Node] = {}

    def take(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._refuse(event, "a second YAML document starts here", "keep one document in a file")
        elif isinstance(event, ScalarEvent):
            self._add(Node(event.value, self._place(event), plain=event.implicit[0]), event)
        elif isinstance(event, MappingStartEvent | SequenceStartEvent):
            node = Node({} if isinstance(event, MappingStartEvent) else [], self._place(event))
            if len(self.open) >= MAX_DEPTH:
                self._refuse(event, f"nested deeper than {MAX_DEPTH} levels", "flatten the file")
            if event.anchor:
                self.anchors[event.anchor] = node
            self.open.append((node, None))
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            node, _ = self.open.pop()
            _merge(node)
            self._add(node, event)
        elif isinstance(event, AliasEvent):
            anchor = event.anchor or ""
            if anchor not in self.anchors or any(node is self.anchors[anchor] for node, _ in self.open):
                self._refuse(event, f"alias *{anchor} has no anchor before it", "define the anchor first")
            self._add(self.anchors[anchor], event)

    def _add(self, node: Node, event: Event) -> None:
        if isinstance(event, ScalarEvent) and event.anchor:
            self.anchors[event.anchor] = node
        if not self.open:
            self.root = node
            return
        parent, key = self.open[-1]
        parent.size += node.size
        parent.depth = max(parent.depth, node.depth + 1)
        if len(self.open) + node.depth > MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels", "flatten the file")
        if parent.size > MAX_NODES:
            self._refuse(event, f"aliases expand beyond {MAX_NODES} nodes", "write the file without them")
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif isinstance(parent.value, dict):
            if key is None:
                self._open_key(parent, node, event)
            else:
                self._close_key(parent, key, node)

    def _open_key(self, parent: Node, node: Node, event: Event) -> None:
        if not isinstance(node.value, str) or not isinstance(parent.value, dict):
            self._refuse(event, "a key must be plain text", "quote it, or remove a stray { or [")
            return
        if node.value in parent.value:
            first = parent.key_places[node.value]
            self._refuse(event, f"key {node.value!r} is given twice (first at line {first.line})", "keep one of them")
        parent.key_places[node.value] = node.place
        self.open[-1] = (parent, node.value)

    def _close_key(self, parent: Node, key: str, node: Node) -> None:
        assert isinstance(parent.value, dict)  # noqa: S101 for mypy: only mappings have keys
        parent.value[key] = node
        self.open[-1] = (parent, None)

    def _place(self, event: Event) -> Place:
        mark = event.start_mark
        return Place(self.path, mark.line + 1, mark.column + 1) if mark is not None else Place(self.path)

    def _refuse(self, event: Event, problem: str, remedy: str) -> None:
        raise InputError(self._place(event), problem, remedy)


def _merge(node: Node) -> None:
    """Replace a merge key `<<` by the keys it brings; the mapping's own keys win."""
    if isinstance(node.value, dict) and isinstance(brought := node.value.get("<<"), Node):
        del node.value["<<"]
        if isinstance(brought.value, dict):
            node.value = {**brought.value, **node.value}
            node.key_places = {**brought.key_places, **node.key_places}


def plain(node: Node) -> object:
    """Give a tree as plain data: unquoted scalars become null, bool, int or float where YAML 1.2 says so."""
    if isinstance(node.value, dict):
        return {key: plain(value) for key, value in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return scalar(node.value) if node.plain else node.value


def scalar(text: str) -> object:
    """Give an unquoted scalar's value by YAML 1.2's core schema (so `on` and `no` stay text, as in Prometheus)."""
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE", "false", "False", "FALSE"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            # Python would also take 1_000 and " 1 "; YAML 1.2 does not.
            if "_" not in text and not text.lower().strip("+-").startswith(("inf", "nan")):
                return kind(text)
        except ValueError:
            continue
    return {".inf": float("inf"), "+.inf": float("inf"), "-.inf": -float("inf")}.get(text.lower(), text)


def walk(node: Node, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Node]]:
    """Give every node with its path of keys and indexes, the root first."""
    yield path, node
    if isinstance(node.value, dict):
        for key, value in node.value.items():
            yield from walk(value, (*path, key))
    elif isinstance(node.value, list):
        for index, item in enumerate(node.value):
            yield from walk(item, (*path, index))
