"""Contract files into models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alertproof.errors import InputError
from alertproof.load.schema import check, descend
from alertproof.load.tree import Node, read_tree
from alertproof.model.contract import (
    Comparison,
    Contract,
    Gauge,
    Quantile,
    Ratio,
    Shape,
    Signal,
    Source,
    holds,
)
from alertproof.units import parse_duration

if TYPE_CHECKING:
    from pathlib import Path


def load_contracts(path: Path, service: str) -> tuple[Contract, ...]:
    """Give the contracts of a service's file; InputError for what breaks the schema, or for two with one key."""
    root, _ = read_tree(path)
    data = check(root, "contracts")
    if data["service"] != service:
        raise InputError(
            root.key_places["service"], f"service {data['service']!r} in the file of {service!r}", "correct the name"
        )
    contracts: dict[tuple[object, ...], Contract] = {}
    for index, entry in enumerate(data["contracts"]):
        node = descend(root, ["contracts", index])
        contract = _contract(data["service"], tuple(data.get("hosts", ())), entry, node)
        key = (contract.group, contract.alert, tuple(sorted(contract.labels.items())))
        if key in contracts:
            raise InputError(
                contract.place,
                f"a second contract for {contract.alert} (first at line {contracts[key].place.line})",
                "keep one, or tell them apart by group or labels",
            )
        contracts[key] = contract
    return tuple(contracts.values())


def _contract(service: str, hosts: tuple[str, ...], entry: dict[str, Any], node: Node) -> Contract:
    comparisons = tuple(
        _comparison(item, descend(node, ["comparisons", index])) for index, item in enumerate(entry["comparisons"])
    )
    return Contract(
        service=service,
        group=entry["group"],
        alert=entry["alert"],
        labels=entry["labels"],
        comparisons=comparisons,
        for_ms=_ms(entry["for"]),
        keep_firing_for_ms=_ms(entry.get("keep_firing_for", "0")),
        severity=entry["severity"],
        receivers=tuple(sorted(entry["receivers"])),
        hosts=hosts,
        annotations=entry["annotations"],
        tolerance=entry["tolerance"],
        source=Source(**entry["source"]),
        place=node.place,
    )


def _comparison(entry: dict[str, Any], node: Node) -> Comparison:
    comparison = Comparison(
        signal=_signal(entry["signal"]),
        operator=entry["operator"],
        threshold=float(entry["threshold"]),
        unit=entry["unit"],
        usual=float(entry["usual"]),
        example=float(entry["example"]),
        place=node.place,
    )
    for key, level, wanted in (("usual", comparison.usual, False), ("example", comparison.example, True)):
        if holds(comparison.operator, level, comparison.threshold) is not wanted:
            does = "does not fire" if wanted else "already fires"
            raise InputError(
                node.key_places[key],
                f"at its {key!r} level {level:g} the alert {does} ({comparison.operator} {comparison.threshold:g})",
                "'usual' is a level of a healthy service, 'example' one at which the alert fires",
            )
    return comparison


def _signal(entry: dict[str, Any]) -> Signal:
    ((kind, body),) = entry.items()
    shape: Shape
    if kind == "quantile_of":
        shape = Quantile(body["metric"], float(body["quantile"]), _ms(body["window"]))
    elif kind == "ratio_of":
        shape = Ratio(body["part"], body["whole"], _ms(body["window"]))
    else:
        shape = Gauge(body["metric"])
    return Signal(shape, body["select"], tuple(body["per"]))


def _ms(text: object) -> int:
    return parse_duration(str(text))
