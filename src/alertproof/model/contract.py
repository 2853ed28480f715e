"""A contract: what an alert's owner says it does, in the owner's own unit, without PromQL.

Its signals know nothing of the rule's expression: a rule that measures something else therefore shows a different
value on the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.errors import Place
    from alertproof.model.signal import Signal


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


class Disturbance(StrEnum):
    """What happens to healthy targets every day, and what an idle service looks like."""

    MISSED_SCRAPE = "missed_scrape"
    COUNTER_RESET = "counter_reset"
    TARGET_RESTART = "target_restart"
    ROLLING_DEPLOY = "rolling_deploy"
    IDLE = "idle"
    ZERO_WHOLE = "zero_whole"


@dataclass(frozen=True, slots=True)
class Blackout:
    """How soon after a job's targets are down, or gone, an alert of the service must fire; None where none need."""

    job: str
    within_ms: int | None
    source: Source
    place: Place


@dataclass(frozen=True, slots=True)
class Contract:
    """What the owner of one alert says it does; keyed by service, group, alert and static labels.

    `fires_on` lists the disturbances that must fire the alert; all others must not.
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
    fires_on: tuple[Disturbance, ...] = ()

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
