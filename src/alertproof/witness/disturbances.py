"""What happens to series when something happens to their target: scrapes that fail, restarts, replacements."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from alertproof.model.series import METRIC_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from alertproof.model.series import Series

UP = "up"


def missed(series: Sequence[Series], first: int, count: int = 1) -> tuple[Series, ...]:
    """Give the series of a target whose scrapes fail from sample `first` on: `up` is 0, all else is stale."""
    return tuple(_without(item, range(first, first + count)) for item in series)


def reset(series: Sequence[Series], first: int, counters: Callable[[Series], bool]) -> tuple[Series, ...]:
    """Give the series with every counter starting from zero at sample `first`."""
    return tuple(_from_zero(item, first) if counters(item) else item for item in series)


def ended(series: Sequence[Series], first: int) -> tuple[Series, ...]:
    """Give the series of a target that is gone from sample `first` on, `up` included."""
    return tuple(_changed(item, lambda index, value: None if index >= first else value) for item in series)


def begun(series: Sequence[Series], first: int, counters: Callable[[Series], bool]) -> tuple[Series, ...]:
    """Give the series of a target that is new at sample `first`, its counters near zero."""
    fresh = reset(series, first, counters)
    return tuple(_changed(item, lambda index, value: None if index < first else value) for item in fresh)


def _without(series: Series, failed: range) -> Series:
    instead = 0.0 if series.labels[METRIC_NAME] == UP else None
    return _changed(series, lambda index, value: instead if index in failed else value)


def _from_zero(series: Series, first: int) -> Series:
    base = next((value for value in series.samples[first:] if value is not None), 0.0)
    return _changed(series, lambda index, value: value if value is None or index < first else value - base)


def _changed(series: Series, change: Callable[[int, float | None], float | None]) -> Series:
    return replace(series, samples=tuple(change(index, value) for index, value in enumerate(series.samples)))
