"""The inverse of `histogram_quantile`: how observations must lie so that a quantile has a given value.

Prometheus interpolates linearly inside the bucket that holds the rank `q · total` (functions documentation,
"histogram_quantile"): value = lower + (upper - lower) · (rank - below) / inside. A bucket that holds min(q, 1 - q) of
all observations can put the value anywhere between its bounds, the rest lying below and above it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def bucket_shares(quantile: float, level: float, bounds: Sequence[float]) -> tuple[float, ...]:
    """Give the cumulative share of observations at each finite bound and at +Inf (1.0), last.

    `bounds` ascend. The quantile of the result is `level`; a level beyond the last finite bound cannot be told from
    any other: then the rank lies in the infinite bucket, and Prometheus answers the last finite bound. The lowest
    bucket starts at 0, as Prometheus assumes where its bound is positive; a level below that is taken as 0.
    """
    index = bisect_left(bounds, level)
    if index == len(bounds):
        return (*([quantile / 2] * len(bounds)), 1.0)
    lower = bounds[index - 1] if index else min(0.0, bounds[0])
    position = (level - lower) / (bounds[index] - lower) if bounds[index] > lower else 1.0
    if index == 0:
        # Nothing lies below the lowest bucket, so the rank's share of it alone sets the value.
        return (*([quantile / max(position, quantile)] * len(bounds)), 1.0)
    inside = min(quantile, 1.0 - quantile)
    below = quantile - position * inside
    reached = quantile + (1.0 - position) * inside
    return (*([below] * index), *([reached] * (len(bounds) - index)), 1.0)


def bucket_text(bound: float) -> str:
    """Give the value of the `le` label as client libraries write it."""
    if math.isinf(bound):
        return "+Inf"
    return f"{bound:g}" if bound == float(f"{bound:g}") else repr(bound)
