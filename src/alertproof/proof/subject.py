"""An alert about to be proved: its expression taken apart, and the windows in which the engine is asked about it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.engines.windows import Recording, Window
from alertproof.model.rules import RecordingRule
from alertproof.model.series import Scenario, Series
from alertproof.promql import (
    Dependencies,
    clock_functions,
    dependencies,
    has_nameless_selector,
    parse,
    split_comparison,
    split_comparisons,
)
from alertproof.witness import declared_labels, steady, synthesise
from alertproof.witness import metric_names as signal_metrics
from alertproof.witness.background import background
from alertproof.witness.synthesis import DEFAULT_TRAFFIC, Target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import promql_parser

    from alertproof.model.contract import Comparison
    from alertproof.model.estate import Alert
    from alertproof.model.metrics import Metric
    from alertproof.promql import SplitComparison

_SPARE_SAMPLES = 8
# As many targets as any scenario has.
_BACKDROP_TARGETS = (1, 2, 3, 4)
_HISTOGRAM_PARTS = ("_bucket", "_count", "_sum")
# What Prometheus itself writes; an alert on it depends on other alerts.
_OWN_SERIES = frozenset({"ALERTS", "ALERTS_FOR_STATE"})


@dataclass(frozen=True, slots=True)
class Subject:
    """The alert, its expression, the part of it that each comparison of its contract is about, and what it reads.

    `backdrop` are the metrics it reads that its contract does not speak of, each at its usual value in all scenarios.
    """

    alert: Alert
    expr: str
    splits: tuple[SplitComparison | None, ...]
    reach_ms: int
    recordings: tuple[Recording, ...]
    backdrop: tuple[Metric, ...]

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Give the contract's comparisons."""
        contract = self.alert.contract
        return contract.comparisons if contract is not None else ()

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Give the metrics that the service declares."""
        return self.alert.service.metrics

    @property
    def scrape_ms(self) -> int:
        """Give the distance of samples: the scrape interval of the service."""
        return self.alert.service.prometheus.scrape_interval_ms

    @property
    def length_ms(self) -> int:
        """Give the length of a steady window: as far as the expression looks back, and a few samples more.

        All recording rules it reads are evaluated at its end.
        """
        together = math.lcm(self.scrape_ms, *(recording.interval_ms for recording in self.recordings))
        return -(-(self.reach_ms + _SPARE_SAMPLES * self.scrape_ms) // together) * together


def subject_of(alert: Alert) -> Subject:
    """Give an alert with its expression taken apart."""
    tree = parse(alert.rule.expr, alert.rule.expr_place)
    found = reads_of(alert, tree)
    contract = alert.contract
    window = contract.window_ms if contract is not None else 0
    return Subject(
        alert=alert,
        expr=alert.rule.expr,
        splits=_splits(alert, tree),
        reach_ms=max(found.reach_ms, window),
        recordings=_recordings(alert, found),
        backdrop=tuple(alert.service.metrics[name] for name in sorted(_unspoken(alert, found))),
    )


def undecidable(alert: Alert) -> str:
    """Give why no engine needs to be asked about an alert; empty where it can be proved.

    Raises InputError for an expression that is no PromQL, with or without a contract.
    """
    tree = parse(alert.rule.expr, alert.rule.expr_place)
    if alert.contract is None:
        return f"no contract says what it should do; {_contract_place(alert)}"
    if reason := _beyond(alert, (tree, *_recorded_trees(alert, tree))):
        return reason
    found = reads_of(alert, tree)
    if found.circular:
        return f"it reads the recording rule {found.circular}, which reads itself"
    return next(filter(None, (_unknown(alert, name) for name in sorted(_unspoken(alert, found)))), "")


def _beyond(alert: Alert, trees: Sequence[promql_parser.Expr]) -> str:
    """Give what no replay can show of an expression, its recording rules, its group and its server; empty for most."""
    if any(has_nameless_selector(tree) for tree in trees):
        return "a selector names no metric, so it can read anything"
    if clock := [name for tree in trees for name in clock_functions(tree)]:
        return f"it reads the clock, by {clock[0]}(): what it says depends on the day and the hour"
    if alert.group.limit:
        return f"its group has 'limit: {alert.group.limit}': of more alerts at once Prometheus keeps none"
    settings = alert.service.prometheus.document.get("global")
    if isinstance(settings, dict) and settings.get("rule_query_offset") not in {None, "0s", 0, "0"}:
        return f"{alert.service.prometheus.path.name} has a 'rule_query_offset', which a replay does not apply"
    return ""


def _unknown(alert: Alert, name: str) -> str:
    """Give why nobody can say what a metric is that the alert reads and its contract does not speak of."""
    metrics = alert.service.metrics
    if name in _OWN_SERIES:
        return f"it reads {name}, which depends on other alerts"
    if name not in metrics:
        return f"it reads {name}, which fixtures/metrics/{alert.id.service}.yml does not declare"
    if metrics[name].usual is None or metrics[name].type == "histogram":
        return f"it reads {name}, of which its contract says nothing, nor its declaration what is usual"
    return ""


def reads_of(alert: Alert, tree: promql_parser.Expr) -> Dependencies:
    """Give what an alert's expression reads, through the recording rules of its service."""
    recorded: dict[str, list[promql_parser.Expr]] = {}
    for rule in alert.service.recordings:
        recorded.setdefault(rule.record, []).append(parse(rule.expr, rule.expr_place))
    return dependencies(tree, recorded)


def _recorded_trees(alert: Alert, tree: promql_parser.Expr) -> list[promql_parser.Expr]:
    records = set(reads_of(alert, tree).records)
    return [parse(rule.expr, rule.expr_place) for rule in alert.service.recordings if rule.record in records]


def metric_of(name: str, metrics: Mapping[str, Metric]) -> str:
    """Give the declared metric that a series name belongs to; a histogram's series have names of their own."""
    for part in _HISTOGRAM_PARTS:
        base = name.removesuffix(part)
        if base != name and base in metrics and metrics[base].type in {"histogram", "summary"}:
            return base
    return name


def target_labels(comparison: Comparison, number: int) -> dict[str, str]:
    """Give the scrape labels of the service's target `number`, counted from 1.

    Where alerts are told apart by a label that one target exports many values of, such as a pod, all come from it.
    """
    signal = comparison.signal
    job = signal.select.get("job", "service")
    one = signal.each and "instance" not in signal.per
    return {"job": job, "instance": f"{job}-{1 if one else number}", **signal.select}


def active_labels(
    comparison: Comparison, metrics: Mapping[str, Metric], number: int, own: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Give the labels that tell this target's alert apart, before the rule adds its own."""
    labels: dict[str, str] = {}
    for name in signal_metrics(comparison.signal):
        labels |= declared_labels(metrics[name], {**target_labels(comparison, number), **(own or {})}, number, own)
    return {name: labels[name] for name in comparison.signal.per if name in labels}


def steady_target(subject: Subject, index: int, number: int, level: float, traffic: float = DEFAULT_TRAFFIC) -> Target:
    """Give target `number` with comparison `index` at one level."""
    return steady(target_labels(subject.comparisons[index], number), level, traffic, number)


def with_others(
    subject: Subject, index: int, targets: Sequence[Target], nudge: int = 0, length_ms: int | None = None
) -> tuple[Series, ...]:
    """Give the series of comparison `index` on its targets, of all others at their example level, and the backdrop.

    The others hold at every target, so that the one asked about decides alone.
    """
    length = subject.length_ms if length_ms is None else length_ms
    numbers = sorted({target.number for target in targets}) or [1]
    series: list[Series] = []
    for other, comparison in enumerate(subject.comparisons):
        own = targets if other == index else [steady_target(subject, other, n, comparison.example) for n in numbers]
        series += synthesise(
            comparison.signal, subject.metrics, own, subject.scrape_ms, length, nudge if other == index else 0
        )
    return (*series, *backdrop(subject, length))


def backdrop(subject: Subject, length_ms: int) -> tuple[Series, ...]:
    """Give the series of the metrics that the alert reads and its contract does not speak of."""
    first = subject.comparisons[0]
    made = (
        background(metric, target_labels(first, number), subject.scrape_ms, length_ms)
        for metric in subject.backdrop
        for number in _BACKDROP_TARGETS
    )
    # Targets of one exporter share what it exports.
    return tuple({tuple(sorted(item.labels.items())): item for item in made if item is not None}.values())


def window_of(subject: Subject, name: str, series: tuple[Series, ...], index: int = 0, phase_ms: int = 0) -> Window:
    """Give the window with one evaluation at its end, `phase_ms` after the last scrape."""
    length = subject.length_ms
    split = subject.splits[index]
    expressions = (subject.expr, split.left) if split else (subject.expr,)
    at = length + phase_ms
    scenario = Scenario(name, series, subject.scrape_ms, length)
    return Window(scenario, expressions, at, at, subject.scrape_ms, subject.reach_ms, subject.recordings)


def _splits(alert: Alert, tree: promql_parser.Expr) -> tuple[SplitComparison | None, ...]:
    """Give, per comparison of the contract, the part of the expression that compares its metrics with a number."""
    contract = alert.contract
    if contract is None:
        return (split_comparison(tree),)
    found = split_comparisons(tree)
    if len(contract.comparisons) == 1:
        return (found[0],) if len(found) == 1 and split_comparison(tree) is not None else (None,)
    return tuple(_split_for(alert, comparison, found) for comparison in contract.comparisons)


def _split_for(alert: Alert, comparison: Comparison, splits: Sequence[SplitComparison]) -> SplitComparison | None:
    wanted = set(comparison.signal.shape.reads)
    metrics = alert.service.metrics
    fitting = [
        split
        for split in splits
        for found in [reads_of(alert, parse(split.left, alert.rule.expr_place))]
        if {metric_of(name, metrics) for name in found.names} & wanted
    ]
    return fitting[0] if len(fitting) == 1 else None


def _unspoken(alert: Alert, found: Dependencies) -> set[str]:
    contract = alert.contract
    spoken = {name for c in contract.comparisons for name in c.signal.shape.reads} if contract is not None else set()
    return {metric_of(name, alert.service.metrics) for name in found.names} - spoken


def _recordings(alert: Alert, found: Dependencies) -> tuple[Recording, ...]:
    """Give the recording rules an alert reads, each after those it reads itself."""
    default = alert.service.prometheus.evaluation_interval_ms
    rules = [
        (rule, group.interval_ms or default)
        for file in alert.service.prometheus.rule_files
        for group in file.groups
        for rule in group.rules
        if isinstance(rule, RecordingRule)
    ]
    place = alert.rule.place
    return tuple(
        Recording(
            rule.record,
            rule.expr,
            tuple(sorted(rule.labels.items())),
            interval,
            late=rule.place.file == place.file and rule.place.line > place.line,
        )
        for name in found.records
        for rule, interval in rules
        if rule.record == name
    )


def _contract_place(alert: Alert) -> str:
    """Give where a contract would stand: an alert outside any estate needs the estate first."""
    if alert.service.prometheus.document:
        return f"write one in rules/contracts/{alert.id.service}.yml"
    return "put the rules into rules/prometheus/<service>/ with their prometheus.yml, and one in rules/contracts/"
