"""The `routes` of a contract file into models, with every name in them looked up."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from alertproof.errors import InputError
from alertproof.load.schema import descend
from alertproof.model.routes import Burst, Inhibits, Mutes, Repeat, Routes
from alertproof.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from alertproof.load.contracts import ContractFile
    from alertproof.load.tree import Node
    from alertproof.model.rules import AlertmanagerConfig

# Alertmanager's name for the section, and the one it had before 0.24 and still takes.
_SECTIONS = ("time_intervals", "mute_time_intervals")


def load_routes(claims: ContractFile, alertmanager: AlertmanagerConfig | None) -> Routes | None:
    """Give the routes of a service's contract file, None where it has none.

    Raises InputError where they name an alert without a contract, or a time interval that the Alertmanager file lacks.
    """
    data = claims.data.get("routes")
    if data is None:
        return None
    node = descend(claims.node, ["routes"])
    alerts = {contract.alert for contract in claims.contracts}
    for name_node in _alert_nodes(data, node):
        _look_up(name_node, alerts, "alert", f"no contract of {claims.node.place.file.name} has it")
    intervals = _intervals(alertmanager.document if alertmanager is not None else {})
    where = alertmanager.path.name if alertmanager is not None else "the missing Alertmanager file"
    for index in range(len(data.get("mutes", ()))):
        named = descend(node, ["mutes", index, "interval"])
        _look_up(named, intervals, "time interval", f"{where} has no such one")
    return _routes(data, node)


def _routes(data: Mapping[str, Any], node: Node) -> Routes:
    burst, repeat = data.get("burst"), data.get("repeat")
    return Routes(
        burst=Burst(burst["alert"], burst["notifications"], descend(node, ["burst"]).place) if burst else None,
        inhibits=tuple(
            Inhibits(entry["source"], tuple(entry["targets"]), descend(node, ["inhibits", index]).place)
            for index, entry in enumerate(data.get("inhibits", ()))
        ),
        mutes=tuple(
            Mutes(entry["interval"], tuple(entry["alerts"]), descend(node, ["mutes", index]).place)
            for index, entry in enumerate(data.get("mutes", ()))
        ),
        repeat=(
            Repeat(repeat["alert"], parse_duration(str(repeat["every"])), descend(node, ["repeat"]).place)
            if repeat
            else None
        ),
    )


def _alert_nodes(data: Mapping[str, Any], node: Node) -> Iterator[Node]:
    for key in ("burst", "repeat"):
        if key in data:
            yield descend(node, [key, "alert"])
    for index, entry in enumerate(data.get("inhibits", ())):
        yield descend(node, ["inhibits", index, "source"])
        yield from (descend(node, ["inhibits", index, "targets", i]) for i in range(len(entry["targets"])))
    for index, entry in enumerate(data.get("mutes", ())):
        yield from (descend(node, ["mutes", index, "alerts", i]) for i in range(len(entry["alerts"])))


def _intervals(document: Mapping[str, object]) -> set[str]:
    found: set[str] = set()
    for section in _SECTIONS:
        entries = document.get(section)
        if isinstance(entries, list):
            found |= {str(entry.get("name")) for entry in entries if isinstance(entry, dict)}
    return found


def _look_up(node: Node, known: Collection[str], kind: str, problem: str) -> None:
    name = str(node.value)
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    names = ", ".join(sorted(known)) or "none"
    raise InputError(node.place, f"{kind} {name!r}: {problem}", f"{hint}known: {names}")
