"""Contract files into models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alertproof.errors import InputError
from alertproof.load.schema import check, descend
from alertproof.load.tree import Node, read_tree
from alertproof.model.contract import Blackout, Comparison, Contract, Disturbance, Source, holds
from alertproof.model.signal import (
    Average,
    Count,
    Gauge,
    Mean,
    Presence,
    Quantile,
    Rate,
    Ratio,
    Shape,
    Share,
    Signal,
    Sum,
)
from alertproof.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


# What a blackout says that nobody needs to hear of.
_NEVER = "never"


@dataclass(frozen=True, slots=True)
class ContractFile:
    """What `rules/contracts/<service>.yml` holds; `data` and `node` are the whole file, for what others read in it."""

    contracts: tuple[Contract, ...]
    blackouts: tuple[Blackout, ...]
    data: Mapping[str, Any]
    node: Node


def load_contracts(path: Path, service: str) -> ContractFile:
    """Give a service's file; InputError for what breaks the schema, or for two contracts with one key."""
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
    blackouts = tuple(
        Blackout(
            entry["job"], _within(entry["within"]), Source(**entry["source"]), descend(root, ["blackouts", n]).place
        )
        for n, entry in enumerate(data.get("blackouts", ()))
    )
    return ContractFile(tuple(contracts.values()), blackouts, data, root)


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
        fires_on=tuple(Disturbance(name) for name in entry.get("fires_on", ())),
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
    return Signal(_SHAPES[kind](body), body["select"], tuple(body["per"]))


def _where(body: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    return {label: tuple(values) for label, values in body.get("where", {}).items()}


_EACH_MS = {"second": 1_000, "minute": 60_000, "hour": 3_600_000}
_SHAPES: Mapping[str, Callable[[dict[str, Any]], Shape]] = {
    "quantile_of": lambda body: Quantile(body["metric"], float(body["quantile"]), _ms(body["window"])),
    "ratio_of": lambda body: Ratio(body["part"], body["whole"], _ms(body["window"]), _where(body)),
    "mean_of": lambda body: Mean(body["total"], body["count"], _ms(body["window"])),
    "rate_of": lambda body: Rate(body["metric"], _ms(body["window"]), _EACH_MS[body["each"]], _where(body)),
    "increase_of": lambda body: Rate(body["metric"], _ms(body["window"]), _ms(body["window"]), _where(body)),
    "gauge": lambda body: Gauge(body["metric"]),
    "average_of": lambda body: Average(body["metric"], _ms(body["window"])),
    "sum_of": lambda body: Sum(body["metric"]),
    "share_of": lambda body: Share(body["part"], body["whole"], float(body["whole_is"])),
    "count_of": lambda body: Count(body["metric"], float(body["value"]), body["over"]),
    "presence_of": lambda body: Presence(body["metric"]),
}


def _within(text: object) -> int | None:
    return None if text == _NEVER else _ms(text)


def _ms(text: object) -> int:
    return parse_duration(str(text))
