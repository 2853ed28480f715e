"""Prometheus durations as whole milliseconds.

Grammar as in Prometheus' `model.ParseDuration`: `0`, or one or more of y w d h m s ms, each at most once and
in that order. A year is 365 days, a week 7 days, a day 24 hours.
"""

from __future__ import annotations

import re

MS_PER_UNIT = {
    "y": 365 * 86_400_000,
    "w": 7 * 86_400_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1_000,
    "ms": 1,
}
_FORM = re.compile("".join(rf"(?:(?P<{unit}>[0-9]+){unit})?" for unit in MS_PER_UNIT))
# Go keeps a duration in 64-bit nanoseconds; Prometheus rejects what does not fit.
_MAX_MS = (2**63 - 1) // 1_000_000
# Units that Prometheus' own printer uses only when they divide the duration exactly.
_EXACT_ONLY = ("y", "w", "d")


def parse_duration(text: str) -> int:
    """Give the milliseconds of a Prometheus duration such as `1h30m`.

    Raises ValueError, saying what the grammar is, for anything Prometheus would reject.
    """
    if text == "0":
        return 0
    match = _FORM.fullmatch(text)
    if not text or match is None:
        raise ValueError(f"{text!r} is not a duration; write it as in 15s, 5m or 1h30m")
    total = sum(int(count) * MS_PER_UNIT[unit] for unit, count in match.groupdict().items() if count)
    if total > _MAX_MS:
        raise ValueError(f"{text!r} is longer than Prometheus can hold (about 292 years)")
    return total


def format_duration(milliseconds: int) -> str:
    """Give the duration as Prometheus prints it: `5m`, `1h30m`, `0s`."""
    if milliseconds < 0:
        return "-" + format_duration(-milliseconds)
    parts = []
    rest = milliseconds
    for unit, size in MS_PER_UNIT.items():
        if unit in _EXACT_ONLY and rest % size:
            continue
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
