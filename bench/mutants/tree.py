"""PromQL as a tree that can be changed and written down again.

The parser's own nodes can be read but not built. Trees that are no change of one another in meaning differ in text,
so texts are compared as the parser's printer writes them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import promql_parser

from alertproof.model.series import quote
from alertproof.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Number:
    """A literal."""

    value: float


@dataclass(frozen=True, slots=True)
class Other:
    """Anything that no mutation touches, as text."""

    text: str


@dataclass(frozen=True, slots=True)
class Matcher:
    """One matcher of a selector."""

    label: str
    operator: str
    value: str

    def __str__(self) -> str:
        """Give it as PromQL."""
        return f"{self.label}{self.operator}{quote(self.value)}"


@dataclass(frozen=True, slots=True)
class Selector:
    """A selector; `range_ms` is None for an instant one."""

    name: str
    matchers: tuple[Matcher, ...]
    range_ms: int | None = None
    offset_ms: int = 0


@dataclass(frozen=True, slots=True)
class Paren:
    """An expression in parentheses."""

    inner: Tree


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands; `modifier` is `bool`, `on (…)` and the like as text."""

    operator: str
    left: Tree
    right: Tree
    modifier: str = ""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregation; `labels` are those of its clause, None without one; `parameter` as of topk."""

    operator: str
    inner: Tree
    labels: tuple[str, ...] | None = None
    without: bool = False
    parameter: Tree | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple[Tree, ...]


Tree = Number | Other | Selector | Paren | Binary | Aggregate | Call
# Which child of which child … of the root.
Path = tuple[int, ...]

COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
SETS = frozenset({"and", "or", "unless"})
_MATCH = {
    str(promql_parser.MatchOp.Equal): "=",
    str(promql_parser.MatchOp.NotEqual): "!=",
    str(promql_parser.MatchOp.Re): "=~",
    str(promql_parser.MatchOp.NotRe): "!~",
}


def read(text: str) -> Tree:
    """Give the tree of an expression; ValueError where it is no PromQL."""
    return _tree(promql_parser.parse(text))


def normal(text: str) -> str:
    """Give an expression as the parser prints it; ValueError where it is no PromQL."""
    return str(promql_parser.parse(text).prettify())


def _tree(node: Any) -> Tree:  # noqa: PLR0911 one case a kind of node
    match node:
        case promql_parser.NumberLiteral():
            return Number(float(node.val))
        case promql_parser.VectorSelector() if not node.at and node.name:
            return _selector(node)
        case promql_parser.MatrixSelector() if not node.vector_selector.at and node.vector_selector.name:
            return replace(_selector(node.vector_selector), range_ms=_ms(node.range))
        case promql_parser.ParenExpr():
            return Paren(_tree(node.expr))
        case promql_parser.BinaryExpr():
            modifier = str(node.modifier) if node.modifier is not None else ""
            return Binary(str(node.op), _tree(node.lhs), _tree(node.rhs), modifier)
        case promql_parser.AggregateExpr():
            clause = node.modifier
            return Aggregate(
                str(node.op),
                _tree(node.expr),
                tuple(clause.labels) if clause is not None else None,
                without=clause is not None and clause.type == promql_parser.AggModifierType.Without,
                parameter=_tree(node.param) if node.param is not None else None,
            )
        case promql_parser.Call():
            return Call(node.func.name, tuple(_tree(argument) for argument in node.args))
        case _:
            return Other(node.prettify())


def _selector(node: Any) -> Selector:
    matchers = tuple(Matcher(item.name, _MATCH[str(item.op)], item.value) for item in node.matchers.matchers)
    return Selector(node.name, matchers, offset_ms=_ms(node.offset))


def _ms(value: timedelta | None) -> int:
    return round(value.total_seconds() * 1000) if value is not None else 0


def write(tree: Tree) -> str:  # noqa: PLR0911 one case a kind of node
    """Give a tree as PromQL."""
    match tree:
        case Number():
            return f"{tree.value:.12g}"
        case Other():
            return tree.text
        case Selector():
            braces = f"{{{', '.join(map(str, tree.matchers))}}}" if tree.matchers else ""
            window = f"[{format_duration(tree.range_ms)}]" if tree.range_ms is not None else ""
            offset = f" offset {format_duration(tree.offset_ms)}" if tree.offset_ms else ""
            return f"{tree.name}{braces}{window}{offset}"
        case Paren():
            return f"({write(tree.inner)})"
        case Binary():
            modifier = f" {tree.modifier}" if tree.modifier else ""
            return f"{write(tree.left)} {tree.operator}{modifier} {write(tree.right)}"
        case Aggregate():
            word = "without" if tree.without else "by"
            clause = f" {word} ({', '.join(tree.labels)})" if tree.labels is not None else ""
            parameter = f"{write(tree.parameter)}, " if tree.parameter is not None else ""
            return f"{tree.operator}{clause} ({parameter}{write(tree.inner)})"
        case Call():
            return f"{tree.name}({', '.join(map(write, tree.arguments))})"


def children(tree: Tree) -> tuple[Tree, ...]:
    """Give the nodes right below."""
    match tree:
        case Paren() | Aggregate():
            return (tree.inner,)
        case Binary():
            return tree.left, tree.right
        case Call():
            return tree.arguments
        case _:
            return ()


def put(tree: Tree, path: Path, new: Tree) -> Tree:
    """Give the tree with another node at `path`."""
    if not path:
        return new
    first, rest = path[0], path[1:]
    below = put(children(tree)[first], rest, new)
    match tree:
        case Paren() | Aggregate():
            return replace(tree, inner=below)
        case Binary():
            return replace(tree, right=below) if first else replace(tree, left=below)
        case Call():
            return replace(
                tree, arguments=tuple(below if n == first else item for n, item in enumerate(tree.arguments))
            )
        case _:
            raise LookupError(path)


def nodes(tree: Tree, above: tuple[Tree, ...] = (), path: Path = ()) -> Iterator[tuple[Path, Tree, tuple[Tree, ...]]]:
    """Give every node with its path and the nodes above it, the root's own first."""
    yield path, tree, above
    for number, child in enumerate(children(tree)):
        yield from nodes(child, (*above, tree), (*path, number))


def bare(tree: Tree) -> Tree:
    """Give a tree without the parentheses around it."""
    while isinstance(tree, Paren):
        tree = tree.inner
    return tree


def wrapped(tree: Tree) -> Tree:
    """Give a tree that can be an operand anywhere."""
    return Paren(tree) if isinstance(tree, Binary) else tree
