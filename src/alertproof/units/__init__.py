"""Durations and numbers, exact until shown."""

from alertproof.units.durations import format_duration, parse_duration
from alertproof.units.numbers import format_number, relative_difference

__all__ = ["format_duration", "format_number", "parse_duration", "relative_difference"]
