"""Taking alerts to their receivers, through a real Alertmanager with its production file."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.engines.live import CLEARS_AFTER_S, LiveAlert, Replay, live
from alertproof.errors import EngineRefused
from alertproof.model.proof import Aspect, Outcome
from alertproof.proof.batches import healthy_series
from alertproof.proof.judge import refuted
from alertproof.proof.judge_delivery import FIRING, RESOLVED, Evidence, Told, judge_delivery
from alertproof.sinks.alterations import fixed_intervals
from alertproof.sinks.capture import CaptureProxy
from alertproof.sinks.overlay import overlay
from alertproof.sinks.read import mentions, read

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence
    from pathlib import Path

    from alertproof.engines.host import Host
    from alertproof.model.contract import Contract
    from alertproof.model.estate import Service
    from alertproof.model.observation import Notification, Request
    from alertproof.proof.prove import RuleProof

# After the condition ends: one evaluation, one group_interval, and the request itself; then some for a slow machine.
_SETTLE_S = 9.0
# What has fired and resolved everywhere it was heard of is complete this long after the condition ended.
_QUIET_S = 4.0
_PORT = re.compile(r"127\.0\.0\.1:\d+")
# What nobody should have sent has this long to arrive after everything expected has.
_STRANGERS_S = 0.5


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a replay takes: in real time every `for` is waited out; `patience` multiplies all other waits."""

    realtime: bool = False
    patience: float = 1.0


_ONCE = Pace()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one alert: who was told, and what the overlay changed to see it.

    `replayed` says whether engines ran for it; where none could, there is nothing to try again.
    """

    outcome: Outcome
    receivers: tuple[str, ...]
    notifications: tuple[Notification, ...]
    overlay: tuple[str, ...]
    replayed: bool = False


def deliver(
    host: Host, folder: Path, batch: Sequence[RuleProof], stop: threading.Event, pace: Pace = _ONCE
) -> list[Delivery]:
    """Give what became of each alert of a batch, in order.

    Alerts that never fire, or whose service has no Alertmanager file, are told so without a replay.
    """
    service = batch[0].alert.service
    firing = [proof for proof in batch if can_fire(proof)]
    if service.alertmanager is None or not firing:
        return [_undelivered(proof, service) for proof in batch]
    try:
        evidence, changes = _replay(host, folder, firing, stop, pace)
    except EngineRefused as error:
        return [_refused(proof, error) for proof in batch]
    return [_judged(proof, evidence, changes) if can_fire(proof) else _undelivered(proof, service) for proof in batch]


def _replay(
    host: Host, folder: Path, batch: Sequence[RuleProof], stop: threading.Event, pace: Pace
) -> tuple[Evidence, tuple[str, ...]]:
    service = batch[0].alert.service
    assert service.alertmanager is not None  # noqa: S101 the caller has looked
    run = folder / f"delivery-{service.name}-{batch[0].alert.id.alert}-{id(batch):x}"
    run.mkdir()
    # Alerts beside the batch may fire on its series as well; their names are understood, and not judged.
    rules = [rule for file in service.prometheus.rule_files for group in file.groups for rule in group.alerts]
    names = {rule.alert for rule in rules}
    mentioned = mentions([(rule.alert, text) for rule in rules for text in rule.annotations.values()], names)
    with CaptureProxy(run) as proxy:
        overlaid = overlay(
            service.alertmanager.document,
            proxy_url=proxy.url,
            smarthost=proxy.smarthost,
            folder=run,
            base=service.alertmanager.path.parent,
            also=[fixed_intervals()],
        )
        proxy.expect(overlaid.hosts)
        proxy.mark_start()
        replay = Replay(
            tuple(_live_alert(proof) for proof in batch),
            healthy_series(batch),
            service.prometheus.scrape_interval_ms,
            pace.realtime,
            CLEARS_AFTER_S * pace.patience,
        )
        environment = {"SSL_CERT_FILE": str(proxy.ca_file)}
        with live(host, run, service.prometheus, overlaid.document, replay, environment) as running:

            def watch() -> None:
                running.check()
                if stop.is_set():
                    raise KeyboardInterrupt

            clears = replay.clears_after_s
            deadline = time.monotonic() + clears

            def evidence(requests: tuple[Request, ...]) -> Evidence:
                return Evidence(
                    read(requests, overlaid.addressees, names, mentioned), overlaid.addressees, proxy.faults
                )

            proxy.wait(
                lambda requests: _complete(evidence(requests), batch, deadline),
                clears + _SETTLE_S * pace.patience,
                watch,
            )
            proxy.wait(lambda _: False, _STRANGERS_S, watch)
        changes = tuple(_stable(line, run) for line in (*running.changes, *overlaid.changes))
        return evidence(proxy.requests()), changes


def _complete(evidence: Evidence, batch: Sequence[RuleProof], clears: float) -> bool:
    """Give whether nothing more can come: all that is wanted came, or all that fired has resolved for good.

    The second spares the long wait where a receiver is missing; an alert that nobody heard of is waited for in full.
    """
    told = evidence.told()
    wanted: set[Told] = {
        (proof.alert.rule.alert, seat, state)
        for proof in batch
        for seat in evidence.seats(_contract(proof).receivers)
        for state in (FIRING, RESOLVED)
    }
    seated = all(evidence.seats(_contract(proof).receivers) for proof in batch)
    if seated and wanted <= told:
        return True
    fired = {(alert, seat) for alert, seat, state in told if state == FIRING}
    resolved = {(alert, seat) for alert, seat, state in told if state == RESOLVED}
    heard = {alert for alert, _ in fired} >= {proof.alert.rule.alert for proof in batch}
    return heard and fired <= resolved and time.monotonic() > clears + _QUIET_S


def _stable(line: str, run: Path) -> str:
    """Give a change without what differs from run to run: ports and the run's folder."""
    return _PORT.sub("127.0.0.1:PORT", line.replace(str(run), "RUN"))


def _judged(proof: RuleProof, evidence: Evidence, changes: tuple[str, ...]) -> Delivery:
    name = proof.alert.rule.alert
    outcome, receivers = judge_delivery(name, _contract(proof), evidence)
    own = tuple(note for note in evidence.reading.notifications if name in note.alerts)
    return Delivery(outcome, receivers, own, changes, replayed=True)


def _live_alert(proof: RuleProof) -> LiveAlert:
    assert proof.course is not None and proof.labels is not None  # noqa: S101, PT018 can_fire has looked
    assert proof.active_ms is not None and proof.clears_ms is not None  # noqa: S101, PT018 as above
    return LiveAlert(
        labels=proof.labels,
        scenario=proof.course.scenario,
        active_ms=proof.active_ms,
        clears_ms=proof.clears_ms,
        restores=proof.alert.rule.for_ms > 0,
        recorded=proof.recorded,
    )


def can_fire(proof: RuleProof) -> bool:
    """Give whether a proof has all that a live replay needs: an alert that was seen to fire and to end."""
    return None not in (proof.course, proof.labels, proof.active_ms, proof.clears_ms, proof.for_ms)


def _contract(proof: RuleProof) -> Contract:
    contract = proof.alert.contract
    assert contract is not None  # noqa: S101 only alerts with a contract are delivered
    return contract


def _undelivered(proof: RuleProof, service: Service) -> Delivery:
    claimed = ", ".join(_contract(proof).receivers)
    reason = (
        f"it never fires, so nobody is told; the contract says {claimed}"
        if service.alertmanager is not None
        else f"the service has no rules/alertmanager/{service.name}.yml, so nobody is told; the contract says {claimed}"
    )
    return Delivery(refuted(Aspect.DELIVERY, claimed, "nobody", reason), (), (), ())


def _refused(proof: RuleProof, error: EngineRefused) -> Delivery:
    claimed = ", ".join(_contract(proof).receivers)
    reason = f"{error.problem}, so nobody is told: {' '.join(error.log.split())}"
    return Delivery(refuted(Aspect.DELIVERY, claimed, "nobody", reason), (), (), ())
