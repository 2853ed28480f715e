"""A real Alertmanager behind the capture proxy, to which alerts are posted directly: what routes are proved on.

Nothing is scraped and no rule is evaluated. The alerts have the labels and annotations that the contracts say.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.engines.alertmanager import Alertmanager, PostedAlert, serve_alertmanager
from alertproof.proof.judge_delivery import FIRING, Evidence, Told
from alertproof.proof.subject import active_labels, target_labels
from alertproof.sinks.capture import CaptureProxy
from alertproof.sinks.overlay import Overlay, overlay
from alertproof.sinks.read import mentions, read

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from alertproof.engines.host import Host
    from alertproof.model.contract import Contract
    from alertproof.model.estate import Service
    from alertproof.model.observation import Notification
    from alertproof.sinks.alterations import Alteration

# How long a group waits before it is told, and again before what changed is.
GROUP_WAIT_S, GROUP_INTERVAL_S = 0.7, 0.5
# What is to be told is told within this; a slow machine is given its time.
PATIENCE_S = 10.0
# A group that is told nothing in its wait and two more rounds is told nothing.
QUIET_S = GROUP_WAIT_S + 2 * GROUP_INTERVAL_S
# All alerts of one post resolve at one moment, even where taking the post itself takes a while.
_ENDS_AFTER = dt.timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True)
class Bed:
    """A running Alertmanager and what it has sent so far."""

    service: Service
    alertmanager: Alertmanager
    proxy: CaptureProxy
    overlaid: Overlay
    stop: threading.Event

    def fire(self, alerts: Sequence[PostedAlert]) -> None:
        """Let alerts fire from now on."""
        self.alertmanager.post(alerts, dt.datetime.now(dt.UTC))

    def resolve(self, alerts: Sequence[PostedAlert]) -> None:
        """Let alerts resolve, all at one moment."""
        now = dt.datetime.now(dt.UTC)
        self.alertmanager.post(alerts, now - dt.timedelta(seconds=30), now + _ENDS_AFTER)

    def evidence(self) -> Evidence:
        """Give what was captured so far, understood."""
        names = {contract.alert for contract in self.service.contracts}
        texts = [(item.alert, text) for item in self.service.contracts for text in item.annotations.values()]
        reading = read(self.proxy.requests(), self.overlaid.addressees, names, mentions(texts, names))
        return Evidence(reading, self.overlaid.addressees, self.proxy.faults)

    def wanted(self, alerts: Collection[str], state: str = FIRING) -> set[Told]:
        """Give who is to be told when these alerts are in a state: each integration of their receivers."""
        evidence = self.evidence()
        return {
            (contract.alert, seat, state)
            for contract in self.service.contracts
            if contract.alert in alerts
            for seat in evidence.seats(contract.receivers)
        }

    def missing(self, wanted: set[Told]) -> set[Told]:
        """Wait until all of `wanted` was told; gives what was not, in the end."""
        self.proxy.wait(lambda _: wanted <= self.evidence().told(), PATIENCE_S, self._watch)
        return wanted - self.evidence().told()

    def until(self, predicate: Callable[[Evidence], bool], seconds: float = PATIENCE_S) -> None:
        """Wait until the evidence is as asked, or for these seconds."""
        self.proxy.wait(lambda _: predicate(self.evidence()), seconds, self._watch)

    def settle(self) -> None:
        """Wait until whoever else is to be told of what fires now has been."""
        self.until(lambda _: False, QUIET_S)

    def counts(self, alert: str, state: str) -> Counter[int]:
        """Give how many notifications of an alert in a state each integration got."""
        evidence = self.evidence()
        return Counter(
            seat
            for note in evidence.reading.notifications
            if alert in note.alerts and note.state == state
            for seat, addressee in enumerate(evidence.addressees)
            if addressee.matches(note.request)
        )

    def told_of(self, alerts: Collection[str]) -> list[Notification]:
        """Give the notifications so far that name one of these alerts."""
        return [note for note in self.evidence().reading.notifications if set(note.alerts) & set(alerts)]

    def who(self, told: Collection[Told]) -> str:
        """Give what was told, or was not, in words: `slack of BackendDown`."""
        addressees = self.overlaid.addressees
        return ", ".join(sorted({f"{addressees[seat].receiver} of {alert}" for alert, seat, _ in told}))

    def all_faults(self, faults: Sequence[str]) -> list[str]:
        """Give the faults found, and with them what should not have been sent at all.

        What went wrong on the wire is no fault of its own: Alertmanager drops a connection it turns out not to need.
        """
        evidence = self.evidence()
        hosts = sorted({request.host for request in evidence.reading.strangers})
        found = [*faults, *(f"an unexpected request went to {host}" for host in hosts)]
        return [*found, *(f"on the wire: {fault}" for fault in evidence.wire_faults if found)]

    def _watch(self) -> None:
        self.alertmanager.check()
        if self.stop.is_set():
            raise KeyboardInterrupt


@contextmanager
def bed(
    host: Host, run: Path, service: Service, stop: threading.Event, alterations: Sequence[Alteration]
) -> Iterator[Bed]:
    """Run the service's Alertmanager file, altered, in the new folder `run`."""
    assert service.alertmanager is not None  # noqa: S101 the caller has looked
    run.mkdir(parents=True)
    with CaptureProxy(run) as proxy:
        overlaid = overlay(
            service.alertmanager.document,
            proxy_url=proxy.url,
            smarthost=proxy.smarthost,
            folder=run,
            base=service.alertmanager.path.parent,
            group_wait=f"{GROUP_WAIT_S * 1000:.0f}ms",
            group_interval=f"{GROUP_INTERVAL_S * 1000:.0f}ms",
            also=alterations,
        )
        proxy.expect(overlaid.hosts)
        environment = {"SSL_CERT_FILE": str(proxy.ca_file)}
        with serve_alertmanager(host, run, overlaid.document, environment) as alertmanager:
            proxy.mark_start()
            yield Bed(service, alertmanager, proxy, overlaid, stop)


def posted(service: Service, contract: Contract, number: int | None = None) -> PostedAlert:
    """Give the alert of a contract as Prometheus would send it for the service's first target.

    With a number, counted from 1, it is that of this target; one that is the same for all targets gets an `instance`.
    """
    comparison = contract.comparisons[0]
    job = target_labels(comparison, 1)["job"]
    first, own = f"{job}-1", f"{job}-{number or 1}"
    labels = {
        **service.prometheus.external_labels,
        **active_labels(comparison, service.metrics, number or 1),
        **contract.static_labels,
        "alertname": contract.alert,
    }
    if number is not None:
        labels["instance"] = own
    name = re.compile(rf"(?<![\w-]){re.escape(first)}(?![\w-])")
    return PostedAlert(labels, {key: name.sub(own, text) for key, text in contract.annotations.items()})


def contracts_named(service: Service, alerts: Collection[str]) -> list[Contract]:
    """Give the contracts of alerts with these names."""
    return [contract for contract in service.contracts if contract.alert in alerts]
