"""Proving what an owner says of the Alertmanager file: bursts, inhibition, time intervals, silences and repeats.

Each claim gets an Alertmanager of its own, all at once. Wherever nobody may hear of an alert, the same alert is also
let through, so that silence is never proved by an alert that could not have been told.
"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alertproof.errors import AlertproofError, EngineRefused
from alertproof.model.proof import ServiceAspect, ServiceProof, Verdict
from alertproof.model.routes import Routes
from alertproof.proof.judge_delivery import FIRING
from alertproof.proof.route_bed import Bed, bed, contracts_named, posted
from alertproof.proof.route_burst import burst_faults
from alertproof.sinks.alterations import fixed_intervals, repeats, soon_again, without_inhibition
from alertproof.sinks.edits import plain_copy
from alertproof.sinks.inhibition import inhibits
from alertproof.units import format_duration

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from alertproof.engines.host import Host
    from alertproof.model.contract import Contract
    from alertproof.model.estate import Service
    from alertproof.model.routes import Burst, Inhibits, Mutes, Repeat
    from alertproof.sinks.alterations import Alteration

# They mostly wait.
_AT_ONCE = 8
_REPEAT_S = 2.0
_REPEAT_PATIENCE_S = 6.0

Faults = list[str]


@dataclass(frozen=True, slots=True)
class _Beds:
    """Where the Alertmanagers of one claim run."""

    host: Host
    folder: Path
    service: Service
    stop: threading.Event

    def start(self, name: str, *alterations: Alteration) -> AbstractContextManager[Bed]:
        """Give a running Alertmanager in a folder of its own below the claim's."""
        return bed(self.host, self.folder / name, self.service, self.stop, alterations)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A claim's name, what it says, and the judge that gives what speaks against it."""

    name: str
    claimed: str
    judge: Callable[[_Beds], Faults]


def prove_routes(
    host: Host,
    folder: Path,
    service: Service,
    stop: threading.Event,
    wanted: Callable[[str], bool] = lambda _: True,
) -> tuple[ServiceProof, ...]:
    """Give a proof for each claim of a service's `routes`, and one that silences work; nothing without contracts.

    `wanted` says of a claim's name whether to prove it. `folder` is one that the engines can see. Raises EngineError
    where an engine fails, KeyboardInterrupt once `stop` is set.
    """
    claims = [claim for claim in _all_claims(service) if wanted(claim.name)]
    if not claims:
        return ()
    if service.alertmanager is None:
        reason = f"the service has no rules/alertmanager/{service.name}.yml, so nobody is told"
        return tuple(_proof(service, claim, [reason]) for claim in claims)
    run = folder / f"routes-{service.name}"
    run.mkdir()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        futures = [
            pool.submit(_judged_twice, _Beds(host, run / f"{number}", service, stop), claim)
            for number, claim in enumerate(claims)
        ]
        return tuple(_all_results(futures, stop))


def _judged_twice(beds: _Beds, claim: _Claim) -> ServiceProof:
    """Give the proof of a claim; one that failed is tried once more, as a busy machine is no defect."""
    first = _judged(beds, claim)
    if first.verdict is Verdict.PROVED:
        return first
    return _judged(replace(beds, folder=beds.folder.with_name(f"{beds.folder.name}-again")), claim)


def _all_results(futures: Sequence[Future[ServiceProof]], stop: threading.Event) -> list[ServiceProof]:
    try:
        return [future.result() for future in futures]
    except (KeyboardInterrupt, AlertproofError):
        # Each claim stops its own servers before the pool lets go.
        stop.set()
        for future in futures:
            future.cancel()
        raise


def route_names(service: Service) -> list[str]:
    """Give the names of what is proved of a service's routes, in order."""
    return [claim.name for claim in _all_claims(service)]


def _all_claims(service: Service) -> list[_Claim]:
    if not service.contracts or (service.alertmanager is None and service.routes is None):
        return []
    return _claims(service, service.routes or Routes())


def _claims(service: Service, routes: Routes) -> list[_Claim]:
    claims = [_silence(service)]
    if routes.burst is not None:
        claims.append(_burst(service, routes.burst))
    claims += [_inhibits(service, entry) for entry in routes.inhibits]
    claims += [_mutes(entry) for entry in routes.mutes]
    if routes.repeat is not None:
        claims.append(_repeat(service, routes.repeat))
    return claims


def _judged(beds: _Beds, claim: _Claim) -> ServiceProof:
    try:
        faults = claim.judge(beds)
    except EngineRefused as error:
        faults = [f"{error.problem}: {' '.join(error.log.split())}"]
    return _proof(beds.service, claim, faults)


def _proof(service: Service, claim: _Claim, faults: Faults) -> ServiceProof:
    reason = "; ".join(dict.fromkeys(faults))
    return ServiceProof(
        service=service.name,
        aspect=ServiceAspect.ROUTE,
        name=claim.name,
        verdict=Verdict.REFUTED if reason else Verdict.PROVED,
        claimed=claim.claimed,
        measured=reason or claim.claimed,
        reason=reason,
    )


def _burst(service: Service, claim: Burst) -> _Claim:
    def judge(beds: _Beds) -> Faults:
        beside = {other.alert for other in service.contracts if _beside(service, other, claim.alert)}
        faults: Faults = []
        for number, contract in enumerate(contracts_named(service, [claim.alert])):
            with beds.start(f"{number}", fixed_intervals()) as running:
                faults += burst_faults(running, contract, claim.notifications, sorted(beside))
        return faults

    words = f"{claim.notifications} notification{'s' if claim.notifications > 1 else ''}"
    return _Claim("burst", f"50 {claim.alert} at once give each receiver {words}, firing and resolved", judge)


def _inhibits(service: Service, claim: Inhibits) -> _Claim:
    def judge(beds: _Beds) -> Faults:
        faults: Faults = []
        for number, targets in enumerate(_apart(service, claim.targets)):
            with beds.start(f"{number}", fixed_intervals()) as running:
                faults += _inhibits_faults(running, claim.source, targets, sorted(others))
        return faults

    # Alerts of other claims are left out: they may be silent for reasons of their own.
    others = {contract.alert for contract in service.contracts} - {claim.source, *claim.targets}
    if service.routes is not None:
        others -= {name for entry in service.routes.inhibits for name in (entry.source, *entry.targets)}
    claimed = f"while {claim.source} fires nobody hears of {', '.join(claim.targets)}, and everybody of all others"
    return _Claim(f"inhibits-{claim.source}", claimed, judge)


def _inhibits_faults(running: Bed, source: str, targets: Sequence[str], others: Sequence[str]) -> Faults:
    service = running.service
    causes = [posted(service, contract) for contract in contracts_named(service, [source])]
    running.fire(causes)
    running.fire([posted(service, contract) for contract in contracts_named(service, [*targets, *others])])
    silent = running.missing(running.wanted([source, *others]))
    faults = [f"while {source} fires, never heard {running.who(silent)}"] if silent else []
    running.settle()
    heard = {told for told in running.evidence().told() if told[0] in targets}
    if heard:
        faults.append(f"while {source} fires, told {running.who(heard)}")
    running.resolve(causes)
    deaf = running.missing(running.wanted(targets))
    if deaf:
        faults.append(f"without {source}, never heard {running.who(deaf)}")
    return running.all_faults(faults)


def _apart(service: Service, alerts: Sequence[str]) -> list[list[str]]:
    """Give the alerts in lots of which none inhibits another, so that each can be told once its source is gone."""
    lots: list[list[str]] = []
    for alert in alerts:
        fitting = next((lot for lot in lots if not any(_clash(service, alert, other) for other in lot)), None)
        if fitting is None:
            lots.append([alert])
        else:
            fitting.append(alert)
    return lots


def _clash(service: Service, one: str, other: str) -> bool:
    assert service.alertmanager is not None  # noqa: S101 the caller has looked
    document = service.alertmanager.document
    pairs = [
        (posted(service, first).labels, posted(service, second).labels)
        for first in contracts_named(service, [one])
        for second in contracts_named(service, [other])
    ]
    try:
        return any(inhibits(document, a, b) or inhibits(document, b, a) for a, b in pairs)
    except ValueError:
        return False  # Alertmanager itself will refuse the file, in its own words


def _mutes(claim: Mutes) -> _Claim:
    def judge(beds: _Beds) -> Faults:
        with ThreadPoolExecutor(2) as pool:
            muted = pool.submit(_muted_faults, beds, claim)
            told = pool.submit(_unmuted_faults, beds, claim)
            return [*muted.result(), *told.result()]

    claimed = f"while {claim.interval} is active nobody hears of {', '.join(claim.alerts)}, and everybody of all others"
    return _Claim(f"mutes-{claim.interval}", claimed, judge)


def _muted_faults(beds: _Beds, claim: Mutes) -> Faults:
    service = beds.service
    with beds.start("active", fixed_intervals({claim.interval}), without_inhibition) as running:
        running.fire([posted(service, contract) for contract in service.contracts])
        others = {contract.alert for contract in service.contracts} - set(claim.alerts)
        deaf = running.missing(running.wanted(others))
        running.settle()
        heard = {told for told in running.evidence().told() if told[0] in claim.alerts}
        faults = [f"while {claim.interval} is active, never heard {running.who(deaf)}"] if deaf else []
        faults += [f"while {claim.interval} is active, told {running.who(heard)}"] if heard else []
        return running.all_faults(faults)


def _unmuted_faults(beds: _Beds, claim: Mutes) -> Faults:
    service = beds.service
    with beds.start("inactive", fixed_intervals(), without_inhibition) as running:
        running.fire([posted(service, contract) for contract in service.contracts])
        deaf = running.missing(running.wanted({contract.alert for contract in service.contracts}))
        return [f"while {claim.interval} is not active, never heard {running.who(deaf)}"] if deaf else []


def _silence(service: Service) -> _Claim:
    silenced = service.contracts[0].alert

    def judge(beds: _Beds) -> Faults:
        told = [contract.alert for contract in service.contracts if _beside(service, contract, silenced)][:1]
        with beds.start("0", fixed_intervals()) as running:
            return _silence_faults(running, silenced, told)

    return _Claim("silence", f"a silence of {silenced} keeps it from everybody, and nothing else", judge)


def _beside(service: Service, contract: Contract, alert: str) -> bool:
    """Give whether a contract's alert can fire beside another, neither inhibiting the other."""
    return contract.alert != alert and not _clash(service, contract.alert, alert)


def _silence_faults(running: Bed, silenced: str, told: Sequence[str]) -> Faults:
    service = running.service
    now = dt.datetime.now(dt.UTC)
    silence = running.alertmanager.silence({"alertname": silenced}, now, now + dt.timedelta(hours=1))
    running.fire([posted(service, contract) for contract in contracts_named(service, [silenced, *told])])
    deaf = running.missing(running.wanted(told))
    faults = [f"beside the silenced one, never heard {running.who(deaf)}"] if deaf else []
    running.settle()
    heard = {entry for entry in running.evidence().told() if entry[0] == silenced}
    if heard:
        faults.append(f"though silenced, told {running.who(heard)}")
    running.alertmanager.end_silence(silence)
    deaf = running.missing(running.wanted([silenced]))
    if deaf:
        faults.append(f"once the silence is over, never heard {running.who(deaf)}")
    return running.all_faults(faults)


def _repeat(service: Service, claim: Repeat) -> _Claim:
    every = format_duration(claim.every_ms)

    def judge(beds: _Beds) -> Faults:
        with beds.start("0", fixed_intervals(), soon_again(claim.every_ms, f"{_REPEAT_S:g}s")) as running:
            running.fire([posted(service, contract) for contract in contracts_named(service, [claim.alert])])
            wanted = running.wanted([claim.alert])
            deaf = running.missing(wanted)
            if deaf:
                return [f"never heard {running.who(deaf)}"]
            running.until(lambda _: not _once_only(running, claim.alert), _REPEAT_PATIENCE_S)
            once = {(claim.alert, seat, FIRING) for seat in _once_only(running, claim.alert)}
            assert service.alertmanager is not None  # noqa: S101 the bed has looked
            found = ", ".join(repeats(plain_copy(service.alertmanager.document)))
            said = f"not told again after {every} {running.who(once)}; the file's repeat intervals are {found}"
            return running.all_faults([said] if once else [])

    return _Claim("repeat", f"{claim.alert} is told again after {every}", judge)


def _once_only(running: Bed, alert: str) -> list[int]:
    """Give the integrations that were to be told again and were not."""
    counts = running.counts(alert, FIRING)
    return [seat for _, seat, _ in running.wanted([alert]) if counts[seat] <= 1]
