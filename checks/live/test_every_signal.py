"""Every kind of signal on the engine: correct rules are proved, wrong ones refuted in the aspect that they break.

All of them share one run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from alertproof.load.estate import load_estate
from alertproof.model.proof import Aspect, Outcome, Proof, Verdict
from alertproof.proof.run import run_proofs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from alertproof.engines.host import Host

Item = dict[str, Any]


def metric(name: str, kind: str, unit: str = "things", **more: object) -> Item:
    return {"name": name, "type": kind, "unit": unit, "help": "h", **more}


METRICS = [
    metric("latency_ms", "histogram", "milliseconds", buckets=[50, 100, 200, 500, 1000, 2000]),
    metric("failed_total", "counter"),
    metric("all_total", "counter"),
    metric("requests_total", "counter", labels={"status": ["200", "500", "503"], "path": ["/a", "/b"]}),
    metric("seconds_total", "counter", "seconds"),
    metric("queue_length", "gauge"),
    metric("temperature", "gauge", labels={"zone": ["north", "south"]}),
    metric("pool_used", "gauge"),
    metric("pool_size", "gauge"),
    metric("node_state", "gauge", "state", labels={"node": ["n1", "n2"]}, values=[0, 1]),
    metric("heartbeat", "gauge", "state"),
    metric("up", "gauge", "state", values=[0, 1]),
]
API = {"select": {"job": "api"}}
ALL: Item = {**API, "per": []}
EACH: Item = {**API, "per": ["instance", "job"]}


def with_operator(expr: str, operator: str, threshold: float) -> str:
    """Give a rule; of several series of one alert the worst decides."""
    return expr.replace("CMP", f"{operator} {threshold}").replace("WORST", "min" if operator[0] == "<" else "max")


@dataclass(frozen=True)
class Kind:
    """A kind of signal with a rule that shows it, `CMP` standing for operator and number, and levels about it."""

    signal: Item
    expr: str
    unit: str
    low: float
    threshold: float
    high: float

    def claim(self, operator: str) -> Item:
        usual, example = (self.low, self.high) if operator.startswith(">") else (self.high, self.low)
        if operator == "==":
            usual, example = self.low, self.threshold
        if operator == "!=":
            usual, example = self.threshold, self.high
        return {
            "signal": self.signal,
            "operator": operator,
            "threshold": self.threshold,
            "unit": self.unit,
            "usual": usual,
            "example": example,
        }

    def rule(self, operator: str) -> str:
        return with_operator(self.expr, operator, self.threshold)


_WHERE = {"where": {"status": ["500", "503"]}}
KINDS = {
    "quantile": Kind(
        {"quantile_of": {"metric": "latency_ms", "quantile": 0.95, "window": "5m", **ALL}},
        'histogram_quantile(0.95, sum by (le) (rate(latency_ms_bucket{job="api"}[5m]))) CMP',
        *("ms", 80, 500, 750),
    ),
    "quantile_each": Kind(
        {"quantile_of": {"metric": "latency_ms", "quantile": 0.5, "window": "2m", **EACH}},
        'histogram_quantile(0.5, sum by (le, instance, job) (rate(latency_ms_bucket{job="api"}[2m]))) CMP',
        *("ms", 80, 150, 750),
    ),
    "ratio": Kind(
        {"ratio_of": {"part": "failed_total", "whole": "all_total", "window": "5m", **ALL}},
        'sum(rate(failed_total{job="api"}[5m])) / (sum(rate(all_total{job="api"}[5m])) > 0) CMP',
        *("ratio", 0.01, 0.05, 0.3),
    ),
    "ratio_where": Kind(
        {"ratio_of": {"part": "requests_total", "whole": "requests_total", "window": "5m", **_WHERE, **ALL}},
        'sum(rate(requests_total{job="api",status=~"5.."}[5m])) / sum(rate(requests_total{job="api"}[5m])) CMP',
        *("ratio", 0.01, 0.05, 0.3),
    ),
    "ratio_where_each": Kind(
        {"ratio_of": {"part": "requests_total", "whole": "all_total", "window": "10m", **_WHERE, **EACH}},
        'sum by (instance, job) (rate(requests_total{job="api",status=~"5.."}[10m])) '
        '/ (sum by (instance, job) (rate(all_total{job="api"}[10m])) > 0) CMP',
        *("ratio", 0.01, 0.05, 0.3),
    ),
    "mean": Kind(
        {"mean_of": {"total": "seconds_total", "count": "all_total", "window": "5m", **ALL}},
        'sum(rate(seconds_total{job="api"}[5m])) / (sum(rate(all_total{job="api"}[5m])) > 0) CMP',
        *("s", 0.5, 2, 5),
    ),
    "rate_second": Kind(
        {"rate_of": {"metric": "requests_total", "window": "5m", "each": "second", **ALL}},
        'sum(rate(requests_total{job="api"}[5m])) CMP',
        *("per_second", 1, 5, 8),
    ),
    "rate_minute": Kind(
        {"rate_of": {"metric": "requests_total", "window": "10m", "each": "minute", **_WHERE, **ALL}},
        'sum(rate(requests_total{job="api",status=~"5.."}[10m])) * 60 CMP',
        *("per_minute", 2, 12, 40),
    ),
    "rate_hour": Kind(
        {"rate_of": {"metric": "all_total", "window": "1h", "each": "hour", **EACH}},
        'rate(all_total{job="api"}[1h]) * 3600 CMP',
        *("per_hour", 20, 100, 400),
    ),
    "increase": Kind(
        {"increase_of": {"metric": "failed_total", "window": "10m", **ALL}},
        'sum(increase(failed_total{job="api"}[10m])) CMP',
        *("count", 4, 30, 90),
    ),
    "gauge": Kind({"gauge": {"metric": "queue_length", **EACH}}, 'queue_length{job="api"} CMP', "count", 10, 50, 90),
    "gauge_of_label": Kind(
        {"gauge": {"metric": "temperature", **API, "per": ["zone"]}},
        'WORST by (zone) (temperature{job="api"}) CMP',
        *("count", -10, 30, 90),
    ),
    "average": Kind(
        {"average_of": {"metric": "queue_length", "window": "5m", **ALL}},
        'avg(avg_over_time(queue_length{job="api"}[5m])) CMP',
        *("count", 10, 50, 90),
    ),
    "average_each": Kind(
        {"average_of": {"metric": "queue_length", "window": "10m", **EACH}},
        'avg_over_time(queue_length{job="api"}[10m]) CMP',
        *("count", 10, 50, 90),
    ),
    "average_of_state": Kind(
        {"average_of": {"metric": "up", "window": "10m", **ALL}},
        'avg(avg_over_time(up{job="api"}[10m])) CMP',
        *("ratio", 0.2, 0.5, 1),
    ),
    "sum": Kind({"sum_of": {"metric": "queue_length", **ALL}}, 'sum(queue_length{job="api"}) CMP', "count", 10, 50, 90),
    "share": Kind(
        {"share_of": {"part": "pool_used", "whole": "pool_size", "whole_is": 100, **EACH}},
        'pool_used{job="api"} / (pool_size{job="api"} > 0) CMP',
        *("ratio", 0.2, 0.8, 0.95),
    ),
    "count": Kind(
        {"count_of": {"metric": "node_state", "value": 1, "over": "node", **ALL}},
        'sum(node_state{job="api"}) CMP',
        *("count", 1, 3, 5),
    ),
}
_ORDERED = (">", ">=", "<", "<=")
_MISTAKEN = {">": ">=", ">=": ">", "<": "<=", "<=": "<", "==": ">=", "!=": ">"}
# An exact level is that of a healthy service only where each target stands for itself.
_EXACT = {"gauge": ("==", "!="), "gauge_of_label": ("==", "!="), "sum": ("==",), "count": ("==",)}
OPERATORS = [(name, operator) for name in KINDS for operator in (*_ORDERED, *_EXACT.get(name, ()))]


@dataclass(frozen=True)
class Wrong:
    """A rule that does not do what its contract says: a text replaced, the aspect that notices, and its words."""

    kind: str
    old: str
    new: str
    aspect: Aspect
    says: str
    operator: str = ">"


_T, _I, _S, _W, _L = Aspect.THRESHOLD, Aspect.INSTANCES, Aspect.SELECTION, Aspect.WINDOW, Aspect.LABELS
WRONG = [
    Wrong("quantile", "0.95,", "0.9,", _T, "the contract says > 500 ms"),
    Wrong("quantile", "by (le)", "by (le, instance)", _I, "with 2 targets at the firing level: expected the alert"),
    Wrong("quantile", '{job="api"}', "", _S, "a series with job='not-api' at the firing level"),
    Wrong("quantile", "5m", "10m", _W, "a breach just before its window: expected none, got the alert"),
    Wrong("quantile_each", "(le, instance, job)", "(le)", _L, "the contract says {alertname=wrong_quantile_each"),
    Wrong("quantile_each", "2m", "1m", _W, "a breach early in its window"),
    Wrong("ratio", 'failed_total{job="api"}', "failed_total", _S, "job='api-not'"),
    Wrong("ratio", "sum(rate(all", "max(rate(all", _I, "with 2 targets just below the threshold: expected none"),
    Wrong("ratio", "CMP", "* 100 CMP", _T, "the contract says > 0.05"),
    Wrong("ratio", "[5m]", "[5m] offset 30s", _W, "a breach in the last sample of its window"),
    Wrong("ratio_where", '"5.."', '"500"', _S, "status='503' at the firing level: expected the alert, got none"),
    Wrong("ratio_where", '"5.."', '"5..|200"', _S, "status='200' at the firing level: expected none"),
    Wrong("ratio_where", ',status=~"5.."', "", _T, "fires at every level"),
    Wrong("ratio_where_each", "10m", "20m", _W, "a breach just before its window"),
    Wrong("mean", "sum(rate(sec", "avg(rate(sec", _I, "expected"),
    Wrong("mean", "sum(rate(seconds_total", "sum(irate(seconds_total", _W, "its window"),
    Wrong("mean", "CMP", "* 1000 CMP", _T, "flips at 0.002 s, the contract says > 2 s"),
    Wrong("rate_second", "sum(", "max(", _I, "expected"),
    Wrong("rate_second", "sum(", "sum by (path) (", _I, "path"),
    Wrong("rate_second", "CMP", "* 60 CMP", _T, "flips at 0.083333"),
    Wrong("rate_minute", "* 60 CMP", "CMP", _T, "silent at every level from 0/min to 120/min"),
    Wrong("rate_minute", '"5.."', '"503"', _S, "status='500' at the firing level: expected the alert"),
    Wrong("rate_hour", "1h", "30m", _W, "a breach early in its window"),
    Wrong("rate_hour", "[1h]", "[1h] offset 1h", _W, "a breach"),
    Wrong("increase", "10m", "5m", _T, "flips at 60, the contract says > 30"),
    Wrong("increase", "sum(", "avg(", _I, "expected"),
    Wrong("gauge", 'queue_length{job="api"}', 'sum(queue_length{job="api"})', _L, "it carries {alertname="),
    Wrong("gauge", '{job="api"}', '{job=~"api|not-api"}', _S, "job='not-api'"),
    Wrong("gauge", "queue_length", "delta(queue_length[5m]", _T, "the contract says > 50"),
    Wrong(
        "gauge", 'queue_length{job="api"}', 'last_over_time(queue_length{job="api"}[10s])', _T, "it fires or not, as"
    ),
    Wrong("gauge_of_label", "WORST by", "count by", _T, "silent at every level"),
    Wrong("gauge_of_label", "by (zone)", "by (zone, instance)", _L, "instance=api-1"),
    Wrong("average", "avg_over_time", "max_over_time", _W, "its window"),
    Wrong("average", "avg(avg", "max(avg", _I, "expected"),
    Wrong("average", "5m", "15m", _W, "a breach just before its window"),
    Wrong("average_each", "avg_over_time", "min_over_time", _W, "its window"),
    Wrong("average_of_state", "10m", "1m", _W, "a breach", "<"),
    Wrong("sum", "sum(", "avg(", _I, "expected"),
    Wrong("sum", "sum(", "sum by (instance) (", _L, "instance=api-1"),
    Wrong("sum", '{job="api"}', '{instance="api-1"}', _S, "job='not-api'"),
    Wrong("share", 'pool_used{job="api"} /', '1 - pool_used{job="api"} /', _T, "flips at 0.2"),
    Wrong("share", " > 0) CMP", ") CMP", Aspect.TOLERANCE, "a zero whole fires it"),
    Wrong("count", "sum(", "count(", _T, "the contract says > 3"),
    Wrong("count", 'sum(node_state{job="api"})', 'sum(node_state{job="api"} == bool 0)', _T, "the contract says > 3"),
    Wrong("count", "sum(", "max(", _T, "silent at every level"),
    Wrong("ratio", " > 0) CMP", ") CMP", Aspect.TOLERANCE, "a zero whole fires it"),
]


def alerts() -> list[Item]:
    made = [
        {
            "name": f"{name}_{number}",
            "expr": KINDS[name].rule(operator),
            "comparisons": [KINDS[name].claim(operator)],
            # The rate of a target that is new is low for an hour.
            "fires_on": ["rolling_deploy"] if name == "rate_hour" and operator.startswith("<") else [],
        }
        for number, (name, operator) in enumerate(OPERATORS)
    ]
    made += [
        {
            "name": f"mistaken_{number}",
            "expr": KINDS[name].rule(_MISTAKEN[operator]),
            "comparisons": [KINDS[name].claim(operator)],
        }
        for number, (name, operator) in enumerate(OPERATORS)
    ]
    made += [
        {
            "name": f"wrong_{wrong.kind}_{number}",
            "expr": with_operator(
                _replaced(KINDS[wrong.kind].expr, wrong), wrong.operator, KINDS[wrong.kind].threshold
            ),
            "comparisons": [KINDS[wrong.kind].claim(wrong.operator)],
        }
        for number, wrong in enumerate(WRONG)
    ]
    return made


def _replaced(expr: str, wrong: Wrong) -> str:
    assert wrong.old in expr, wrong
    changed = expr.replace(wrong.old, wrong.new)
    # A delta's own bracket follows its selector.
    return 'delta(queue_length{job="api"}[5m]) CMP' if "delta" in changed else changed


@pytest.fixture(scope="module")
def proofs(
    host: Host, tmp_path_factory: pytest.TempPathFactory, made_service: Callable[..., None]
) -> Mapping[str, Proof]:
    folder = tmp_path_factory.mktemp("signals")
    made_service(folder, "s", METRICS, alerts())
    run = run_proofs(host, tmp_path_factory.mktemp("run"), load_estate([folder]), delivers=False)
    return {proof.id.alert: proof for proof in run.proofs}


def outcome(proof: Proof, aspect: Aspect) -> Outcome:
    return next(item for item in proof.outcomes if item.aspect is aspect)


@pytest.mark.parametrize(("name", "operator"), OPERATORS)
def test_a_correct_rule_is_proved(proofs: Mapping[str, Proof], name: str, operator: str) -> None:
    proof = proofs[f"{name}_{OPERATORS.index((name, operator))}"]
    assert proof.verdict is Verdict.PROVED, proof.reason
    (comparison,) = proof.comparisons
    assert (comparison.measured, comparison.measured_operator) == (KINDS[name].threshold, operator)


@pytest.mark.parametrize(("name", "operator"), OPERATORS)
def test_another_operator_is_refuted(proofs: Mapping[str, Proof], name: str, operator: str) -> None:
    proof = proofs[f"mistaken_{OPERATORS.index((name, operator))}"]
    found = outcome(proof, Aspect.THRESHOLD)
    assert found.verdict is Verdict.REFUTED
    assert f"the contract says {operator} " in found.reason


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.kind}: {wrong.old} → {wrong.new}")
def test_a_wrong_rule_is_refuted_in_its_aspect(proofs: Mapping[str, Proof], wrong: Wrong) -> None:
    proof = proofs[f"wrong_{wrong.kind}_{WRONG.index(wrong)}"]
    found = outcome(proof, wrong.aspect)
    assert found.verdict is Verdict.REFUTED, proof.reason
    assert wrong.says in found.reason
