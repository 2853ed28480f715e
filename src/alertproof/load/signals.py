"""Holding contracts against what the service declares, so that no series is made of nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.errors import InputError
from alertproof.model.signal import Combines, Count, Presence, Rate, Ratio, Share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alertproof.model.contract import Comparison, Contract
    from alertproof.model.estate import Service
    from alertproof.model.metrics import Metric
    from alertproof.model.signal import Shape

# What a metric's declared unit is called in a contract; other units are not compared.
_METRIC_UNITS = {"milliseconds": "ms", "seconds": "s", "bytes": "bytes"}
_RATES = {1_000: "per_second", 60_000: "per_minute", 3_600_000: "per_hour"}
_SCRAPED = frozenset({"job", "instance"})


def check_signals(contracts: Sequence[Contract], metrics: Mapping[str, Metric]) -> None:
    """Raise InputError at the comparison whose signal reads an unknown metric, one of another type or another unit."""
    for contract in contracts:
        for comparison in contract.comparisons:
            for name, kind in comparison.signal.shape.reads.items():
                _check(comparison, name, kind, metrics)
            _check_labels(comparison, metrics)
        _check_together(contract)


def check_blackouts(service: Service) -> None:
    """Raise InputError for a blackout of a job that is not scraped, or that is named twice."""
    seen: set[str] = set()
    for blackout in service.blackouts:
        if blackout.job not in service.jobs:
            raise InputError(
                blackout.place,
                f"{service.prometheus.path.name} scrapes no job {blackout.job!r}; its jobs: {', '.join(service.jobs)}",
                "add the job to scrape_configs, correct the name, or remove the blackout",
            )
        if blackout.job in seen:
            raise InputError(blackout.place, f"a second blackout of job {blackout.job!r}", "keep one")
        seen.add(blackout.job)


def _check_labels(comparison: Comparison, metrics: Mapping[str, Metric]) -> None:
    """Raise InputError for labels that no series of the signal has, or a signal by target whose `per` tells none."""
    signal, shape = comparison.signal, comparison.signal.shape
    declared = {label for name in shape.reads for label in metrics[name].labels}
    if unknown := sorted(set(signal.per) - {*_SCRAPED, *signal.select, *declared}):
        raise InputError(
            comparison.place,
            f"'per' names {', '.join(unknown)}, which is no label of the targets: job, instance, those of 'select' and"
            " those that the metrics declare",
            "name labels that tell targets apart, or declare them in fixtures/metrics",
        )
    if shape.combines is Combines.NEVER and not signal.each:
        raise InputError(
            comparison.place,
            "this signal is that of one target, so 'per' must name instance or a label of the metric",
            "write per: [instance, job]",
        )
    for label, values in signal.where.items():
        known = metrics[next(iter(shape.reads))].labels.get(label, ())
        if not set(values) < set(known):
            raise InputError(
                comparison.place,
                f"'where' wants {label} to be {', '.join(values)}; declared are {', '.join(known) or 'none'}",
                "declare these values and at least one other in fixtures/metrics",
            )
    if isinstance(shape, Count) and shape.over not in {*_SCRAPED, *metrics[shape.metric].labels}:
        raise InputError(comparison.place, f"'over' names {shape.over}, which {shape.metric} has not", "declare it")


def _check_together(contract: Contract) -> None:
    """Raise InputError for several comparisons that speak of one metric, or of different targets."""
    seen: set[str] = set()
    for comparison in contract.comparisons:
        names = set(comparison.signal.shape.reads)
        if both := sorted(seen & names):
            raise InputError(
                comparison.place,
                f"two comparisons of this contract read {', '.join(both)}, so neither can be moved alone",
                "write an alert, and a contract, for each",
            )
        if set(comparison.signal.per) != set(contract.comparisons[0].signal.per):
            raise InputError(
                comparison.place,
                "its 'per' is not that of the first comparison, so they speak of different targets",
                "write the same 'per' in all comparisons of a contract",
            )
        seen |= names


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
    units = tuple(_units(comparison.signal.shape, metrics))
    if units and comparison.unit not in units:
        raise InputError(
            comparison.place,
            f"the threshold is in {comparison.unit!r}, but the signal is measured in {units[0]!r}",
            f"write unit: {units[0]}, with threshold, usual and example in it",
        )


def _units(shape: Shape, metrics: Mapping[str, Metric]) -> Iterator[str]:
    """Give the units that a shape's levels may be in, or nothing where any will do."""
    if isinstance(shape, (Ratio, Share)):
        yield "ratio"
    elif isinstance(shape, Rate):
        # Over a window of a minute, the increase is the rate per minute.
        if shape.each_ms == shape.window_ms:
            yield "count"
        if shape.each_ms in _RATES:
            yield _RATES[shape.each_ms]
    elif isinstance(shape, Count):
        yield "count"
    elif isinstance(shape, Presence):
        yield "state"
    else:
        metric = metrics.get(next(iter(shape.reads)))
        if metric is not None and metric.unit in _METRIC_UNITS:
            yield _METRIC_UNITS[metric.unit]
