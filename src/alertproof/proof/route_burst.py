"""Many instances of one alert at once: how many notifications that gives, and what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.proof.judge_delivery import FIRING, RESOLVED
from alertproof.proof.route_bed import Bed, contracts_named, posted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alertproof.model.contract import Contract

INSTANCES = 50


def burst_faults(running: Bed, contract: Contract, notifications: int, beside: Sequence[str]) -> list[str]:
    """Give what speaks against each receiver getting this many notifications, firing and then resolved.

    The alerts `beside` fire as well, and must not get into them. Alertmanager's own list of groups says what a
    notification holds: a group whose alerts came after its notification would have sent another, so that a count that
    is right also means that all alerts were in.
    """
    alerts = [posted(running.service, contract, number) for number in range(1, INSTANCES + 1)]
    running.fire(alerts)
    running.fire([posted(running.service, other) for other in contracts_named(running.service, beside)])
    faults = list(_states(running, contract, notifications, FIRING))
    faults += _held(running, contract)
    running.resolve(alerts)
    faults += _states(running, contract, notifications, RESOLVED)
    others = {note.receiver for note in running.told_of([contract.alert])} - set(contract.receivers)
    faults += [f"{other} was told, which the contract does not name" for other in sorted(others)]
    for note in running.told_of([contract.alert]):
        faults += [f"{note.receiver} would reject the {note.state} payload: {problem}" for problem in note.problems]
    return running.all_faults(faults)


def _states(running: Bed, contract: Contract, notifications: int, state: str) -> Iterator[str]:
    wanted = running.wanted([contract.alert], state)
    running.missing(wanted)
    running.settle()
    counts = running.counts(contract.alert, state)
    for told in sorted(wanted):
        found = counts[told[1]]
        if found != notifications:
            yield f"{running.who([told])}: {found} {state} notifications for {INSTANCES} instances, not {notifications}"
    absent = set(contract.receivers) - {addressee.receiver for addressee in running.overlaid.addressees}
    for receiver in sorted(absent):
        yield f"{receiver} is no receiver of the Alertmanager file, or has nobody in it"


def _held(running: Bed, contract: Contract) -> Iterator[str]:
    groups = running.alertmanager.groups()
    for receiver in contract.receivers:
        instances, others = set(), set()
        for group in groups:
            found = [alert["labels"] for alert in group["alerts"] if group["receiver"]["name"] == receiver]
            own = [labels["instance"] for labels in found if labels["alertname"] == contract.alert]
            instances.update(own)
            others |= {labels["alertname"] for labels in found if own} - {contract.alert}
        if len(instances) != INSTANCES:
            yield f"the notifications to {receiver} hold {len(instances)} of {INSTANCES} instances"
        if others:
            yield f"the notifications to {receiver} also hold {', '.join(sorted(others))}"
