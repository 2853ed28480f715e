"""Who notices silence: a job whose targets are down, or gone, and a healthy service of which nobody should hear.

All of a service is at its usual levels. Then every scrape of one job fails, or its series end. Every alert of the
service is asked on the windows engine; the first that fires is asked again of the real rule manager.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.engines.promtool import replay_rules
from alertproof.engines.recordings import replay_recorded
from alertproof.engines.windows import Window
from alertproof.model.proof import ServiceAspect, ServiceProof, Verdict
from alertproof.model.series import METRIC_NAME, Scenario
from alertproof.proof.healthy import healthy_service
from alertproof.proof.states import FIRING, predict_states
from alertproof.proof.subject import Subject, subject_of, undecidable
from alertproof.proof.timeline import rule_replay_of
from alertproof.units import format_duration
from alertproof.witness.disturbances import ended, missed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from alertproof.engines.host import Host
    from alertproof.engines.windows import WindowResult
    from alertproof.model.contract import Blackout
    from alertproof.model.estate import Alert, Service
    from alertproof.model.series import Series

# Scrapes before the silence, beyond what the alert looks back.
_SPARE_SAMPLES = 8
# How much longer than claimed is looked for an alert, so that a late one is named with its time.
_PATIENCE = 3
_DOWN, _GONE = "down", "gone"
_HEALTHY = "all at usual levels"


@dataclass(frozen=True, slots=True)
class _Question:
    """One alert in one scenario of its service; `begins_ms` is when the silence begins, None in a healthy one."""

    subject: Subject
    blackout: Blackout | None
    kind: str
    begins_ms: int
    window: Window


def prove_silence(host: Host, folder: Path, alerts: Sequence[Alert]) -> list[ServiceProof]:
    """Give, for the services of these alerts, whether a healthy one is silent and whether each blackout is noticed."""
    by_service: dict[int, list[Alert]] = defaultdict(list)
    for alert in alerts:
        by_service[id(alert.service)].append(alert)
    subjects = {key: [subject_of(alert) for alert in own if not undecidable(alert)] for key, own in by_service.items()}
    questions = [question for key, own in by_service.items() for question in _questions(own[0].service, subjects[key])]
    ordered = sorted(questions, key=lambda question: (question.subject.expr, question.window.end_ms))
    results = replay_recorded(host, folder, [question.window for question in ordered])
    fired = [(question, _first_firing(question, result)) for question, result in zip(ordered, results, strict=True)]
    proofs: list[ServiceProof] = []
    for own in by_service.values():
        service = own[0].service
        mine = [(question, at) for question, at in fired if question.subject.alert.service is service]
        proofs += _healthy(service, mine)
        proofs += _noticed(host, folder, service, mine)
    return proofs


def silence_names(service: Service) -> Iterator[tuple[ServiceAspect, str]]:
    """Give what is proved of a service here, in order: aspect and name."""
    if service.contracts:
        yield ServiceAspect.HEALTHY, _HEALTHY
    for blackout, _ in _claimed(service):
        for kind in (_DOWN, _GONE):
            yield ServiceAspect.BLACKOUT, f"{blackout.job} {kind}"


def _claimed(service: Service) -> list[tuple[Blackout, int]]:
    """Give the blackouts that somebody must hear of, with how soon."""
    return [(item, item.within_ms) for item in service.blackouts if item.within_ms is not None]


def _questions(service: Service, subjects: Sequence[Subject]) -> Iterator[_Question]:
    made: dict[int, tuple[Series, ...]] = {}
    for subject in subjects:
        step, interval = subject.scrape_ms, subject.alert.interval_ms
        begins = _up(subject.reach_ms, step) + _SPARE_SAMPLES * step
        longest = max((within for _, within in _claimed(service)), default=0) * _PATIENCE
        length = _up(begins + longest + subject.alert.rule.for_ms + _SPARE_SAMPLES * step, step)
        series = made.setdefault(length, healthy_service(service, length))
        yield _question(subject, None, "", 0, series, length, interval)
        for blackout, _ in _claimed(service):
            for kind in (_DOWN, _GONE):
                silent = tuple(_silenced(series, blackout.job, kind, begins // step))
                yield _question(subject, blackout, kind, begins, silent, length, interval)


def _question(  # noqa: PLR0913, PLR0917 each a plain fact of the scenario
    subject: Subject,
    blackout: Blackout | None,
    kind: str,
    begins_ms: int,
    series: tuple[Series, ...],
    length_ms: int,
    interval_ms: int,
) -> _Question:
    name = f"{blackout.job} {kind}" if blackout is not None else "healthy"
    scenario = Scenario(name, series, subject.scrape_ms, length_ms)
    first = _up(subject.reach_ms, interval_ms)
    last = first + (length_ms - first) // interval_ms * interval_ms
    window = Window(scenario, (subject.expr,), first, last, interval_ms, subject.reach_ms, subject.recordings)
    return _Question(subject, blackout, kind, begins_ms, window)


def _silenced(series: Sequence[Series], job: str, kind: str, first: int) -> Iterator[Series]:
    for item in series:
        if item.labels.get("job") != job:
            yield item
        elif kind == _DOWN:
            yield from missed([item], first, len(item.samples))
        else:
            yield from ended([item], first)


def _first_firing(question: _Question, result: WindowResult) -> int | None:
    """Give the first evaluation at which the alert fires, whatever its labels."""
    vectors = result.vectors[question.subject.expr]
    seen = {tuple(sorted(point.labels.items())) for vector in vectors for point in vector}
    firsts = []
    for labels in seen:
        condition = [any(tuple(sorted(p.labels.items())) == labels for p in vector) for vector in vectors]
        states = predict_states(result.ticks_ms, condition, question.subject.alert.rule.for_ms)
        firsts += [tick for tick, state in zip(result.ticks_ms, states, strict=True) if state == FIRING][:1]
    return min(firsts, default=None)


def _healthy(service: Service, fired: Sequence[tuple[_Question, int | None]]) -> Iterator[ServiceProof]:
    asked = [(question, at) for question, at in fired if question.blackout is None]
    loud = sorted(question.subject.alert.rule.alert for question, at in asked if at is not None)
    if not asked or not service.contracts:
        return
    claimed = f"{len(asked)} alert{'s' if len(asked) != 1 else ''} silent"
    yield ServiceProof(
        service.name,
        ServiceAspect.HEALTHY,
        _HEALTHY,
        Verdict.REFUTED if loud else Verdict.PROVED,
        claimed,
        f"{', '.join(loud)} fires" if loud else claimed,
        f"{', '.join(loud)} fires although everything is at its usual level" if loud else "",
    )


def _noticed(
    host: Host, folder: Path, service: Service, fired: Sequence[tuple[_Question, int | None]]
) -> Iterator[ServiceProof]:
    loud = {question.subject.alert.id for question, at in fired if question.blackout is None and at is not None}
    for blackout, within in _claimed(service):
        for kind in (_DOWN, _GONE):
            # An alert that fires on a healthy service notices nothing.
            found = [
                (at - question.begins_ms, question)
                for question, at in fired
                if question.blackout is blackout and question.kind == kind and at is not None
                if question.subject.alert.id not in loud
            ]
            yield _judge(host, folder, blackout, kind, within, service.name, found)


def _judge(  # noqa: PLR0913, PLR0917 each a plain fact of the claim
    host: Host,
    folder: Path,
    blackout: Blackout,
    kind: str,
    within_ms: int,
    service: str,
    found: Sequence[tuple[int, _Question]],
) -> ServiceProof:
    claimed = f"noticed within {format_duration(within_ms)}"
    job, place = blackout.job, str(blackout.place)

    def proof(measured: str, reason: str) -> ServiceProof:
        verdict = Verdict.REFUTED if reason else Verdict.PROVED
        return ServiceProof(service, ServiceAspect.BLACKOUT, f"{job} {kind}", verdict, claimed, measured, reason, place)

    if not found:
        return proof("nobody notices", f"no alert of {service} fires when all targets of job {job} are {kind}")
    for _, question in sorted(found, key=lambda pair: pair[0]):
        after = _in_rule_manager(host, folder, question)
        if after is not None:
            # Here an evaluation falls on the first failed scrape; elsewhere it may come up to an interval later.
            latest = after + question.subject.alert.interval_ms
            alert = question.subject.alert.rule.alert
            measured = f"{alert} after {format_duration(after)} to {format_duration(latest)}"
            late = f"{measured}, the contract says within {format_duration(within_ms)}"
            return proof(measured, late if latest > within_ms else "")
    names = ", ".join(question.subject.alert.rule.alert for _, question in found)
    return proof("nobody notices", f"{names} should notice, but the rule manager does not fire it")


def _in_rule_manager(host: Host, folder: Path, question: _Question) -> int | None:
    """Give how long after the silence began the real rule manager fires the alert."""
    texts = [question.subject.expr, *(recording.expr for recording in question.subject.recordings)]
    scenario = question.window.scenario
    own = tuple(item for item in scenario.series if any(item.labels[METRIC_NAME] in text for text in texts))
    trimmed = Scenario(scenario.name, own, scenario.step_ms, scenario.length_ms)
    replay = rule_replay_of(question.subject, trimmed, "blackout", ())
    timeline = replay_rules(host, folder, [replay])["blackout"]
    firing = (state.at_ms for state in timeline.states if state.state == FIRING)
    return min((at - question.begins_ms for at in firing if at >= question.begins_ms), default=None)


def _up(value: int, step: int) -> int:
    return -(-value // step) * step
