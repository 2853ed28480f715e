"""Taking a comparison apart, so that the engine can be asked for its left side alone."""

from __future__ import annotations

from dataclasses import dataclass

import promql_parser

_OPERATORS = ("==", "!=", ">=", "<=", ">", "<")


@dataclass(frozen=True, slots=True)
class SplitComparison:
    """A comparison with a number: the left side as text, the operator, the number."""

    left: str
    operator: str
    right: float


def split_comparison(expr: promql_parser.Expr) -> SplitComparison | None:
    """Give the parts of `left operator number` at the top of an expression; None for any other shape."""
    while isinstance(expr, promql_parser.ParenExpr):
        expr = expr.expr
    if not isinstance(expr, promql_parser.BinaryExpr) or str(expr.op) not in _OPERATORS:
        return None
    if expr.modifier is not None and expr.modifier.return_bool:
        # `bool` returns 0 or 1 for every series: as an alert it always fires, so there is no flip to split at.
        return None
    right = number(expr.rhs)
    if right is None:
        return None
    return SplitComparison(expr.lhs.prettify(), str(expr.op), right)


def number(expr: promql_parser.Expr) -> float | None:
    """Give the value of a literal, signed or in parentheses; None for anything else."""
    if isinstance(expr, promql_parser.ParenExpr):
        return number(expr.expr)
    if isinstance(expr, promql_parser.UnaryExpr):
        value = number(expr.expr)
        return None if value is None else -value
    return float(expr.val) if isinstance(expr, promql_parser.NumberLiteral) else None
