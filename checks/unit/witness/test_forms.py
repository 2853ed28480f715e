"""Every shape's series show the level they were made for, as a few lines of arithmetic on their samples say."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from alertproof.errors import Place
from alertproof.model.contract import Comparison
from alertproof.model.metrics import Metric
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
    Signal,
    Sum,
)
from alertproof.witness import Domain, Phase, Target, domain_of, search_levels, steady, synthesise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PLACE = Place(Path("m.yml"), 1)
STEP = 15_000
WINDOW = 300_000
BUCKETS = (50.0, 100.0, 200.0, 500.0, 1000.0)
WHERE = {"status": ("500", "503")}
_LEVELS = st.floats(0.001, 1_000.0)
_TRAFFIC = st.floats(1.0, 1e6)
_WINDOWS = st.sampled_from([60_000, 300_000, 3_600_000])


def metric(
    name: str, kind: str, labels: Mapping[str, tuple[str, ...]] | None = None, values: tuple[float, ...] = ()
) -> Metric:
    buckets = BUCKETS if kind == "histogram" else ()
    return Metric(name, kind, "", "", labels or {}, buckets, infinite=True, values=values, place=PLACE)


METRICS = {
    "part": metric("part", "counter"),
    "whole": metric("whole", "counter"),
    "requests": metric("requests", "counter", {"status": ("200", "500", "503"), "path": ("/a", "/b")}),
    "latency": metric("latency", "histogram"),
    "queue": metric("queue", "gauge"),
    "size": metric("size", "gauge"),
    "state": metric("state", "gauge", {"node": ("n1", "n2")}, (0.0, 1.0)),
    "bare": metric("bare", "gauge", {"node": ("n1",)}),
}


def made(shape: Shape, *targets: Target, nudge: int = 0, length_ms: int = WINDOW) -> tuple[Series, ...]:
    return synthesise(Signal(shape, {}, ()), METRICS, targets, STEP, length_ms, nudge)


def one(level: float, traffic: float = 1_000.0) -> Target:
    return steady({"job": "a", "instance": "a-1"}, level, traffic)


def named(series: Sequence[Series], name: str, **labels: str) -> list[list[float]]:
    """Give the samples of the series with this name and these labels, which must have no gap."""
    found = [
        item for item in series if item.labels[METRIC_NAME] == name and labels.items() <= dict(item.labels).items()
    ]
    assert found, (name, labels)
    return [[sample for sample in item.samples if sample is not None] for item in found]


def growth(series: Sequence[Series], name: str, **labels: str) -> float:
    return sum(samples[-1] - samples[0] for samples in named(series, name, **labels))


@given(st.floats(0.0, 1.0), _TRAFFIC, _WINDOWS)
def test_a_ratio_is_the_growth_of_its_part_over_that_of_its_whole(level: float, traffic: float, window: int) -> None:
    series = made(Ratio("part", "whole", window), one(level, traffic), length_ms=window)
    assert growth(series, "part") / growth(series, "whole") == pytest.approx(level, rel=1e-6, abs=1e-9)
    assert growth(series, "whole") == pytest.approx(traffic * window / STEP)


@given(st.floats(0.0, 1.0), _TRAFFIC)
def test_a_ratio_within_one_metric_counts_only_where_it_says(level: float, traffic: float) -> None:
    series = made(Ratio("requests", "requests", WINDOW, WHERE), one(level, traffic))
    counted = sum(growth(series, "requests", status=status) for status in ("500",))
    assert counted / growth(series, "requests") == pytest.approx(level, rel=1e-6, abs=1e-9)
    assert {item.labels["status"] for item in series} == {"500", "200"}


@given(st.floats(0.01, 1.0))
def test_what_a_part_must_not_count_grows_beside_it(level: float) -> None:
    series = made(Ratio("requests", "whole", WINDOW, WHERE), one(level))
    assert growth(series, "requests", status="500") / growth(series, "whole") == pytest.approx(level)
    assert growth(series, "requests", status="200") == growth(series, "whole")


@given(_LEVELS, _TRAFFIC, _WINDOWS)
def test_a_mean_is_the_growth_of_its_total_over_that_of_its_count(level: float, traffic: float, window: int) -> None:
    series = made(Mean("part", "whole", window), one(level, traffic), length_ms=window)
    assert growth(series, "part") / growth(series, "whole") == pytest.approx(level, rel=1e-6)


@given(_LEVELS, st.sampled_from([1_000, 60_000, 3_600_000]), _WINDOWS)
def test_a_rate_is_the_growth_in_a_unit_of_time(level: float, each: int, window: int) -> None:
    assume(level * STEP / each > 1e-6)
    series = made(Rate("part", window, each), one(level), length_ms=window)
    assert growth(series, "part") / window * each == pytest.approx(level, rel=1e-3)


@given(_LEVELS)
def test_an_increase_is_the_growth_in_the_window(level: float) -> None:
    series = made(Rate("part", WINDOW, WINDOW), one(level))
    assert growth(series, "part") == pytest.approx(level, rel=1e-5, abs=1e-7)


def test_a_rate_where_a_label_narrows_it_has_a_busy_series_that_does_not_count() -> None:
    series = made(Rate("requests", WINDOW, 1_000, WHERE), one(2.0))
    assert growth(series, "requests", status="500") / (WINDOW / 1_000) == pytest.approx(2.0)
    assert growth(series, "requests", status="200") / (WINDOW / STEP) == pytest.approx(1_000.0)


@given(st.integers(1, 40), st.floats(0.5, 100.0))
def test_a_nudged_rate_jumps_once_within_the_window(nudge: int, level: float) -> None:
    (series,) = made(Rate("part", WINDOW, 1_000), one(level), nudge=nudge, length_ms=2 * WINDOW)
    samples = [sample for sample in series.samples if sample is not None]
    steps = [index for index in range(1, len(samples)) if samples[index] != samples[index - 1]]
    assert len(steps) == 1
    assert len(samples) - 1 - WINDOW // STEP < steps[0] < len(samples) - 1
    # Seen either over the whole window or, where ranges are left-open, over one sample less.
    seen = WINDOW if nudge % 2 else WINDOW - STEP
    assert (samples[-1] - samples[0]) / seen * 1_000 == pytest.approx(level, rel=1e-9)
    # Far enough from zero: the extrapolation back to the window's start stays positive.
    assert samples[0] > 0


@given(st.floats(-1e6, 1e6), st.sampled_from([Gauge("queue"), Average("queue", WINDOW), Sum("queue")]))
def test_a_gauge_an_average_and_a_sum_are_the_level_at_every_sample(level: float, shape: Shape) -> None:
    (series,) = made(shape, one(level))
    assert set(series.samples) == {level}
    assert len(series.samples) == WINDOW // STEP + 1


def test_nudged_gauges_are_all_different_and_last_bits_away() -> None:
    found = [made(Gauge("queue"), one(0.7), nudge=nudge)[0].samples[-1] for nudge in range(9)]
    assert found[:2] == [0.7, 0.7]
    assert len(set(found)) == 8
    assert all(value == pytest.approx(0.7, rel=1e-14) for value in found)
    assert min(value for value in found if value is not None) < 0.7 < max(value for value in found if value is not None)


@given(_LEVELS, st.floats(1.0, 1e9), _TRAFFIC)
def test_a_share_is_part_over_whole_whose_size_is_as_usual(level: float, usual: float, traffic: float) -> None:
    part, whole = made(Share("queue", "size", usual), one(level, traffic))
    assert part.samples[-1] is not None
    assert whole.samples[-1] is not None
    assert part.samples[-1] / whole.samples[-1] == pytest.approx(level)
    assert whole.samples[-1] == pytest.approx(usual * traffic / 1_000)


@given(st.integers(0, 9), st.sampled_from([0.0, 1.0]))
def test_a_count_is_the_number_of_series_at_its_value(level: int, value: float) -> None:
    series = made(Count("state", value, "node"), one(float(level)))
    assert sum(item.samples[-1] == value for item in series) == level
    # Some are in the other state, and every one is another node.
    assert sum(item.samples[-1] == 1.0 - value for item in series) >= 2
    assert len({item.labels["node"] for item in series}) == len(series)


@given(st.integers(0, 4), st.sampled_from([0.0, 1.0, 3.0]))
def test_a_count_of_a_metric_without_declared_values_has_another_state_too(level: int, value: float) -> None:
    series = made(Count("bare", value, "node"), one(float(level)))
    assert sum(item.samples[-1] == value for item in series) == level


def test_a_count_that_changes_has_as_many_series_as_its_highest_level() -> None:
    target = Target({}, (Phase(0, 1.0), Phase(30_000, 4.0)))
    series = made(Count("state", 1.0, "node"), target, length_ms=60_000)
    assert [sum(item.samples[index] == 1.0 for item in series) for index in range(5)] == [1, 1, 4, 4, 4]


def test_presence_is_a_series_while_it_is_there() -> None:
    target = Target({}, (Phase(0, 1.0), Phase(30_000, 0.0), Phase(45_000, 1.0)))
    (series,) = made(Presence("queue"), target, length_ms=60_000)
    assert series.samples == (1.0, 1.0, None, 1.0, 1.0)
    assert series.gaps


def bucket_counts(series: Sequence[Series]) -> list[float]:
    return [growth(series, "latency_bucket", le=le) for le in ("50", "100", "200", "500", "1000", "+Inf")]


@given(st.floats(0.05, 0.99), st.floats(0.01, 1.0), _TRAFFIC)
def test_a_quantile_lies_where_its_buckets_interpolate_to(quantile: float, part: float, traffic: float) -> None:
    level = quantile * BUCKETS[0] + part * (BUCKETS[-1] - quantile * BUCKETS[0])
    series = made(Quantile("latency", quantile, WINDOW), one(level, traffic))
    counts = bucket_counts(series)
    rank = quantile * counts[-1]
    assert counts == sorted(counts)
    bounds = (0.0, *BUCKETS)
    spots = [
        bounds[i] + (bounds[i + 1] - bounds[i]) * (rank - below) / (counts[i] - below)
        for i, below in enumerate([0.0, *counts[:-2]])
        if below < rank * (1 + 1e-7) and counts[i] >= rank * (1 - 1e-7) and counts[i] > below
    ]
    assert any(spot == pytest.approx(level, rel=1e-5) for spot in spots)
    assert growth(series, "latency_count") == pytest.approx(counts[-1])
    assert growth(series, "latency_sum") == pytest.approx(level * counts[-1], rel=1e-6)


def test_without_an_infinite_bucket_there_is_none() -> None:
    bare = Metric("latency", "histogram", "", "", {}, BUCKETS, infinite=False, values=(), place=PLACE)
    signal = Signal(Quantile("latency", 0.5, WINDOW), {}, ())
    series = synthesise(signal, {"latency": bare}, [one(150.0)], STEP, WINDOW)
    assert "+Inf" not in {item.labels.get("le") for item in series}


@given(st.sampled_from([Ratio("part", "whole", WINDOW), Mean("part", "whole", WINDOW), Rate("part", WINDOW, 1_000)]))
def test_counters_begin_high_and_without_events_stand_still(shape: Shape) -> None:
    for item in made(shape, one(0.0, 0.0)):
        assert set(item.samples) == {1_000.0}
    for item in made(shape, one(0.5)):
        first, second = item.samples[:2]
        assert first is not None
        assert second is not None
        assert first == pytest.approx(1_000 * (second - first))


def test_targets_differ_in_all_labels_that_are_left_open() -> None:
    targets = [steady({"instance": f"a-{n}"}, 1.0, number=n) for n in (1, 2, 3)]
    series = made(Rate("requests", WINDOW, 1_000), *targets)
    assert [(item.labels["instance"], item.labels["path"], item.labels["status"]) for item in series] == [
        ("a-1", "/a", "200"),
        ("a-2", "/b", "500"),
        ("a-3", "/a-3", "503"),
    ]


def test_labels_of_its_own_win_over_declared_ones_and_labels_of_the_scrape_over_both() -> None:
    target = Target({"path": "/scraped"}, (Phase(0, 1.0),), 1, {"status": "418", "path": "/own", "other": "x"})
    (series,) = made(Rate("requests", WINDOW, 1_000), target)
    assert series.labels == {METRIC_NAME: "requests", "status": "418", "path": "/scraped"}


@pytest.mark.parametrize(("own", "statuses"), [("503", ("503", "200")), ("200", ("200", "not-500"))])
def test_a_target_may_choose_which_value_its_counted_series_has(own: str, statuses: tuple[str, str]) -> None:
    target = Target({}, (Phase(0, 0.25),), 1, {"status": own})
    counted, rest = made(Ratio("requests", "requests", WINDOW, WHERE), target)
    assert (counted.labels["status"], rest.labels["status"]) == statuses
    assert growth((counted,), "requests") / growth((rest,), "requests") == pytest.approx(0.25 / 0.75)


@pytest.mark.parametrize(
    ("shape", "low", "high", "values", "whole"),
    [
        (Ratio("part", "whole", 1), 0.0, 1.0, (), False),
        # The lowest bucket begins at 0, and a part of it holds all observations.
        (Quantile("latency", 0.5, 1), 25.0, math.inf, (), False),
        (Mean("part", "whole", 1), 0.0, math.inf, (), False),
        (Rate("part", 1, 1), 0.0, math.inf, (), False),
        (Share("queue", "size", 1.0), 0.0, math.inf, (), False),
        (Count("state", 1.0, "node"), 0.0, math.inf, (), True),
        (Presence("queue"), 0.0, 1.0, (0.0, 1.0), False),
        (Average("state", 1), 0.0, 1.0, (), False),
        (Average("queue", 1), -math.inf, math.inf, (), False),
        (Sum("state"), 0.0, math.inf, (), True),
        (Sum("queue"), -math.inf, math.inf, (), False),
        (Gauge("state"), -math.inf, math.inf, (0.0, 1.0), False),
        (Gauge("queue"), -math.inf, math.inf, (), False),
    ],
)
def test_the_levels_a_signal_can_show(
    shape: Shape, low: float, high: float, values: tuple[float, ...], *, whole: bool
) -> None:
    assert domain_of(Signal(shape, {}, ()), METRICS) == Domain(low, high, values, whole)


def test_whole_levels_are_asked_on_both_sides_of_the_threshold_and_no_further_than_the_contract_speaks() -> None:
    signal = Signal(Count("state", 1.0, "node"), {}, ())
    comparison = Comparison(signal, ">", 3.0, "count", 1.0, 6.0, PLACE)
    levels = search_levels(comparison, domain_of(signal, METRICS), hints=(20.0,))
    assert {2.0, 3.0, 4.0, 5.0, 6.0, 7.0} <= set(levels)
    assert min(levels) == 0.0
    assert max(levels) <= 8.0
    assert all(level == int(level) for level in levels)
