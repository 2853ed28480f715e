from pathlib import Path

import pytest

from alertproof.errors import InputError, Place
from alertproof.promql import parse, reach_ms, split_comparison

PLACE = Place(Path("r.yml"), 7, 9)


def test_an_expression_that_is_no_promql_names_its_place() -> None:
    with pytest.raises(InputError, match=r"rate\(errors_total\[5m\]\) by \(type\)") as caught:
        parse("rate(errors_total[5m]) by (type)", PLACE)
    assert caught.value.place == PLACE


@pytest.mark.parametrize(
    ("expr", "left", "operator", "right"),
    [
        ("up == 0", "up", "==", 0.0),
        ("(sum(rate(a[5m])) / sum(rate(b[5m])) < 0.90)", "sum(rate(a[5m])) / sum(rate(b[5m]))", "<", 0.9),
        ("x > -(5)", "x", ">", -5.0),
        ("500 < x", "x", ">", 500.0),
        ("0.9 >= rate(a[5m])", "rate(a[5m])", "<=", 0.9),
    ],
)
def test_a_comparison_with_a_number_is_taken_apart(expr: str, left: str, operator: str, right: float) -> None:
    split = split_comparison(parse(expr, PLACE))
    assert split is not None
    assert (split.left, split.operator, split.right) == (left, operator, right)


@pytest.mark.parametrize("expr", ["absent(up)", "a > b", "x > bool 5", "a > 1 and b > 2", "a + 1", "1 == bool 1"])
def test_any_other_shape_is_left_whole(expr: str) -> None:
    assert split_comparison(parse(expr, PLACE)) is None


@pytest.mark.parametrize(
    ("expr", "minutes"),
    [
        ("up", 5),
        ("rate(a[10m])", 10),
        ("a offset 1h", 65),
        ("max_over_time(rate(a[5m])[1h:1m])", 65),
        ("a + rate(b[30m] offset 5m)", 35),
    ],
)
def test_the_reach_covers_ranges_offsets_and_subqueries(expr: str, minutes: int) -> None:
    assert reach_ms(parse(expr, PLACE)) == minutes * 60_000
