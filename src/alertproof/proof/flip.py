"""The flip point: the level at which an alert really begins to fire, bisected on the engine.

The first round asks about levels close to the claimed threshold and wide about it. Where every answer is as claimed,
the flip is bracketed already to a tenth of the stated precision; where not, each later round puts sixty levels
between the two at which the answer changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from alertproof.model.contract import Comparison, holds
from alertproof.units import relative_difference
from alertproof.witness import Domain, search_levels
from alertproof.witness.levels import beside, between

if TYPE_CHECKING:
    from alertproof.model.observation import Vector
    from alertproof.promql import SplitComparison

PRECISION = 1e-6
_LEVELS_A_ROUND = 60
_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Bracket:
    """Two neighbouring levels with different answers; `fires_above` says which of them fires."""

    low: float
    high: float
    fires_above: bool

    @property
    def narrow(self) -> bool:
        """Give whether it states the flip point to the precision promised."""
        return relative_difference(self.high, self.low) <= PRECISION

    @property
    def value(self) -> float:
        """Give the flip point, to the digits that the precision supports."""
        middle = (self.low + self.high) / 2
        return float(f"{middle:.{_DIGITS}g}") if abs(middle) > PRECISION else 0.0


@dataclass(slots=True)
class FlipSearch:
    """The search for one comparison: what has been asked, what it answered, what to ask next."""

    comparison: Comparison
    domain: Domain
    split: SplitComparison | None
    fires: dict[float, bool] = field(default_factory=dict)
    at_threshold: set[bool] = field(default_factory=set)
    highest_left: float | None = None
    unsteady: set[float] = field(default_factory=set)

    def first_levels(self) -> tuple[float, ...]:
        """Give the levels of the first round; the number in the rule is a hint of where it flips."""
        hints = (self.split.right,) if self.split else ()
        return search_levels(self.comparison, self.domain, hints)

    def beside_levels(self) -> tuple[float, ...]:
        """Give the levels just below and above the threshold, which must answer alike at any time after a scrape."""
        return self.domain.clip(set(beside(self.comparison.threshold)))

    def next_levels(self) -> tuple[float, ...]:
        """Give the levels of the next round; none when every flip is stated precisely enough."""
        wide = [bracket for bracket in self.brackets if not bracket.narrow]
        if not wide or self.domain.discrete or self.as_claimed:
            return ()
        count = max(2, _LEVELS_A_ROUND // len(wide))
        return tuple(level for bracket in wide for level in between(bracket.low, bracket.high, count))

    def record(self, level: float, vector: Vector, left: Vector) -> None:
        """Take the answer for a level: the alert's vector and its left side alone."""
        if self.fires.setdefault(level, bool(vector)) is not bool(vector):
            self.unsteady.add(level)
        values = [point.value for point in left if not math.isnan(point.value)]
        if values:
            self.highest_left = max([*values, *([] if self.highest_left is None else [self.highest_left])])

    def record_exact(self, vector: Vector, left: Vector) -> None:
        """Take the answer for the threshold itself, where the engine's left side is its right side exactly."""
        if self.split is not None and any(point.value == self.split.right for point in left):
            self.at_threshold.add(bool(vector))

    @property
    def brackets(self) -> list[Bracket]:
        """Give all changes of the answer over the levels asked, ascending."""
        levels = sorted(level for level in self.fires if level != self.comparison.threshold or self.domain.discrete)
        return [
            Bracket(low, high, self.fires[high])
            for low, high in pairwise(levels)
            if self.fires[low] is not self.fires[high]
        ]

    @property
    def as_claimed(self) -> bool:
        """Give whether every level but the threshold itself answers as the contract says, some firing, some silent."""
        if self.unsteady or len(set(self.fires.values())) < 2:  # noqa: PLR2004 both answers
            return False
        return all(
            fires is holds(self.comparison.operator, level, self.comparison.threshold)
            for level, fires in self.fires.items()
            if level != self.comparison.threshold or self.domain.discrete
        )

    @property
    def value(self) -> float | None:
        """Give the measured flip point nearest to the claim; None where the answer never changes."""
        if self.as_claimed:
            return self.comparison.threshold
        if self.domain.discrete:
            firing = [level for level, fires in self.fires.items() if fires]
            return firing[0] if len(firing) == 1 and len(self.fires) > 1 else None
        values = [bracket.value for bracket in self.brackets]
        return min(values, key=lambda value: abs(value - self.comparison.threshold), default=None)

    @property
    def operator(self) -> str | None:
        """Give the operator that the answers below, at and above the flip point show; None where one is missing."""
        if self.domain.discrete:
            return self.comparison.operator if self.as_claimed else None
        if not self.as_claimed or len(self.at_threshold) != 1:
            return None
        (at,) = self.at_threshold
        below, above = self._beside()
        shapes = {
            (False, False, True): ">",
            (False, True, True): ">=",
            (True, False, False): "<",
            (True, True, False): "<=",
            (False, True, False): "==",
            (True, False, True): "!=",
        }
        return shapes.get((below, at, above))

    def _beside(self) -> tuple[bool, bool]:
        threshold = self.comparison.threshold
        below = max((level for level in self.fires if level < threshold), default=None)
        above = min((level for level in self.fires if level > threshold), default=None)
        return (
            self.fires[below] if below is not None else False,
            self.fires[above] if above is not None else False,
        )
