"""Which aspects a proof of an alert has, known before any engine runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.model.proof import Aspect
from alertproof.model.signal import Share
from alertproof.proof.subject import undecidable

if TYPE_CHECKING:
    from alertproof.model.estate import Alert


def aspects_of(alert: Alert) -> tuple[Aspect, ...]:
    """Give the aspects that a proof of this alert has, each of them judged in every run that delivers."""
    if alert.contract is None or undecidable(alert):
        return (Aspect.CONTRACT if alert.contract is None else Aspect.THRESHOLD,)
    skipped = {Aspect.CONTRACT}
    shares = any(isinstance(comparison.signal.shape, Share) for comparison in alert.contract.comparisons)
    if not alert.contract.window_ms and not shares:
        # A signal without a window cannot look too far back; a share can see its two sides at different times.
        skipped.add(Aspect.WINDOW)
    if not any(comparison.signal.select or comparison.signal.where for comparison in alert.contract.comparisons):
        # Where nothing is selected, nothing lies outside.
        skipped.add(Aspect.SELECTION)
    return tuple(aspect for aspect in Aspect if aspect not in skipped)
