"""How far back an expression looks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import promql_parser

if TYPE_CHECKING:
    from collections.abc import Iterable

LOOKBACK_MS = 300_000


def reach_ms(expr: promql_parser.Expr) -> int:
    """Give the time before an evaluation that can change its result: ranges, offsets and subqueries, added up.

    An instant selector looks back over the lookback delta of five minutes.
    """
    own = sum(abs(_ms(getattr(expr, name, None))) for name in ("range", "offset"))
    if isinstance(expr, promql_parser.VectorSelector):
        return own + LOOKBACK_MS
    if isinstance(expr, promql_parser.MatrixSelector):
        # A range selector looks back over its range alone.
        return own + abs(_ms(expr.vector_selector.offset))
    return own + max((reach_ms(child) for child in _children(expr)), default=0)


def _children(expr: promql_parser.Expr) -> Iterable[Any]:
    for name in ("expr", "lhs", "rhs", "vector_selector", "param"):
        child = getattr(expr, name, None)
        if isinstance(child, promql_parser.Expr):
            yield child
    yield from (child for child in getattr(expr, "args", None) or () if isinstance(child, promql_parser.Expr))


def _ms(value: object) -> int:
    return round(value.total_seconds() * 1000) if isinstance(value, timedelta) else 0
