"""A whole service at its usual levels: all series its contracts speak of, on two targets, and what else is usual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.model.series import METRIC_NAME, Series
from alertproof.model.signal import Count
from alertproof.proof.subject import target_labels
from alertproof.witness import steady, synthesise
from alertproof.witness.background import background
from alertproof.witness.disturbances import UP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.model.contract import Comparison
    from alertproof.model.estate import Service

_TARGETS = (1, 2)
# By the name of the series and the labels that a contract selects.
_Spoken = dict[tuple[str, tuple[tuple[str, str], ...]], list[Series]]


def healthy_service(service: Service, length_ms: int) -> tuple[Series, ...]:
    """Give the series of a healthy service, a sample at every scrape from 0 to `length_ms`.

    Where several contracts speak of one metric of a job, the one that tells its label values apart says what is
    usual, else the first.
    """
    step = service.prometheus.scrape_interval_ms
    series: _Spoken = {}
    comparisons = [comparison for contract in service.contracts for comparison in contract.comparisons]
    for comparison in sorted(comparisons, key=lambda item: not item.signal.where):
        targets = [
            steady(target_labels(comparison, number), comparison.usual, number=number)
            for number in _numbers(comparison)
        ]
        made = synthesise(comparison.signal, service.metrics, targets, step, length_ms)
        _add(series, [item for item in made if not _counts_not(comparison, item)], comparison.signal.select)
    for job in service.jobs:
        for number in _TARGETS:
            labels = {"job": job, "instance": f"{job}-{number}"}
            _add(series, [Series({METRIC_NAME: UP, **labels}, (1.0,) * (length_ms // step + 1))], {"job": job})
    spoken = {name for name, _ in series}
    for metric in service.metrics.values():
        if metric.name in spoken:
            continue
        # Nobody says whose it is, so every job exports it.
        for job in service.jobs or ("",):
            labels = {"job": job, "instance": f"{job}-1"} if job else {}
            usual = background(metric, labels, step, length_ms)
            if usual is not None:
                _add(series, [usual], {"job": job})
    every = (item for own in series.values() for item in own)
    return tuple({tuple(sorted(item.labels.items())): item for item in every}.values())


def _numbers(comparison: Comparison) -> tuple[int, ...]:
    """Give the targets; what counts series makes as many as are usual on one."""
    return _TARGETS[:1] if isinstance(comparison.signal.shape, Count) else _TARGETS


def _counts_not(comparison: Comparison, series: Series) -> bool:
    """Give whether a series is one of those that a count leaves out: in a healthy service there is none."""
    shape = comparison.signal.shape
    return isinstance(shape, Count) and series.samples[0] != shape.value


def _add(series: _Spoken, made: list[Series], select: Mapping[str, str]) -> None:
    """Add series of names that nobody has spoken of yet with this selection."""
    new: _Spoken = {}
    for item in made:
        new.setdefault((item.labels[METRIC_NAME], tuple(sorted(select.items()))), []).append(item)
    for key, own in new.items():
        series.setdefault(key, own)
