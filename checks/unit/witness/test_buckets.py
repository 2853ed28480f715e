"""Our inverse of histogram_quantile against a plain transcription of what Prometheus documents."""

import math
from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.witness.buckets import bucket_shares, bucket_text

BOUNDS = (50.0, 100.0, 200.0, 500.0, 1000.0)


def histogram_quantile(quantile: float, bounds: tuple[float, ...], shares: tuple[float, ...]) -> float:
    rank = quantile * shares[-1]
    index = bisect_left(shares, rank)
    if index == len(bounds):
        return bounds[-1]
    lower = bounds[index - 1] if index else 0.0
    below = shares[index - 1] if index else 0.0
    return lower + (bounds[index] - lower) * (rank - below) / (shares[index] - below)


@given(st.floats(0.01, 0.999), st.floats(0.02, 1.0))
def test_the_quantile_of_the_shares_is_the_level(quantile: float, part: float) -> None:
    lowest = quantile * BOUNDS[0]
    level = lowest + part * (BOUNDS[-1] - lowest)
    shares = bucket_shares(quantile, level, BOUNDS)
    assert histogram_quantile(quantile, BOUNDS, shares) == pytest.approx(level, rel=1e-9)


@given(st.floats(0.01, 0.999), st.floats(0.0, 5000.0))
def test_shares_rise_from_0_to_1(quantile: float, level: float) -> None:
    shares = bucket_shares(quantile, level, BOUNDS)
    assert len(shares) == len(BOUNDS) + 1
    assert list(shares) == sorted(shares)
    assert shares[0] >= -1e-12
    assert shares[-1] == 1.0


def test_a_level_beyond_the_last_bucket_cannot_be_told_from_it() -> None:
    assert histogram_quantile(0.95, BOUNDS, bucket_shares(0.95, 9000.0, BOUNDS)) == BOUNDS[-1]


@pytest.mark.parametrize(("bound", "text"), [(50.0, "50"), (0.005, "0.005"), (math.inf, "+Inf"), (2.5, "2.5")])
def test_bounds_are_written_as_client_libraries_write_them(bound: float, text: str) -> None:
    assert bucket_text(bound) == text
