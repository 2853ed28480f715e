import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.units import format_number, relative_difference


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (500.0, "500"),
        (0.1 + 0.2, "0.3"),
        (505.0000000001, "505"),
        (0.9, "0.9"),
        (1073741824, "1073741824"),
        (6.103515625e-05, "0.0000610351562"),
        (1e18, "1e+18"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
        (0.0, "0"),
    ],
)
def test_numbers_are_shown_without_float_noise(value: float, text: str) -> None:
    assert format_number(value) == text


@given(st.floats(-1e14, 1e14).filter(lambda value: abs(value) > 1e-6 or value == 0))
def test_a_shown_number_is_the_number_to_eight_digits(value: float) -> None:
    assert relative_difference(float(format_number(value)), value) < 1e-8


def test_a_difference_from_zero_is_absolute() -> None:
    assert relative_difference(0.25, 0.0) == 0.25
