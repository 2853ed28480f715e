from itertools import pairwise
from pathlib import Path

import pytest

from alertproof.errors import InputError, Place
from alertproof.model.contract import Comparison
from alertproof.model.metrics import Metric
from alertproof.model.series import Series
from alertproof.model.signal import Gauge, Quantile, Ratio, Signal
from alertproof.witness import Phase, Target, domain_of, search_levels, steady, synthesise

PLACE = Place(Path("m.yml"), 1)


def metric(name: str, kind: str, *, buckets: tuple[float, ...] = (), values: tuple[float, ...] = ()) -> Metric:
    return Metric(name, kind, "", "", {}, buckets, infinite=True, values=values, place=PLACE)


METRICS = {
    "good": metric("good", "counter"),
    "all": metric("all", "counter"),
    "latency": metric("latency", "histogram", buckets=(1.0, 2.0)),
    "up": metric("up", "gauge", values=(0.0, 1.0)),
}


def growth(series: Series) -> list[float]:
    """Give how much a series grows from sample to sample."""
    samples = [sample for sample in series.samples if sample is not None]
    assert len(samples) == len(series.samples)
    return [round(b - a, 6) for a, b in pairwise(samples)]


RATIO = Signal(Ratio("good", "all", 60_000), {}, ())


def test_a_ratio_grows_by_its_level() -> None:
    good, whole = synthesise(RATIO, METRICS, [steady({"job": "a"}, 0.9)], 15_000, 60_000)
    assert growth(good) == [900] * 4
    assert growth(whole) == [1000] * 4
    assert good.notation() == 'good{job="a"}'


def test_a_phase_begins_at_its_time() -> None:
    target = Target({}, (Phase(0, 1.0), Phase(30_000, 0.5, 10.0)))
    good, whole = synthesise(RATIO, METRICS, [target], 15_000, 45_000)
    assert growth(good) == [1000, 5, 5]
    assert growth(whole) == [1000, 10, 10]


def test_counters_start_high_enough_for_rate_to_extrapolate() -> None:
    good, _ = synthesise(RATIO, METRICS, [steady({}, 1.0)], 15_000, 60_000)
    assert good.samples[0] == 1000 * 1000


def test_a_histogram_has_all_buckets_a_count_and_a_sum() -> None:
    signal = Signal(Quantile("latency", 0.5, 60_000), {}, ())
    series = synthesise(signal, METRICS, [steady({}, 1.5)], 15_000, 15_000)
    assert [(s.labels["__name__"], s.labels.get("le")) for s in series] == [
        ("latency_bucket", "1"),
        ("latency_bucket", "2"),
        ("latency_bucket", "+Inf"),
        ("latency_count", None),
        ("latency_sum", None),
    ]


def test_a_metric_that_is_not_declared_is_an_error_that_names_it() -> None:
    with pytest.raises(InputError, match="'missing'"):
        synthesise(Signal(Gauge("missing"), {}, ()), METRICS, [steady({}, 1.0)], 15_000, 15_000)


def test_levels_stay_in_the_domain_and_hug_the_threshold() -> None:
    comparison = Comparison(RATIO, "<", 0.9, "ratio", 0.99, 0.75, PLACE)
    levels = search_levels(comparison, domain_of(RATIO, METRICS), hints=(0.8,))
    assert levels[0] == 0.0
    assert levels[-1] == 1.0
    below, above = 0.9 * (1 - 1e-7), 0.9 * (1 + 1e-7)
    assert {0.8, 0.9} < set(levels)
    assert any(level == pytest.approx(below, rel=1e-12) for level in levels)
    assert any(level == pytest.approx(above, rel=1e-12) for level in levels)


def test_a_state_metric_is_asked_for_its_states_only() -> None:
    signal = Signal(Gauge("up"), {"job": "a"}, ("job",))
    comparison = Comparison(signal, "==", 0.0, "state", 1.0, 0.0, PLACE)
    assert search_levels(comparison, domain_of(signal, METRICS)) == (0.0, 1.0)
