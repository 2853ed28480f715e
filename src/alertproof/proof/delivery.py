"""Taking alerts to their receivers, through a real Alertmanager with its production file."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.engines.live import CLEARS_AFTER_S, LiveAlert, live
from alertproof.errors import EngineRefused
from alertproof.model.proof import Aspect, Outcome
from alertproof.model.series import METRIC_NAME
from alertproof.proof.judge import proved, refuted
from alertproof.sinks.capture import CaptureProxy
from alertproof.sinks.overlay import overlay
from alertproof.sinks.payloads import SERVICES
from alertproof.sinks.read import Reading, read

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence
    from pathlib import Path

    from alertproof.engines.host import Host
    from alertproof.model.contract import Contract
    from alertproof.model.estate import Service
    from alertproof.model.observation import Notification
    from alertproof.proof.prove import RuleProof

FIRING, RESOLVED = "firing", "resolved"
# After the condition ends: one evaluation, one group_interval, and the request itself; then some for a slow machine.
_SETTLE_S = 9.0
# What has fired and resolved everywhere it was heard of is complete this long after the condition ended.
_QUIET_S = 4.0
_PORT = re.compile(r"127\.0\.0\.1:\d+")
# What nobody should have sent has this long to arrive after everything expected has.
_STRANGERS_S = 0.5


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one alert: who was told, and what the overlay changed to see it."""

    outcome: Outcome
    receivers: tuple[str, ...]
    notifications: tuple[Notification, ...]
    overlay: tuple[str, ...]


def live_batches(proofs: Sequence[RuleProof]) -> list[list[RuleProof]]:
    """Give batches that can each share one live replay: same service, no metric and no alert name in common."""
    batches: list[tuple[Service, set[str], list[RuleProof]]] = []
    for proof in proofs:
        names = _names(proof)
        for service, taken, batch in batches:
            if service is proof.alert.service and not names & taken:
                taken.update(names)
                batch.append(proof)
                break
        else:
            batches.append((proof.alert.service, names, [proof]))
    return [batch for _, _, batch in batches]


def deliver(host: Host, folder: Path, batch: Sequence[RuleProof], stop: threading.Event) -> list[Delivery]:
    """Give what became of each alert of a batch, in order.

    Alerts that never fire, or whose service has no Alertmanager file, are told so without a replay.
    """
    service = batch[0].alert.service
    firing = [proof for proof in batch if _can_fire(proof)]
    if service.alertmanager is None or not firing:
        return [_undelivered(proof, service) for proof in batch]
    try:
        reading, changes = _replay(host, folder, service, firing, stop)
    except EngineRefused as error:
        return [_refused(proof, error) for proof in batch]
    return [_judge(proof, reading, changes) if _can_fire(proof) else _undelivered(proof, service) for proof in batch]


def _replay(
    host: Host, folder: Path, service: Service, batch: Sequence[RuleProof], stop: threading.Event
) -> tuple[Reading, tuple[str, ...]]:
    assert service.alertmanager is not None  # noqa: S101 the caller has looked
    run = folder / f"delivery-{service.name}-{batch[0].alert.id.alert}-{id(batch):x}"
    run.mkdir()
    names = [proof.alert.rule.alert for proof in batch]
    with CaptureProxy(run) as proxy:
        overlaid = overlay(
            service.alertmanager.document,
            proxy_url=proxy.url,
            folder=run,
            base=service.alertmanager.path.parent,
        )
        proxy.expect(overlaid.hosts)
        proxy.mark_start()
        alerts = [_live_alert(proof) for proof in batch]
        environment = {"SSL_CERT_FILE": str(proxy.ca_file)}
        with live(host, run, service.prometheus, overlaid.document, alerts, environment) as running:

            def watch() -> None:
                running.check()
                if stop.is_set():
                    raise KeyboardInterrupt

            wanted = _wanted(batch)
            deadline = time.monotonic() + CLEARS_AFTER_S
            proxy.wait(
                lambda requests: _complete(read(requests, overlaid.addressees, names), wanted, deadline),
                CLEARS_AFTER_S + _SETTLE_S,
                watch,
            )
            proxy.wait(lambda _: False, _STRANGERS_S, watch)
        reading = read(proxy.requests(), overlaid.addressees, names)
        return reading, tuple(_stable(line, run) for line in (*running.changes, *overlaid.changes))


def _complete(reading: Reading, wanted: set[tuple[str, str, str]], clears: float) -> bool:
    """Give whether nothing more can come: all that is wanted came, or all that fired has resolved for good.

    The second spares the long wait where a receiver is missing; an alert that nobody heard of is waited for in full.
    """
    seen = _seen(reading)
    if wanted <= seen:
        return True
    fired = {(alert, receiver) for alert, receiver, state in seen if state == FIRING}
    resolved = {(alert, receiver) for alert, receiver, state in seen if state == RESOLVED}
    heard = {alert for alert, _ in fired} >= {alert for alert, _, _ in wanted}
    return heard and fired <= resolved and time.monotonic() > clears + _QUIET_S


def _stable(line: str, run: Path) -> str:
    """Give a change without what differs from run to run: ports and the run's folder."""
    return _PORT.sub("127.0.0.1:PORT", line.replace(str(run), "RUN"))


def _wanted(batch: Sequence[RuleProof]) -> set[tuple[str, str, str]]:
    """Give (alert, receiver, state) for all that the contracts ask."""
    return {
        (proof.alert.rule.alert, receiver, state)
        for proof in batch
        for receiver in _contract(proof).receivers
        for state in (FIRING, RESOLVED)
    }


def _seen(reading: Reading) -> set[tuple[str, str, str]]:
    return {(alert, note.receiver, note.state) for note in reading.notifications for alert in note.alerts}


def _judge(proof: RuleProof, reading: Reading, changes: tuple[str, ...]) -> Delivery:
    contract, name = _contract(proof), proof.alert.rule.alert
    own = tuple(note for note in reading.notifications if name in note.alerts)
    told = {state: {note.receiver for note in own if note.state == state} for state in (FIRING, RESOLVED)}
    wanted = set(contract.receivers)
    faults = [f"{', '.join(sorted(wanted - told[FIRING]))} never heard of it"] if wanted - told[FIRING] else []
    if told[FIRING] - wanted:
        faults.append(f"{', '.join(sorted(told[FIRING] - wanted))} was told, which the contract does not name")
    if deaf := (told[FIRING] & wanted) - told[RESOLVED]:
        faults.append(f"{', '.join(sorted(deaf))} never heard that it resolved")
    faults += [f"{note.receiver} would reject the {note.state} payload: {p}" for note in own for p in note.problems]
    faults += [
        f"a notification to {note.receiver} does not say whether the alert fires or is resolved"
        for note in own
        if not note.state
    ]
    faults += [f"a notification to {note.receiver} names no alert" for note in reading.notifications if not note.alerts]
    faults += [
        f"a notification to {note.receiver} went to {note.request.host}, which is not {note.integration}'s own"
        " and which the contracts do not name under 'hosts'"
        for note in own
        if SERVICES.get(note.request.host) != note.integration and note.request.host not in contract.hosts
    ]
    faults += [f"an unexpected request went to {request.host}{request.path}" for request in reading.strangers]
    claimed, measured = ", ".join(sorted(wanted)), ", ".join(sorted(told[FIRING])) or "nobody"
    if faults:
        reason = f"reaches {measured}, the contract says {claimed}: {'; '.join(dict.fromkeys(faults))}"
        outcome = refuted(Aspect.DELIVERY, claimed, measured, reason)
    else:
        outcome = proved(Aspect.DELIVERY, claimed)
    return Delivery(outcome, tuple(sorted(told[FIRING])), own, changes)


def _live_alert(proof: RuleProof) -> LiveAlert:
    assert proof.course is not None and proof.labels is not None  # noqa: S101, PT018 _can_fire has looked
    assert proof.active_ms is not None and proof.clears_ms is not None  # noqa: S101, PT018 as above
    return LiveAlert(
        labels=proof.labels,
        scenario=proof.course.scenario,
        active_ms=proof.active_ms,
        clears_ms=proof.clears_ms,
        restores=proof.alert.rule.for_ms > 0,
    )


def _can_fire(proof: RuleProof) -> bool:
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


def _names(proof: RuleProof) -> set[str]:
    """Give the names that must not meet in one replay: metrics would mix, alerts could not be told apart."""
    metrics = {series.labels[METRIC_NAME] for series in proof.course.scenario.series} if proof.course else set()
    return {f"alert {proof.alert.rule.alert}"} | metrics
