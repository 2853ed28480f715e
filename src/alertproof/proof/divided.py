"""What must make no difference: into how many series a signal is divided, and how much traffic there is.

The level stays the same, close to the threshold, so that a maximum in place of a sum, or a part and a whole that are
not seen over the same time, end up on its other side.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alertproof.model.series import METRIC_NAME
from alertproof.model.signal import Average, Combines, Mean, Ratio, Share
from alertproof.proof.cases import HEAVY, Case, active_case, case_of, fires
from alertproof.proof.subject import (
    Subject,
    active_labels,
    metric_of,
    steady_target,
    target_labels,
    window_of,
    with_others,
)
from alertproof.witness import Phase, Target, domain_of
from alertproof.witness.disturbances import reset
from alertproof.witness.synthesis import DEFAULT_TRAFFIC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alertproof.model.contract import Comparison
    from alertproof.model.series import Series

# How far from the threshold to the example, or to the usual level.
_NEAR = 0.1
_INTO = 3
_OUTWEIGHS = 1.1


def divided_cases(subject: Subject) -> Iterator[Case]:
    """Give cases in which a level close to the threshold comes from several series, or from hardly any traffic."""
    for index, comparison in enumerate(subject.comparisons):
        near = _near(subject, comparison)
        if near is None:
            continue
        yield from _unequal(subject, index, near)
        for label in _open_labels(subject, comparison):
            yield from _split(subject, index, label, near)
            yield from _twice(subject, index, label, near)
        yield from _little(subject, index)


def traffic_cases(subject: Subject) -> Iterator[Case]:
    """Give cases that show whether all parts of a signal are seen over the same time, and a counter that starts anew.

    Whatever traffic does, a steady level is that level: nothing here depends on where a window ends exactly.
    """
    for index, comparison in enumerate(subject.comparisons):
        shape = comparison.signal.shape
        if isinstance(shape, (Ratio, Mean, Share)):
            for words, volumes in _courses(subject, comparison):
                for level in (comparison.example, comparison.usual):
                    phases = tuple(Phase(at, level, traffic) for at, traffic in volumes)
                    target = Target(target_labels(comparison, 1), phases)
                    yield active_case(subject, index, f"{words} at {level:g}", [target], level)
        if isinstance(shape, Average):
            yield from _latest(subject, index)
        if shape.window_ms and not isinstance(shape, Average):
            yield from _anew(subject, index)


def _near(subject: Subject, comparison: Comparison) -> tuple[float, float] | None:
    """Give a level that fires and one that is silent, both close to the threshold; None where levels are few."""
    if domain_of(comparison.signal, subject.metrics).discrete:
        return None
    threshold = comparison.threshold
    firing = threshold + _NEAR * (comparison.example - threshold)
    silent = threshold + _NEAR * (comparison.usual - threshold)
    return (firing, silent) if fires(comparison, firing) and not fires(comparison, silent) else None


def _open_labels(subject: Subject, comparison: Comparison) -> list[str]:
    """Give the labels in which series of one alert may differ: the contract neither fixes them nor parts alerts."""
    signal = comparison.signal
    declared = {label for name in signal.shape.reads for label in subject.metrics[name].labels}
    return sorted({"instance", *declared} - {*signal.select, *signal.where, *signal.per})


def _split(subject: Subject, index: int, label: str, near: tuple[float, float]) -> Iterator[Case]:
    """Give one level made of several series that differ in one label, each with an equal part of the events."""
    comparison = subject.comparisons[index]
    combines = comparison.signal.shape.combines
    if combines not in {Combines.BY_WEIGHT, Combines.BY_SUM}:
        return
    reads = comparison.signal.shape.reads
    having = {name for name in reads if label == "instance" or label in subject.metrics[name].labels}

    def divide(series: Series) -> list[Series]:
        if metric_of(series.labels[METRIC_NAME], subject.metrics) not in having:
            return [series]
        samples = tuple(None if value is None else value / _INTO for value in series.samples)
        numbers = range(1, _INTO + 1)
        return [replace(series, labels={**series.labels, label: f"{label}-{n}"}, samples=samples) for n in numbers]

    for level in near:
        name = f"{_INTO} series that differ in {label}, together at {level:g}"
        yield _changed(subject, index, name, steady_target(subject, index, 1, level), divide)


def _twice(subject: Subject, index: int, label: str, near: tuple[float, float]) -> Iterator[Case]:
    """Give two series of one alert, where each is judged by itself: it is active where one of them holds."""
    comparison = subject.comparisons[index]
    if comparison.signal.shape.combines is not Combines.NEVER:
        return
    firing, silent = near
    for levels in ((firing, firing), (firing, comparison.usual), (silent, silent)):
        targets = []
        for number, level in enumerate(levels, start=1):
            labels, own = target_labels(comparison, 1), {}
            if label == "instance":
                labels["instance"] = f"{labels['job']}-{number}"
            else:
                own = {label: f"{label}-{number}"}
            targets.append(Target(labels, (Phase(0, level),), 1, own))
        words = f"two series of one alert that differ in {label}, at {levels[0]:g} and {levels[1]:g}"
        yield active_case(subject, index, words, targets, levels[0])


def _unequal(subject: Subject, index: int, near: tuple[float, float]) -> Iterator[Case]:
    """Give several targets of which one alone decides a mean."""
    comparison = subject.comparisons[index]
    if comparison.signal.shape.combines is not Combines.BY_MEAN or comparison.signal.each:
        return
    domain = domain_of(comparison.signal, subject.metrics)
    for level in near:
        one = _INTO * level - (_INTO - 1) * comparison.usual
        if domain.low <= one <= domain.high:
            levels = [one, *[comparison.usual] * (_INTO - 1)]
            targets = [steady_target(subject, index, n, item) for n, item in enumerate(levels, start=1)]
            name = f"one of {_INTO} targets far from the others, their mean at {level:g}"
            yield active_case(subject, index, name, targets, level)


def _little(subject: Subject, index: int) -> Iterator[Case]:
    """Give a target with about one event in the whole window."""
    comparison = subject.comparisons[index]
    shape = comparison.signal.shape
    if shape.combines is not Combines.BY_WEIGHT:
        return
    traffic = subject.scrape_ms / shape.window_ms
    for level in (comparison.example, comparison.usual):
        target = steady_target(subject, index, 1, level, traffic)
        yield active_case(subject, index, f"hardly any traffic at {level:g}", [target], level)


def _courses(subject: Subject, comparison: Comparison) -> Iterator[tuple[str, tuple[tuple[int, float], ...]]]:
    """Give courses of traffic: words, and from when on it has which volume."""
    step, end, window = subject.scrape_ms, subject.length_ms, comparison.signal.shape.window_ms
    usual, heavy = DEFAULT_TRAFFIC, DEFAULT_TRAFFIC * HEAVY
    yield "traffic that rises in the last sample", ((0, usual), (end, heavy))
    if not window:
        yield "a whole that falls in the last sample", ((0, heavy), (end, usual))
        return
    edge = end - window
    yield "traffic that falls just before its window", ((0, heavy), (edge - 2 * step, usual))
    early = ((0, usual), (edge + 2 * step, heavy), (edge + 4 * step, usual))
    yield "traffic that is high early in its window", early


def _latest(subject: Subject, index: int) -> Iterator[Case]:
    """Give a mean that a few last samples alone bring past the threshold: as few as can."""
    comparison = subject.comparisons[index]
    domain = domain_of(comparison.signal, subject.metrics)
    extreme = domain.low if comparison.example < comparison.usual else domain.high
    samples = comparison.signal.shape.window_ms // subject.scrape_ms
    # Engines differ by a sample in what a window holds.
    share = abs(comparison.threshold - comparison.usual) / abs(extreme - comparison.usual)
    count = int(share * (samples + 1) * _OUTWEIGHS) + 1
    if count <= samples:
        phases = (
            Phase(0, comparison.usual),
            Phase(subject.length_ms - (count - 1) * subject.scrape_ms, extreme),
        )
        name = f"{extreme:g} in its last {count} samples"
        yield case_of(subject, index, name, [Target(target_labels(comparison, 1), phases)], [1])


def _anew(subject: Subject, index: int) -> Iterator[Case]:
    """Give a target at one level since before the window, whose counters start from zero in its middle."""
    comparison = subject.comparisons[index]
    window, step = comparison.signal.shape.window_ms, subject.scrape_ms
    at = (subject.length_ms - window // 2) // step
    reads = comparison.signal.shape.reads

    def again(series: Series) -> Sequence[Series]:
        own = metric_of(series.labels[METRIC_NAME], subject.metrics) in reads
        return reset([series], at, lambda _: own)

    for before, level in ((comparison.usual, comparison.example), (comparison.example, comparison.usual)):
        phases = (Phase(0, before), Phase(subject.length_ms - window - 2 * step, level))
        target = Target(target_labels(comparison, 1), phases)
        yield _changed(subject, index, f"counters that start anew in its window at {level:g}", target, again)


def _changed(
    subject: Subject, index: int, name: str, target: Target, change: Callable[[Series], Sequence[Series]]
) -> Case:
    """Give one target, active where its last level fires, with every series made into others."""
    comparison = subject.comparisons[index]
    made = with_others(subject, index, [target])
    series = tuple(item for one in made for item in change(one))
    active = fires(comparison, target.phases[-1].level)
    expected = (active_labels(comparison, subject.metrics, 1),) if active else ()
    return Case(name, window_of(subject, name, series, index), expected)
