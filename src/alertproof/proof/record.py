"""The record of a course: what the engines showed evaluation by evaluation, kept for the picture of a proof."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from alertproof.model.proof import CourseRecord
from alertproof.proof.states import FIRING, INACTIVE, PENDING

if TYPE_CHECKING:
    from alertproof.engines.windows import WindowResult
    from alertproof.model.observation import RuleTimeline, Vector
    from alertproof.proof.subject import Subject
    from alertproof.proof.timeline import Course

Left = tuple[tuple[float | None, ...], ...]


def left_expressions(subject: Subject) -> tuple[str, ...]:
    """Give the left sides to ask an engine for, each once."""
    return tuple(dict.fromkeys(split.left for split in subject.splits if split is not None))


def left_sides(subject: Subject, result: WindowResult) -> Left:
    """Give per comparison its left side at each evaluation; None where it is empty, NaN or cannot be split off."""
    return tuple(
        tuple(_value(vector) for vector in result.vectors[split.left])
        if split is not None
        else (None,) * len(result.ticks_ms)
        for split in subject.splits
    )


def course_record(subject: Subject, course: Course, left: Left, timeline: RuleTimeline) -> CourseRecord:
    """Give the record of an alert's course, from the left sides measured and its own timeline."""
    return CourseRecord(
        ticks_ms=timeline.ticks_ms,
        states=_states(timeline),
        left=left,
        numbers=tuple(split.right if split is not None else None for split in subject.splits),
        rises_ms=course.rises_ms,
        falls_ms=course.falls_ms,
    )


def _value(vector: Vector) -> float | None:
    return vector[0].value if vector and not math.isnan(vector[0].value) else None


def _states(timeline: RuleTimeline) -> tuple[str, ...]:
    """Give the state at each evaluation; of several alerts of one rule, the one that is furthest."""
    order = (INACTIVE, PENDING, FIRING)
    seen = dict.fromkeys(timeline.ticks_ms, INACTIVE)
    for state in timeline.states:
        if state.at_ms in seen:
            seen[state.at_ms] = max(seen[state.at_ms], state.state, key=order.index)
    return tuple(seen[tick] for tick in timeline.ticks_ms)
