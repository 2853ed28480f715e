"""The series of one target for each shape of signal, sample by sample."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

from alertproof.model.series import METRIC_NAME, Series
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
    Sum,
)
from alertproof.witness.buckets import bucket_shares, bucket_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from alertproof.model.metrics import Metric

# A counter that starts near 0 would make rate() cut its extrapolation at zero: start it high.
_HEAD_START_SAMPLES = 1_000
# A counter that has counted nothing yet still has a value.
_LEAST = 1_000.0
# Series that count one state among many: a few more than any level needs, so that some are in the other state.
_SPARE_SERIES = 2
_TRAFFIC = 1_000.0


@dataclass(frozen=True, slots=True)
class Course:
    """The levels and volumes of traffic of one target, one of each per sample, and which of many equal forms."""

    levels: tuple[float, ...]
    traffic: tuple[float, ...]
    step_ms: int
    nudge: int = 0


@dataclass(frozen=True, slots=True)
class Labelled:
    """A metric and the labels of its series on one target.

    `own` chooses among the values that a signal's `where` lets count; the first, unless it says otherwise.
    """

    metric: Metric
    labels: Mapping[str, str]
    own: Mapping[str, str] = field(default_factory=dict)

    def series(self, samples: Sequence[float | None], suffix: str = "", **extra: str) -> Series:
        """Give a series of the metric, with labels of its own in `extra`."""
        return Series({METRIC_NAME: f"{self.metric.name}{suffix}", **self.labels, **extra}, tuple(samples))

    def counted(self, where: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
        """Give the label values of the series that counts."""
        return {label: self.own.get(label, values[0]) for label, values in where.items()}

    def elsewhere(self, where: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
        """Give label values that are declared and do not count."""
        return {
            label: next(
                (v for v in self.metric.labels.get(label, ()) if v not in values and v != self.own.get(label)),
                f"not-{values[0]}",
            )
            for label, values in where.items()
        }


def series_of(shape: Shape, metrics: Mapping[str, Labelled], course: Course) -> Iterator[Series]:
    """Give the series of one target; `metrics` are those that the shape reads."""
    match shape:
        case Quantile():
            yield from _histogram(shape, metrics[shape.metric], course)
        case Ratio():
            yield from _ratio(shape, metrics[shape.part], metrics[shape.whole], course)
        case Mean():
            yield metrics[shape.total].series(_counter(course, lambda level, traffic: level * traffic))
            yield metrics[shape.count].series(_counter(course, lambda _, traffic: traffic))
        case Rate():
            yield from _rate(shape, metrics[shape.metric], course)
        case Gauge() | Average() | Sum():
            yield metrics[shape.metric].series(_nudged(course))
        case Share():
            whole = [shape.whole_is * traffic / _TRAFFIC for traffic in course.traffic]
            yield metrics[shape.part].series([level * size for level, size in zip(course.levels, whole, strict=True)])
            yield metrics[shape.whole].series(whole)
        case Count():
            yield from _count(shape, metrics[shape.metric], course)
        case Presence():
            yield metrics[shape.metric].series([1.0 if level else None for level in course.levels])


def _histogram(shape: Quantile, metric: Labelled, course: Course) -> Iterator[Series]:
    shares = {level: bucket_shares(shape.quantile, level, metric.metric.buckets) for level in set(course.levels)}
    bounds = [*metric.metric.buckets, *([math.inf] if metric.metric.infinite else [])]
    for index, bound in enumerate(bounds):
        samples = _counter(course, partial(_of_bucket, shares, index))
        yield metric.series(samples, "_bucket", le=bucket_text(bound))
    yield metric.series(_counter(course, lambda _, traffic: traffic), "_count")
    # Only the quantile is prescribed; a sum that fits it is the level itself for every observation.
    yield metric.series(_counter(course, lambda level, traffic: level * traffic), "_sum")


def _of_bucket(shares: Mapping[float, tuple[float, ...]], index: int, level: float, traffic: float) -> float:
    return shares[level][index] * traffic


def _ratio(shape: Ratio, part: Labelled, whole: Labelled, course: Course) -> Iterator[Series]:
    counted = part.counted(shape.where)
    yield part.series(_counter(course, lambda level, traffic: level * traffic), **counted)
    if shape.part == shape.whole:
        rest = _counter(course, lambda level, traffic: (1.0 - level) * traffic)
        yield part.series(rest, **part.elsewhere(shape.where))
        return
    yield whole.series(_counter(course, lambda _, traffic: traffic))
    if shape.where:
        # What the part must not count grows as fast as the whole.
        yield part.series(_counter(course, lambda _, traffic: traffic), **part.elsewhere(shape.where))


def _rate(shape: Rate, metric: Labelled, course: Course) -> Iterator[Series]:
    counted = metric.counted(shape.where)
    if course.nudge:
        yield metric.series(_jump(shape, course), **counted)
    else:
        per_sample = course.step_ms / shape.each_ms
        yield metric.series(_counter(course, lambda level, _: level * per_sample), **counted)
    if shape.where:
        yield metric.series(_counter(course, lambda _, traffic: traffic), **metric.elsewhere(shape.where))


def _count(shape: Count, metric: Labelled, course: Course) -> Iterator[Series]:
    other = next((value for value in metric.metric.values if value != shape.value), shape.value + 1.0)
    base = metric.labels.get(shape.over, shape.over)
    for index in range(1, math.ceil(max(course.levels)) + _SPARE_SERIES + 1):
        samples = [shape.value if index <= level else other for level in course.levels]
        yield metric.series(samples, **{shape.over: f"{base}-{index}"})


def _nudged(course: Course) -> list[float]:
    """Give the levels, a few last bits away where a mean of equal values would miss the number."""
    if not course.nudge:
        return list(course.levels)
    bits = course.nudge // 2 if course.nudge % 2 else -(course.nudge // 2)
    return [_bits_away(level, bits) for level in course.levels]


def _bits_away(value: float, bits: int) -> float:
    for _ in range(abs(bits)):
        value = math.nextafter(value, math.copysign(math.inf, bits))
    return value


def _jump(shape: Rate, course: Course) -> list[float]:
    """Give a counter that rises at once, half-way, so that its rate over the window is the level.

    A steady counter's increase is a sum of many roundings; here there is one, and the nudge shifts it by last bits.
    Prometheus sees the samples of the whole window, or all but one since its ranges are left-open (3.0), and
    extrapolates: every second form is made for either.
    """
    number, left_open = divmod(course.nudge - 1, 2)
    seen_ms = shape.window_ms - course.step_ms * left_open
    total = course.levels[0] * seen_ms / shape.each_ms
    # Far enough from zero for rate() not to cut its extrapolation, near enough for the sum not to lose digits.
    base = total * 2 * course.step_ms / shape.window_ms
    after = _bits_away(base + total, (number + 1) // 2 * (1 if number % 2 else -1))
    at = len(course.levels) - max(2, shape.window_ms // course.step_ms // 2)
    return [base if index < at else after for index in range(len(course.levels))]


def _counter(course: Course, growth: Callable[[float, float], float]) -> list[float]:
    """Give a counter that grows in every sample as its level and traffic say."""
    # Whole numbers of events stay whole: 0.95 · 1000 must not become 949.9999999999999.
    pairs = list(zip(course.levels, course.traffic, strict=True))
    grows = {pair: round(growth(*pair), 9) for pair in set(pairs)}
    start = max(*grows.values(), 0.0) * _HEAD_START_SAMPLES or _LEAST
    return list(accumulate((grows[pair] for pair in pairs[1:]), initial=start))
