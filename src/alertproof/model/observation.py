"""What an engine saw. Nothing here is predicted. Times are milliseconds from the scenario's start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Point:
    """One element of an instant vector: its labels and value."""

    labels: Mapping[str, str]
    value: float


Vector = tuple[Point, ...]


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
