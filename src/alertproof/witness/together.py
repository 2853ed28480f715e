"""The level that several targets show together, as the contract's signal combines them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.model.signal import Combines, Quantile, Signal
from alertproof.witness.buckets import bucket_shares
from alertproof.witness.quantiles import quantile_of_shares
from alertproof.witness.synthesis import declared

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from alertproof.model.metrics import Metric


def together(signal: Signal, metrics: Mapping[str, Metric], levels: Sequence[tuple[float, float]]) -> float:
    """Give the level of targets with these (level, events); the signal must not be judged target by target."""
    match signal.shape.combines:
        case Combines.BY_SUM:
            return sum(level for level, _ in levels)
        case Combines.BY_MEAN:
            return sum(level for level, _ in levels) / len(levels)
        case Combines.BY_PRESENCE:
            return max(level for level, _ in levels)
        case _:
            events = sum(weight for _, weight in levels)
            if isinstance(signal.shape, Quantile):
                return _quantile(signal.shape, declared(signal.shape.metric, metrics), levels, events)
            return sum(level * weight for level, weight in levels) / events


def _quantile(shape: Quantile, metric: Metric, levels: Sequence[tuple[float, float]], events: float) -> float:
    shares = [bucket_shares(shape.quantile, level, metric.buckets) for level, _ in levels]
    weights = [weight / events for _, weight in levels]
    mixed = [sum(w * share[i] for w, share in zip(weights, shares, strict=True)) for i in range(len(shares[0]))]
    return quantile_of_shares(shape.quantile, mixed, metric.buckets)
