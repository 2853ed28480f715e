"""A contract: what an alert's owner says it does, in the owner's own unit, without PromQL.

A signal names what is measured so that series can be made for any level of it. It knows nothing of the rule's
expression: a rule that measures something else therefore shows a different value on the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.errors import Place


@dataclass(frozen=True, slots=True)
class Quantile:
    """The `quantile` of a histogram's observations over the last `window_ms`, in the metric's unit."""

    metric: str
    quantile: float
    window_ms: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """The increase of counter `part` over that of counter `whole` in the last `window_ms`, 0 to 1."""

    part: str
    whole: str
    window_ms: int


@dataclass(frozen=True, slots=True)
class Gauge:
    """The latest value of a gauge."""

    metric: str
    window_ms: int = 0


Shape = Quantile | Ratio | Gauge


@dataclass(frozen=True, slots=True)
class Signal:
    """A shape, the labels that select its series, and the labels that tell one alert from the next (`per`).

    An empty `per` means one alert for the whole service, however many instances it has.
    """

    shape: Shape
    select: Mapping[str, str]
    per: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The alert holds while `signal operator threshold`.

    `usual` is the level of a healthy service and `example` one at which the alert fires, both in `unit`.
    """

    signal: Signal
    operator: str
    threshold: float
    unit: str
    usual: float
    example: float
    place: Place


@dataclass(frozen=True, slots=True)
class Source:
    """Where the claim comes from: a document, its section and what it says."""

    document: str
    section: str
    statement: str


@dataclass(frozen=True, slots=True)
class Contract:
    """What the owner of one alert says it does; keyed by service, group, alert and static labels.

    `labels` are the static labels beside `severity`. `annotations` are the texts a person reads when the signal is at
    its `example` level, `hosts` those beside the vendors' own that notifications may go to.
    """

    service: str
    group: str
    alert: str
    labels: Mapping[str, str]
    comparisons: tuple[Comparison, ...]
    for_ms: int
    keep_firing_for_ms: int
    severity: str
    receivers: tuple[str, ...]
    hosts: tuple[str, ...]
    annotations: Mapping[str, str]
    tolerance: str
    source: Source
    place: Place

    @property
    def static_labels(self) -> dict[str, str]:
        """Give all labels the rule itself must set, `severity` among them."""
        return {**self.labels, "severity": self.severity}

    @property
    def window_ms(self) -> int:
        """Give the longest window that any of its signals looks back over."""
        return max(comparison.signal.shape.window_ms for comparison in self.comparisons)


def holds(operator: str, level: float, threshold: float) -> bool:
    """Give whether `level operator threshold`."""
    outcomes = {
        ">": level > threshold,
        ">=": level >= threshold,
        "<": level < threshold,
        "<=": level <= threshold,
        "==": level == threshold,
        "!=": level != threshold,
    }
    return outcomes[operator]
