"""A seeded random search for a difference between a mutant and its original, apart from the scenarios of the proofs.

Series are drawn from what is declared of the metrics alone, not from a contract: any label values, those that the
expressions ask for among them, any levels and any course. Both expressions are evaluated on the windows engine.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from bench.mutants.tree import Number, Selector, nodes, read

from alertproof.engines.recordings import replay_recorded
from alertproof.engines.windows import Window, WindowResult
from alertproof.model.series import METRIC_NAME, Scenario, Series
from alertproof.promql import parse
from alertproof.proof.subject import metric_of, reads_of, subject_of
from alertproof.units import format_duration
from alertproof.witness.buckets import bucket_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from bench.mutants.rules import Mutant

    from alertproof.engines.host import Host
    from alertproof.model.estate import Alert
    from alertproof.model.metrics import Metric
    from alertproof.model.observation import Vector

SCENARIOS = 48
_TICKS = 6
_MOST_TARGETS = 5
# How many of its labels a target has in common with the first, if it is close to it.
_KEPT = 0.8
_PRECISION = 1e-9
_WHOLE_UNITS = frozenset({"bytes", "connections", "replicas", "reports", "users"})


@dataclass(frozen=True, slots=True)
class Found:
    """In how many random scenarios a mutant differs, and what was seen first; `first` is empty where none does."""

    differs: int
    of: int
    first: str = ""

    def __str__(self) -> str:
        """Give it in words."""
        return f"{self.differs} of {self.of} random scenarios differ" + (f", first {self.first}" if self.first else "")


def search(host: Host, folder: Path, mutants: Sequence[Mutant], seed: int) -> list[Found]:
    """Give what random series show of each mutant, in order."""
    windows: list[Window] = []
    for mutant in mutants:
        for number in range(SCENARIOS):
            windows += _windows(mutant, random.Random(f"{seed}/{mutant.original.id}/{number}"))  # noqa: S311 no secret
    results = iter(replay_recorded(host, folder, windows) if windows else ())
    found = []
    for mutant in mutants:
        seen = [_difference(mutant, next(results), next(results)) for _ in range(SCENARIOS)]
        different = [words for words in seen if words]
        found.append(Found(len(different), SCENARIOS, different[0] if different else ""))
    return found


def _windows(mutant: Mutant, dice: random.Random) -> tuple[Window, Window]:
    """Give one random scenario with the evaluations of the original, and of the mutant."""
    subjects = [subject_of(mutant.original), subject_of(mutant.alert)]
    reach = max(subject.reach_ms for subject in subjects)
    step = subjects[0].scrape_ms
    start = -(-reach // step) * step
    length = start + _TICKS * step
    series = tuple(_series(mutant, dice, length // step + 1))
    scenario = Scenario("random", series, step, length)
    first, second = (
        Window(scenario, (subject.expr,), start, length, step, reach, subject.recordings) for subject in subjects
    )
    return first, second


def _series(mutant: Mutant, dice: random.Random, count: int) -> Iterator[Series]:
    metrics = mutant.original.service.metrics
    names = {name for alert in (mutant.original, mutant.alert) for name in _reads(alert)}
    read_metrics = {metric_of(name, metrics) for name in names} & metrics.keys()
    texts = [text for alert in (mutant.original, mutant.alert) for text in _texts(alert)]
    values = _label_values([metrics[name] for name in sorted(read_metrics)], texts)
    numbers = [node.value for text in texts for _, node, _ in nodes(read(text)) if isinstance(node, Number)]
    seen = set()
    first = {label: dice.choice(options) for label, options in values.items()}
    for number in range(dice.randint(1, _MOST_TARGETS)):
        # Half of the others differ from the first in little, so that they meet it in groups and matches.
        kept = _KEPT if number and dice.random() < 1 / 2 else float(not number)
        chosen = {
            label: first[label] if dice.random() < kept else dice.choice(options) for label, options in values.items()
        }
        for name in sorted(read_metrics):
            foreign = {label for other in read_metrics for label in metrics[other].labels} - {*metrics[name].labels}
            for item in _of_metric(metrics[name], chosen, foreign, numbers, dice, count):
                key = tuple(sorted(item.labels.items()))
                if key not in seen:
                    seen.add(key)
                    yield item


def _reads(alert: Alert) -> frozenset[str]:
    return reads_of(alert, parse(alert.rule.expr, alert.rule.expr_place)).names


def _texts(alert: Alert) -> list[str]:
    return [alert.rule.expr, *(recording.expr for recording in subject_of(alert).recordings)]


def _label_values(metrics: Sequence[Metric], texts: Sequence[str]) -> dict[str, list[str]]:
    """Give the values that each label is drawn from: declared ones, those asked for, and one that nobody knows."""
    values: dict[str, list[str]] = {"job": ["other"], "instance": ["a", "b", "c"]}
    for metric in metrics:
        for label, declared in metric.labels.items():
            values.setdefault(label, ["other"]).extend(declared)
    for text in texts:
        for _, node, _ in nodes(read(text)):
            for matcher in node.matchers if isinstance(node, Selector) else ():
                if matcher.operator in {"=", "!="}:
                    # Most series are to be selected, or there is little to see.
                    weight = 1 if matcher.operator == "!=" else 3
                    values.setdefault(matcher.label, ["other"]).extend([matcher.value] * weight)
    return values


def _of_metric(  # noqa: PLR0913, PLR0917 each a plain fact of the series
    metric: Metric,
    chosen: Mapping[str, str],
    foreign: Collection[str],
    numbers: Sequence[float],
    dice: random.Random,
    count: int,
) -> Iterator[Series]:
    # Labels that others declare are none of its own; those that only an expression asks for, anything may have.
    labels = {label: value for label, value in chosen.items() if value and label not in foreign}
    named = {METRIC_NAME: metric.name, **labels}
    if metric.type == "histogram":
        weights = [dice.choice((0.0, 1.0, 1.0, 10.0)) * dice.random() for _ in (*metric.buckets, math.inf)]
        growth = [[round(dice.random() * weight * 100) for weight in weights] for _ in range(count)]
        for index, bound in enumerate((*metric.buckets, math.inf)):
            counts = [float(sum(item[: index + 1])) for item in growth]
            samples = tuple(accumulate(counts))
            yield Series({**named, METRIC_NAME: f"{metric.name}_bucket", "le": bucket_text(bound)}, samples)
    elif metric.type == "counter":
        scale = 10 ** dice.uniform(-2, 3) * dice.choice((0, 1, 1, 1))
        grows = [scale * dice.random() * dice.choice((0, 1, 1)) for _ in range(count)]
        yield Series(named, tuple(accumulate(grows, initial=1e4))[:count])
    else:
        yield Series(named, tuple(_gauge(metric, numbers, dice, count)))


def _gauge(metric: Metric, numbers: Sequence[float], dice: random.Random, count: int) -> Iterator[float]:
    value = 0.0
    for index in range(count):
        if not index or dice.random() < 1 / 8:
            if metric.values:
                value = dice.choice(metric.values)
            else:
                value = dice.choice(
                    (0.0, 10 ** dice.uniform(-1, 3), abs(dice.choice(numbers)) * dice.uniform(0.5, 1.5))
                )
                value = float(round(value)) if metric.unit in _WHOLE_UNITS else value
        yield value


def _difference(mutant: Mutant, first: WindowResult, second: WindowResult) -> str:
    """Give what differs in one scenario; empty where nothing does."""
    original, changed = mutant.original.rule, mutant.alert.rule
    for tick, before, after in zip(
        first.ticks_ms, first.vectors[original.expr], second.vectors[changed.expr], strict=True
    ):
        old, new = (_vector(vector, rule) for vector, rule in ((before, original.labels), (after, changed.labels)))
        if old.keys() != new.keys() or not all(_same(value, new[key]) for key, value in old.items()):
            return f"at {format_duration(tick)} {_said(old)}, the mutant {_said(new)}"
    return ""


def _vector(vector: Vector, labels: Mapping[str, str]) -> dict[tuple[tuple[str, str], ...], float]:
    """Give an alert's label sets with their values; a label of the rule goes before one of the series."""
    static = {name: value for name, value in labels.items() if "{{" not in value}
    return {tuple(sorted({**point.labels, **static}.items())): point.value for point in vector}


def _same(one: float, other: float) -> bool:
    return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=_PRECISION, abs_tol=1e-12)


def _said(vector: Mapping[tuple[tuple[str, str], ...], float]) -> str:
    if not vector:
        return "none"
    return " and ".join(f"{value:g}" for value in list(vector.values())[:3])
