"""The axes of a picture: units of time and value, linear or logarithmic."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from alertproof.units import format_number, relative_difference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from alertproof.model.proof import MeasuredComparison

_MINUTE, _HOUR, _DAY = 60_000.0, 3_600_000.0, 86_400_000.0
# As many minutes, and hours, are still read easily.
_MOST = 600
_TWO_DECADES = 100.0
# The arithmetic of axes overflows long before that of numbers.
_HUGE = 1e60
_ALIKE = 1e-4
# How a rule may count otherwise than its contract: a power of ten (percent, seconds for milliseconds), or per minute.
_FACTORS = (*(10.0**power for power in range(-9, 10)), 60.0, 1 / 60.0)


def time_unit(length_ms: int) -> tuple[float, str]:
    """Give the milliseconds and the name of the unit for a course: minutes, or more where they would be many."""
    if length_ms <= _MOST * _MINUTE:
        return _MINUTE, "minutes"
    return (_HOUR, "hours") if length_ms <= _MOST * _HOUR else (_DAY, "days")


def drawable(value: float) -> float:
    """Give a value as an axis can show it: infinite where it is beyond any measurement, 0 where it is below any."""
    if abs(value) > _HUGE:
        return math.copysign(math.inf, value)
    return 0.0 if abs(value) < 1 / _HUGE else value


def scaled_claim(comparison: MeasuredComparison, number: float | None) -> float:
    """Give the contract's threshold as the rule counts, so that it can stand on the axis of the left side.

    Only where the flip point shows that the rule counts in another unit; else it is the contract's own number.
    """
    if number is None or not comparison.measured:
        return comparison.contract
    factor = number / comparison.measured
    known = next((item for item in _FACTORS if relative_difference(factor, item) < _ALIKE), 1.0)
    # One multiplication of two exact numbers may miss the rule's own by a last bit.
    claim = comparison.contract * known
    return number if relative_difference(claim, number) < _ALIKE * _ALIKE else claim


def scale_time(axes: Axes, end: float, label: str) -> None:
    """Set the axis of time from 0 to `end`, with its unit."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_xlim(0, end)
    axes.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_number(value)))
    axes.set_xlabel(label, color="#1a1a1a")


def scale_values(axes: Axes, values: Sequence[float]) -> None:
    """Set the axis of values so that all of `values` fit: logarithmic where they span more than two decades."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    positive = [value for value in values if value > 0]
    spans = bool(positive) and max(positive) / min(positive) > _TWO_DECADES
    low, high = min(values, default=0.0), max(values, default=1.0)
    if spans and low > 0:
        axes.set_yscale("log")
        room = (high / low) ** 0.08
        axes.set_ylim(low / room, high * room)
    elif spans and low == 0:
        # Zero has no place on a logarithmic axis; below the least positive value it is linear.
        least = min(positive)
        axes.set_yscale("symlog", linthresh=least)
        axes.set_ylim(-least / 4, high * (high / least) ** 0.08)
    else:
        room = (high - low) * 0.1 or abs(high) * 0.1 or 1.0
        axes.set_ylim(low - room, high + room)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _short(value: float) -> str:
    """Give a tick as a number; beyond a million an exponent reads better."""
    if value and not 1e-4 <= abs(value) < 1e6:  # noqa: PLR2004 where plain numbers stop being short
        exponent = math.floor(math.log10(abs(value)))
        return f"{format_number(value / 10.0**exponent)}e{exponent}"
    return format_number(value)
