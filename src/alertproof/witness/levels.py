"""Which levels a signal can have, and which are worth asking the engine about."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.model.signal import (
    Average,
    Count,
    Gauge,
    Mean,
    Presence,
    Quantile,
    Rate,
    Ratio,
    Share,
    Signal,
    Sum,
)
from alertproof.witness.synthesis import declared

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.model.contract import Comparison
    from alertproof.model.metrics import Metric

# A tenth of the precision we state, so that a flip at the claimed value is bracketed in the first round.
NEAR = 1e-7
_FACTORS = (0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)


@dataclass(frozen=True, slots=True)
class Domain:
    """The levels a signal can show: all between `low` and `high`, or only `values` where a state metric has few.

    `whole` allows whole numbers alone.
    """

    low: float
    high: float
    values: tuple[float, ...] = ()
    whole: bool = False

    @property
    def discrete(self) -> bool:
        """Give whether there is nothing between two neighbouring levels."""
        return bool(self.values) or self.whole

    def clip(self, levels: set[float]) -> tuple[float, ...]:
        """Give the levels that lie in the domain, ascending."""
        if self.values:
            return tuple(sorted(self.values))
        if self.whole:
            levels = {float(round(level) + step) for level in levels for step in (-1, 0, 1)}
        return tuple(sorted(level for level in levels if self.low <= level <= self.high))


def domain_of(signal: Signal, metrics: Mapping[str, Metric]) -> Domain:  # noqa: PLR0911 one case a shape
    """Give the levels a signal can show with the metrics as they are declared.

    A histogram has an infinite bucket for levels beyond its last bound; that the engine cannot tell them apart is for
    the engine to show.
    """
    shape = signal.shape
    match shape:
        case Ratio():
            return Domain(0.0, 1.0)
        case Quantile():
            return Domain(shape.quantile * declared(shape.metric, metrics).buckets[0], math.inf)
        case Mean() | Rate() | Share():
            return Domain(0.0, math.inf)
        case Count():
            # Whole numbers, of which the first few and those in the contract are asked.
            return Domain(0.0, math.inf, whole=True)
        case Presence():
            return Domain(0.0, 1.0, (0.0, 1.0))
        case Average():
            values = declared(shape.metric, metrics).values
            return Domain(min(values), max(values)) if values else Domain(-math.inf, math.inf)
        case Sum():
            whole = bool(declared(shape.metric, metrics).values)
            return Domain(0.0 if whole else -math.inf, math.inf, whole=whole)
        case Gauge():
            return Domain(-math.inf, math.inf, declared(shape.metric, metrics).values)


def search_levels(comparison: Comparison, domain: Domain, hints: tuple[float, ...] = ()) -> tuple[float, ...]:
    """Give the levels of the first round: close about the threshold and each hint, wide over the rest of the domain.

    A hint is a number worth a look, such as one the rule itself names; the engine decides what it means.
    """
    levels = {comparison.usual, comparison.example}
    for centre in {comparison.threshold, *hints}:
        levels |= {centre, *beside(centre)}
    if domain.whole:
        # Each counted series is really made: no more than the contract speaks of.
        most = max(comparison.threshold, comparison.usual, comparison.example) + 1
        return domain.clip({level for level in levels if level <= most})
    scale = comparison.threshold or 1.0
    levels |= {scale * factor for factor in _FACTORS} | {scale / factor for factor in _FACTORS}
    levels |= {bound for bound in (domain.low, domain.high) if math.isfinite(bound)}
    return domain.clip(levels)


def beside(centre: float) -> tuple[float, float]:
    """Give the levels just below and just above."""
    distance = NEAR * (abs(centre) or 1.0)
    return centre - distance, centre + distance


def between(low: float, high: float, count: int) -> tuple[float, ...]:
    """Give `count` levels evenly between two, ends excluded."""
    return tuple(low + (high - low) * step / (count + 1) for step in range(1, count + 1))
