"""What a service's alerts watch, and what they are blind to: declared metrics that no alert reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.model.proof import Coverage
from alertproof.promql import parse
from alertproof.proof.subject import metric_of, reads_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alertproof.model.estate import Alert


def coverage_of(alerts: Sequence[Alert]) -> Coverage:
    """Give the coverage of the one service that these alerts, all it has, belong to."""
    metrics = alerts[0].service.metrics
    watched: dict[str, list[str]] = {}
    for alert in alerts:
        names = reads_of(alert, parse(alert.rule.expr, alert.rule.expr_place)).names
        for name in sorted({metric_of(name, metrics) for name in names}):
            watched.setdefault(name, []).append(alert.rule.alert)
    return Coverage(
        alerts[0].id.service,
        tuple((name, tuple(readers)) for name, readers in sorted(watched.items())),
        tuple(sorted(metrics.keys() - watched.keys())),
    )
