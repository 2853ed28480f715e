"""Alerts of the as-found corpus, as found and as fixed, in the place of the service's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alertproof.errors import InputError
from alertproof.model.defect import AlertClaim
from alertproof.model.estate import Alert, Estate
from alertproof.model.proof import AlertId
from alertproof.proof.aspects import aspects_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alertproof.model.defect import Defect, Side


@dataclass(frozen=True, slots=True)
class DefectClaim:
    """One claim about an alert, with both sides as alerts under the estate's own contract."""

    defect: Defect
    index: int
    shown: AlertClaim
    found: Alert
    fixed: Alert


def defect_claims(estate: Estate, defects: Sequence[Defect]) -> list[DefectClaim]:
    """Give every claim about an alert; InputError where one names an alert that has no contract or no rule."""
    claims = []
    for defect in defects:
        about = [(index, claim) for index, claim in enumerate(defect.shows) if isinstance(claim, AlertClaim)]
        if not about:
            continue
        # One service object a side, so that its alerts can share a live replay.
        found = {alert.rule.alert: alert for alert in _alerts(estate, defect, defect.found)}
        fixed = {alert.rule.alert: alert for alert in _alerts(estate, defect, defect.fixed)}
        for index, shown in about:
            if shown.alert not in found or shown.alert not in fixed:
                raise InputError(
                    defect.place,
                    f"{defect.id} shows {shown.alert}, which is not an alert of both sides with a contract",
                    "name an alert of found.yml, fixed.yml and the service's contracts",
                )
            for side in (found[shown.alert], fixed[shown.alert]):
                if shown.aspect not in aspects_of(side):
                    raise InputError(
                        defect.place,
                        f"{defect.id} shows {shown.aspect} of {shown.alert}, which its proof does not have",
                        f"name one of {', '.join(aspects_of(side))}",
                    )
            claims.append(DefectClaim(defect, index, shown, found[shown.alert], fixed[shown.alert]))
    return claims


def _alerts(estate: Estate, defect: Defect, side: Side) -> Iterator[Alert]:
    originals = {
        alert.rule.alert: alert
        for alert in estate.alerts
        if alert.id.service == defect.service and alert.contract is not None
    }
    if not originals:
        raise InputError(defect.place, f"{defect.id}: no service {defect.service!r} with contracts", "correct it")
    if side.rules is None:
        return
    service = next(iter(originals.values())).service
    variant = replace(
        service,
        prometheus=replace(side.prometheus or service.prometheus, rule_files=(side.rules,)),
        alertmanager=side.alertmanager or service.alertmanager,
        metrics={**service.metrics, **side.metrics},
    )
    for group in side.rules.groups:
        for rule in group.alerts:
            if rule.alert in originals:
                labels = tuple(sorted(rule.labels.items()))
                yield Alert(
                    AlertId(service.name, group.name, rule.alert, labels),
                    variant,
                    side.rules,
                    group,
                    rule,
                    originals[rule.alert].contract,
                )
