"""What a rule manager should do with a condition: our own state machine, which the real one is held against.

The semantics are those of Prometheus' `rules/alerting.go`: an alert becomes pending at the first evaluation at which
its condition holds, fires at the first evaluation at least `for` later if the condition held at every one between, and
is gone at the first at which it does not hold, or `keep_firing_for` later if it was firing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

INACTIVE = "inactive"
PENDING = "pending"
FIRING = "firing"


def predict_states(
    ticks_ms: Sequence[int], condition: Sequence[bool], for_ms: int, keep_firing_for_ms: int = 0
) -> tuple[str, ...]:
    """Give the state after each evaluation, for one alert whose condition held or not at each."""
    states = []
    active_at: int | None = None
    firing = False
    keep_since: int | None = None
    for tick, holds in zip(ticks_ms, condition, strict=True):
        if holds:
            active_at = tick if active_at is None else active_at
            keep_since = None
            firing = firing or tick - active_at >= for_ms
        elif firing and keep_firing_for_ms:
            keep_since = tick if keep_since is None else keep_since
            if tick - keep_since >= keep_firing_for_ms:
                active_at, firing, keep_since = None, False, None
        else:
            active_at, firing = None, False
        states.append(FIRING if firing else PENDING if active_at is not None else INACTIVE)
    return tuple(states)
