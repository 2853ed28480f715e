"""The scenarios a contract asks for, and what it expects of each.

Each case is one evaluation of the rule's expression at the end of a window. The expectation stays here; an engine
gets the window alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.model.contract import holds
from alertproof.model.signal import Average, Combines, Gauge, Rate
from alertproof.proof.subject import (
    Subject,
    active_labels,
    backdrop,
    steady_target,
    target_labels,
    window_of,
    with_others,
)
from alertproof.witness import Phase, Target, domain_of, steady, synthesise
from alertproof.witness.synthesis import DEFAULT_TRAFFIC
from alertproof.witness.together import together

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alertproof.engines.windows import Window
    from alertproof.model.contract import Comparison
    from alertproof.model.series import Series

# Volumes of traffic at which a signal may land on its threshold without a rounding error, to see the operator there.
EXACT_TRAFFIC = (
    20,
    60,
    100,
    200,
    300,
    400,
    500,
    600,
    640,
    700,
    800,
    900,
    1000,
    1200,
    1280,
    1500,
    3000,
    5000,
    10000,
)
# A neighbour with this much more traffic decides any sum that wrongly includes it.
HEAVY = 1_000.0
# Levels closer to the threshold than this part of the way to the usual or the firing one are left to the search for
# the flip point.
_MARGIN = 0.05
# Parts of a window that a breach may need to fill, where more traffic does not make it weigh more.
_PARTS = (32, 8, 2)
_MANY = 3


@dataclass(frozen=True, slots=True)
class Case:
    """A window, in words, and the label sets expected to be active at its end."""

    name: str
    window: Window
    expected: tuple[Mapping[str, str], ...]


def level_window(subject: Subject, index: int, level: float, phase_ms: int = 0) -> Window:
    """Give a window in which comparison `index` is at `level` and all others at levels that fire."""
    series = with_others(subject, index, [steady_target(subject, index, 1, level)])
    return window_of(subject, f"level {level!r}", series, index, phase_ms)


def phases_ms(subject: Subject) -> tuple[int, ...]:
    """Give times after a scrape at which the rule may be evaluated: soon, half-way, just before the next."""
    return (1, subject.scrape_ms // 2, subject.scrape_ms - 2)


def exact_windows(subject: Subject, index: int) -> Iterator[Window]:
    """Give windows that differ by nothing but rounding, each with comparison `index` at its threshold.

    Events come in many volumes; a signal that has no volume is made in forms that differ in their last bits.
    """
    comparison = subject.comparisons[index]
    level = comparison.threshold
    nudged = isinstance(comparison.signal.shape, (Rate, Gauge, Average))
    for number, traffic in enumerate(EXACT_TRAFFIC):
        target = steady_target(subject, index, 1, level, DEFAULT_TRAFFIC if nudged else traffic)
        yield _window(subject, index, f"exactly {level!r}", [target], number if nudged else 0)


def selection_cases(subject: Subject) -> Iterator[Case]:
    """Give, per selecting label, what a series outside the selection must not change: it neither fires nor silences."""
    for index, comparison in enumerate(subject.comparisons):
        for label, value in comparison.signal.select.items():
            for other in _outside(subject, index, label, value):
                yield from _outsiders(subject, index, label, other)
        yield from _where_cases(subject, index)


def _outside(subject: Subject, index: int, label: str, value: str) -> Iterator[str]:
    """Give values that are not selected: close to the one that is, and real ones of the service."""
    yield f"not-{value}"
    yield f"{value}-not"
    if label == "job":
        yield from (job for job in subject.alert.service.jobs if job != value)
    else:
        metrics = (subject.metrics[name] for name in subject.comparisons[index].signal.shape.reads)
        yield from {other: None for metric in metrics for other in metric.labels.get(label, ()) if other != value}


def _outsiders(subject: Subject, index: int, label: str, other: str) -> Iterator[Case]:
    comparison = subject.comparisons[index]
    outside = {**target_labels(comparison, 1), label: other}
    for inside, level, words in (
        (comparison.usual, comparison.example, "at the firing level"),
        (comparison.example, comparison.usual, "at the usual level beside the firing one"),
        (comparison.example, comparison.example, "at the firing level beside another"),
    ):
        targets = [steady_target(subject, index, 1, inside), steady(outside, level, DEFAULT_TRAFFIC * HEAVY)]
        active = [1] if inside == comparison.example else []
        yield case_of(subject, index, f"a series with {label}={other!r} {words}", targets, active)


def _where_cases(subject: Subject, index: int) -> Iterator[Case]:
    """Give what each value that counts must do, and each that does not: fire, and be silent."""
    comparison = subject.comparisons[index]
    labels = target_labels(comparison, 1)
    for label, counted in comparison.signal.where.items():
        for value in subject.metrics[next(iter(comparison.signal.shape.reads))].labels[label]:
            target = Target(labels, (Phase(0, comparison.example),), 1, {label: value})
            name = f"{label}={value!r} at the firing level"
            yield case_of(subject, index, name, [target], [1] if value in counted else [])


def instance_cases(subject: Subject) -> Iterator[Case]:
    """Give what several targets must do: one alert for the service, or one for each, as `per` says.

    Where the alert is for the service, its level is what the signal makes of both; where it is for each, each decides
    alone. Targets differ in their instance and in all labels that the contract does not fix.
    """
    for index, comparison in enumerate(subject.comparisons):
        usual, example = comparison.usual, comparison.example
        light, heavy = DEFAULT_TRAFFIC, DEFAULT_TRAFFIC * HEAVY
        yield from _together(subject, index, "targets at the firing level", [(example, light)] * 2)
        yield from _together(subject, index, "targets at the firing level", [(example, light)] * _MANY)
        yield from _together(subject, index, "targets, one at the firing level", [(example, light), (usual, heavy)])
        yield from _together(
            subject, index, "targets, the one with most traffic at the firing level", [(usual, light), (example, heavy)]
        )
        yield from _together(
            subject, index, "targets, half the traffic at the firing level", [(example, light), (usual, light)]
        )
        # A sum, a mean and a maximum of two can fall on one side of the threshold; these part them.
        for few, level, other in (("one", example, usual), ("all but one", usual, example)):
            levels = [(level, light), *[(other, light)] * (_MANY - 1)]
            yield from _together(subject, index, f"targets alike, {few} at the firing level", levels)
        for level, side in _near(subject, index):
            yield from _together(subject, index, f"targets just {side} the threshold", [(level, light)] * 2)
        for label in _shared_labels(subject, index):
            yield from _label_cases(subject, index, label)
    if len(subject.comparisons) > 1 and subject.comparisons[0].signal.each:
        yield _apart(subject)


def _near(subject: Subject, index: int) -> Iterator[tuple[float, str]]:
    """Give a level on either side of the threshold, as close as can be called; none where there is none between."""
    comparison = subject.comparisons[index]
    domain = domain_of(comparison.signal, subject.metrics)
    if domain.values:
        return
    threshold = comparison.threshold
    distance = 1.0 if domain.whole else 2 * _margin(comparison)
    for level, side in ((threshold - distance, "below"), (threshold + distance, "above")):
        if domain.low <= level <= domain.high:
            yield level, side


def window_cases(subject: Subject) -> Iterator[Case]:
    """Give what shows how far back the rule looks: a breach just inside the contract's window, or just before it.

    Two samples are left free on either side of the edge, where engines differ (Prometheus 3 ranges are left-open).
    """
    step, end = subject.scrape_ms, subject.length_ms
    for index, comparison in enumerate(subject.comparisons):
        window = comparison.signal.shape.window_ms
        if not window:
            continue
        edge, labels = end - window, target_labels(comparison, 1)
        weighed = comparison.signal.shape.combines is Combines.BY_WEIGHT
        heavy = DEFAULT_TRAFFIC * (HEAVY if weighed else 1)
        before = (Phase(0, comparison.example, heavy), Phase(edge - 2 * step, comparison.usual))
        yield case_of(subject, index, "a breach just before its window", [Target(labels, before)], [])
        parts = (window // step // part for part in _PARTS)
        early = _burst(subject, comparison, sorted({2, *(samples for samples in parts if samples > 1)}))
        if early is not None:
            samples, level = early
            inside = (
                Phase(0, comparison.usual),
                Phase(edge + 2 * step, level, heavy),
                Phase(edge + (2 + samples) * step, comparison.usual),
            )
            yield case_of(subject, index, "a breach early in its window", [Target(labels, inside)], [1])
        last = _burst(subject, comparison, [1])
        if last is not None:
            latest = (Phase(0, comparison.usual), Phase(end, last[1], heavy))
            yield case_of(subject, index, "a breach in the last sample of its window", [Target(labels, latest)], [1])
        yield from _short(subject, index)


def _short(subject: Subject, index: int) -> Iterator[Case]:
    """Give a breach at the end of the window that takes the signal half the way to its threshold and no further."""
    comparison = subject.comparisons[index]
    usual, step, end = comparison.usual, subject.scrape_ms, subject.length_ms
    samples = comparison.signal.shape.window_ms // step
    half = (comparison.threshold - usual) / (comparison.example - usual) / 2
    short = int(samples * half)
    # One sample more or less is a matter of where the window begins.
    levels = [_level_after(subject, index, samples, breached) for breached in (short, short + 1)]
    if short and not any(_close(comparison, level) or fires(comparison, level) for level in levels):
        phases = (Phase(0, usual), Phase(end - (short - 1) * step, comparison.example))
        target = Target(target_labels(comparison, 1), phases)
        yield case_of(subject, index, "a breach too short for its window", [target], [])


def _level_after(subject: Subject, index: int, samples: int, breached: int) -> float:
    """Give the level of a window of which some samples are at the firing level and all others at the usual one."""
    comparison = subject.comparisons[index]
    levels = [(comparison.example, float(breached)), (comparison.usual, float(samples - breached))]
    if comparison.signal.shape.combines is Combines.BY_WEIGHT:
        return together(comparison.signal, subject.metrics, levels)
    return sum(level * weight for level, weight in levels) / samples


def _burst(subject: Subject, comparison: Comparison, lengths: Sequence[int]) -> tuple[int, float] | None:
    """Give how many samples at which level make the window's level that of the example; None where none can.

    Where traffic weighs, its volume does it; else the level must be as much higher as the breach is shorter.
    """
    if comparison.signal.shape.combines is Combines.BY_WEIGHT:
        return lengths[0], comparison.example
    domain = domain_of(comparison.signal, subject.metrics)
    samples = comparison.signal.shape.window_ms // subject.scrape_ms
    for length in lengths:
        level = comparison.usual + (comparison.example - comparison.usual) * samples / length
        if domain.low <= level <= domain.high:
            return length, level
    return None


def _together(subject: Subject, index: int, words: str, levels: Sequence[tuple[float, float]]) -> Iterator[Case]:
    targets = [steady_target(subject, index, n, *pair) for n, pair in enumerate(levels, start=1)]
    active = _active(subject, index, levels)
    if active is not None:
        yield case_of(subject, index, f"{len(levels)} {words}", targets, active)


def _active(subject: Subject, index: int, levels: Sequence[tuple[float, float]]) -> list[int] | None:
    """Give which targets' alerts are active; None where the level together is too close to call."""
    comparison = subject.comparisons[index]
    if comparison.signal.each:
        return [n for n, (level, _) in enumerate(levels, 1) if fires(comparison, level)]
    level = together(comparison.signal, subject.metrics, levels)
    if not domain_of(comparison.signal, subject.metrics).discrete and _close(comparison, level):
        return None
    return [1] if fires(comparison, level) else []


def _close(comparison: Comparison, level: float) -> bool:
    """Give whether a level is too close to the threshold to call."""
    return abs(level - comparison.threshold) < _margin(comparison)


def _margin(comparison: Comparison) -> float:
    distances = (abs(level - comparison.threshold) for level in (comparison.usual, comparison.example))
    return _MARGIN * min(distance for distance in distances if distance)


def fires(comparison: Comparison, level: float) -> bool:
    """Give whether a comparison holds at a level."""
    return holds(comparison.operator, level, comparison.threshold)


def _shared_labels(subject: Subject, index: int) -> list[str]:
    """Give the labels that every metric of a signal declares and its contract leaves open."""
    signal = subject.comparisons[index].signal
    if signal.each or signal.shape.combines in {Combines.BY_PRESENCE, Combines.NEVER}:
        return []
    declared = [set(subject.metrics[name].labels) for name in signal.shape.reads]
    taken = {*signal.select, *signal.where, *signal.per, getattr(signal.shape, "over", "")}
    return sorted(set.intersection(*declared) - taken)


def _label_cases(subject: Subject, index: int, label: str) -> Iterator[Case]:
    """Give two series of one instance that differ in a label alone, as a slow path beside a busy one."""
    comparison = subject.comparisons[index]
    usual, example = comparison.usual, comparison.example
    light, heavy = DEFAULT_TRAFFIC, DEFAULT_TRAFFIC * HEAVY
    for levels, words in (
        (((example, light), (usual, heavy)), f"one {label} of two, with little traffic, at the firing level"),
        (((usual, light), (example, heavy)), f"one {label} of two, with most traffic, at the firing level"),
    ):
        active = _active(subject, index, levels)
        if active is None:
            continue
        labels = target_labels(comparison, 1)
        targets = [
            Target(labels, (Phase(0, *pair),), 1, {label: f"{label}-{n}"}) for n, pair in enumerate(levels, start=1)
        ]
        yield case_of(subject, index, words, targets, active)


def _apart(subject: Subject) -> Case:
    """Give two targets of which each meets one comparison only: no alert."""
    series: list[Series] = []
    for index, comparison in enumerate(subject.comparisons):
        levels = [comparison.example if (n == 1) is (index == 0) else comparison.usual for n in (1, 2)]
        targets = [steady_target(subject, index, n, level) for n, level in enumerate(levels, start=1)]
        series += synthesise(comparison.signal, subject.metrics, targets, subject.scrape_ms, subject.length_ms)
    name = "each of two targets meeting one comparison only"
    return Case(name, window_of(subject, name, (*series, *backdrop(subject, subject.length_ms))), ())


def active_case(subject: Subject, index: int, name: str, targets: list[Target], level: float) -> Case:
    """Give a case whose one alert is active if comparison `index` holds at `level`."""
    return case_of(subject, index, name, targets, [1] if fires(subject.comparisons[index], level) else [])


def case_of(subject: Subject, index: int, name: str, targets: list[Target], active: list[int]) -> Case:
    """Give a case with these targets, and the numbers of those whose alerts are active."""
    expected = tuple(active_labels(subject.comparisons[index], subject.metrics, number) for number in active)
    return Case(name, _window(subject, index, name, targets), expected)


def _window(subject: Subject, index: int, name: str, targets: list[Target], nudge: int = 0) -> Window:
    return window_of(subject, name, with_others(subject, index, targets, nudge), index)
