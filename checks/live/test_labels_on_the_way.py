"""What Prometheus does to an alert's labels on the way out counts in a delivery: relabelling and external labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alertproof.load.estate import load_estate
from alertproof.model.proof import Aspect, Proof, Verdict
from alertproof.proof.run import run_proofs

if TYPE_CHECKING:
    from pathlib import Path

    from alertproof.engines.host import Host

SERVER = "rules/prometheus/video_chat/prometheus.yml"
ROUTES = "rules/alertmanager/video_chat.yml"
TURN = "TURNUnavailable"
DEMOTE = """alerting:
  alert_relabel_configs:
    - source_labels: [severity]
      regex: critical
      target_label: severity
      replacement: warning
"""
MATCHER = """matchers: ['severity = "critical"']"""


def deliver(host: Host, estate: Path, folder: Path) -> Proof:
    folder.mkdir()
    run = run_proofs(host, folder, load_estate([estate]), delivers=True, once=True)
    return next(proof for proof in run.proofs if proof.id.alert == TURN)


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.slow
def test_a_label_that_is_rewritten_on_the_way_takes_another_route(
    host: Host, copied_estate: Path, tmp_path: Path
) -> None:
    change(copied_estate / SERVER, "alerting:\n", DEMOTE)
    proof = deliver(host, copied_estate, tmp_path / "run")
    outcome = next(outcome for outcome in proof.outcomes if outcome.aspect is Aspect.DELIVERY)
    assert outcome.verdict is Verdict.REFUTED
    assert "pagerduty never heard of it" in outcome.reason
    assert proof.receivers_measured == ("slack",)


@pytest.mark.slow
@pytest.mark.parametrize(("cluster", "reached"), [("video-chat", True), ("another", False)])
def test_a_route_may_match_an_external_label(
    host: Host, copied_estate: Path, tmp_path: Path, cluster: str, *, reached: bool
) -> None:
    both = f"""matchers: ['severity = "critical"', 'cluster = "{cluster}"']"""
    change(copied_estate / ROUTES, MATCHER, both)
    proof = deliver(host, copied_estate, tmp_path / "run")
    assert ("pagerduty" in (proof.receivers_measured or ())) is reached
    assert (proof.verdict is Verdict.PROVED) is reached, proof.reason
