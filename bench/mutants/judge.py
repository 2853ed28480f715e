"""Asking the proofs about many mutants on shared engines: the aspect that is likely to notice first, then the rest.

A mutant is noticed when an aspect of its proof is not proved, or the engine refuses it: the run would be red.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alertproof.errors import EngineRefused, InputError, UsageError
from alertproof.model.proof import Aspect, Outcome, ServiceAspect, Verdict
from alertproof.proof.blackouts import prove_silence
from alertproof.proof.prove import prove_rules

if TYPE_CHECKING:
    from pathlib import Path

    from bench.mutants.rules import Mutant

    from alertproof.engines.host import Host
    from alertproof.model.estate import Alert, Estate

# Mutants that share one start of the engines: enough to make it cheap, few enough for the series to fit into memory.
_TOGETHER = 200
_COURSE = frozenset({Aspect.FOR, Aspect.RESOLVE, Aspect.LABELS, Aspect.ANNOTATIONS})
_CASES = frozenset({Aspect.SELECTION, Aspect.INSTANCES, Aspect.WINDOW})
_THRESHOLD = frozenset({Aspect.THRESHOLD})
_TOLERANCE = frozenset({Aspect.TOLERANCE})
_OF_RULE = (_COURSE, _CASES, _THRESHOLD, _TOLERANCE)
_OF_EXPRESSION = (_CASES, _COURSE, _THRESHOLD, _TOLERANCE)
_OF_LEVEL = (_THRESHOLD, _CASES, _COURSE, _TOLERANCE)
_OF_KIND = {"threshold": _OF_LEVEL, "operator": _OF_LEVEL, "factor": _OF_LEVEL, "quantile": _OF_LEVEL}

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Notice:
    """How a mutant was noticed: by which aspect, whether refuted or undecided or refused, and the reason."""

    aspect: str
    verdict: str
    reason: str


def require_proved(host: Host, folder: Path, alerts: Sequence[Alert]) -> None:
    """Raise UsageError for an alert that is not proved as it is: then all of its mutants would seem noticed."""
    aspects = frozenset().union(*_OF_RULE)
    proofs = prove_rules(host, folder, alerts, wanted=dict.fromkeys(range(len(alerts)), aspects))
    for proof in proofs:
        if (notice := _notice(proof.outcomes)) is not None:
            raise UsageError(
                f"{proof.alert.id} is {notice.verdict} as it is, {notice.aspect}: {notice.reason}",
                "mend it first; all mutants of an alert that is not proved would seem noticed",
            )


def notice_all(  # noqa: PLR0913, PLR0917 each a plain fact of the run
    host: Host, folder: Path, estate: Estate, mutants: Sequence[Mutant], doubtful: Collection[int], progress: Progress
) -> dict[int, Notice]:
    """Give how mutants were noticed, by their index; those that survive are missing.

    Of the `doubtful`, which are said to be equivalent, the proofs about whole services are not asked: they take long.
    """
    found: dict[int, Notice] = {}
    for stage in range(len(_OF_RULE)):
        todo = [index for index in range(len(mutants)) if index not in found]
        for start in range(0, len(todo), _TOGETHER):
            progress(f"{len(found)} of {len(mutants)} noticed; round {stage + 1}, {start} of {len(todo)} asked")
            part = todo[start : start + _TOGETHER]
            found |= _ask(host, folder, [(index, mutants[index], _stages(mutants[index])[stage]) for index in part])
    for index, mutant in enumerate(mutants):
        if index not in found and index not in doubtful:
            progress(f"{len(found)} of {len(mutants)} noticed; services")
            notice = _by_service(host, folder, estate, mutant)
            if notice is not None:
                found[index] = notice
    return found


def _stages(mutant: Mutant) -> tuple[frozenset[Aspect], ...]:
    return _OF_RULE if mutant.edit is None else _OF_KIND.get(mutant.kind, _OF_EXPRESSION)


def _ask(host: Host, folder: Path, asked: Sequence[tuple[int, Mutant, frozenset[Aspect]]]) -> dict[int, Notice]:
    """Ask about mutants together; where the engine refuses, each half by itself, down to the one that it refuses."""
    if not asked:
        return {}
    wanted = {number: aspects for number, (_, _, aspects) in enumerate(asked)}
    try:
        proofs = prove_rules(host, folder, [mutant.alert for _, mutant, _ in asked], wanted=wanted)
    except (EngineRefused, InputError) as error:
        if len(asked) > 1:
            half = len(asked) // 2
            return _ask(host, folder, asked[:half]) | _ask(host, folder, asked[half:])
        return {asked[0][0]: Notice("engine", "refused", " ".join(str(error).split()))}
    notices = ((index, _notice(proof.outcomes)) for (index, _, _), proof in zip(asked, proofs, strict=True))
    return {index: notice for index, notice in notices if notice is not None}


def _notice(outcomes: Iterable[Outcome]) -> Notice | None:
    order = (Verdict.REFUTED, Verdict.UNDECIDED)
    bad = sorted((item for item in outcomes if item.verdict in order), key=lambda item: order.index(item.verdict))
    return Notice(str(bad[0].aspect), str(bad[0].verdict), bad[0].reason) if bad else None


def _by_service(host: Host, folder: Path, estate: Estate, mutant: Mutant) -> Notice | None:
    """Give whether the proofs about the whole service notice: how soon a blackout is told, and silence in health."""
    service = mutant.alert.service
    beside = [alert for alert in estate.alerts if alert.service is mutant.original.service]
    alerts = [mutant.alert if alert is mutant.original else _in_service(alert, mutant.alert) for alert in beside]
    for proof in prove_silence(host, folder, alerts):
        if proof.service == service.name and proof.verdict is not Verdict.PROVED:
            return Notice(f"{ServiceAspect(proof.aspect)} {proof.name}", str(proof.verdict), proof.reason)
    return None


def _in_service(alert: Alert, mutated: Alert) -> Alert:
    return replace(alert, service=mutated.service)
