"""From a signal and a level to the series a target would export.

A target has phases: from each `start_ms` on, the signal is at that level. Counters are accumulated sample by sample,
so a change of level shows in a rate only gradually, as it does in production.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alertproof.errors import InputError
from alertproof.witness.forms import Course, Labelled, series_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alertproof.model.metrics import Metric
    from alertproof.model.series import Series
    from alertproof.model.signal import Signal

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
    """One target: its labels, its number among its fellows, and the phases of its signal, the first from 0.

    Labels that a metric declares and `labels` does not give are at the declared value of the target's number: targets
    differ in all that the contract does not fix. `own` are for the metrics that declare them.
    """

    labels: Mapping[str, str]
    phases: tuple[Phase, ...]
    number: int = 1
    own: Mapping[str, str] = field(default_factory=dict)


def steady(labels: Mapping[str, str], level: float, traffic: float = DEFAULT_TRAFFIC, number: int = 1) -> Target:
    """Give a target whose signal stays at one level."""
    return Target(labels, (Phase(0, level, traffic),), number)


def synthesise(  # noqa: PLR0913, PLR0917 each a plain fact of the series
    signal: Signal,
    metrics: Mapping[str, Metric],
    targets: Sequence[Target],
    step_ms: int,
    length_ms: int,
    nudge: int = 0,
) -> tuple[Series, ...]:
    """Give the series of all targets, a sample every `step_ms` from 0 to `length_ms`.

    `nudge` picks one of many forms that are equal but for rounding, to land on a number exactly.

    Raises InputError where the signal reads a metric that the service does not declare.
    """
    series: list[Series] = []
    for target in targets:
        phases = _by_sample(target.phases, step_ms, length_ms)
        course = Course(
            tuple(phase.level for phase in phases), tuple(phase.traffic for phase in phases), step_ms, nudge
        )
        labelled = {
            name: Labelled(metric, declared_labels(metric, target.labels, target.number, target.own), target.own)
            for name in signal.shape.reads
            for metric in [declared(name, metrics)]
        }
        series += series_of(signal.shape, labelled, course)
    return tuple(series)


def declared_labels(
    metric: Metric, labels: Mapping[str, str], number: int = 1, own: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Give all labels of the series of a target: those given, and a declared value for each other that it exports."""
    chosen = own or {}
    return {
        **{label: chosen.get(label, _value(values, number)) for label, values in metric.labels.items()},
        **labels,
    }


def _value(values: Sequence[str], number: int) -> str:
    """Give the value of the target's number; made up beyond those that are declared."""
    return values[number - 1] if number <= len(values) else f"{values[0]}-{number}"


def metric_names(signal: Signal) -> tuple[str, ...]:
    """Give the metrics a signal reads, as declared."""
    return tuple(signal.shape.reads)


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


def _by_sample(phases: Sequence[Phase], step_ms: int, length_ms: int) -> list[Phase]:
    """Give the phase that each sample falls into."""
    found: list[Phase] = []
    ends = [*(phase.start_ms for phase in phases[1:]), length_ms + 1]
    for phase, end in zip(phases, ends, strict=True):
        samples = -(-min(end, length_ms + 1) // step_ms)
        found += [phase] * (samples - len(found))
    return found
