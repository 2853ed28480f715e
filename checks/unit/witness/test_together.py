"""What several targets show together, held against adding up their series."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.errors import Place
from alertproof.model.metrics import Metric
from alertproof.model.signal import Average, Count, Mean, Presence, Quantile, Rate, Ratio, Shape, Signal, Sum
from alertproof.witness.buckets import bucket_shares
from alertproof.witness.quantiles import quantile_of_shares
from alertproof.witness.together import together

BUCKETS = (50.0, 100.0, 200.0, 500.0, 1000.0)
METRICS = {
    "latency": Metric("latency", "histogram", "", "", {}, BUCKETS, infinite=True, values=(), place=Place(Path("m"), 1))
}
_PAIRS = st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(1.0, 1e6)), min_size=1, max_size=5)


def level(shape: Shape, pairs: list[tuple[float, float]]) -> float:
    return together(Signal(shape, {}, ()), METRICS, pairs)


@given(_PAIRS)
def test_ratios_and_means_weigh_by_events(pairs: list[tuple[float, float]]) -> None:
    events = sum(weight for _, weight in pairs)
    hits = sum(own * weight for own, weight in pairs)
    for shape in (Ratio("a", "b", 1), Mean("a", "b", 1)):
        assert level(shape, pairs) == pytest.approx(hits / events)


@given(_PAIRS)
def test_rates_sums_and_counts_add_up_whatever_the_events(pairs: list[tuple[float, float]]) -> None:
    for shape in (Rate("a", 1, 1), Sum("a"), Count("a", 1.0, "n")):
        assert level(shape, pairs) == pytest.approx(sum(own for own, _ in pairs))


@given(_PAIRS)
def test_averages_count_every_target_alike(pairs: list[tuple[float, float]]) -> None:
    assert level(Average("a", 1), pairs) == pytest.approx(sum(own for own, _ in pairs) / len(pairs))


def test_one_target_that_is_there_is_enough() -> None:
    assert level(Presence("a"), [(0.0, 1.0), (1.0, 1.0)]) == 1.0
    assert level(Presence("a"), [(0.0, 1.0), (0.0, 1.0)]) == 0.0


@given(st.floats(0.01, 0.99), st.floats(0.01, 1.0))
def test_a_quantile_of_shares_is_the_inverse_of_the_shares_of_a_quantile(quantile: float, part: float) -> None:
    lowest = quantile * BUCKETS[0]
    wanted = lowest + part * (BUCKETS[-1] - lowest)
    shares = bucket_shares(quantile, wanted, BUCKETS)
    assert quantile_of_shares(quantile, shares, BUCKETS) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(
    ("quantile", "shares", "bounds", "wanted"),
    [
        (0.5, (0.5, 1.0, 1.0), (10.0, 20.0), 10.0),
        (0.75, (0.5, 1.0, 1.0), (10.0, 20.0), 15.0),
        (0.25, (0.5, 1.0, 1.0), (10.0, 20.0), 5.0),
        # Beyond the last bound it is the last bound.
        (0.9, (0.1, 0.2, 1.0), (10.0, 20.0), 20.0),
        # The lowest bucket begins at 0, unless its own bound is not above it.
        (0.5, (0.8, 1.0, 1.0), (-5.0, 20.0), -5.0),
        (0.5, (2.0, 4.0, 4.0), (10.0, 20.0), 10.0),
        # The first bucket that holds the rank, not an empty one after it.
        (0.5, (0.5, 0.5, 1.0), (10.0, 20.0), 10.0),
    ],
)
def test_a_quantile_of_shares_is_interpolated(
    quantile: float, shares: tuple[float, ...], bounds: tuple[float, ...], wanted: float
) -> None:
    assert quantile_of_shares(quantile, shares, bounds) == pytest.approx(wanted)


@given(st.floats(0.05, 0.99), st.lists(st.tuples(st.floats(60.0, 990.0), st.floats(1.0, 1e4)), min_size=1, max_size=4))
def test_a_quantile_together_is_that_of_all_observations(quantile: float, pairs: list[tuple[float, float]]) -> None:
    shares = [bucket_shares(quantile, own, BUCKETS) for own, _ in pairs]
    counts = [sum(share[i] * weight for share, (_, weight) in zip(shares, pairs, strict=True)) for i in range(6)]
    found = level(Quantile("latency", quantile, 1), pairs)
    rank = quantile * counts[-1]
    bounds = (0.0, *BUCKETS)
    # As many observations lie below it as the quantile says.
    index = next(i for i in range(5) if found <= bounds[i + 1] * (1 + 1e-12))
    below = counts[index - 1] if index else 0.0
    inside = counts[index] - below
    assert below + inside * (found - bounds[index]) / (bounds[index + 1] - bounds[index]) == pytest.approx(rank)
    assert min(own for own, _ in pairs) <= found * (1 + 1e-9)
