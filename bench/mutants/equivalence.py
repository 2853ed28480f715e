"""Why a changed expression says the same as the original, where algebra shows it; nothing is equivalent by name.

Each rule takes a change, and the metrics as the service declares them, and gives its reason or nothing. What a rule
claims is held against random series as well, and against the proofs: a change that one of them notices is not
equivalent, and the run says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.mutants.tree import COMPARISONS, Aggregate, Binary, Call, Matcher, Number, Selector, Tree, bare, nodes, read

from alertproof.model.contract import holds
from alertproof.proof.subject import metric_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.mutants.edits import Edit
    from bench.mutants.rules import Mutant

    from alertproof.model.metrics import Metric

_FROM_SCRAPE = frozenset({"job", "instance"})
# Gauges in these units count things: they are whole numbers and never negative.
_WHOLE_UNITS = frozenset({"bytes", "connections", "replicas", "reports", "users", "state"})
_NEVER_NEGATIVE_UNITS = _WHOLE_UNITS | {"seconds", "percent"}
_SCALES = frozenset({"rate", "increase"})
_KEEPS_SIGN = frozenset({"sum", "max", "min", "avg"})


@dataclass(frozen=True, slots=True)
class _Context:
    """A change and the metrics it is about."""

    edit: Edit
    metrics: Mapping[str, Metric]

    def metric(self, selector: Selector) -> Metric | None:
        """Give the declared metric of a selector."""
        return self.metrics.get(metric_of(selector.name, self.metrics))


def equivalent(mutant: Mutant) -> str:
    """Give why a mutant means the same as the original; empty where nothing says so."""
    if mutant.edit is None:
        return _fixed_label(mutant)
    context = _Context(mutant.edit, mutant.alert.service.metrics)
    return next((reason for rule in _RULES if (reason := rule(context))), "")


def _fixed_label(mutant: Mutant) -> str:
    """Give why a label that the rule adds is no change: every alert carries it anyway, with this very value.

    It is carried if every selector asks for the value, and neither an aggregation nor a match drops the label.
    """
    new = mutant.alert.rule.labels
    added = {name: value for name, value in new.items() if mutant.original.rule.labels.get(name) != value}
    same = {name for name in mutant.original.rule.labels if name in new}
    if len(added) != 1 or len(same) != len(mutant.original.rule.labels):
        return ""
    ((name, value),) = added.items()
    if name not in mutant.original.rule.labels and _carried(read(mutant.original.rule.expr)).get(name) == value:
        return f"every alert carries {name}={value!r} by its selectors"
    return ""


def _carried(tree: Tree) -> dict[str, str]:
    """Give the labels that every result of a tree has, with the one value each can have."""
    match bare(tree):
        case Selector(matchers=matchers):
            return {item.label: item.value for item in matchers if item.operator == "="}
        case Aggregate(inner=inner, labels=labels, without=False, operator=operator):
            below = _carried(inner)
            # topk and its like give back whole series; all others keep what their clause names.
            return (
                below
                if operator in {"topk", "bottomk"}
                else {name: below[name] for name in labels or () if name in below}
            )
        case Call(name=name, arguments=arguments) if name in {"rate", "irate", "increase", "absent"}:
            return _carried(arguments[-1])
        case Binary(left=left, right=right, modifier=""):
            # A result has the labels of its left side; a number has none.
            return _carried(left) if not isinstance(bare(left), Number) else _carried(right)
        case _:
            return {}


def _few_values(context: _Context) -> str:
    """Give why comparisons are one: those that give the same answer for each value that the left side can have."""
    old, new = context.edit.old, context.edit.new
    if not (_compares(old) and _compares(new) and isinstance(old, Binary) and isinstance(new, Binary)):
        return ""
    left, number, changed = bare(old.left), bare(old.right), bare(new.right)
    if not isinstance(number, Number) or not isinstance(changed, Number) or old.left != new.left:
        return ""
    metric = context.metric(left) if isinstance(left, Selector) else None
    values = metric.values if metric is not None else ()
    if metric is not None and values and _same_answers(old.operator, number.value, new.operator, changed.value, values):
        return f"{metric.name} is one of {', '.join(f'{value:g}' for value in values)}"
    if (
        number.value == changed.value == 0
        and {old.operator, new.operator} == {"==", "<="}
        and _not_negative(left, context)
    ):
        return "the left side is never negative, so at most 0 is 0"
    return ""


def _same_answers(old: str, number: float, new: str, changed: float, values: Sequence[float]) -> bool:
    return all(holds(old, value, number) is holds(new, value, changed) for value in values)


def _whole_numbers(context: _Context) -> str:
    """Give why a guard against 0 has not moved: no whole number lies between the two places.

    Only a guard: what the contract itself measures is a level, and may be any number.
    """
    edit = context.edit
    if not isinstance(edit.old, Number) or not isinstance(edit.new, Number) or not edit.above:
        return ""
    parent = edit.above[-1]
    if not _is_zero_guard(parent) or not isinstance(parent, Binary) or edit.old.value:
        return ""
    left = bare(parent.left)
    whole = isinstance(left, Selector) or (isinstance(left, Aggregate) and left.operator in {"max", "min", "sum"})
    selectors = _selectors(left)
    if not whole or not all(_is_gauge_in(context, item, _WHOLE_UNITS) for item in selectors):
        return ""
    low, high = sorted((edit.old.value, edit.new.value))
    # Beyond this range nothing changes, as both numbers lie inside it.
    values = [float(value) for value in range(max(0, int(low) - 2), int(high) + 3)]
    if _same_answers(parent.operator, edit.old.value, parent.operator, edit.new.value, values):
        return f"{', '.join(sorted({item.name for item in selectors}))} is a whole number, never negative"
    return ""


def _all_zero(context: _Context) -> str:
    """Give why aggregations are 0 together: of numbers that are never negative, each is 0 when all of them are."""
    edit = context.edit
    old, new = edit.old, edit.new
    if not isinstance(old, Aggregate) or not isinstance(new, Aggregate) or not edit.above:
        return ""
    parent = edit.above[-1]
    zero = isinstance(parent, Binary) and parent.operator in {"==", "<="} and bare(parent.right) == Number(0.0)
    alike = {old.operator, new.operator} <= {"sum", "max", "avg"} and old.labels == new.labels
    if zero and alike and _not_negative(old.inner, context):
        return f"{old.operator} and {new.operator} of numbers that are never negative are 0 together"
    return ""


def _scaled_quantile(context: _Context) -> str:
    """Give why a quantile stays: all buckets of its histogram are multiplied by the same number.

    increase() is rate() times the length of the range. avg by (le) is sum by (le) over the number of targets, which is
    the same for each bucket: a client exports all buckets of a histogram together.
    """
    edit = context.edit
    if not any(isinstance(item, Call) and item.name == "histogram_quantile" for item in edit.above):
        return ""
    below = edit.above[next(n for n, item in enumerate(edit.above) if isinstance(item, Call)) + 1 :]
    linear = all(isinstance(item, Aggregate) and item.operator in {"sum", "avg"} for item in below)
    match edit.old, edit.new:
        case Call(name=old), Call(name=new) if linear and {old, new} <= _SCALES:
            return "a quantile is the same for buckets that are all multiplied by the length of the range"
        case Aggregate(operator=old, labels=a), Aggregate(operator=new, labels=b):
            if linear and {old, new} <= {"sum", "avg"} and a == b and "le" in (a or ()):
                return "a quantile is the same for buckets that are all divided by the number of targets"
    return ""


def _single_series(context: _Context) -> str:
    """Give why an aggregation is none: its clause names every label that the metric is declared to have.

    Each group is one series then, and its sum, largest, smallest and mean are that series.
    """
    old, new = context.edit.old, context.edit.new
    if not isinstance(old, Aggregate) or not isinstance(new, Aggregate) or old.labels != new.labels or old.without:
        return ""
    inner = bare(old.inner)
    if isinstance(inner, Call) and len(inner.arguments) == 1:
        inner = bare(inner.arguments[0])
    metric = context.metric(inner) if isinstance(inner, Selector) else None
    if metric is None or metric.type == "histogram" or not {*metric.labels, *_FROM_SCRAPE} <= set(old.labels or ()):
        return ""
    if {old.operator, new.operator} <= _KEEPS_SIGN | {"topk"}:
        return f"{metric.name} is declared with no label beside {', '.join(old.labels or ())}: each group is one series"
    return ""


def _matched_anyway(context: _Context) -> str:
    """Give why a matcher is not needed: the other side of a match on all labels has the same one.

    The label must reach the match from both sides: a plain selector keeps all labels, an aggregation those it names.
    """
    edit = context.edit
    old, new = edit.old, edit.new
    if not isinstance(old, Selector) or not isinstance(new, Selector) or len(new.matchers) != len(old.matchers) - 1:
        return ""
    (gone,) = set(old.matchers) - set(new.matchers)
    for depth in reversed(range(len(edit.above))):
        item = edit.above[depth]
        if isinstance(item, Binary) and not item.modifier and not isinstance(bare(item.right), Number):
            side = edit.path[depth]
            # `or` and `unless` also give what has no partner.
            own_or_both = item.operator in {"+", "-", "*", "/", "and", *COMPARISONS}
            other = item.left if side else item.right
            if own_or_both and _asks(other, gone) and _keeps(edit.above[depth + 1 :], gone.label):
                return f"the other side of {item.operator} has {gone}, and both are matched on {gone.label}"
    return ""


def _asks(tree: Tree, matcher: Matcher) -> bool:
    """Give whether every result of a tree has passed a matcher, and still has its label."""
    match bare(tree):
        case Selector(matchers=matchers):
            return matcher in matchers
        case Aggregate(inner=inner, labels=labels, without=False):
            return matcher.label in (labels or ()) and _asks(inner, matcher)
        case Call(name=name, arguments=(argument,)) if name in {"rate", "irate", "increase", "avg_over_time"}:
            return _asks(argument, matcher)
        case Binary(left=left, right=right, modifier=""):
            return _asks(left, matcher) or (not isinstance(bare(right), Number) and _asks(right, matcher))
        case _:
            return False


def _keeps(between: Sequence[Tree], label: str) -> bool:
    """Give whether a label passes all nodes from a match down to a selector."""
    for item in between:
        match item:
            case Aggregate(labels=labels, without=False) if label not in (labels or ()):
                return False
            case Aggregate(without=True):
                return False
            case Call(name=name) if name not in {"rate", "irate", "increase", "avg_over_time"}:
                return False
            case Binary(modifier=modifier) if modifier:
                return False
            case _:
                pass
    return True


def _guard_of_less(context: _Context) -> str:
    """Give why a guard against a whole of 0 is not needed: below an upper bound it changes nothing.

    Nothing divided by 0 is NaN, all else positive divided by 0 is +Inf, and neither is less than a number. So it is
    all one whether wholes of 0 pass, where nothing is negative.
    """
    edit = context.edit
    guards = [n for n, item in enumerate((*edit.above, edit.old)) if _is_zero_guard(item)]
    if not guards or not edit.above:
        return ""
    trail = (*edit.above, edit.old)
    outer = [item for item in trail[: guards[-1]] if isinstance(item, Binary)]
    if len(outer) < 2 or outer[-1].operator != "/":  # noqa: PLR2004 a comparison, and the division in it
        return ""
    bound, division = outer[-2], outer[-1]
    right = bare(bound.right)
    upper = bound.operator in {"<", "<="} and bare(bound.left) == division and isinstance(right, Number)
    guard = trail[guards[-1]]
    if not upper or not isinstance(guard, Binary) or bare(division.right) != guard:
        return ""
    if not _not_negative(division.left, context) or not _not_negative(guard.left, context):
        return ""
    passes_zero = _passes_all(edit, guard)
    return "a whole of 0 gives NaN or +Inf, which is not less than any number" if passes_zero else ""


def _is_zero_guard(tree: Tree) -> bool:
    return isinstance(tree, Binary) and tree.operator == ">" and bare(tree.right) == Number(0.0)


def _passes_all(edit: Edit, guard: Binary) -> bool:
    """Give whether the changed guard lets every number from 0 on pass: `>= 0`, more than a negative one, or none."""
    if edit.old == guard and edit.new == guard.left:
        return True
    if isinstance(edit.new, Binary) and edit.new.left == guard.left:
        return edit.new.operator == ">=" and bare(edit.new.right) == Number(0.0)
    return isinstance(edit.new, Number) and edit.new.value < 0 and edit.above[-1] == guard


def _compares(tree: Tree) -> bool:
    return isinstance(tree, Binary) and tree.operator in COMPARISONS and tree.modifier == ""


def _selectors(tree: Tree) -> list[Selector]:
    return [node for _, node, _ in nodes(tree) if isinstance(node, Selector)]


def _is_gauge_in(context: _Context, selector: Selector, units: frozenset[str]) -> bool:
    metric = context.metric(selector)
    return metric is not None and metric.type == "gauge" and selector.range_ms is None and metric.unit in units


def _not_negative(tree: Tree, context: _Context) -> bool:
    """Give whether no result of a tree can be negative, by what is declared of the metrics in it."""
    match bare(tree):
        case Selector() as selector:
            metric = context.metric(selector)
            if metric is None:
                return False
            counts = metric.type in {"counter", "histogram"} or metric.unit in _NEVER_NEGATIVE_UNITS
            return counts or (bool(metric.values) and min(metric.values) >= 0)
        case Aggregate(operator=operator, inner=inner):
            return operator in _KEEPS_SIGN and _not_negative(inner, context)
        case Call(name=name, arguments=(argument,)):
            return name in {"rate", "irate", "increase"} and _not_negative(argument, context)
        case _:
            return False


_RULES: tuple[Callable[[_Context], str], ...] = (
    _few_values,
    _whole_numbers,
    _all_zero,
    _scaled_quantile,
    _single_series,
    _matched_anyway,
    _guard_of_less,
)
