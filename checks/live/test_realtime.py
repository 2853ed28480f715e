"""The short cut tells the truth: an alert whose `for` is waited out is delivered as one whose `for` is restored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from alertproof.proof.run import run_proofs

if TYPE_CHECKING:
    from pathlib import Path

    from alertproof.engines.host import Host
    from alertproof.model.estate import Estate
    from alertproof.model.proof import Proof

ALERT, FOR_S = "RedisDown", 60.0


def deliver(host: Host, folder: Path, estate: Estate, *, realtime: bool) -> Proof:
    (alert,) = (alert for alert in estate.alerts if alert.id.alert == ALERT)
    assert alert.rule.for_ms == FOR_S * 1000
    folder.mkdir()
    narrowed = replace(estate, alerts=(alert,), findings=(), raw_alerts=1)
    run = run_proofs(host, folder, narrowed, delivers=True, realtime=realtime)
    assert run.good, run.proofs[0].reason
    return run.proofs[0]


def words(proof: Proof) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(note.receiver, note.state, note.alerts) for note in proof.notifications}


@pytest.mark.slow
def test_in_real_time_the_same_people_hear_the_same_and_only_after_the_for(
    host: Host, real_estate: Estate, tmp_path: Path
) -> None:
    slow = deliver(host, tmp_path / "realtime", real_estate, realtime=True)
    quick = deliver(host, tmp_path / "restored", real_estate, realtime=False)
    assert words(slow) == words(quick)
    assert min(note.request.at_s for note in slow.notifications) >= FOR_S
    assert min(note.request.at_s for note in quick.notifications) < FOR_S / 2
    assert slow.receivers_measured == quick.receivers_measured == slow.receivers_contract
