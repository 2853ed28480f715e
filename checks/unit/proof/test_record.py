"""What is kept of a course: the furthest state at each evaluation, and the left side where it has a value."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from alertproof.engines.windows import WindowResult
from alertproof.load.estate import load_estate
from alertproof.model.observation import AlertState, Point, RuleTimeline
from alertproof.proof.record import course_record, left_expressions, left_sides
from alertproof.proof.subject import subject_of
from alertproof.proof.timeline import course_of, live_window, rule_window

SUBJECT = subject_of(load_estate([Path(__file__).parents[2] / "sample"]).alerts[0])
COURSE = course_of(SUBJECT)
TICKS = (0, 15_000, 30_000, 45_000)


def test_the_furthest_of_several_alerts_is_the_state() -> None:
    states = (
        AlertState(15_000, "pending", {"instance": "a"}),
        AlertState(30_000, "firing", {"instance": "a"}),
        AlertState(30_000, "pending", {"instance": "b"}),
    )
    record = course_record(SUBJECT, COURSE, ((None,) * 4,), RuleTimeline(TICKS, states, ()))
    assert record.states == ("inactive", "pending", "firing", "inactive")
    assert (record.ticks_ms, record.numbers) == (TICKS, (500.0,))
    assert (record.rises_ms, record.falls_ms) == (COURSE.rises_ms, COURSE.falls_ms)


def test_the_left_side_is_the_first_value_and_nothing_where_it_is_empty_or_nan() -> None:
    (expression,) = left_expressions(SUBJECT)
    vectors = ((), (Point({}, float("nan")),), (Point({}, 80.0), Point({}, 90.0)), (Point({}, float("inf")),))
    assert left_sides(SUBJECT, WindowResult(TICKS, {expression: vectors})) == ((None, None, 80.0, float("inf")),)


def test_without_a_comparison_at_the_top_nothing_is_asked_and_nothing_kept() -> None:
    whole = replace(SUBJECT, splits=(None,))
    assert left_expressions(whole) == ()
    assert left_sides(whole, WindowResult(TICKS, {})) == ((None,) * 4,)
    assert course_record(whole, COURSE, (), RuleTimeline(TICKS, (), ())).numbers == (None,)


def test_only_the_window_of_the_rules_own_evaluations_asks_for_the_left_side() -> None:
    assert rule_window(SUBJECT, COURSE).expressions == (SUBJECT.expr, *left_expressions(SUBJECT))
    assert live_window(SUBJECT, COURSE).expressions == (SUBJECT.expr,)
