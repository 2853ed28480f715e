"""Every change of a kind that an expression allows: one node is exchanged for another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from bench.mutants.tree import (
    COMPARISONS,
    SETS,
    Aggregate,
    Binary,
    Call,
    Matcher,
    Number,
    Path,
    Selector,
    Tree,
    bare,
    nodes,
    normal,
    put,
    wrapped,
    write,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_HUNDREDTH = 0.01
_STRICT = {">": (">=",), ">=": (">",), "<": ("<=",), "<=": ("<",), "==": ("<=", ">=")}
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "!=", "!=": "=="}
_NEGATED = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
_QUANTILES = (0.5, 0.9, 0.95, 0.99)
_AGGREGATIONS = ("sum", "max", "min", "avg")
_FUNCTIONS = {
    "rate": ("irate", "increase"),
    "increase": ("rate", "delta"),
    "avg_over_time": ("max_over_time", "min_over_time", "last_over_time"),
}
_OFFSET_MS = 60_000
_MORE_LABEL = "instance"


@dataclass(frozen=True, slots=True)
class Edit:
    """A node of `tree` at `path` exchanged for `new`; `kind` is the kind of the change, `words` the change in short."""

    kind: str
    words: str
    tree: Tree
    path: Path
    old: Tree
    new: Tree
    above: tuple[Tree, ...]

    @property
    def expr(self) -> str:
        """Give the changed expression."""
        return write(put(self.tree, self.path, self.new))


# What a node can become, each with its words.
_Changes: TypeAlias = "Iterator[tuple[str, Tree]]"


def edits(tree: Tree) -> Iterator[Edit]:
    """Give all changes, each PromQL that differs from the original and from all before it in more than spelling."""
    seen = {normal(write(tree))}
    for path, node, above in nodes(tree):
        for kind, changes in _KINDS.items():
            for words, new in changes(node, above, path):
                edit = Edit(kind, words, tree, path, node, new, above)
                text = normal(edit.expr)
                if text not in seen:
                    seen.add(text)
                    yield edit


def _threshold(node: Tree, above: tuple[Tree, ...], _path: Path) -> _Changes:
    if isinstance(node, Number) and above and is_comparison(above[-1]):
        yield from _hundredth(node)


def _factor(node: Tree, above: tuple[Tree, ...], _path: Path) -> _Changes:
    if isinstance(node, Number) and not (above and (is_comparison(above[-1]) or _is_quantile(above[-1]))):
        yield from _hundredth(node)


def _hundredth(node: Number) -> _Changes:
    """Give a number one part in a hundred away on either side; from 0 a hundredth."""
    for sign in (1, -1):
        new = Number(node.value * (1 + sign * _HUNDREDTH) if node.value else sign * _HUNDREDTH)
        yield f"{write(node)} → {write(new)}", new


def _operator(node: Tree, _above: tuple[Tree, ...], _path: Path) -> _Changes:
    if isinstance(node, Binary):
        for operator in _STRICT.get(node.operator, ()):
            yield f"{_compared(node)} → {operator}", replace(node, operator=operator)


def _compared(node: Binary) -> str:
    """Give the operator, and the number behind it where there is one."""
    right = bare(node.right)
    return f"{node.operator} {write(right)}" if isinstance(right, Number) else node.operator


def _direction(node: Tree, _above: tuple[Tree, ...], _path: Path) -> _Changes:
    if isinstance(node, Binary) and node.operator in _TURNED:
        operator = _TURNED[node.operator]
        yield f"{_compared(node)} → {operator}", replace(node, operator=operator)


def _comparison(node: Tree, above: tuple[Tree, ...], _path: Path) -> _Changes:
    if isinstance(node, Binary) and is_comparison(node) and isinstance(bare(node.right), Number):
        where = "guard " if any(isinstance(item, Binary) and item.operator not in SETS for item in above) else ""
        yield f"{where}{_compared(node)} removed", node.left


def _exchange(node: Tree, _above: tuple[Tree, ...], _path: Path) -> _Changes:
    if isinstance(node, Binary) and node.operator == "/":
        yield "sides of / exchanged", replace(node, left=wrapped(node.right), right=wrapped(node.left))


def _side(node: Tree, _above: tuple[Tree, ...], _path: Path) -> _Changes:
    if isinstance(node, Binary) and node.operator in SETS:
        yield f"right side of {node.operator} removed", node.left
        yield f"left side of {node.operator} removed", node.right


def _range(node: Tree, _above: tuple[Tree, ...], _path: Path) -> _Changes:
    if isinstance(node, Selector) and node.range_ms is not None:
        for factor, words in ((2, "doubled"), (0.5, "halved")):
            yield f"range of {node.name} {words}", replace(node, range_ms=round(node.range_ms * factor))


def _offset(node: Tree, _above: tuple[Tree, ...], _path: Path) -> _Changes:
    if isinstance(node, Selector):
        yield f"{node.name} offset 1m", replace(node, offset_ms=node.offset_ms + _OFFSET_MS)


def _matcher(node: Tree, _above: tuple[Tree, ...], _path: Path) -> _Changes:
    if isinstance(node, Selector):
        for number, matcher in enumerate(node.matchers):
            rest = (*node.matchers[:number], *node.matchers[number + 1 :])
            yield f"{node.name}: {matcher} removed", replace(node, matchers=rest)


def _turned_matcher(node: Tree, _above: tuple[Tree, ...], _path: Path) -> _Changes:
    if isinstance(node, Selector):
        for number, matcher in enumerate(node.matchers):
            new = Matcher(matcher.label, _NEGATED[matcher.operator], matcher.value)
            changed = (*node.matchers[:number], new, *node.matchers[number + 1 :])
            yield f"{node.name}: {matcher} → {new}", replace(node, matchers=changed)


def _labels(node: Tree, _above: tuple[Tree, ...], _path: Path) -> _Changes:
    if not isinstance(node, Aggregate):
        return
    labels = node.labels or ()
    head = f"{node.operator} by ({', '.join(labels)})" if labels else node.operator
    if labels:
        yield f"{head}: by removed", replace(node, labels=None, without=False)
    for label in labels:
        rest = tuple(other for other in labels if other != label)
        yield f"{head}: {label} removed", replace(node, labels=rest or None)
    if _MORE_LABEL not in labels and not node.without:
        yield f"{head}: {_MORE_LABEL} added", replace(node, labels=(*labels, _MORE_LABEL))


def _aggregation(node: Tree, _above: tuple[Tree, ...], _path: Path) -> _Changes:
    if isinstance(node, Aggregate) and node.operator in _AGGREGATIONS:
        for operator in _AGGREGATIONS:
            yield f"{node.operator} → {operator}", replace(node, operator=operator)
        yield f"{node.operator} → topk(1)", replace(node, operator="topk", parameter=Number(1))


def _function(node: Tree, _above: tuple[Tree, ...], _path: Path) -> _Changes:
    if isinstance(node, Call):
        for name in _FUNCTIONS.get(node.name, ()):
            yield f"{node.name} → {name}", replace(node, name=name)


def _quantile(node: Tree, above: tuple[Tree, ...], path: Path) -> _Changes:
    if isinstance(node, Number) and above and _is_quantile(above[-1]) and path[-1] == 0:
        for value in _QUANTILES:
            yield f"{write(node)} → {write(Number(value))}", Number(value)


def is_comparison(tree: Tree) -> bool:
    """Give whether a node compares."""
    return isinstance(tree, Binary) and tree.operator in COMPARISONS


def _is_quantile(tree: Tree) -> bool:
    return isinstance(tree, Call) and tree.name == "histogram_quantile"


_KINDS: dict[str, Callable[[Tree, tuple[Tree, ...], Path], _Changes]] = {
    "threshold": _threshold,
    "operator": _operator,
    "direction": _direction,
    "comparison removed": _comparison,
    "factor": _factor,
    "sides exchanged": _exchange,
    "side removed": _side,
    "quantile": _quantile,
    "range": _range,
    "offset": _offset,
    "function": _function,
    "matcher removed": _matcher,
    "matcher turned": _turned_matcher,
    "aggregation": _aggregation,
    "aggregation label": _labels,
}
