"""Which metrics an expression reads."""

from __future__ import annotations

import promql_parser


def metric_names(expr: promql_parser.Expr) -> frozenset[str]:
    """Give the names of all selectors; one that has no name, or matches it by a pattern, is not among them."""
    names: set[str] = set()

    def visit(node: object) -> bool:
        if isinstance(node, promql_parser.VectorSelector) and node.name:
            names.add(node.name)
        return True

    promql_parser.walk(expr, visit)
    return frozenset(names)


def has_nameless_selector(expr: promql_parser.Expr) -> bool:
    """Give whether a selector has no name, or matches it by a pattern: then it can read anything."""
    found: list[bool] = []

    def visit(node: object) -> bool:
        if isinstance(node, promql_parser.VectorSelector) and not node.name:
            found.append(True)
        return True

    promql_parser.walk(expr, visit)
    return bool(found)


# What depends on when it is asked. The clock of a replay is not that of production.
_CLOCK = frozenset(
    {
        *("time", "hour", "minute", "month", "year"),
        *("day_of_week", "day_of_month", "day_of_year", "days_in_month"),
    }
)


def clock_functions(expr: promql_parser.Expr) -> tuple[str, ...]:
    """Give the functions of an expression that read the clock, each once."""
    found: dict[str, None] = {}

    def visit(node: object) -> bool:
        if isinstance(node, promql_parser.Call) and node.func.name in _CLOCK:
            found[node.func.name] = None
        return True

    promql_parser.walk(expr, visit)
    return tuple(found)
