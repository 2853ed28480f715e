"""Series and scenarios: what an engine gets. Times are milliseconds from the scenario's start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

METRIC_NAME = "__name__"


@dataclass(frozen=True, slots=True)
class Series:
    """One series; `labels` include `__name__`.

    `samples` are values at 0, step, 2·step, … milliseconds, None where there is no sample: the series is stale there,
    as after a scrape that failed. `step_ms` is the scenario's own unless given.
    """

    labels: Mapping[str, str]
    samples: tuple[float | None, ...]
    step_ms: int | None = None

    @property
    def gaps(self) -> bool:
        """Give whether it is stale anywhere."""
        return None in self.samples

    def notation(self) -> str:
        """Give the series as Prometheus writes it: `name{label="value",…}`."""
        inner = ",".join(f"{name}={quote(value)}" for name, value in sorted(self.labels.items()) if name != METRIC_NAME)
        return f"{self.labels[METRIC_NAME]}{{{inner}}}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Series on a clock: a sample every `step_ms` from 0 to `length_ms`, both ends included."""

    name: str
    series: tuple[Series, ...]
    step_ms: int
    length_ms: int


def quote(value: str) -> str:
    """Give a label value in double quotes, escaped as the exposition format asks."""
    escaped = value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f'"{escaped}"'
