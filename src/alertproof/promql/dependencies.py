"""What an expression reads, through the recording rules it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.promql.names import metric_names
from alertproof.promql.reach import reach_ms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import promql_parser


@dataclass(frozen=True, slots=True)
class Dependencies:
    """`names` are the metrics read that no rule records, `records` the rules read, each after those it reads itself.

    `reach_ms` is how far back all of them together look. `circular` names a rule that reads itself.
    """

    names: frozenset[str]
    records: tuple[str, ...]
    reach_ms: int
    circular: str = ""


def dependencies(expr: promql_parser.Expr, recorded: Mapping[str, Sequence[promql_parser.Expr]]) -> Dependencies:
    """Give what an expression reads; `recorded` are the expressions that each record's name is made of."""
    names: set[str] = set()
    records: list[str] = []
    circular: list[str] = []

    def visit(tree: promql_parser.Expr, path: tuple[str, ...]) -> int:
        deepest = 0
        for name in sorted(metric_names(tree)):
            if name not in recorded:
                names.add(name)
                continue
            if name in path:
                circular.append(name)
                continue
            deepest = max([deepest, *(visit(own, (*path, name)) for own in recorded[name])])
            if name not in records:
                records.append(name)
        return reach_ms(tree) + deepest

    reach = visit(expr, ())
    return Dependencies(frozenset(names), tuple(records), reach, circular[0] if circular else "")
