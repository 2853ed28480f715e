"""One run from an estate to its verdicts: rules, deliveries, defects, all on the same engines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from alertproof.engines.host import Host, Program
from alertproof.model.proof import (
    Aspect,
    DefectProof,
    EngineVersions,
    EstateFinding,
    Outcome,
    Proof,
    Run,
    ServiceAspect,
)
from alertproof.proof.claims import judge_claims
from alertproof.proof.coverage import coverage_of
from alertproof.proof.defects import DefectClaim, defect_claims
from alertproof.proof.deliveries import Deliveries
from alertproof.proof.prove import RuleProof, prove_rules
from alertproof.proof.services import prove_services, services_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from alertproof.model.defect import Defect
    from alertproof.model.estate import Estate
    from alertproof.proof.delivery import Delivery

Progress = Callable[[str], None]
T = TypeVar("T")


def run_proofs(  # noqa: PLR0913 each a plain fact of the run
    host: Host,
    folder: Path,
    estate: Estate,
    *,
    delivers: bool,
    defects: Sequence[Defect] = (),
    whole: Estate | None = None,
    services: Collection[ServiceAspect] = (),
    realtime: bool = False,
    once: bool = False,
    progress: Progress = lambda _: None,
) -> Run:
    """Give all verdicts for an estate, and for the defects where some are given.

    Where the estate is narrowed, `whole` is the one whose contracts the defects are held against, and whose services
    are proved in the aspects that `services` names. In real time every `for` is waited out. What fails to be
    delivered is tried again, unless `once`.
    Raises InputError for unusable rules, EngineError where an engine fails.
    """
    started = time.monotonic()
    claims = defect_claims(whole or estate, defects)
    variants = [alert for claim in claims for alert in (claim.found, claim.fixed)]
    every = (whole or estate).alerts
    with (
        _beside(partial(judge_claims, host, folder, defects)) as judged,
        _beside(partial(prove_services, host, folder, every, services)) as about_services,
    ):
        wanted = _aspects(claims, len(estate.alerts))
        proofs = prove_rules(host, folder, [*estate.alerts, *variants], progress, wanted, realtime=realtime)
        own, shown = proofs[: len(estate.alerts)], proofs[len(estate.alerts) :]
        to_deliver = [proof for proof in own if delivers and proof.course is not None]
        for claim, pair in zip(claims, zip(shown[::2], shown[1::2], strict=True), strict=True):
            if claim.shown.aspect is Aspect.DELIVERY:
                to_deliver += pair
        # Nobody expects the found side of a defect to be delivered.
        hopeless = {id(proof) for proof in shown[::2]}
        delivering = Deliveries(host, folder, progress, realtime, once)
        deliveries = delivering.all(to_deliver, hopeless) if to_deliver else {}
        outcomes = judged.result()
    for claim, found, fixed in zip(claims, shown[::2], shown[1::2], strict=True):
        outcomes[claim.defect.id, claim.index] = (_about(claim, found, deliveries), _about(claim, fixed, deliveries))
    own_deliveries = [deliveries[id(proof)] for proof in own if id(proof) in deliveries]
    overlay = dict.fromkeys(line for delivery in own_deliveries for line in delivery.overlay)
    return Run(
        engine=EngineVersions(host.kind, host.version(Program.PROMETHEUS), host.version(Program.ALERTMANAGER)),
        proofs=tuple(_proof(proof, deliveries.get(id(proof))) for proof in own),
        defects=_defects(defects, outcomes),
        findings=(*estate.findings, *_count_finding(estate)),
        overlay=tuple(overlay),
        seconds=time.monotonic() - started,
        services=tuple(about_services.result()),
        coverage=tuple(
            coverage_of([alert for alert in every if alert.service is service]) for service in services_of(every)
        )
        if services
        else (),
    )


@contextmanager
def _beside(work: Callable[[threading.Event], T]) -> Iterator[Future[T]]:
    """Do work beside that of the block; where the block ends badly, the work is told to stop and waited for."""
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work, stop)
        try:
            yield future
        except BaseException:
            stop.set()
            raise


def _aspects(claims: Sequence[DefectClaim], first: int) -> dict[int, frozenset[Aspect]]:
    """Give the one aspect that is wanted of each side of each claim, whose alerts stand from `first` on."""
    return {first + index: frozenset({claims[index // 2].shown.aspect}) for index in range(2 * len(claims))}


def _about(claim: DefectClaim, proof: RuleProof, deliveries: dict[int, Delivery]) -> Outcome:
    delivery = deliveries.get(id(proof))
    outcomes = (*proof.outcomes, delivery.outcome) if delivery else proof.outcomes
    return next(outcome for outcome in outcomes if outcome.aspect is claim.shown.aspect)


def _proof(proof: RuleProof, delivery: Delivery | None) -> Proof:
    alert, contract = proof.alert, proof.alert.contract
    return Proof(
        id=alert.id,
        file=alert.file.path,
        line=alert.rule.place.line,
        basis="contract" if contract is not None else "expression",
        outcomes=(*proof.outcomes, delivery.outcome) if delivery else proof.outcomes,
        comparisons=proof.comparisons,
        for_contract_ms=contract.for_ms if contract is not None else None,
        for_measured_ms=proof.for_ms,
        resolve_ms=proof.resolve_ms,
        receivers_contract=contract.receivers if contract is not None else (),
        receivers_measured=delivery.receivers if delivery is not None else None,
        notifications=delivery.notifications if delivery is not None else (),
        record=proof.record,
    )


def _defects(
    defects: Sequence[Defect], outcomes: Mapping[tuple[str, int], tuple[Outcome, Outcome]]
) -> tuple[DefectProof, ...]:
    """Give what every claim came to, in the order of the corpus."""
    proofs = []
    for defect in defects:
        for index, claim in enumerate(defect.shows):
            found, fixed = outcomes[defect.id, index]
            proofs.append(
                DefectProof(
                    id=defect.id,
                    title=defect.title,
                    consequence=defect.consequence,
                    of=claim.of,
                    told=claim.measured,
                    found=found,
                    fixed=fixed,
                    says=claim.says,
                )
            )
    return tuple(proofs)


def _count_finding(estate: Estate) -> list[EstateFinding]:
    """Give a finding where the alerts proved are not those that a plain scan of the text counts."""
    if estate.raw_alerts == len(estate.alerts):
        return []
    return [
        EstateFinding(
            str(estate.root),
            f"{len(estate.alerts)} alerts were proved, but the files hold {estate.raw_alerts} `alert:` keys",
            "write one `alert:` key per line, outside of comments and block texts",
        )
    ]
