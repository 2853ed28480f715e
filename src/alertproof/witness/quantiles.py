"""`histogram_quantile` over cumulative shares, for what several targets show together.

Linear interpolation inside the bucket of the rank, as in Prometheus' promql/quantile.go (bucketQuantile); the lowest
bucket starts at 0 where its bound is positive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def quantile_of_shares(quantile: float, shares: Sequence[float], bounds: Sequence[float]) -> float:
    """Give the quantile; `shares` are cumulative at each of `bounds` and at +Inf, last."""
    rank = quantile * shares[-1]
    index = next(i for i, share in enumerate(shares) if share >= rank)
    if index == len(bounds):
        return bounds[-1]
    if index == 0 and bounds[0] <= 0:
        return bounds[0]
    lower, below = (bounds[index - 1], shares[index - 1]) if index else (0.0, 0.0)
    inside = shares[index] - below
    return bounds[index] if inside <= 0 else lower + (bounds[index] - lower) * (rank - below) / inside
