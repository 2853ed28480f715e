"""Numbers as people read them."""

from __future__ import annotations

import math
from decimal import Decimal

SIGNIFICANT_DIGITS = 9
# Above this an exponent reads better.
_PLAIN_BELOW = 10**15


def format_number(value: float) -> str:
    """Give a number without float noise: nine significant digits or a whole number, no trailing zeros.

    There is no exponent below 1e15.
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == int(value) and abs(value) < _PLAIN_BELOW:
        return str(int(value))
    exact = Decimal(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if abs(exact) >= _PLAIN_BELOW:
        return f"{exact:e}"
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def relative_difference(measured: float, expected: float) -> float:
    """Give |measured - expected| relative to the expected value, absolute where that is 0."""
    return abs(measured - expected) / (abs(expected) or 1.0)
