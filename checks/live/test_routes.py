"""What an owner says of bursts, inhibition, time intervals and repeats, on a real Alertmanager; and every lie found."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from alertproof.load.estate import load_estate
from alertproof.model.proof import ServiceAspect, ServiceProof, Verdict
from alertproof.proof.routes import prove_routes

if TYPE_CHECKING:
    from pathlib import Path

    from alertproof.engines.host import Host
    from alertproof.model.estate import Service

ALERTMANAGER = "rules/alertmanager/video_chat.yml"
LATENCY, ICE, TURN = "HighSignalingLatency", "LowICESuccessRate", "TURNUnavailable"
FILE = """
global:
  slack_api_url_file: /etc/alertmanager/secrets/slack_api_url
route:
  receiver: slack
  group_by: [alertname, cluster, service]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 12h
  routes:
    - matchers: ['severity = "critical"']
      receiver: pagerduty
      repeat_interval: 4h
      continue: true
    - matchers: ['severity = "critical"']
      repeat_interval: 4h
      receiver: slack
    - matchers: ['severity = "warning"']
      receiver: slack
      mute_time_intervals: [maintenance]
inhibit_rules:
  - source_matchers: ['alertname = TURNUnavailable']
    target_matchers: ['severity = "warning"']
    equal: [service, cluster]
time_intervals:
  - name: maintenance
    time_intervals: [{weekdays: [sunday], times: [{start_time: '02:00', end_time: '04:00'}]}]
receivers:
  - name: slack
    slack_configs:
      - channel: '#alerts'
        send_resolved: true
        title: '[{{ .Status | toUpper }}] {{ .CommonLabels.alertname }} ({{ .CommonLabels.severity }})'
        text: '{{ range .Alerts }}{{ .Annotations.summary }}{{ "\\n" }}{{ end }}'
  - name: pagerduty
    pagerduty_configs:
      - routing_key_file: /etc/alertmanager/secrets/pagerduty_routing_key
        severity: '{{ .CommonLabels.severity }}'
        description: '{{ .CommonLabels.alertname }}: {{ .CommonAnnotations.summary }}'
"""
ROUTES = f"""
routes:
  burst: {{alert: {TURN}, notifications: 1}}
  inhibits:
    - {{source: {TURN}, targets: [{ICE}]}}
  mutes:
    - {{interval: maintenance, alerts: [{ICE}]}}
  repeat: {{alert: {TURN}, every: 4h}}
"""
CLAIMS = {"silence", "burst", f"inhibits-{TURN}", "mutes-maintenance", "repeat"}


@dataclass(frozen=True)
class Mutant:
    """A text replaced in the Alertmanager file, the claim that notices, and what the reason must say."""

    old: str
    new: str
    claim: str
    says: str


INHIBITS, MUTES = f"inhibits-{TURN}", "mutes-maintenance"
MUTANTS = [
    Mutant(
        "source_matchers: ['alertname = TURNUnavailable']", "source_matchers: [alertname = X]", INHIBITS, "told slack"
    ),
    Mutant("equal: [service, cluster]", "equal: [alertname]", INHIBITS, f"told slack of {ICE}"),
    Mutant(
        "['severity = \"warning\"']\n    equal",
        "['alertname != TURNUnavailable']\n    equal",
        INHIBITS,
        f"fires, never heard pagerduty of {LATENCY}, slack of {LATENCY}",
    ),
    Mutant(
        "[alertname, cluster, service]", "[alertname, cluster, service, instance]", "burst", "50 firing notifications"
    ),
    Mutant("[alertname, cluster, service]", "[cluster, service]", "burst", f"also hold {LATENCY}"),
    Mutant("[alertname, cluster, service]", "['...']", "burst", "50 firing notifications"),
    Mutant("      mute_time_intervals: [maintenance]\n", "", MUTES, f"is active, told slack of {ICE}"),
    Mutant(
        "      receiver: pagerduty\n",
        "      receiver: pagerduty\n      mute_time_intervals: [maintenance]\n",
        MUTES,
        f"never heard pagerduty of {LATENCY}, pagerduty of {TURN}",
    ),
    Mutant(
        "mute_time_intervals: [maintenance]",
        "active_time_intervals: [maintenance]",
        MUTES,
        f"is active, told slack of {ICE}",
    ),
    Mutant("repeat_interval: 4h", "repeat_interval: 5h", "repeat", "not told again after 4h pagerduty"),
    Mutant("      repeat_interval: 4h\n      receiver: slack", "      receiver: slack", "repeat", "slack of TURNUnav"),
    Mutant("send_resolved: true", "send_resolved: false", "burst", "0 resolved notifications"),
]


def write(estate: Path, file: str, routes: str = ROUTES) -> None:
    (estate / ALERTMANAGER).write_text(file, encoding="utf-8")
    contracts = estate / "rules/contracts/video_chat.yml"
    contracts.write_text(contracts.read_text("utf-8").partition("\nroutes:")[0] + routes, encoding="utf-8")


def service_of(estate: Path) -> Service:
    return load_estate([estate]).alerts[0].service


def prove(host: Host, estate: Path, folder: Path) -> dict[str, ServiceProof]:
    folder.mkdir()
    proofs = prove_routes(host, folder, service_of(estate), threading.Event())
    assert {proof.aspect for proof in proofs} == {ServiceAspect.ROUTE}
    return {proof.name: proof for proof in proofs}


def test_all_claims_of_a_good_file_are_proved(host: Host, copied_estate: Path, tmp_path: Path) -> None:
    write(copied_estate, FILE)
    found = prove(host, copied_estate, tmp_path / "run")
    assert {name: (proof.verdict, proof.reason) for name, proof in found.items()} == dict.fromkeys(
        CLAIMS, (Verdict.PROVED, "")
    )


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.old.strip()} → {mutant.new.strip()}")
def test_a_changed_file_is_refuted(host: Host, copied_estate: Path, tmp_path: Path, mutant: Mutant) -> None:
    assert mutant.old in FILE
    write(copied_estate, FILE.replace(mutant.old, mutant.new))
    found = prove(host, copied_estate, tmp_path / "run")
    noticed = {name: proof.reason for name, proof in found.items() if proof.verdict is Verdict.REFUTED}
    # A group that holds several alerts may name none of them, so that other claims fall with it.
    assert set(noticed) == {mutant.claim} or mutant.new == "[cluster, service]", noticed
    assert mutant.says in found[mutant.claim].reason


def test_mail_is_counted_like_any_other_notification(host: Host, copied_estate: Path, tmp_path: Path) -> None:
    mail = "\n    email_configs: [{to: team@example.com, send_resolved: true}]\n    slack_configs:"
    common = "global:\n  smtp_smarthost: mail.example.com:587\n  smtp_from: a@example.com\n"
    file = FILE.replace("\n    slack_configs:", mail).replace("global:\n", common)
    write(copied_estate, file)
    found = prove(host, copied_estate, tmp_path / "run")
    assert {proof.reason for proof in found.values()} == {""}
    write(copied_estate, file.replace("com, send_resolved: true", "com, send_resolved: false"))
    reason = prove(host, copied_estate, tmp_path / "again")["burst"].reason
    assert reason == f"slack of {TURN}: 0 resolved notifications for 50 instances, not 1"


def test_without_claims_a_silence_is_proved_all_the_same(host: Host, copied_estate: Path, tmp_path: Path) -> None:
    write(copied_estate, FILE, "\n")
    found = prove(host, copied_estate, tmp_path / "run")
    assert {name: proof.verdict for name, proof in found.items()} == {"silence": Verdict.PROVED}


def test_a_service_without_an_alertmanager_file_is_refuted(host: Host, copied_estate: Path, tmp_path: Path) -> None:
    write(copied_estate, FILE)
    service = replace(service_of(copied_estate), alertmanager=None)
    proofs = prove_routes(host, tmp_path, service, threading.Event())
    assert {proof.verdict for proof in proofs} == {Verdict.REFUTED}
    assert {proof.name for proof in proofs} == CLAIMS
    assert prove_routes(host, tmp_path, replace(service, routes=None), threading.Event()) == ()


def test_a_file_that_alertmanager_refuses_is_refuted_in_its_words(
    host: Host, copied_estate: Path, tmp_path: Path
) -> None:
    # The time interval is there for the claims, but the route names another.
    write(copied_estate, FILE.replace("mute_time_intervals: [maintenance]", "mute_time_intervals: [weekend]"))
    found = prove(host, copied_estate, tmp_path / "run")
    assert {proof.verdict for proof in found.values()} == {Verdict.REFUTED}
    assert all("does not start with this file" in proof.reason for proof in found.values())
    assert all("weekend" in proof.reason for proof in found.values())


def test_it_ends_at_once_when_told_to_stop(host: Host, copied_estate: Path, tmp_path: Path) -> None:
    write(copied_estate, FILE)
    stop = threading.Event()
    stop.set()
    with pytest.raises(KeyboardInterrupt):
        prove_routes(host, tmp_path, service_of(copied_estate), stop)
