"""The scenario over time: usual, then the example level, then usual again; and what the rule manager made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from alertproof.engines.overlay import LIVE_INTERVAL_MS
from alertproof.engines.promtool import RuleReplay
from alertproof.engines.windows import Recording, Window, WindowResult
from alertproof.model.rules import RecordingRule
from alertproof.model.series import Scenario, Series
from alertproof.proof.record import left_expressions
from alertproof.proof.states import FIRING, PENDING
from alertproof.proof.subject import Subject, backdrop, target_labels
from alertproof.witness import Phase, Target, steady, synthesise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.model.estate import Alert
    from alertproof.model.observation import RuleTimeline
    from alertproof.model.rules import RuleFile

_SPARE_INTERVALS = 4
_BRIEF_INTERVALS = 2


@dataclass(frozen=True, slots=True)
class Course:
    """The scenario and its turning points: the example level begins at `rises_ms` and ends at `falls_ms`.

    From `settles_ms` on the rule sees nothing of the time before the scenario, when there were no series at all.
    """

    scenario: Scenario
    interval_ms: int
    rises_ms: int
    falls_ms: int
    settles_ms: int = 0

    @property
    def render_ms(self) -> int:
        """Give the last evaluation at which every sample in sight is at the example level."""
        return (self.falls_ms - 1) // self.interval_ms * self.interval_ms


def course_of(subject: Subject, *, brief: bool = False) -> Course:
    """Give the course of an alert: long enough for its own `for`, and for the contract's, to be seen to pass.

    A brief one trusts the contract's window, where others stay as long as the rule itself looks back.
    """
    alert, contract = subject.alert, subject.alert.contract
    assert contract is not None  # noqa: S101 only alerts with a contract are planned
    interval, step = alert.interval_ms, subject.scrape_ms
    spare = _SPARE_INTERVALS * interval
    keep = max(alert.rule.keep_firing_for_ms, contract.keep_firing_for_ms)
    rises = _up(subject.reach_ms + keep + spare, step)
    stays = contract.window_ms + _BRIEF_INTERVALS * interval if brief else subject.reach_ms + spare
    falls = rises + _up(max(alert.rule.for_ms, contract.for_ms) + stays, step)
    length = falls + _up(subject.reach_ms + keep + spare, step)
    series: list[Series] = []
    for comparison in contract.comparisons:
        phases = (
            Phase(0, comparison.usual),
            Phase(rises, comparison.example),
            Phase(falls, comparison.usual),
        )
        targets = [Target(target_labels(comparison, 1), phases)]
        if comparison.signal.each:
            # One of two: what speaks of all targets at once stays silent beside it.
            targets.append(steady(target_labels(comparison, 2), comparison.usual, number=2))
        series += synthesise(comparison.signal, alert.service.metrics, targets, step, length)
    series += backdrop(subject, length)
    scenario = Scenario(f"course {alert.id}", tuple(series), step, length)
    return Course(scenario, interval, rises, falls, _up(subject.reach_ms + keep, interval))


def rule_window(subject: Subject, course: Course) -> Window:
    """Give the window that shows at which of the rule's own evaluations its condition holds, and its left sides.

    promtool, whose states the condition is held against, evaluates recording rules as often as the alert.
    """
    alike = tuple(replace(recording, interval_ms=course.interval_ms) for recording in subject.recordings)
    return _window(subject, course, course.interval_ms, alike, left_expressions(subject))


def live_window(subject: Subject, course: Course) -> Window:
    """Give the window that shows the condition second by second, for placing a live replay."""
    often = tuple(replace(recording, interval_ms=LIVE_INTERVAL_MS) for recording in subject.recordings)
    return _window(subject, course, LIVE_INTERVAL_MS, often)


def rule_replay(subject: Subject, course: Course, key: str) -> RuleReplay:
    """Give the course as the real rule manager gets it."""
    return rule_replay_of(subject, course.scenario, key, (course.render_ms,))


def rule_replay_of(subject: Subject, scenario: Scenario, key: str, render_ms: tuple[int, ...]) -> RuleReplay:
    """Give any scenario of an alert as the real rule manager gets it."""
    alert = subject.alert
    config = alert.service.prometheus
    recorded = frozenset(recording.record for recording in subject.recordings)
    beside = tuple(file for file in config.rule_files if file is not alert.file and _records(file) & recorded)
    return RuleReplay(
        key=key,
        rules=alert.file,
        alert=alert.rule.alert,
        scenario=scenario,
        interval_ms=alert.interval_ms,
        render_ms=render_ms,
        reads=recorded,
        beside=beside,
        external_labels=config.external_labels,
    )


def _records(file: RuleFile) -> set[str]:
    return {rule.record for group in file.groups for rule in group.rules if isinstance(rule, RecordingRule)}


def _window(
    subject: Subject,
    course: Course,
    step_ms: int,
    recordings: tuple[Recording, ...],
    further: tuple[str, ...] = (),
) -> Window:
    length = course.scenario.length_ms
    return Window(course.scenario, (subject.expr, *further), 0, length, step_ms, subject.reach_ms, recordings)


def condition(result: WindowResult, expr: str) -> tuple[bool, ...]:
    """Give whether the expression returned anything, evaluation by evaluation."""
    return tuple(bool(vector) for vector in result.vectors[expr])


def own_timeline(timeline: RuleTimeline, alert: Alert) -> RuleTimeline:
    """Give what a timeline says of this alert alone: its file may hold others of the same name with other labels."""
    namesakes = [
        rule.labels
        for group in alert.file.groups
        for rule in group.alerts
        if rule.alert == alert.rule.alert and rule.labels != alert.rule.labels
    ]
    # Of several rules whose static labels a state carries, it is the one with the most.
    others = [labels for labels in namesakes if len(labels) > len(alert.rule.labels)]

    def own(labels: Mapping[str, str]) -> bool:
        return _carries(labels, alert.rule.labels) and not any(_carries(labels, other) for other in others)

    return replace(
        timeline,
        states=tuple(state for state in timeline.states if own(state.labels)),
        rendered=tuple(item for item in timeline.rendered if own(item.labels)),
    )


def _carries(labels: Mapping[str, str], static: Mapping[str, str]) -> bool:
    """Give whether labels hold the static ones of a rule; a templated value can be anything."""
    return all(labels.get(name) == value or "{{" in value for name, value in static.items())


def settled(timeline: RuleTimeline, course: Course) -> RuleTimeline:
    """Give a timeline from where the rule sees its whole window on: a rate that must fall is low before it is full."""
    return replace(
        timeline,
        ticks_ms=tuple(tick for tick in timeline.ticks_ms if tick >= course.settles_ms),
        states=tuple(state for state in timeline.states if state.at_ms >= course.settles_ms),
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """What the rule manager's timeline says: first pending or firing, first firing, and first gone after the fall."""

    active_ms: int | None
    firing_ms: int | None
    gone_ms: int | None

    @property
    def for_ms(self) -> int | None:
        """Give the time from active to firing."""
        return None if self.firing_ms is None or self.active_ms is None else self.firing_ms - self.active_ms


def measure(timeline: RuleTimeline, falls_ms: int) -> Measured:
    """Give the turning points of a timeline."""
    active = next((state.at_ms for state in timeline.states if state.state in (PENDING, FIRING)), None)
    firing = next((state.at_ms for state in timeline.states if state.state == FIRING), None)
    busy = {state.at_ms for state in timeline.states}
    gone = next((tick for tick in timeline.ticks_ms if tick >= falls_ms and tick not in busy), None)
    return Measured(active, firing, gone if firing is not None else None)


def _up(value: int, step: int) -> int:
    return -(-value // step) * step
