"""From a signal and a level to the series a target would export.

A target has phases: from each `start_ms` on, the signal is at that level. Counters are accumulated sample by sample,
so a change of level shows in a rate only gradually, as it does in production.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

from alertproof.errors import InputError
from alertproof.model.contract import Gauge, Quantile, Ratio, Signal
from alertproof.model.series import METRIC_NAME, Series
from alertproof.witness.buckets import bucket_shares, bucket_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from alertproof.model.metrics import Metric

# A counter that starts near 0 would make rate() cut its extrapolation at zero: start it high.
_HEAD_START_SAMPLES = 1_000
# Events per sample where nothing else is asked for.
DEFAULT_TRAFFIC = 1_000.0


@dataclass(frozen=True, slots=True)
class Phase:
    """From `start_ms` on the signal is at `level`, with `traffic` events per sample where it counts events."""

    start_ms: int
    level: float
    traffic: float = DEFAULT_TRAFFIC


@dataclass(frozen=True, slots=True)
class Target:
    """One scraped target: its labels and the phases of its signal, the first from 0."""

    labels: Mapping[str, str]
    phases: tuple[Phase, ...]


def steady(labels: Mapping[str, str], level: float, traffic: float = DEFAULT_TRAFFIC) -> Target:
    """Give a target whose signal stays at one level."""
    return Target(labels, (Phase(0, level, traffic),))


def synthesise(
    signal: Signal, metrics: Mapping[str, Metric], targets: Sequence[Target], step_ms: int, length_ms: int
) -> tuple[Series, ...]:
    """Give the series of all targets, a sample every `step_ms` from 0 to `length_ms`.

    Raises InputError where the signal reads a metric that the service does not declare.
    """
    for name in metric_names(signal):
        declared(name, metrics)
    series: list[Series] = []
    for target in targets:
        phases = tuple(_phase_at(target.phases, at) for at in range(0, length_ms + 1, step_ms))
        series += _of_target(signal, metrics, target, phases)
    return tuple(series)


def metric_names(signal: Signal) -> tuple[str, ...]:
    """Give the metrics a signal reads, as declared."""
    shape = signal.shape
    return (shape.part, shape.whole) if isinstance(shape, Ratio) else (shape.metric,)


def declared(name: str, metrics: Mapping[str, Metric]) -> Metric:
    """Give a declared metric; InputError naming it where there is none."""
    if name not in metrics:
        some = next(iter(metrics.values()), None)
        if some is None:
            raise LookupError(name)
        raise InputError(
            some.place,
            f"a contract reads metric {name!r}, which this file does not declare",
            "declare it, or correct the contract's signal",
        )
    return metrics[name]


def _phase_at(phases: Sequence[Phase], at_ms: int) -> Phase:
    return next(phase for phase in reversed(phases) if phase.start_ms <= at_ms)


def _of_target(
    signal: Signal, metrics: Mapping[str, Metric], target: Target, phases: tuple[Phase, ...]
) -> list[Series]:
    shape = signal.shape
    if isinstance(shape, Gauge):
        return [_named(shape.metric, target, tuple(phase.level for phase in phases))]
    if isinstance(shape, Ratio):
        part = _counter(phases, lambda phase: phase.level)
        whole = _counter(phases, lambda _: 1.0)
        return [_named(shape.part, target, part), _named(shape.whole, target, whole)]
    return _histogram(shape, declared(shape.metric, metrics), target, phases)


def _histogram(shape: Quantile, metric: Metric, target: Target, phases: tuple[Phase, ...]) -> list[Series]:
    shares = {phase: bucket_shares(shape.quantile, phase.level, metric.buckets) for phase in set(phases)}
    bounds = [*metric.buckets, *([float("inf")] if metric.infinite else [])]
    series = []
    for index, bound in enumerate(bounds):
        samples = _counter(phases, partial(_share, shares, index))
        series.append(_named(f"{metric.name}_bucket", target, samples, {"le": bucket_text(bound)}))
    series.append(_named(f"{metric.name}_count", target, _counter(phases, lambda _: 1.0)))
    # Only the quantile is prescribed; a sum that fits it is the level itself for every observation.
    series.append(_named(f"{metric.name}_sum", target, _counter(phases, lambda phase: phase.level)))
    return series


def _share(shares: Mapping[Phase, tuple[float, ...]], index: int, phase: Phase) -> float:
    return shares[phase][index]


def _counter(phases: tuple[Phase, ...], share: Callable[[Phase], float]) -> tuple[float, ...]:
    """Give a counter that grows by a share of the traffic in every sample."""
    # Whole numbers of events stay whole: 0.95 · 1000 must not become 949.9999999999999.
    growth = {phase: round(share(phase) * phase.traffic, 9) for phase in set(phases)}
    start = max(growth.values()) * _HEAD_START_SAMPLES
    return tuple(accumulate((growth[phase] for phase in phases[1:]), initial=start))


def _named(name: str, target: Target, samples: tuple[float, ...], extra: Mapping[str, str] | None = None) -> Series:
    return Series({METRIC_NAME: name, **target.labels, **(extra or {})}, samples)
