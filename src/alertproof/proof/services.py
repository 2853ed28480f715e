"""Claims about whole services, known before any engine runs, and their proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.model.proof import ServiceAspect
from alertproof.proof.blackouts import prove_silence, silence_names
from alertproof.proof.routes import prove_routes, route_names

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from alertproof.engines.host import Host
    from alertproof.model.estate import Alert, Service
    from alertproof.model.proof import ServiceProof

SILENCE = frozenset({ServiceAspect.BLACKOUT, ServiceAspect.HEALTHY})
ALL_ASPECTS = frozenset(ServiceAspect)


def services_of(alerts: Sequence[Alert]) -> list[Service]:
    """Give the services that alerts belong to, each once."""
    return list({id(alert.service): alert.service for alert in alerts}.values())


def service_claims(alerts: Sequence[Alert]) -> Iterator[tuple[str, ServiceAspect]]:
    """Give the id and aspect of every proof about the services of these alerts."""
    for service in services_of(alerts):
        for aspect, name in (*silence_names(service), *((ServiceAspect.ROUTE, name) for name in route_names(service))):
            yield f"{service.name}/{aspect}/{name}", aspect


def prove_services(
    host: Host, folder: Path, alerts: Sequence[Alert], aspects: Collection[ServiceAspect], stop: threading.Event
) -> list[ServiceProof]:
    """Give the proofs of some aspects of the services that these alerts, all they have, belong to."""
    proofs: list[ServiceProof] = []
    if SILENCE & set(aspects):
        proofs += [proof for proof in prove_silence(host, folder, alerts) if proof.aspect in aspects]
    if ServiceAspect.ROUTE in aspects:
        for service in services_of(alerts):
            proofs += prove_routes(host, folder, service, stop)
    return proofs
