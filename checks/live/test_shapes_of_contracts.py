"""Contracts of other shapes than the estate has, on the engine: every operator, gauges, signals that select nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from alertproof.errors import InputError
from alertproof.load.estate import load_estate
from alertproof.model.proof import Proof, Verdict
from alertproof.proof.run import run_proofs

if TYPE_CHECKING:
    from pathlib import Path

    from alertproof.engines.host import Host

GAUGE = {"gauge": {"metric": "queue_length", "select": {"job": "q"}, "per": ["instance", "job"]}}
SHARE = {"ratio_of": {"part": "bad_total", "whole": "all_total", "window": "5m", "select": {}, "per": []}}
METRICS = [
    {"name": "queue_length", "type": "gauge", "unit": "items", "help": "h"},
    {"name": "bad_total", "type": "counter", "unit": "requests", "help": "h"},
    {"name": "all_total", "type": "counter", "unit": "requests", "help": "h"},
]


def prove(host: Host, folder: Path, expr: str, **comparison: object) -> Proof:
    estate = folder / "estate"
    for name in ("rules/prometheus/s", "rules/contracts", "fixtures/metrics", "runs"):
        (estate / name).mkdir(parents=True)
    rule = {"alert": "A", "expr": expr, "for": "1m", "labels": {"severity": "warning"}, "annotations": {"summary": "s"}}
    contract = {
        "group": "g",
        "alert": "A",
        "labels": {},
        "severity": "warning",
        "comparisons": [comparison],
        "for": "1m",
        "receivers": ["r"],
        "annotations": {"summary": "s"},
        "tolerance": "none",
        "source": {"document": "d", "section": "s", "statement": "t"},
    }
    write(estate / "rules/prometheus/s/prometheus.yml", {"global": {"scrape_interval": "15s"}, "rule_files": ["r.yml"]})
    write(estate / "rules/prometheus/s/r.yml", {"groups": [{"name": "g", "interval": "15s", "rules": [rule]}]})
    write(estate / "rules/contracts/s.yml", {"service": "s", "contracts": [contract]})
    write(estate / "fixtures/metrics/s.yml", {"service": "s", "metrics": METRICS})
    return run_proofs(host, estate / "runs", load_estate([estate]), delivers=False).proofs[0]


def write(path: Path, data: object) -> None:
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")


@pytest.mark.parametrize(
    ("operator", "usual", "example"),
    [(">", 10, 90), (">=", 10, 90), ("<", 90, 10), ("<=", 90, 10), ("==", 10, 50), ("!=", 50, 10)],
)
def test_every_operator_is_proved_and_no_other_passes_for_it(
    host: Host, tmp_path: Path, operator: str, usual: int, example: int
) -> None:
    claim = {
        "signal": GAUGE,
        "operator": operator,
        "threshold": 50,
        "unit": "count",
        "usual": usual,
        "example": example,
    }
    for written in (">", ">=", "<", "<=", "==", "!="):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        proof = prove(host, folder, f'queue_length{{job="q"}} {written} 50', **claim)
        assert (proof.verdict is Verdict.PROVED) is (written == operator), (written, proof.reason)
        if written == operator:
            assert (proof.comparisons[0].measured, proof.comparisons[0].measured_operator) == (50.0, operator)


def test_a_number_on_the_left_is_the_same_claim(host: Host, tmp_path: Path) -> None:
    claim = {"signal": GAUGE, "operator": ">", "threshold": 50, "unit": "count", "usual": 10, "example": 90}
    assert prove(host, tmp_path, '50 < queue_length{job="q"}', **claim).verdict is Verdict.PROVED


def test_a_signal_that_selects_nothing_has_nothing_outside_it(host: Host, tmp_path: Path) -> None:
    claim = {"signal": SHARE, "operator": ">", "threshold": 0.1, "unit": "ratio", "usual": 0.01, "example": 0.5}
    expr = "sum(rate(bad_total[5m])) / (sum(rate(all_total[5m])) > 0) > 0.1"
    proof = prove(host, tmp_path, expr, **claim)
    assert proof.verdict is Verdict.PROVED, proof.reason
    assert "selection" not in {str(outcome.aspect) for outcome in proof.outcomes}


def test_a_late_offset_on_a_gauge_is_noticed(host: Host, tmp_path: Path) -> None:
    claim = {"signal": GAUGE, "operator": ">", "threshold": 50, "unit": "count", "usual": 10, "example": 90}
    proof = prove(host, tmp_path, 'queue_length{job="q"} offset 15s > 50', **claim)
    assert proof.verdict is Verdict.REFUTED
    assert "resolve" in proof.reason


@pytest.mark.parametrize(
    ("signal", "says"),
    [
        ({"gauge": {**GAUGE["gauge"], "per": []}}, "must name instance"),
        ({"gauge": {**GAUGE["gauge"], "per": ["instance", "zone"]}}, "'per' names zone"),
    ],
)
def test_a_contract_that_no_series_can_show_is_refused(
    host: Host, tmp_path: Path, signal: dict[str, object], says: str
) -> None:
    claim = {"operator": ">", "threshold": 50, "unit": "count", "usual": 10, "example": 90}
    with pytest.raises(InputError, match=says):
        prove(host, tmp_path, "queue_length > 50", signal=signal, **claim)


def test_a_window_of_hours_takes_more_than_one_query_and_is_proved(host: Host, tmp_path: Path) -> None:
    hours = {"ratio_of": {**SHARE["ratio_of"], "window": "2h"}}
    claim = {"signal": hours, "operator": ">", "threshold": 0.1, "unit": "ratio", "usual": 0.01, "example": 0.5}
    expr = "sum(rate(bad_total[2h])) / (sum(rate(all_total[2h])) > 0) > 0.1"
    proof = prove(host, tmp_path, expr, **claim)
    assert proof.verdict is Verdict.PROVED, proof.reason
