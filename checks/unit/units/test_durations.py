import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.units import format_duration, parse_duration

# Taken from Prometheus' own tests of model.ParseDuration and Duration.String (common/model/time_test.go).
PROMETHEUS = {
    "0": 0,
    "0s": 0,
    "324ms": 324,
    "3s": 3_000,
    "5m": 300_000,
    "1h": 3_600_000,
    "4d": 4 * 86_400_000,
    "4d1h": 4 * 86_400_000 + 3_600_000,
    "14d": 14 * 86_400_000,
    "3w": 3 * 7 * 86_400_000,
    "3w2d1h": 3 * 7 * 86_400_000 + 2 * 86_400_000 + 3_600_000,
    "10y": 10 * 365 * 86_400_000,
}
REJECTED = [
    "1",
    "1y1m1d",
    "-1w",
    "1.5d",
    "d",
    "294y",
    "200y10400w",
    "107675d",
    "2584200h",
    "",
    " 5m",
    "5 m",
    "5M",
]


@pytest.mark.parametrize(("text", "milliseconds"), PROMETHEUS.items())
def test_a_duration_is_read_as_prometheus_reads_it(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize("text", REJECTED)
def test_what_prometheus_rejects_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(repr(text))):
        parse_duration(text)


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0, "0s"), (900_000, "15m"), (5_400_000, "1h30m"), (21 * 86_400_000, "3w")]
)
def test_a_duration_is_printed_as_prometheus_prints_it(milliseconds: int, text: str) -> None:
    assert format_duration(milliseconds) == text


@given(st.integers(0, 10**12))
def test_printing_and_reading_gives_the_same(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds)) == milliseconds
