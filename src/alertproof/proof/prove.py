"""Proving alerts in batches: all scenarios of all alerts share the engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from alertproof.engines.promtool import replay_rules
from alertproof.engines.windows import Window, WindowResult, replay_windows
from alertproof.model.proof import Aspect, MeasuredComparison, Outcome, Verdict
from alertproof.model.rules import RecordingRule
from alertproof.promql import metric_names, parse, reach_ms, split_comparison
from alertproof.proof.cases import (
    EXACT_TRAFFIC,
    Case,
    Subject,
    instance_cases,
    level_window,
    selection_cases,
    window_cases,
)
from alertproof.proof.flip import FlipSearch
from alertproof.proof.judge import judge_annotations, judge_cases, judge_for, judge_labels, judge_resolve
from alertproof.proof.judge_threshold import judge_threshold, measured_comparison
from alertproof.proof.record import Left, course_record, left_sides
from alertproof.proof.timeline import Course, condition, course_of, live_window, own_timeline, rule_replay, rule_window
from alertproof.witness import domain_of

if TYPE_CHECKING:
    from pathlib import Path

    from alertproof.engines.host import Host
    from alertproof.model.estate import Alert
    from alertproof.model.observation import RuleTimeline, Vector
    from alertproof.model.proof import CourseRecord

Progress = Callable[[str], None]
MAX_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class RuleProof:
    """What the windows and promtool replays say of one alert, and what a live replay needs to go on."""

    alert: Alert
    outcomes: tuple[Outcome, ...]
    comparisons: tuple[MeasuredComparison, ...] = ()
    for_ms: int | None = None
    resolve_ms: int | None = None
    course: Course | None = None
    labels: Mapping[str, str] | None = None
    active_ms: int | None = None
    clears_ms: int | None = None
    record: CourseRecord | None = None


@dataclass(slots=True)
class _Work:
    """One alert on its way: what is asked, and what has been answered."""

    subject: Subject
    course: Course
    searches: list[FlipSearch]
    cases: dict[Aspect, list[tuple[Case, Vector]]] = field(default_factory=dict)
    condition: tuple[bool, ...] = ()
    left: Left = ()
    live_condition: tuple[bool, ...] = ()


# A window, and what to do with its result.
_Question = tuple[Window, Callable[[WindowResult], None]]


def prove_rules(
    host: Host, folder: Path, alerts: Sequence[Alert], progress: Progress = lambda _: None
) -> list[RuleProof]:
    """Give a proof of each alert's rule, in order; delivery is not part of it.

    Raises InputError for an expression that is not PromQL, EngineError where an engine fails.
    """
    reasons = [undecidable(alert) for alert in alerts]
    works = {index: _work(alert) for index, alert in enumerate(alerts) if not reasons[index]}
    progress(f"levels of {len(works)} alerts")
    _ask(host, folder, [question for work in works.values() for question in _first_round(work)])
    for number in range(MAX_ROUNDS):
        questions = [question for work in works.values() for question in _next_round(work)]
        if not questions:
            break
        progress(f"bisecting, round {number + 2}")
        _ask(host, folder, questions)
    progress("rule manager")
    replays = [rule_replay(work.subject, work.course, f"alert-{index}") for index, work in works.items()]
    timelines = replay_rules(host, folder, replays)
    return [
        _judge(works[index], timelines[f"alert-{index}"]) if index in works else _undecided(alert, reasons[index])
        for index, alert in enumerate(alerts)
    ]


def subject_of(alert: Alert) -> Subject:
    """Give an alert with its expression taken apart."""
    tree = parse(alert.rule.expr, alert.rule.expr_place)
    window = alert.contract.window_ms if alert.contract is not None else 0
    return Subject(alert, alert.rule.expr, split_comparison(tree), max(reach_ms(tree), window))


def _work(alert: Alert) -> _Work:
    subject = subject_of(alert)
    metrics = alert.service.metrics
    searches = [
        FlipSearch(comparison, domain_of(comparison.signal, metrics), subject.split)
        for comparison in subject.comparisons
    ]
    return _Work(subject, course_of(subject), searches)


def _ask(host: Host, folder: Path, questions: Sequence[_Question]) -> None:
    if not questions:
        return
    # Windows that can share a query stand side by side.
    ordered = sorted(questions, key=lambda question: (question[0].expressions, question[0].end_ms))
    results = replay_windows(host, folder, [window for window, _ in ordered])
    for (_, take), result in zip(ordered, results, strict=True):
        take(result)


def _first_round(work: _Work) -> Iterator[_Question]:
    for index, search in enumerate(work.searches):
        yield from _level_questions(work, index, search.first_levels())
        for traffic in EXACT_TRAFFIC:
            window = level_window(work.subject, index, search.comparison.threshold, traffic)
            yield window, partial(_take_exact, work, search)
    for aspect, cases in (
        (Aspect.SELECTION, selection_cases(work.subject)),
        (Aspect.INSTANCES, instance_cases(work.subject)),
        (Aspect.WINDOW, window_cases(work.subject)),
    ):
        for case in cases:
            yield case.window, partial(_take_case, work, aspect, case)
    yield rule_window(work.subject, work.course), partial(_take_condition, work)
    yield live_window(work.subject, work.course), partial(_take_live_condition, work)


def _next_round(work: _Work) -> Iterator[_Question]:
    for index, search in enumerate(work.searches):
        yield from _level_questions(work, index, search.next_levels())


def _level_questions(work: _Work, index: int, levels: Sequence[float]) -> Iterator[_Question]:
    for level in levels:
        yield level_window(work.subject, index, level), partial(_take_level, work, work.searches[index], level)


def _take_level(work: _Work, search: FlipSearch, level: float, result: WindowResult) -> None:
    search.record(level, *_answers(work, result))


def _take_exact(work: _Work, search: FlipSearch, result: WindowResult) -> None:
    search.record_exact(*_answers(work, result))


def _take_case(work: _Work, aspect: Aspect, case: Case, result: WindowResult) -> None:
    work.cases.setdefault(aspect, []).append((case, _answers(work, result)[0]))


def _take_condition(work: _Work, result: WindowResult) -> None:
    work.condition = condition(result, work.subject.expr)
    work.left = left_sides(work.subject, result)


def _take_live_condition(work: _Work, result: WindowResult) -> None:
    work.live_condition = condition(result, work.subject.expr)


def _answers(work: _Work, result: WindowResult) -> tuple[Vector, Vector]:
    """Give the last vectors of the expression and of its left side."""
    split = work.subject.split
    left = result.vectors[split.left][-1] if split is not None else ()
    return result.vectors[work.subject.expr][-1], left


def _judge(work: _Work, timeline: RuleTimeline) -> RuleProof:
    alert, contract = work.subject.alert, work.subject.alert.contract
    timeline = own_timeline(timeline, alert)
    assert contract is not None  # noqa: S101 only alerts with a contract become work
    for_outcome, measured = judge_for(contract, timeline, work.condition, work.course)
    resolve_outcome, resolve_ms = judge_resolve(contract, timeline, work.condition, work.course)
    outcomes = (
        judge_threshold(work.searches),
        *(judge_cases(aspect, cases) for aspect, cases in work.cases.items()),
        for_outcome,
        resolve_outcome,
        judge_labels(work.subject, timeline),
        judge_annotations(contract, timeline),
    )
    active, clears = _last_stretch(work.live_condition)
    return RuleProof(
        alert=alert,
        outcomes=outcomes,
        comparisons=tuple(measured_comparison(search) for search in work.searches),
        for_ms=measured.for_ms,
        resolve_ms=resolve_ms,
        course=work.course,
        labels=timeline.states[0].labels if timeline.states else None,
        active_ms=active,
        clears_ms=clears,
        record=course_record(work.subject, work.course, work.left, timeline),
    )


def _last_stretch(condition: Sequence[bool]) -> tuple[int | None, int | None]:
    """Give where the last stretch of a condition begins and ends, in live intervals as milliseconds."""
    if True not in condition:
        return None, None
    end = len(condition) - 1 - condition[::-1].index(True)
    start = end
    while start and condition[start - 1]:
        start -= 1
    return start * 1000, (end + 1) * 1000


def undecidable(alert: Alert) -> str:
    """Give why no engine needs to be asked about an alert; empty where it can be proved.

    Raises InputError for an expression that is no PromQL, with or without a contract.
    """
    names = metric_names(parse(alert.rule.expr, alert.rule.expr_place))
    if alert.contract is None:
        return f"no contract says what it should do; {_contract_place(alert)}"
    recorded = {
        rule.record
        for file in alert.service.prometheus.rule_files
        for group in file.groups
        for rule in group.rules
        if isinstance(rule, RecordingRule)
    }
    if read := sorted(names & recorded):
        return f"it reads the recording rule {', '.join(read)}; the series of a contract do not pass through one"
    return ""


def _contract_place(alert: Alert) -> str:
    """Give where a contract would stand: an alert outside any estate needs the estate first."""
    if alert.service.prometheus.document:
        return f"write one in rules/contracts/{alert.id.service}.yml"
    return "put the rules into rules/prometheus/<service>/ with their prometheus.yml, and one in rules/contracts/"


def _undecided(alert: Alert, reason: str) -> RuleProof:
    aspect = Aspect.CONTRACT if alert.contract is None else Aspect.THRESHOLD
    return RuleProof(alert, (Outcome(aspect, Verdict.UNDECIDED, "a proof", "none", reason),))
