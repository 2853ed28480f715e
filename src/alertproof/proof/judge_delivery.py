"""Judging a delivery: every integration of every receiver the contract names was told, and nobody else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.model.proof import Aspect, Outcome, Verdict
from alertproof.proof.judge import proved, refuted
from alertproof.sinks.payloads import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alertproof.model.contract import Contract
    from alertproof.model.observation import Notification, Request
    from alertproof.sinks.addressee import Addressee
    from alertproof.sinks.read import Reading

FIRING, RESOLVED = "firing", "resolved"
_SAYS = {FIRING: "fires", RESOLVED: "resolved"}
# What tells one incident, or one sending, from the next and nothing of the alert.
_KEYS = frozenset({"dedup_key", "incident_key", "groupKey", "alias", "date"})
# An alert, the position of an integration in the file, and a state.
Told = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a live replay brought: the requests understood, whom the file can address, faults on the wire."""

    reading: Reading
    addressees: Sequence[Addressee]
    wire_faults: tuple[str, ...] = ()

    def told(self) -> set[Told]:
        """Give who was told of which alert, in which state, integration by integration."""
        return {
            (alert, index, note.state)
            for note in self.reading.notifications
            for index, addressee in enumerate(self.addressees)
            if addressee.matches(note.request)
            for alert in note.alerts
        }

    def seats(self, receivers: Iterable[str]) -> list[int]:
        """Give the integrations of these receivers that a proxy can see."""
        wanted = set(receivers)
        return [i for i, item in enumerate(self.addressees) if item.receiver in wanted and item.captured]


def judge_delivery(name: str, contract: Contract, evidence: Evidence) -> tuple[Outcome, tuple[str, ...]]:
    """Give the outcome for one alert, and the receivers that heard of it."""
    own = tuple(note for note in evidence.reading.notifications if name in note.alerts)
    heard = sorted({note.receiver for note in own if note.state == FIRING})
    claimed, measured = ", ".join(contract.receivers), ", ".join(heard) or "nobody"
    faults = list(dict.fromkeys(_faults(name, contract, evidence, own)))
    if faults:
        if evidence.wire_faults:
            faults.append(f"on the wire: {'; '.join(evidence.wire_faults)}")
        reason = f"reaches {measured}, the contract says {claimed}: {'; '.join(faults)}"
        return refuted(Aspect.DELIVERY, claimed, measured, reason), tuple(heard)
    mailed = {addressee.receiver for addressee in evidence.addressees if not addressee.captured}
    if unseen := sorted(set(contract.receivers) & mailed):
        reason = f"{', '.join(unseen)} gets mail, which is not captured"
        return Outcome(Aspect.DELIVERY, Verdict.UNDECIDED, claimed, measured, reason), tuple(heard)
    return proved(Aspect.DELIVERY, claimed), tuple(heard)


def _faults(name: str, contract: Contract, evidence: Evidence, own: Sequence[Notification]) -> Iterator[str]:
    yield from _missing(name, contract, evidence)
    yield from _contradictions(name, evidence)
    wanted = set(contract.receivers)
    if strangers := sorted({note.receiver for note in own} - wanted):
        yield f"{', '.join(strangers)} was told, which the contract does not name"
    for note in own:
        yield from (
            f"{note.receiver} would reject the {note.state or 'nameless'} payload: {problem}"
            for problem in note.problems
        )
        if not note.state:
            yield f"a notification to {note.receiver} does not say whether the alert fires or is resolved"
        severity = _pagerduty_severity(note)
        if severity is not None and note.alerts == (name,) and severity != contract.severity:
            yield f"{note.receiver} is told severity {severity!r}, the contract says {contract.severity!r}"
        yield from (
            f"a notification to {note.receiver} went to {host}, which is not {note.integration}'s"
            " own and which the contracts do not name under 'hosts'"
            for host in _foreign_hosts(note)
            if host not in contract.hosts
        )
    for note in evidence.reading.notifications:
        if not note.alerts:
            yield f"a notification to {note.receiver} names no alert"
    for request in evidence.reading.strangers:
        yield f"an unexpected request went to {request.host}"


def _contradictions(name: str, evidence: Evidence) -> Iterator[str]:
    """Give which integration was told what cannot be so, or the same thing twice.

    Whatever else a group holds, the first that anybody is told of an alert is that it fires, and the last that it
    resolved. An update of a group tells something new; what tells the same again came by a second route.
    """
    for addressee in evidence.addressees:
        notes = sorted(
            (note for note in evidence.reading.notifications if name in note.alerts and note.state),
            key=lambda note: note.request.at_s,
        )
        notes = [note for note in notes if addressee.matches(note.request)]
        states = [note.state for note in notes]
        if RESOLVED in states and states[0] != FIRING:
            yield f"the first that {addressee.receiver} is told is that it resolved"
        if RESOLVED in states and states[-1] != RESOLVED:
            yield f"the last that {addressee.receiver} is told is that it fires"
        said = [(note.state, _content(note.request)) for note in notes]
        for state in dict.fromkeys(state for state, content in said if said.count((state, content)) > 1):
            yield f"{addressee.receiver} is told twice in the same words that it {_SAYS[state]}"


def _content(request: Request) -> str:
    """Give what a request tells, as text that equals another's where both tell the same."""
    body = request.body
    if isinstance(body, dict):
        body = {key: value for key, value in body.items() if key not in _KEYS}
    return json.dumps(body, sort_keys=True)


def _pagerduty_severity(note: Notification) -> str | None:
    """Give the severity that PagerDuty is told, None where it is told none, as by the first version of its API."""
    body = note.request.body if note.integration == "pagerduty" else None
    payload = body.get("payload") if isinstance(body, dict) else None
    severity = payload.get("severity") if isinstance(payload, dict) else None
    return severity if isinstance(severity, str) else None


def _foreign_hosts(note: Notification) -> list[str]:
    """Give where a notification went beside its vendor's own hosts; for a mail, the domains of its recipients."""
    if note.integration == "email":
        return sorted({part.rpartition("@")[2].strip() for part in note.request.path.split(",")})
    return [] if SERVICES.get(note.request.host) == note.integration else [note.request.host]


def _missing(name: str, contract: Contract, evidence: Evidence) -> Iterator[str]:
    """Give who was not told, by receiver, or by integration where only some of a receiver's were."""
    told = evidence.told()
    known = {addressee.receiver for addressee in evidence.addressees}
    for receiver in contract.receivers:
        if receiver not in known:
            yield f"{receiver} is no receiver of the Alertmanager file"
        seats = evidence.seats([receiver])
        deaf = [index for index in seats if (name, index, FIRING) not in told]
        if deaf:
            yield f"{_who(receiver, seats, deaf, evidence)} never heard of it"
        stuck = [index for index in seats if index not in deaf and (name, index, RESOLVED) not in told]
        if stuck:
            yield f"{_who(receiver, seats, stuck, evidence)} never heard that it resolved"


def _who(receiver: str, seats: Sequence[int], some: Sequence[int], evidence: Evidence) -> str:
    if len(some) == len(seats):
        return receiver
    return ", ".join(f"{receiver} ({evidence.addressees[i].integration} {seats.index(i) + 1})" for i in some)
