"""Holding contracts against the metrics that the service declares, so that no series is made of nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.errors import InputError
from alertproof.model.contract import Comparison, Contract, Gauge, Quantile, Ratio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alertproof.model.metrics import Metric

# What a metric's declared unit is called in a contract; other units are not compared.
_UNITS = {"milliseconds": "ms", "seconds": "s", "bytes": "bytes"}


def check_signals(contracts: Sequence[Contract], metrics: Mapping[str, Metric]) -> None:
    """Raise InputError at the comparison whose signal reads an unknown metric, one of another type or another unit."""
    for contract in contracts:
        for comparison in contract.comparisons:
            _check_per(comparison)
            for name, kind in _reads(comparison):
                _check(comparison, name, kind, metrics)


def _check_per(comparison: Comparison) -> None:
    """Raise InputError for labels of an alert that no target of ours can show, or a gauge without its instance."""
    signal = comparison.signal
    if unknown := sorted(set(signal.per) - {"job", "instance", *signal.select}):
        raise InputError(
            comparison.place,
            f"'per' names {', '.join(unknown)}, which is no label of the targets: job, instance and those of 'select'",
            "name labels that tell targets apart",
        )
    if isinstance(signal.shape, Gauge) and "instance" not in signal.per:
        raise InputError(
            comparison.place,
            "a gauge signal is that of one target, so 'per' must name instance",
            "write per: [instance, job]",
        )


def _reads(comparison: Comparison) -> Iterator[tuple[str, str]]:
    """Give the metrics a signal reads, with the type that each must have."""
    shape = comparison.signal.shape
    if isinstance(shape, Quantile):
        yield shape.metric, "histogram"
    elif isinstance(shape, Gauge):
        yield shape.metric, "gauge"
    else:
        yield shape.part, "counter"
        yield shape.whole, "counter"


def _check(comparison: Comparison, name: str, kind: str, metrics: Mapping[str, Metric]) -> None:
    metric = metrics.get(name)
    if metric is None:
        raise InputError(
            comparison.place,
            f"the signal reads metric {name!r}, which the service does not declare",
            "declare it in fixtures/metrics, or correct the name",
        )
    if metric.type != kind:
        raise InputError(
            comparison.place, f"the signal needs a {kind}, but {name!r} is a {metric.type}", "take another signal"
        )
    unit = "ratio" if isinstance(comparison.signal.shape, Ratio) else _UNITS.get(metric.unit, comparison.unit)
    if comparison.unit != unit:
        raise InputError(
            comparison.place,
            f"the threshold is in {comparison.unit!r}, but the signal is measured in {unit!r}",
            f"write unit: {unit}, with threshold, usual and example in it",
        )
