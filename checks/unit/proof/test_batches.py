"""Which alerts share a live replay: none that read one series, or that silence one another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from alertproof.load.estate import load_estate
from alertproof.model.series import METRIC_NAME
from alertproof.proof.batches import healthy_series, live_batches
from alertproof.proof.prove import RuleProof
from alertproof.proof.subject import subject_of
from alertproof.proof.timeline import course_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Item = dict[str, Any]
METRICS: list[Item] = [
    {"name": name, "type": "gauge", "unit": "things", "help": "h"} for name in ("queue", "heat", "load", "up")
]


def claim(metric: str, **select: str) -> Item:
    signal = {"gauge": {"metric": metric, "select": select, "per": ["instance"]}}
    return {"signal": signal, "operator": ">", "threshold": 5, "unit": "count", "usual": 1, "example": 9}


def there(metric: str, **select: str) -> Item:
    signal = {"presence_of": {"metric": metric, "select": select, "per": ["job"]}}
    return {"signal": signal, "operator": "==", "threshold": 0, "unit": "state", "usual": 1, "example": 0}


def alert(name: str, *comparisons: Item, expr: str = "queue > 5") -> Item:
    return {"name": name, "expr": expr, "comparisons": list(comparisons)}


@pytest.fixture
def proofs_of(tmp_path: Path, made_service: Callable[..., None]) -> Callable[..., list[RuleProof]]:
    def make(*alerts: Item, inhibit: list[Item] | None = None, service: str = "s") -> list[RuleProof]:
        made_service(tmp_path, service, METRICS, alerts)
        folder = tmp_path / "rules/alertmanager"
        folder.mkdir(exist_ok=True)
        document = {"route": {"receiver": "r"}, "receivers": [{"name": "r"}], "inhibit_rules": inhibit or []}
        (folder / f"{service}.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
        return [
            RuleProof(item, (), course=course_of(subject_of(item)), labels={"alertname": item.rule.alert, "zone": "z"})
            for item in load_estate([tmp_path]).alerts
        ]

    return make


def names(batches: list[list[RuleProof]]) -> list[list[str]]:
    return [[proof.alert.rule.alert for proof in batch] for batch in batches]


def test_alerts_on_different_metrics_or_jobs_share_a_replay(proofs_of: Callable[..., list[RuleProof]]) -> None:
    proofs = proofs_of(
        alert("A", claim("queue", job="a")),
        alert("B", claim("heat", job="a")),
        alert("C", claim("queue", job="c")),
    )
    assert names(live_batches(proofs)) == [["A", "B", "C"]]


def test_alerts_that_could_read_each_others_series_do_not(proofs_of: Callable[..., list[RuleProof]]) -> None:
    proofs = proofs_of(
        alert("A", claim("queue", job="a")),
        alert("B", claim("queue", job="a")),
        # Nothing parts it from either: it selects by another label.
        alert("C", claim("queue", zone="z")),
        alert("D", claim("heat", job="a"), claim("load", job="a")),
        alert("E", claim("load", job="a")),
    )
    assert names(live_batches(proofs)) == [["A", "D"], ["B", "E"], ["C"]]


def test_alerts_that_only_share_what_stands_in_the_background_do_not_either(
    proofs_of: Callable[..., list[RuleProof]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METRICS[2], "usual", 3)
    reads = "queue > 5 and on (job) load > 1"
    first, second = (
        alert("A", claim("queue", job="a"), expr=reads),
        alert("B", claim("heat", job="a"), expr="heat > load"),
    )
    proofs = proofs_of(first, second)
    for proof in proofs:
        assert proof.course is not None
        assert "load" in [series.labels[METRIC_NAME] for series in proof.course.scenario.series]
    assert names(live_batches(proofs)) == [["A"], ["B"]]


@pytest.mark.parametrize(("source", "target"), [("A", "B"), ("B", "A")])
def test_an_alert_that_inhibits_another_does_not_share_its_replay(
    proofs_of: Callable[..., list[RuleProof]], source: str, target: str
) -> None:
    rules = [
        {"source_matchers": [f"alertname={source}"], "target_matchers": [f"alertname={target}"], "equal": ["zone"]}
    ]
    own = (alert("A", claim("queue", job="a")), alert("B", claim("heat", job="a")), alert("C", claim("load", job="a")))
    assert names(live_batches(proofs_of(*own, inhibit=rules))) == [["A", "C"], ["B"]]


def test_inhibition_sees_the_labels_that_the_server_adds(proofs_of: Callable[..., list[RuleProof]]) -> None:
    rules = [{"source_matchers": ["alertname=A", "cluster=one"], "target_matchers": ["alertname=B", "cluster=one"]}]
    own = (alert("A", claim("queue", job="a")), alert("B", claim("heat", job="a")))
    proofs = proofs_of(*own, inhibit=rules)
    assert names(live_batches(proofs)) == [["A", "B"]]
    service = proofs[0].alert.service
    document = {**service.prometheus.document, "global": {"external_labels": {"cluster": "one"}}}
    labelled = replace(service, prometheus=replace(service.prometheus, document=document))
    added = [replace(proof, alert=replace(proof.alert, service=labelled)) for proof in proofs]
    assert names(live_batches(added)) == [["A"], ["B"]]


def test_namesakes_do_not_share_a_replay(proofs_of: Callable[..., list[RuleProof]]) -> None:
    proofs = proofs_of(alert("A", claim("queue", job="a")), alert("B", claim("heat", job="a")))
    namesake = replace(proofs[1].alert, rule=replace(proofs[1].alert.rule, alert="A"))
    assert names(live_batches([proofs[0], replace(proofs[1], alert=namesake)])) == [["A"], ["A"]]


def test_an_inhibition_that_cannot_be_read_parts_nobody(proofs_of: Callable[..., list[RuleProof]]) -> None:
    rules = [{"source_matchers": ["alertname=~'('"], "target_matchers": ["alertname=B"]}]
    own = (alert("A", claim("queue", job="a")), alert("B", claim("heat", job="a")))
    assert names(live_batches(proofs_of(*own, inhibit=rules))) == [["A", "B"]]


def test_alerts_of_different_services_do_not_share(proofs_of: Callable[..., list[RuleProof]]) -> None:
    proofs_of(alert("A", claim("queue", job="a")))
    assert names(live_batches(proofs_of(alert("B", claim("heat", job="a")), service="t"))) == [["A"], ["B"]]


def test_a_target_is_there_for_alerts_beside_the_batch_that_watch_whether_it_is(
    proofs_of: Callable[..., list[RuleProof]],
) -> None:
    proofs = proofs_of(
        alert("A", claim("queue", job="a")),
        alert("Gone", there("up", job="a"), expr='absent(up{job="a"})'),
        alert("Lost", there("up", job="b"), expr='absent(up{job="b"})'),
    )
    assert [series.labels["job"] for series in healthy_series(proofs[:1])] == ["a", "b"]
    # What the batch's own alert speaks of is left to it.
    assert [series.labels["job"] for series in healthy_series(proofs[1:2])] == ["b"]
    for series in healthy_series(proofs[:1]):
        assert set(series.samples) == {1.0}
        assert series.labels[METRIC_NAME] == "up"
