"""Judging a delivery: every integration of every receiver the contract names was told, and nobody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.model.proof import Aspect, Outcome, Verdict
from alertproof.proof.judge import proved, refuted
from alertproof.sinks.payloads import SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from alertproof.model.contract import Contract
    from alertproof.model.observation import Notification
    from alertproof.sinks.addressee import Addressee
    from alertproof.sinks.read import Reading

FIRING, RESOLVED = "firing", "resolved"
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
