"""Blackouts that are noticed in time, late, by nobody, or by an alert that is never silent; healthy services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from alertproof.load.estate import load_estate
from alertproof.model.proof import ServiceProof, Verdict
from alertproof.proof.blackouts import prove_silence, silence_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from alertproof.engines.host import Host

Item = dict[str, Any]
METRICS: list[Item] = [
    {"name": "up", "type": "gauge", "unit": "state", "help": "h", "values": [0, 1]},
    {"name": "node_state", "type": "gauge", "unit": "state", "help": "h", "labels": {"node": ["n1"]}, "values": [0, 1]},
    {"name": "queue_length", "type": "gauge", "unit": "things", "help": "h"},
    {"name": "pool_size", "type": "gauge", "unit": "things", "help": "h", "usual": 7},
]
EACH: Item = {"select": {"job": "api"}, "per": ["instance", "job"]}
DOWN = {
    "signal": {"gauge": {"metric": "up", **EACH}},
    "operator": "==",
    "threshold": 0,
    "unit": "state",
    "usual": 1,
    "example": 0,
}
GONE = {
    "signal": {"presence_of": {"metric": "up", "select": {"job": "api"}, "per": ["job"]}},
    "operator": "==",
    "threshold": 0,
    "unit": "state",
    "usual": 1,
    "example": 0,
}
NODES = {
    "signal": {"count_of": {"metric": "node_state", "value": 1, "over": "node", "select": {"job": "api"}, "per": []}},
    "operator": ">",
    "threshold": 2,
    "unit": "count",
    "usual": 2,
    "example": 4,
}
QUEUE = {
    "signal": {"gauge": {"metric": "queue_length", **EACH}},
    "operator": ">",
    "threshold": 50,
    "unit": "count",
    "usual": 10,
    "example": 90,
}


def down(name: str, **more: object) -> Item:
    return {"name": name, "expr": 'up{job="api"} == 0', "comparisons": [DOWN], "for": "30s", **more}


def gone(name: str, **more: object) -> Item:
    return {"name": name, "expr": 'absent(up{job="api"})', "comparisons": [GONE], "for": "30s", **more}


RECORD = [{"record": "job:up", "expr": "sum by (job) (up)"}]
# Per service its alerts and its blackouts.
SERVICES: Mapping[str, tuple[list[Item], list[Item]]] = {
    "watched": ([down("Down"), gone("Gone")], [{"job": "api", "within": "45s"}, {"job": "db", "within": "never"}]),
    "late": ([down("Down", **{"for": "2m"}), gone("Gone", **{"for": "2m"})], [{"job": "api", "within": "2m14s"}]),
    "deaf": ([{"name": "Queue", "expr": "queue_length > 50", "comparisons": [QUEUE]}], [{"job": "db", "within": "1m"}]),
    # Its one alert fires whatever happens, so it notices nothing.
    "loud": (
        [{"name": "Queue", "expr": "queue_length > 5", "comparisons": [QUEUE], "for": "0s"}],
        [{"job": "api", "within": "1m"}],
    ),
    "recorded": (
        [{"name": "Down", "expr": "job:up < 1", "comparisons": [DOWN], "for": "1m", "records": RECORD}],
        [{"job": "api", "within": "1m15s"}],
    ),
    # Beside one alert in time and one too late, the one in time counts.
    "both": ([down("Slow", **{"for": "4m"}), down("Quick"), gone("Gone")], [{"job": "api", "within": "45s"}]),
    # As many nodes as are usual, and none beside them.
    "counted": (
        [{"name": "Nodes", "expr": 'count(node_state{job="api"}) > 2', "comparisons": [NODES]}],
        [{"job": "api", "within": "never"}],
    ),
    # The alert comes long after it should: how long is measured all the same.
    "patient": (
        [gone("Gone", expr='absent_over_time(up{job="api"}[8m])')],
        [{"job": "api", "within": "4m"}],
    ),
    "usual": (
        [{"name": "Small", "expr": "queue_length > 50 or pool_size < 7", "comparisons": [QUEUE]}],
        [{"job": "api", "within": "never"}, {"job": "db", "within": "never"}],
    ),
}


@pytest.fixture(scope="module")
def proofs(
    host: Host, tmp_path_factory: pytest.TempPathFactory, made_service: Callable[..., None]
) -> Mapping[str, ServiceProof]:
    folder = tmp_path_factory.mktemp("silence")
    for name, (own, blackouts) in SERVICES.items():
        made_service(folder, name, METRICS, own, jobs=["api", "db"], blackouts=blackouts)
    alerts = load_estate([folder]).alerts
    found = prove_silence(host, tmp_path_factory.mktemp("run"), alerts)
    names = {
        f"{service.name}/{aspect}/{name}"
        for service in {alert.service.name: alert.service for alert in alerts}.values()
        for aspect, name in silence_names(service)
    }
    assert {str(proof) for proof in found} == names
    return {str(proof): proof for proof in found}


@pytest.mark.parametrize(
    ("name", "measured"),
    [
        ("watched/blackout/api down", "Down after 30s to 45s"),
        ("watched/blackout/api gone", "Gone after 30s to 45s"),
        ("recorded/blackout/api down", "Down after 1m to 1m15s"),
        ("both/blackout/api down", "Quick after 30s to 45s"),
        ("both/blackout/api gone", "Gone after 30s to 45s"),
        *(
            (f"{name}/healthy/all at usual levels", "1 alert silent" if len(own) == 1 else f"{len(own)} alerts silent")
            for name, (own, _) in SERVICES.items()
            if name != "loud"
        ),
    ],
)
def test_a_claim_that_holds_is_proved(proofs: Mapping[str, ServiceProof], name: str, measured: str) -> None:
    proof = proofs[name]
    assert (proof.verdict, proof.measured, proof.reason) == (Verdict.PROVED, measured, "")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("late/blackout/api down", "Down after 2m to 2m15s, the contract says within 2m14s"),
        ("late/blackout/api gone", "Gone after 2m to 2m15s, the contract says within 2m14s"),
        ("deaf/blackout/db down", "no alert of deaf fires when all targets of job db are down"),
        ("deaf/blackout/db gone", "no alert of deaf fires when all targets of job db are gone"),
        ("loud/blackout/api down", "no alert of loud fires when all targets of job api are down"),
        ("recorded/blackout/api gone", "no alert of recorded fires when all targets of job api are gone"),
        ("loud/healthy/all at usual levels", "Queue fires although everything is at its usual level"),
    ],
)
def test_a_claim_that_does_not_hold_is_refuted(proofs: Mapping[str, ServiceProof], name: str, reason: str) -> None:
    proof = proofs[name]
    assert (proof.verdict, proof.reason) == (Verdict.REFUTED, reason)
    assert proof.measured != proof.claimed


def test_how_late_a_late_alert_is_is_said(proofs: Mapping[str, ServiceProof]) -> None:
    reason = proofs["patient/blackout/api gone"].reason
    assert "Gone after 8m" in reason
    assert reason.endswith("the contract says within 4m")


def test_a_blackout_that_nobody_needs_to_notice_is_not_asked(proofs: Mapping[str, ServiceProof]) -> None:
    assert [name for name in proofs if name.startswith(("watched/blackout/db", "usual/blackout"))] == []
