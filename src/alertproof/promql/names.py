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
