"""Proving alerts in batches: all scenarios of all alerts share the engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from alertproof.engines.promtool import replay_rules
from alertproof.engines.recordings import replay_recorded
from alertproof.engines.windows import Window, WindowResult
from alertproof.model.proof import Aspect, MeasuredComparison, Outcome, Verdict
from alertproof.proof.cases import (
    Case,
    exact_windows,
    instance_cases,
    level_window,
    phases_ms,
    selection_cases,
    window_cases,
)
from alertproof.proof.divided import divided_cases, traffic_cases
from alertproof.proof.flip import FlipSearch
from alertproof.proof.judge import judge_annotations, judge_cases, judge_for, judge_labels, judge_resolve
from alertproof.proof.judge_threshold import judge_threshold, measured_comparison
from alertproof.proof.record import Left, course_record, left_sides
from alertproof.proof.subject import Subject, subject_of, undecidable
from alertproof.proof.timeline import (
    Course,
    condition,
    course_of,
    live_window,
    own_timeline,
    rule_replay,
    rule_window,
    settled,
)
from alertproof.proof.tolerance import Trial, judge_tolerance, trials
from alertproof.witness import domain_of

if TYPE_CHECKING:
    from pathlib import Path

    from alertproof.engines.host import Host
    from alertproof.model.estate import Alert
    from alertproof.model.observation import RuleTimeline, Vector
    from alertproof.model.proof import CourseRecord
    from alertproof.model.series import Series

Progress = Callable[[str], None]
MAX_ROUNDS = 8
_OF_COURSE = frozenset({Aspect.FOR, Aspect.RESOLVE, Aspect.LABELS, Aspect.ANNOTATIONS, Aspect.DELIVERY})


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
    recorded: tuple[Series, ...] = ()


@dataclass(slots=True)
class _Work:
    """One alert on its way: what is asked, and what has been answered."""

    subject: Subject
    course: Course
    searches: list[FlipSearch]
    cases: dict[Aspect, list[tuple[Case, Vector]]] = field(default_factory=dict)
    condition: tuple[bool, ...] = ()
    left: Left = ()
    recorded: tuple[Series, ...] = ()
    live_condition: tuple[bool, ...] = ()
    trials: list[tuple[Trial, WindowResult]] = field(default_factory=list)
    wanted: frozenset[Aspect] = frozenset(Aspect)

    @property
    def runs(self) -> bool:
        """Give whether its course is wanted: for what the rule manager says, or for a live replay."""
        return bool(self.wanted & _OF_COURSE)


# A window, and what to do with its result.
_Question = tuple[Window, Callable[[WindowResult], None]]


def prove_rules(  # noqa: PLR0913 each a plain fact of the run
    host: Host,
    folder: Path,
    alerts: Sequence[Alert],
    progress: Progress = lambda _: None,
    wanted: Mapping[int, frozenset[Aspect]] | None = None,
    *,
    realtime: bool = False,
) -> list[RuleProof]:
    """Give a proof of each alert's rule, in order; delivery is not part of it.

    `wanted` narrows the alert at an index to some aspects; its proof then has these alone. For a delivery in real
    time courses are as brief as can be.
    Raises InputError for an expression that is not PromQL, EngineError where an engine fails.
    """
    reasons = [undecidable(alert) for alert in alerts]
    works = {
        index: _work(alert, (wanted or {}).get(index, frozenset(Aspect)), realtime=realtime)
        for index, alert in enumerate(alerts)
        if not reasons[index]
    }
    progress(f"levels of {len(works)} alerts")
    _ask(host, folder, [question for work in works.values() for question in _first_round(work)])
    for number in range(MAX_ROUNDS):
        questions = [question for work in works.values() for question in _next_round(work)]
        if not questions:
            break
        progress(f"bisecting, round {number + 2}")
        _ask(host, folder, questions)
    progress("rule manager")
    replays = [rule_replay(work.subject, work.course, f"alert-{i}") for i, work in works.items() if work.runs]
    timelines = replay_rules(host, folder, replays)
    return [
        _judge(works[index], timelines.get(f"alert-{index}")) if index in works else _undecided(alert, reasons[index])
        for index, alert in enumerate(alerts)
    ]


def _work(alert: Alert, wanted: frozenset[Aspect], *, realtime: bool) -> _Work:
    subject = subject_of(alert)
    metrics = alert.service.metrics
    searches = [
        FlipSearch(comparison, domain_of(comparison.signal, metrics), split)
        for comparison, split in zip(subject.comparisons, subject.splits, strict=True)
    ]
    return _Work(subject, course_of(subject, brief=realtime), searches, wanted=wanted)


def _ask(host: Host, folder: Path, questions: Sequence[_Question]) -> None:
    if not questions:
        return
    # Windows that can share a query stand side by side.
    ordered = sorted(questions, key=lambda question: (question[0].expressions, question[0].end_ms))
    results = replay_recorded(host, folder, [window for window, _ in ordered])
    for (_, take), result in zip(ordered, results, strict=True):
        take(result)


def _first_round(work: _Work) -> Iterator[_Question]:
    if Aspect.THRESHOLD in work.wanted:
        for index, search in enumerate(work.searches):
            yield from _level_questions(work, index, search.first_levels())
            yield from _phase_questions(work, index)
            for window in exact_windows(work.subject, index):
                yield window, partial(_take_exact, work, index)
    for aspect, cases in _CASES.items():
        if aspect in work.wanted:
            for case in cases(work.subject):
                yield case.window, partial(_take_case, work, aspect, case)
    if Aspect.TOLERANCE in work.wanted:
        for trial in trials(work.subject):
            yield trial.window, partial(_take_trial, work, trial)
    yield from _course_questions(work)


def _course_questions(work: _Work) -> Iterator[_Question]:
    if work.runs:
        yield rule_window(work.subject, work.course), partial(_take_condition, work)
    # Second by second it takes a while, and only a delivery asks for it.
    if Aspect.DELIVERY in work.wanted:
        yield live_window(work.subject, work.course), partial(_take_live_condition, work)


_CASES: Mapping[Aspect, Callable[[Subject], Iterator[Case]]] = {
    Aspect.SELECTION: selection_cases,
    Aspect.INSTANCES: lambda subject: chain(instance_cases(subject), divided_cases(subject)),
    Aspect.WINDOW: lambda subject: chain(window_cases(subject), traffic_cases(subject)),
}


def _next_round(work: _Work) -> Iterator[_Question]:
    if Aspect.THRESHOLD in work.wanted:
        for index, search in enumerate(work.searches):
            yield from _level_questions(work, index, search.next_levels())


def _level_questions(work: _Work, index: int, levels: Sequence[float]) -> Iterator[_Question]:
    for level in levels:
        yield level_window(work.subject, index, level), partial(_take_level, work, index, level)


def _phase_questions(work: _Work, index: int) -> Iterator[_Question]:
    """Give the levels beside the threshold again, evaluated some time after the last scrape."""
    for level in work.searches[index].beside_levels():
        for phase in phases_ms(work.subject):
            yield level_window(work.subject, index, level, phase), partial(_take_level, work, index, level)


def _take_level(work: _Work, index: int, level: float, result: WindowResult) -> None:
    work.searches[index].record(level, *_answers(work, index, result))


def _take_exact(work: _Work, index: int, result: WindowResult) -> None:
    work.searches[index].record_exact(*_answers(work, index, result))


def _take_trial(work: _Work, trial: Trial, result: WindowResult) -> None:
    work.trials.append((trial, result))


def _take_case(work: _Work, aspect: Aspect, case: Case, result: WindowResult) -> None:
    work.cases.setdefault(aspect, []).append((case, result.vectors[work.subject.expr][-1]))


def _take_condition(work: _Work, result: WindowResult) -> None:
    work.condition = condition(result, work.subject.expr)
    work.left = left_sides(work.subject, result)


def _take_live_condition(work: _Work, result: WindowResult) -> None:
    work.live_condition = condition(result, work.subject.expr)
    work.recorded = result.recorded


def _answers(work: _Work, index: int, result: WindowResult) -> tuple[Vector, Vector]:
    """Give the last vectors of the expression and of a comparison's left side."""
    split = work.subject.splits[index]
    left = result.vectors[split.left][-1] if split is not None else ()
    return result.vectors[work.subject.expr][-1], left


def _judge(work: _Work, timeline: RuleTimeline | None) -> RuleProof:
    alert = work.subject.alert
    outcomes = [judge_threshold(work.searches)] if Aspect.THRESHOLD in work.wanted else []
    outcomes += [judge_cases(aspect, cases) for aspect, cases in work.cases.items()]
    if Aspect.TOLERANCE in work.wanted:
        outcomes.append(judge_tolerance(alert, work.trials))
    comparisons = tuple(measured_comparison(search) for search in work.searches)
    if timeline is None:
        return RuleProof(alert, tuple(outcomes), comparisons)
    return _judge_course(work, own_timeline(timeline, alert), outcomes, comparisons)


def _judge_course(
    work: _Work,
    timeline: RuleTimeline,
    outcomes: Sequence[Outcome],
    comparisons: tuple[MeasuredComparison, ...],
) -> RuleProof:
    alert, contract = work.subject.alert, work.subject.alert.contract
    assert contract is not None  # noqa: S101 only alerts with a contract become work
    seen = settled(timeline, work.course)
    condition_seen = work.condition[len(timeline.ticks_ms) - len(seen.ticks_ms) :]
    for_outcome, measured = judge_for(contract, seen, condition_seen, work.course)
    resolve_outcome, resolve_ms = judge_resolve(contract, seen, condition_seen, work.course)
    judged = (
        for_outcome,
        resolve_outcome,
        judge_labels(work.subject, seen),
        judge_annotations(contract, seen),
    )
    active, clears = _last_stretch(work.live_condition)
    return RuleProof(
        alert=alert,
        outcomes=(*outcomes, *(outcome for outcome in judged if outcome.aspect in work.wanted)),
        comparisons=comparisons,
        for_ms=measured.for_ms,
        resolve_ms=resolve_ms,
        course=work.course,
        labels=seen.states[0].labels if seen.states else None,
        active_ms=active,
        clears_ms=clears,
        recorded=work.recorded,
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


def _undecided(alert: Alert, reason: str) -> RuleProof:
    aspect = Aspect.CONTRACT if alert.contract is None else Aspect.THRESHOLD
    return RuleProof(alert, (Outcome(aspect, Verdict.UNDECIDED, "a proof", "none", reason),))
