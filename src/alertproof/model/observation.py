"""What an engine saw. Nothing here is predicted. Times are milliseconds from the scenario's start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alertproof.model.series import METRIC_NAME, quote
from alertproof.units import format_number

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Point:
    """One element of an instant vector: its labels and value."""

    labels: Mapping[str, str]
    value: float


Vector = tuple[Point, ...]


def labels_text(labels: Mapping[str, str]) -> str:
    """Give labels as `name{label="value", …}`, sorted, with the metric's name in front where they have one."""
    inner = ", ".join(f"{name}={quote(value)}" for name, value in sorted(labels.items()) if name != METRIC_NAME)
    return f"{labels.get(METRIC_NAME, '')}{{{inner}}}"


def vector_text(vector: Vector) -> str:
    """Give a vector as a person reads it, sorted by its labels: `{type="a"} 0.5, {type="b"} NaN`, or `empty`."""
    return ", ".join(sorted(f"{labels_text(point.labels)} {format_number(point.value)}" for point in vector)) or "empty"


@dataclass(frozen=True, slots=True)
class AlertState:
    """One alert at one evaluation: `state` is pending or firing, `labels` without `__name__` and `alertstate`."""

    at_ms: int
    state: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RenderedAlert:
    """A firing alert with its templates executed."""

    at_ms: int
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RuleTimeline:
    """What the real rule manager did with one alert over a scenario, evaluated at `ticks_ms`."""

    ticks_ms: tuple[int, ...]
    states: tuple[AlertState, ...]
    rendered: tuple[RenderedAlert, ...]

    def at(self, tick_ms: int) -> tuple[AlertState, ...]:
        """Give the states seen at one evaluation."""
        return tuple(state for state in self.states if state.at_ms == tick_ms)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request a capture proxy recorded; `at_s` is seconds after the replay's start."""

    at_s: float
    host: str
    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: Any
    answered: int


@dataclass(frozen=True, slots=True)
class Notification:
    """A request understood: which receiver it was for, which alerts it names, firing or resolved.

    `problems` are violations of the receiver's published payload schema.
    """

    receiver: str
    integration: str
    state: str
    alerts: tuple[str, ...]
    request: Request
    problems: tuple[str, ...]
