"""Each disturbance changes exactly what it says, and nothing else; what is usual stands in the background."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from alertproof.errors import Place
from alertproof.model.metrics import Metric
from alertproof.model.series import METRIC_NAME, Series
from alertproof.witness.background import background
from alertproof.witness.disturbances import begun, ended, missed, reset

UP = Series({METRIC_NAME: "up", "job": "a"}, (1.0,) * 6)
COUNTER = Series({METRIC_NAME: "c_total", "job": "a"}, (100.0, 110.0, 120.0, 130.0, 140.0, 150.0), 5_000)
GAUGE = Series({METRIC_NAME: "g", "job": "a"}, (7.0, 8.0, None, 9.0, 9.0, 9.0))
ALL = (UP, COUNTER, GAUGE)


def counters(series: Series) -> bool:
    return series.labels[METRIC_NAME].endswith("_total")


def samples(series: tuple[Series, ...]) -> list[tuple[float | None, ...]]:
    assert [(item.labels, item.step_ms) for item in series] == [(item.labels, item.step_ms) for item in ALL]
    return [item.samples for item in series]


def test_a_missed_scrape_is_up_0_and_all_else_stale_for_as_long() -> None:
    assert samples(missed(ALL, 3)) == [
        (1.0, 1.0, 1.0, 0.0, 1.0, 1.0),
        (100.0, 110.0, 120.0, None, 140.0, 150.0),
        (7.0, 8.0, None, None, 9.0, 9.0),
    ]
    assert samples(missed(ALL, 1, 2))[:2] == [
        (1.0, 0.0, 0.0, 1.0, 1.0, 1.0),
        (100.0, None, None, 130.0, 140.0, 150.0),
    ]


def test_a_reset_starts_counters_from_zero_and_leaves_gauges() -> None:
    assert samples(reset(ALL, 2, counters)) == [
        UP.samples,
        (100.0, 110.0, 0.0, 10.0, 20.0, 30.0),
        GAUGE.samples,
    ]


def test_a_reset_at_a_gap_starts_from_the_next_sample() -> None:
    gap = Series(COUNTER.labels, (100.0, 110.0, None, 130.0))
    assert reset((gap,), 2, counters)[0].samples == (100.0, 110.0, None, 0.0)
    assert reset((Series(COUNTER.labels, (5.0, None)),), 1, counters)[0].samples == (5.0, None)


def test_a_target_that_ends_is_gone_with_its_up() -> None:
    assert samples(ended(ALL, 4)) == [
        (1.0, 1.0, 1.0, 1.0, None, None),
        (100.0, 110.0, 120.0, 130.0, None, None),
        (7.0, 8.0, None, 9.0, None, None),
    ]


def test_a_target_that_begins_was_not_there_and_counts_from_zero() -> None:
    assert samples(begun(ALL, 3, counters)) == [
        (None, None, None, 1.0, 1.0, 1.0),
        (None, None, None, 0.0, 10.0, 20.0),
        (None, None, None, 9.0, 9.0, 9.0),
    ]


def metric(kind: str, usual: float | str | None, labels: dict[str, tuple[str, ...]] | None = None) -> Metric:
    place = Place(Path("m.yml"), 1)
    return Metric("m", kind, "", "", labels or {}, (), infinite=True, values=(), place=place, usual=usual)


@pytest.mark.parametrize(
    ("kind", "usual", "differences"),
    [
        ("gauge", 7.5, {0.0}),
        ("gauge", 0, {0.0}),
        ("gauge", "now", {15.0}),
        ("counter", 2, {30.0}),
        ("counter", 0, {0.0}),
    ],
)
def test_what_is_usual_stays_grows_or_follows_the_clock(kind: str, usual: float | str, differences: set[float]) -> None:
    series = background(metric(kind, usual), {"job": "a"}, 15_000, 60_000)
    assert series is not None
    values = [value for value in series.samples if value is not None]
    assert len(values) == 5
    assert {after - before for before, after in itertools.pairwise(values)} == differences
    if differences == {0.0} and kind == "gauge":
        assert set(values) == {float(usual)}
    if kind == "counter" and usual:
        # High enough for rate() to extrapolate back over any window.
        assert values[0] > 2 * 86_400
    if usual == "now":
        assert values[0] > 1_577_836_800


def test_without_a_usual_value_there_is_no_series_and_labels_are_the_first_declared() -> None:
    assert background(metric("gauge", None), {}, 15_000, 60_000) is None
    series = background(metric("gauge", 1.0, {"pod": ("p1", "p2")}), {"job": "a"}, 15_000, 60_000)
    assert series is not None
    assert series.labels == {METRIC_NAME: "m", "job": "a", "pod": "p1"}
