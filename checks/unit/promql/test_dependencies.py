"""What an expression reads through recording rules, and comparisons that sets join."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alertproof.errors import Place
from alertproof.promql import dependencies, has_nameless_selector, metric_names, parse, split_comparisons

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.promql import Dependencies

PLACE = Place(Path("r.yml"), 1)
MINUTE = 60_000


def read(expr: str, rules: Mapping[str, tuple[str, ...]] | None = None) -> Dependencies:
    recorded = {name: [parse(text, PLACE) for text in texts] for name, texts in (rules or {}).items()}
    return dependencies(parse(expr, PLACE), recorded)


def test_an_expression_without_recording_rules_reads_what_it_names() -> None:
    found = read("rate(a[10m]) / b > 0")
    assert (found.names, found.records, found.reach_ms, found.circular) == (frozenset("ab"), (), 10 * MINUTE, "")


def test_a_chain_reads_its_end_and_its_reach_adds_up() -> None:
    found = read("x:y > 0", {"x:y": ("sum(x:z)",), "x:z": ("rate(a[20m])",)})
    assert found.names == {"a"}
    assert found.records == ("x:z", "x:y")
    assert found.reach_ms == (5 + 5 + 20) * MINUTE


def test_both_arms_of_a_diamond_are_recorded_once_and_the_longer_counts() -> None:
    rules = {
        "top": ("left / right",),
        "left": ("base",),
        "right": ("max_over_time(base[30m])",),
        "base": ("rate(a[1m])",),
    }
    found = read("top > 0", rules)
    assert found.names == {"a"}
    assert found.records == ("base", "left", "right", "top")
    assert found.reach_ms == (5 + 5 + 30 + 1) * MINUTE


def test_a_rule_of_several_expressions_reads_all_of_them() -> None:
    found = read("x", {"x": ("rate(a[1m])", "rate(b[9m])")})
    assert (found.names, found.records, found.reach_ms) == (frozenset("ab"), ("x",), 14 * MINUTE)


@pytest.mark.parametrize(
    ("rules", "names"),
    [({"x": ("x + a",)}, {"x"}), ({"x": ("y",), "y": ("x",)}, {"x", "y"}), ({"x": ("y",), "y": ("y",)}, {"y"})],
)
def test_a_circle_is_named(rules: Mapping[str, tuple[str, ...]], names: set[str]) -> None:
    assert read("x > 0", rules).circular in names
    assert read("a > 0", rules).circular == ""


def test_a_name_that_a_rule_does_not_record_is_a_metric() -> None:
    assert read("x:y > 0", {"x:z": ("a",)}).names == {"x:y"}


def test_names_of_all_selectors_are_found_and_those_without_are_noticed() -> None:
    tree = parse('rate(a[5m]) + on (x) group_left sum(b offset 5m) * {job="j"}', PLACE)
    assert metric_names(tree) == {"a", "b"}
    assert has_nameless_selector(tree)
    assert has_nameless_selector(parse('{__name__=~"a.*"}', PLACE))
    assert not has_nameless_selector(parse("a{x='y'} and b", PLACE))


@pytest.mark.parametrize(
    ("expr", "parts"),
    [
        ("a > 1", [("a", ">", 1.0)]),
        ("a > 1 and b <= 2", [("a", ">", 1.0), ("b", "<=", 2.0)]),
        ("(a > 1 unless on (x) (3 < b)) or c != -4", [("a", ">", 1.0), ("b", ">", 3.0), ("c", "!=", -4.0)]),
        ("a and b > 2", [("b", ">", 2.0)]),
        ("a > b and c > 1", [("c", ">", 1.0)]),
        ("a > bool 1 and c == 1", [("c", "==", 1.0)]),
        ("sum(a > 1)", []),
        ("a > 1 > 2", [("a > 1", ">", 2.0)]),
        ("absent(a)", []),
    ],
)
def test_comparisons_that_sets_join_are_taken_apart(expr: str, parts: list[tuple[str, str, float]]) -> None:
    assert [(part.left, part.operator, part.right) for part in split_comparisons(parse(expr, PLACE))] == parts
