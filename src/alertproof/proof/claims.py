"""Claims of the as-found corpus that are no aspect of an alert: both sides are asked the same, and compared."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alertproof.engines.queries import Answer, Ask, ask_queries
from alertproof.engines.servers import AlertmanagerStart, Asked, PrometheusStart, ask_alertmanager, ask_prometheus
from alertproof.model.defect import Defect, ReplayClaim, ServerClaim, Side
from alertproof.model.observation import vector_text
from alertproof.model.proof import Outcome, Question, Verdict

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping, Sequence

    from alertproof.engines.host import Host

# A server mostly waits for its own discovery; more at once would only fight for two cores while they start.
_SERVERS_AT_ONCE = 12
_FIRING = 'ALERTS{alertstate="firing"}'
_NOBODY = "nobody"
# A claim of a defect, by position, and one of its two sides.
Key = tuple[str, int, bool]


@dataclass(frozen=True, slots=True)
class _Start:
    """One server to start: a side's file, and the claims that are asked of it."""

    side: Side
    claims: tuple[tuple[Key, ServerClaim], ...]


def judge_claims(
    host: Host, folder: Path, defects: Sequence[Defect], stop: threading.Event
) -> dict[tuple[str, int], tuple[Outcome, Outcome]]:
    """Give both sides' outcomes of every claim that is no aspect of an alert, by defect and position.

    Raises EngineError where an engine fails, KeyboardInterrupt where `stop` is set.
    """
    outcomes = _replays(host, folder, defects) | _servers(host, folder, defects, stop)
    return {key[:2]: (outcomes[*key[:2], True], outcomes[*key[:2], False]) for key in outcomes}


def _sides(defect: Defect) -> tuple[tuple[bool, Side], ...]:
    return (True, defect.found), (False, defect.fixed)


def _replays(host: Host, folder: Path, defects: Sequence[Defect]) -> dict[Key, Outcome]:
    claims = {
        (defect.id, index, found): (claim, side)
        for defect in defects
        for index, claim in enumerate(defect.shows)
        if isinstance(claim, ReplayClaim)
        for found, side in _sides(defect)
    }
    if not claims:
        return {}
    answers = ask_queries(host, folder, [_ask(claim, side) for claim, side in claims.values()])
    return {key: _replayed(claim, answer) for (key, (claim, _)), answer in zip(claims.items(), answers, strict=True)}


def _ask(claim: ReplayClaim, side: Side) -> Ask:
    expr = side.queries[claim.of] if claim.asks is Question.QUERY else _FIRING
    rules = side.rules.text if side.rules is not None else ""
    return Ask(expr, claim.series, claim.step_ms, claim.at_ms, rules)


def _replayed(claim: ReplayClaim, answer: Answer) -> Outcome:
    if answer.refusal:
        return _outcome(claim, "refused", f"Prometheus refuses the query: {answer.refusal}")
    if claim.asks is Question.FIRES:
        return _outcome(claim, ", ".join(sorted({point.labels["alertname"] for point in answer.vector})) or _NOBODY)
    return _outcome(claim, vector_text(answer.vector))


def _outcome(claim: ReplayClaim | ServerClaim, measured: str, reason: str = "") -> Outcome:
    if measured == claim.should:
        return Outcome(claim.asks, Verdict.PROVED, claim.should, measured)
    return Outcome(claim.asks, Verdict.REFUTED, claim.should, measured, reason or f"{measured}, not {claim.should}")


def _servers(host: Host, folder: Path, defects: Sequence[Defect], stop: threading.Event) -> dict[Key, Outcome]:
    starts = [start for defect in defects for start in _starts(defect)]
    found: dict[Key, Outcome] = {}
    with ThreadPoolExecutor(_SERVERS_AT_ONCE) as pool:
        for outcomes in pool.map(lambda start: _serve(host, folder, start, stop), starts):
            found |= outcomes
    return found


def _starts(defect: Defect) -> list[_Start]:
    """Give the servers of an entry: one for each side and program that it claims something of."""
    claims = [(index, claim) for index, claim in enumerate(defect.shows) if isinstance(claim, ServerClaim)]
    return [
        _Start(side, tuple(((defect.id, index, found), claim) for index, claim in claims if claim.of == server))
        for server in sorted({claim.of for _, claim in claims})
        for found, side in _sides(defect)
    ]


def _serve(host: Host, folder: Path, start: _Start, stop: threading.Event) -> dict[Key, Outcome]:
    run = Path(tempfile.mkdtemp(prefix=f"server-{start.claims[0][0][0]}-", dir=folder))
    asked = [Asked(claim.asks, claim.expr) for _, claim in start.claims]
    side = start.side
    if start.claims[0][1].of == "prometheus":
        assert side.prometheus is not None  # noqa: S101 the loader has looked
        rules = side.rules.text if side.rules is not None else ""
        begin = PrometheusStart(side.prometheus.document, rules, side.pods, side.exposition)
        answers = ask_prometheus(host, run, begin, asked, stop)
    else:
        assert side.alertmanager is not None  # noqa: S101 as above
        answers = ask_alertmanager(host, run, AlertmanagerStart(side.alertmanager.document, _alerts(side)), asked, stop)
    return {key: _outcome(claim, answer) for (key, claim), answer in zip(start.claims, answers, strict=True)}


def _alerts(side: Side) -> list[Mapping[str, str]]:
    """Give the labels with which each alert of a side reaches Alertmanager, as far as the rules alone say."""
    if side.rules is None:
        return []
    outer = side.prometheus.external_labels if side.prometheus is not None else {}
    return [{**outer, **rule.labels, "alertname": rule.alert} for group in side.rules.groups for rule in group.alerts]
