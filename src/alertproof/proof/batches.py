"""Which alerts can share one live replay: as few replays as their series, and their inhibitions, allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.model.signal import Presence
from alertproof.proof.subject import target_labels
from alertproof.sinks.inhibition import inhibits
from alertproof.witness import steady, synthesise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alertproof.model.contract import Comparison
    from alertproof.model.estate import Alert
    from alertproof.model.series import Series
    from alertproof.proof.prove import RuleProof

# A healthy series lasts from well before a replay until well after it.
_HEALTHY_MS = 1_800_000


def live_batches(proofs: Sequence[RuleProof]) -> list[list[RuleProof]]:
    """Give batches that can each share one live replay.

    The alerts of a batch are of one service, have different names and no series in common, and none inhibits another.
    """
    batches: list[list[RuleProof]] = []
    for proof in proofs:
        fitting = (batch for batch in batches if not any(_part(proof, other) for other in batch))
        batch = next(fitting, None)
        if batch is None:
            batches.append([proof])
        else:
            batch.append(proof)
    return batches


def healthy_series(batch: Sequence[RuleProof]) -> tuple[Series, ...]:
    """Give what keeps the alerts beside the batch silent that fire where a target is gone: a target that is there.

    A target that a batch's own alert speaks of is left to that alert.
    """
    service = batch[0].alert.service
    own = [comparison for proof in batch for comparison in _comparisons(proof.alert)]
    step = service.prometheus.scrape_interval_ms
    series: dict[tuple[tuple[str, str], ...], Series] = {}
    for contract in service.contracts:
        for comparison in contract.comparisons:
            shape = comparison.signal.shape
            if isinstance(shape, Presence) and not any(_meet(comparison, other) for other in own):
                target = steady(target_labels(comparison, 1), comparison.usual)
                for item in synthesise(comparison.signal, service.metrics, [target], step, _HEALTHY_MS):
                    series[tuple(sorted(item.labels.items()))] = item
    return tuple(series.values())


def _part(one: RuleProof, other: RuleProof) -> bool:
    """Give whether two alerts need replays of their own."""
    if one.alert.service is not other.alert.service or one.alert.rule.alert == other.alert.rule.alert:
        return True
    return _share_series(one, other) or _inhibit_each_other(one, other)


def _share_series(one: RuleProof, other: RuleProof) -> bool:
    if any(_meet(a, b) for a in _comparisons(one.alert) for b in _comparisons(other.alert)):
        return True
    return bool(_labelsets(one) & _labelsets(other))


def _labelsets(proof: RuleProof) -> set[tuple[tuple[str, str], ...]]:
    series = proof.course.scenario.series if proof.course is not None else ()
    return {tuple(sorted(item.labels.items())) for item in series}


def _meet(one: Comparison, other: Comparison) -> bool:
    """Give whether the series of one could be selected by the other: a common metric, and no label that parts them."""
    if not set(one.signal.shape.reads) & set(other.signal.shape.reads):
        return False
    a, b = one.signal.select, other.signal.select
    return all(a[label] == b[label] for label in a.keys() & b.keys())


def _comparisons(alert: Alert) -> tuple[Comparison, ...]:
    return alert.contract.comparisons if alert.contract is not None else ()


def _inhibit_each_other(one: RuleProof, other: RuleProof) -> bool:
    config = one.alert.service.alertmanager
    if config is None or one.labels is None or other.labels is None:
        return False
    outside = one.alert.service.prometheus.external_labels
    a, b = {**outside, **one.labels}, {**outside, **other.labels}
    try:
        return inhibits(config.document, a, b) or inhibits(config.document, b, a)
    except ValueError:
        return False  # Alertmanager itself will refuse the file, in its own words
