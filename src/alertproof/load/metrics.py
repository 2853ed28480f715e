"""The declared metrics of a service into models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alertproof.errors import InputError, Place
from alertproof.load.schema import check, descend
from alertproof.load.tree import read_tree
from alertproof.model.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def load_metrics(path: Path, service: str) -> dict[str, Metric]:
    """Give the metrics of a service's file by name; InputError for what breaks the schema or stands twice."""
    root, _ = read_tree(path)
    data = check(root, "metrics")
    if data["service"] != service:
        raise InputError(
            root.key_places["service"], f"service {data['service']!r} in the file of {service!r}", "correct the name"
        )
    places = [descend(root, ["metrics", index]).place for index in range(len(data["metrics"]))]
    return build_metrics(data["metrics"], places)


def build_metrics(entries: list[dict[str, Any]], places: list[Place]) -> dict[str, Metric]:
    """Give metrics by name from entries that fit the schema."""
    metrics: dict[str, Metric] = {}
    for entry, place in zip(entries, places, strict=True):
        metric = _metric(entry, place)
        if metric.name in metrics:
            raise InputError(
                place,
                f"metric {metric.name!r} is declared twice (first at line {metrics[metric.name].place.line})",
                "keep one",
            )
        metrics[metric.name] = metric
    return metrics


def _metric(entry: Mapping[str, Any], place: Place) -> Metric:
    buckets = tuple(float(bound) for bound in entry.get("buckets", ()))
    if (entry["type"] == "histogram") is not bool(buckets):
        raise InputError(
            place,
            f"metric {entry['name']!r}: 'buckets' belong to a histogram, and to every one",
            "correct it",
        )
    if list(buckets) != sorted(set(buckets)):
        raise InputError(place, f"metric {entry['name']!r}: its buckets do not ascend", "sort them")
    return Metric(
        name=entry["name"],
        type=entry["type"],
        unit=entry["unit"],
        help=entry["help"],
        labels={name: tuple(values) for name, values in entry.get("labels", {}).items()},
        buckets=buckets,
        infinite=entry.get("infinite", True),
        values=tuple(float(value) for value in entry.get("values", ())),
        place=place,
        usual=entry.get("usual"),
    )
