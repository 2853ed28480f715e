"""Taking a comparison apart, so that the engine can be asked for its left side alone."""

from __future__ import annotations

from dataclasses import dataclass

import promql_parser

_MIRRORED = {"==": "==", "!=": "!=", ">=": "<=", "<=": ">=", ">": "<", "<": ">"}


@dataclass(frozen=True, slots=True)
class SplitComparison:
    """A comparison with a number: the left side as text, the operator, the number."""

    left: str
    operator: str
    right: float


def split_comparison(expr: promql_parser.Expr) -> SplitComparison | None:
    """Give the parts of `left operator number`, or of its mirror image, at the top; None for any other shape."""
    while isinstance(expr, promql_parser.ParenExpr):
        expr = expr.expr
    if not isinstance(expr, promql_parser.BinaryExpr) or str(expr.op) not in _MIRRORED:
        return None
    if expr.modifier is not None and expr.modifier.return_bool:
        # `bool` returns 0 or 1 for every series: as an alert it always fires, so there is no flip to split at.
        return None
    operator, right = str(expr.op), number(expr.rhs)
    if right is not None:
        return SplitComparison(expr.lhs.prettify(), operator, right)
    # `500 < x` says the same as `x > 500`, and fires at the same levels.
    left = number(expr.lhs)
    return None if left is None else SplitComparison(expr.rhs.prettify(), _MIRRORED[operator], left)


_SETS = frozenset({"and", "or", "unless"})


def split_comparisons(expr: promql_parser.Expr) -> tuple[SplitComparison, ...]:
    """Give all comparisons with a number that `and`, `or` and `unless` join, from left to right."""
    while isinstance(expr, promql_parser.ParenExpr):
        expr = expr.expr
    if isinstance(expr, promql_parser.BinaryExpr) and str(expr.op) in _SETS:
        return (*split_comparisons(expr.lhs), *split_comparisons(expr.rhs))
    split = split_comparison(expr)
    return (split,) if split is not None else ()


def number(expr: promql_parser.Expr) -> float | None:
    """Give the value of a literal, signed or in parentheses; None for anything else."""
    if isinstance(expr, promql_parser.ParenExpr):
        return number(expr.expr)
    if isinstance(expr, promql_parser.UnaryExpr):
        value = number(expr.expr)
        return None if value is None else -value
    return float(expr.val) if isinstance(expr, promql_parser.NumberLiteral) else None
