"""Mutants of expressions: what is made, that it is PromQL, and what is said to be equivalent."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.mutants.edits import edits
from bench.mutants.equivalence import equivalent
from bench.mutants.rules import Mutant, rule_mutants
from bench.mutants.tree import normal, read, write

from alertproof.load.estate import load_estate

SAMPLE = Path(__file__).parents[2] / "sample"
ESTATE = load_estate([Path(__file__).parents[3]])


@pytest.mark.parametrize(
    "expr",
    [
        'sum by (le) (rate(a{b="c", d!="e", f=~"g.*"}[5m] offset 1m)) > 5',
        "a / on (x) group_left (y) b unless ignoring (z) c",
        "a > bool 1",
        "topk by (job) (3, a)",
        "sum without (pod) (a) * 60 >= 10",
        'label_replace(a, "b", "$1", "c", "(.*)") == 0',
        "max_over_time(a[1h:1m]) > -1",
        "absent(a{b='x\"y'})",
    ],
)
def test_a_tree_is_written_as_it_was_read(expr: str) -> None:
    assert normal(write(read(expr))) == normal(expr)


def test_each_change_is_promql_that_differs_from_all_others() -> None:
    expr = 'sum by (job) (rate(a{job="x"}[5m])) / (sum by (job) (rate(b{job="x"}[5m])) > 0) > 0.2 and up == 0'
    texts = [normal(edit.expr) for edit in edits(read(expr))]
    assert len(set(texts)) == len(texts)
    assert normal(expr) not in texts
    assert {edit.kind for edit in edits(read(expr))} == {
        "threshold",
        "operator",
        "direction",
        "comparison removed",
        "sides exchanged",
        "side removed",
        "range",
        "offset",
        "function",
        "matcher removed",
        "matcher turned",
        "aggregation",
        "aggregation label",
    }


def test_a_mutant_stands_in_its_own_service_and_file() -> None:
    alert = next(
        alert for alert in ESTATE.alerts if alert.rule.alert == "HighErrorRate" and alert.id.service != "vizora"
    )
    mutant = next(m for m in rule_mutants(alert) if m.record and m.words == "sum → max")
    assert mutant.alert.file in mutant.alert.service.prometheus.rule_files
    assert "max(rate(errors_total" in mutant.alert.file.text.replace("max (", "max(")
    assert mutant.alert.rule == alert.rule
    assert alert.service.recordings != mutant.alert.service.recordings


def reason(alert: str, words: str) -> str:
    """Give the reason of the one mutant of the repository's own alert that is changed so."""
    return " / ".join(equivalent(mutant) for mutant in found(alert, words))


def found(alert: str, words: str) -> list[Mutant]:
    mutants = [m for a in ESTATE.alerts if a.rule.alert == alert for m in rule_mutants(a) if m.words == words]
    assert mutants
    return mutants


@pytest.mark.parametrize(
    ("alert", "words", "says"),
    [
        ("TURNUnavailable", "== 0 → <=", "up is one of 0, 1"),
        ("BackendDown", "sum → max", "are 0 together"),
        ("BackendDown", "== 0 → <=", "never negative"),
        ("HighSignalingLatency", "rate → increase", "length of the range"),
        ("HighSignalingLatency", "sum → avg", "number of targets"),
        ("HighDiskUsage", 'node_filesystem_avail_bytes: job="node" removed', "matched on job"),
        ("HighDiskUsage", "guard > 0 removed", "not less than any number"),
        ("BackendGone", "label job: backend added", "by its selectors"),
    ],
)
def test_what_algebra_shows_is_equivalent(alert: str, words: str, says: str) -> None:
    assert says in reason(alert, words)


@pytest.mark.parametrize(
    ("alert", "words"),
    [
        ("TURNUnavailable", "== 0 → >="),
        ("BackendDown", "sum → min"),
        ("HighSignalingLatency", "sum → max"),
        ("HighSignalingLatency", "rate → irate"),
        ("PodCrashLoop", "> 1.5 → >="),
        ("PodCrashLoop", "sum → max"),
        ("TURNFallbackHigh", "guard > 0 removed"),
        ("HighDiskUsage", "node_filesystem_size_bytes offset 1m"),
        ("HighMemoryUsage", 'container_memory_working_set_bytes: job="cadvisor" removed'),
        ("BackendPodDown", "label instance: backend-1 added"),
        ("HighMemoryUsage", "max → avg"),
    ],
)
def test_what_only_looks_equivalent_is_not(alert: str, words: str) -> None:
    assert reason(alert, words).strip(" /") == ""
