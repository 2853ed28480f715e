"""What a contract measures: the shapes a signal can have, in words of the service, without PromQL.

A shape says how series are made for any level of it, and how the levels of several targets combine to one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping


class Combines(Enum):
    """How the levels of several targets become that of the service."""

    BY_WEIGHT = "the target with most events decides"
    BY_SUM = "levels add up"
    BY_MEAN = "every target counts the same"
    BY_PRESENCE = "one target that is there is enough"
    NEVER = "each target is judged by itself"


class _Reads:
    """A shape that reads metrics; `types` gives the type each must have, by the field that names it."""

    __slots__ = ()
    types: ClassVar[Mapping[str, str]]

    @property
    def reads(self) -> Mapping[str, str]:
        """Give the metrics it reads, with the type each must have."""
        return {getattr(self, name): kind for name, kind in self.types.items()}


@dataclass(frozen=True, slots=True)
class Quantile(_Reads):
    """The `quantile` of a histogram's observations over the last `window_ms`, in the metric's unit."""

    metric: str
    quantile: float
    window_ms: int
    combines: ClassVar[Combines] = Combines.BY_WEIGHT
    types: ClassVar[Mapping[str, str]] = {"metric": "histogram"}


@dataclass(frozen=True, slots=True)
class Ratio(_Reads):
    """The increase of counter `part` over that of counter `whole` in the last `window_ms`, 0 to 1.

    `where` narrows the part; both may then be one metric.
    """

    part: str
    whole: str
    window_ms: int
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    combines: ClassVar[Combines] = Combines.BY_WEIGHT
    types: ClassVar[Mapping[str, str]] = {"part": "counter", "whole": "counter"}


@dataclass(frozen=True, slots=True)
class Mean(_Reads):
    """The increase of counter `total` over that of counter `count` in the last `window_ms`: a mean, such as a time."""

    total: str
    count: str
    window_ms: int
    combines: ClassVar[Combines] = Combines.BY_WEIGHT
    types: ClassVar[Mapping[str, str]] = {"total": "counter", "count": "counter"}


@dataclass(frozen=True, slots=True)
class Rate(_Reads):
    """The increase of a counter per `each_ms`, as seen over the last `window_ms`.

    Where `each_ms` is the window itself, it is the increase over the window. `where` narrows the series.
    """

    metric: str
    window_ms: int
    each_ms: int
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    combines: ClassVar[Combines] = Combines.BY_SUM
    types: ClassVar[Mapping[str, str]] = {"metric": "counter"}


@dataclass(frozen=True, slots=True)
class Gauge(_Reads):
    """The latest value of a gauge."""

    metric: str
    window_ms: int = 0
    combines: ClassVar[Combines] = Combines.NEVER
    types: ClassVar[Mapping[str, str]] = {"metric": "gauge"}


@dataclass(frozen=True, slots=True)
class Average(_Reads):
    """The mean of a gauge over the last `window_ms`."""

    metric: str
    window_ms: int
    combines: ClassVar[Combines] = Combines.BY_MEAN
    types: ClassVar[Mapping[str, str]] = {"metric": "gauge"}


@dataclass(frozen=True, slots=True)
class Sum(_Reads):
    """The sum of a gauge over its series."""

    metric: str
    window_ms: int = 0
    combines: ClassVar[Combines] = Combines.BY_SUM
    types: ClassVar[Mapping[str, str]] = {"metric": "gauge"}


@dataclass(frozen=True, slots=True)
class Share(_Reads):
    """Gauge `part` over gauge `whole`, which is usually `whole_is`."""

    part: str
    whole: str
    whole_is: float
    window_ms: int = 0
    combines: ClassVar[Combines] = Combines.NEVER
    types: ClassVar[Mapping[str, str]] = {"part": "gauge", "whole": "gauge"}


@dataclass(frozen=True, slots=True)
class Count(_Reads):
    """The number of series of a state metric that are at `value`; the label `over` tells them apart."""

    metric: str
    value: float
    over: str
    window_ms: int = 0
    combines: ClassVar[Combines] = Combines.BY_SUM
    types: ClassVar[Mapping[str, str]] = {"metric": "gauge"}


@dataclass(frozen=True, slots=True)
class Presence(_Reads):
    """1 while any series of the metric is there, 0 once the target is gone."""

    metric: str
    window_ms: int = 0
    combines: ClassVar[Combines] = Combines.BY_PRESENCE
    types: ClassVar[Mapping[str, str]] = {"metric": "gauge"}


Shape = Quantile | Ratio | Mean | Rate | Gauge | Average | Sum | Share | Count | Presence


@dataclass(frozen=True, slots=True)
class Signal:
    """A shape, the labels that select its series, and the labels that tell one alert from the next (`per`).

    An empty `per` means one alert for the whole service, however many instances it has.
    """

    shape: Shape
    select: Mapping[str, str]
    per: tuple[str, ...]

    @property
    def each(self) -> bool:
        """Give whether every target has an alert of its own: `per` names a label that `select` does not fix."""
        return bool(set(self.per) - {"job", *self.select})

    @property
    def where(self) -> Mapping[str, tuple[str, ...]]:
        """Give the label values that narrow the shape; empty for most."""
        return self.shape.where if isinstance(self.shape, (Ratio, Rate)) else {}
