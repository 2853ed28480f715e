"""From an estate to the fates of all its mutants."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bench.mutants.equivalence import equivalent
from bench.mutants.judge import notice_all, require_proved
from bench.mutants.report import Fate, Result
from bench.mutants.routes import notice_routes, route_mutants
from bench.mutants.rules import rule_mutants
from bench.mutants.search import search

from alertproof.engines.host import Program
from alertproof.proof.services import services_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from alertproof.engines.host import Host
    from alertproof.model.estate import Alert, Estate

SEED = 1


def run_mutants(  # noqa: PLR0913 each a plain fact of the run
    host: Host,
    folder: Path,
    estate: Estate,
    alerts: Sequence[Alert],
    progress: Callable[[str], None] = lambda _: None,
    *,
    kinds: Collection[str] = (),
    routes: bool = True,
    seed: int = SEED,
) -> Result:
    """Give what became of the mutants of some alerts, and of the Alertmanager files of their services.

    `kinds` narrows them; without any, all are made. Raises UsageError for an alert that is not proved as it
    is, EngineError where an engine fails.
    """
    started = time.monotonic()
    progress(f"{len(alerts)} alerts as they are")
    require_proved(host, folder, alerts)
    fates = _of_rules(host, folder, estate, alerts, progress, kinds, seed)
    if routes:
        fates += _of_routes(host, folder, estate, alerts, progress, kinds)
    versions = (host.version(Program.PROMETHEUS), host.version(Program.ALERTMANAGER))
    return Result(*versions, tuple(fates), time.monotonic() - started)


def _of_rules(  # noqa: PLR0913, PLR0917 as above
    host: Host,
    folder: Path,
    estate: Estate,
    alerts: Sequence[Alert],
    progress: Callable[[str], None],
    kinds: Collection[str],
    seed: int,
) -> list[Fate]:
    mutants = [mutant for alert in alerts for mutant in rule_mutants(alert) if not kinds or mutant.kind in kinds]
    reasons = [equivalent(mutant) for mutant in mutants]
    same = {number for number, reason in enumerate(reasons) if reason}
    notices = notice_all(host, folder, estate, mutants, same, progress)
    doubtful = [number for number in range(len(mutants)) if number in same or number not in notices]
    progress(f"random series for {len(doubtful)} mutants")
    shown = dict(zip(doubtful, search(host, folder, [mutants[n] for n in doubtful], seed), strict=True))
    return [
        Fate(
            kind=mutant.kind,
            alert=str(mutant.alert.id),
            change=mutant.change,
            expr=mutant.edit.expr if mutant.edit is not None else "",
            equivalent=reasons[number],
            notice=notices.get(number),
            random=str(shown[number]) if number in shown else "",
            differs=bool(shown[number].differs) if number in shown else None,
        )
        for number, mutant in enumerate(mutants)
    ]


def _of_routes(  # noqa: PLR0913, PLR0917 as above
    host: Host,
    folder: Path,
    estate: Estate,
    alerts: Sequence[Alert],
    progress: Callable[[str], None],
    kinds: Collection[str],
) -> list[Fate]:
    made = [mutant for service in services_of(alerts) for mutant in route_mutants(service)]
    mutants = [mutant for mutant in made if not kinds or mutant.kind in kinds]
    notices = notice_routes(host, folder, estate, mutants, progress)
    return [
        Fate(
            kind=mutant.kind,
            alert=f"{mutant.service.name}, Alertmanager file",
            change=mutant.words,
            expr="",
            equivalent=mutant.equivalent,
            notice=notices.get(number),
            random="",
            differs=None,
        )
        for number, mutant in enumerate(mutants)
    ]
