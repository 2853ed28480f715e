"""Judging everything but the threshold and the delivery: what was claimed against what the engines saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.model.proof import Aspect, Outcome, Verdict
from alertproof.proof.states import INACTIVE, predict_states
from alertproof.proof.subject import Subject, active_labels
from alertproof.proof.timeline import Course, Measured, measure
from alertproof.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from alertproof.model.contract import Contract
    from alertproof.model.observation import RuleTimeline, Vector
    from alertproof.proof.cases import Case

_ALERTNAME = "alertname"
_TEMPLATE_FAULTS = ("<no value>", "<error expanding template")


def proved(aspect: Aspect, said: str) -> Outcome:
    """Give the outcome of an aspect where claim and measurement agree."""
    return Outcome(aspect, Verdict.PROVED, said, said)


def refuted(aspect: Aspect, claimed: str, measured: str, reason: str) -> Outcome:
    """Give the outcome of an aspect where they do not."""
    return Outcome(aspect, Verdict.REFUTED, claimed, measured, reason)


def judge_cases(aspect: Aspect, cases: Sequence[tuple[Case, Vector]]) -> Outcome:
    """Give the outcome of cases that prescribe which alerts are active."""
    faults = []
    for case, vector in cases:
        got = _sets(point.labels for point in vector)
        wanted = _sets(case.expected)
        if got != wanted:
            faults.append(f"with {case.name}: expected {_alerts(wanted)}, got {_alerts(got)}")
    claimed = f"{len(cases)} cases"
    if faults:
        return refuted(aspect, claimed, f"{len(cases) - len(faults)} of {len(cases)} cases", "; ".join(faults))
    return proved(aspect, claimed)


def judge_for(
    contract: Contract, timeline: RuleTimeline, condition: Sequence[bool], course: Course
) -> tuple[Outcome, Measured]:
    """Give the outcome of `for`: pending an interval before it ends, firing exactly when it ends.

    The condition was measured on the windows engine; our state machine says what follows from it and the contract.
    """
    measured = measure(timeline, course.falls_ms)
    claimed = format_duration(contract.for_ms)
    if measured.active_ms is None:
        return refuted(Aspect.FOR, claimed, "never pending", "it never became pending at its example level"), measured
    if measured.for_ms is None:
        last = format_duration(course.falls_ms - measured.active_ms)
        reason = f"still pending {last} after its condition began; the contract says for {claimed}"
        return refuted(Aspect.FOR, claimed, "never fires", reason), measured
    said = format_duration(measured.for_ms)
    if measured.for_ms != contract.for_ms:
        return refuted(Aspect.FOR, claimed, said, f"fires after {said}, the contract says for {claimed}"), measured
    onset = measured.active_ms - course.rises_ms
    if onset >= contract.window_ms + course.interval_ms:
        # Whatever the rule looks at, the contract's window is full of the breach by now.
        late = f"pending only {format_duration(onset)} after the breach began, past the contract's window"
        return refuted(Aspect.FOR, claimed, said, late), measured
    predicted = predict_states(timeline.ticks_ms, condition, contract.for_ms, contract.keep_firing_for_ms)
    for tick, state in zip(timeline.ticks_ms, predicted, strict=True):
        seen = {item.state for item in timeline.at(tick)} or {INACTIVE}
        if tick < course.falls_ms and seen != {state}:
            reason = f"{'/'.join(sorted(seen))} at {format_duration(tick)}, where {state} follows from its condition"
            return refuted(Aspect.FOR, claimed, said, reason), measured
    return proved(Aspect.FOR, claimed), measured


def judge_resolve(
    contract: Contract, timeline: RuleTimeline, condition: Sequence[bool], course: Course
) -> tuple[Outcome, int | None]:
    """Give the outcome of the resolve: gone at the first evaluation without the condition, within the signal's window.

    Also gives the milliseconds from the return of the usual level until the alert was gone.
    """
    bound = contract.window_ms + contract.keep_firing_for_ms + course.interval_ms
    claimed = f"in less than {format_duration(bound)}"
    measured = measure(timeline, course.falls_ms)
    if measured.firing_ms is None:
        return refuted(Aspect.RESOLVE, claimed, "never fired", "it never fired, so it cannot resolve"), None
    if measured.gone_ms is None:
        return refuted(Aspect.RESOLVE, claimed, "never", "still firing at the end of the scenario"), None
    took = measured.gone_ms - course.falls_ms
    predicted = predict_states(timeline.ticks_ms, condition, contract.for_ms, contract.keep_firing_for_ms)
    after = [pair for pair in zip(timeline.ticks_ms, predicted, strict=True) if pair[0] >= course.falls_ms]
    due = next((tick for tick, state in after if state == INACTIVE), None)
    said = format_duration(took)
    if due != measured.gone_ms:
        expected = "never" if due is None else format_duration(due - course.falls_ms)
        reason = f"gone {said} after the signal is back, where its condition says {expected}"
        return refuted(Aspect.RESOLVE, claimed, said, reason), took
    if took >= bound:
        reason = f"gone {said} after the signal is back, the contract's window allows {format_duration(bound)}"
        return refuted(Aspect.RESOLVE, claimed, said, reason), took
    return Outcome(Aspect.RESOLVE, Verdict.PROVED, claimed, said), took


def judge_labels(subject: Subject, timeline: RuleTimeline) -> Outcome:
    """Give the outcome of the labels: the alert's own, and no others."""
    contract = subject.alert.contract
    assert contract is not None  # noqa: S101 only alerts with a contract are judged
    expected = {_ALERTNAME: subject.alert.rule.alert, **contract.static_labels}
    for comparison in contract.comparisons:
        expected |= active_labels(comparison, subject.metrics, 1)
    claimed = _labels(expected)
    if fixed := _fixed(subject):
        reason = f"it sets {', '.join(fixed)} to one text for every alert, where the contract tells alerts apart by it"
        return refuted(Aspect.LABELS, claimed, "one for all", reason)
    seen = _sets(state.labels for state in timeline.states)
    if not seen:
        return refuted(Aspect.LABELS, claimed, "never active", "it was never active, so it shows no labels")
    measured = " or ".join(_labels(dict(labels)) for labels in sorted(seen))
    if seen == _sets([expected]):
        return proved(Aspect.LABELS, claimed)
    return refuted(Aspect.LABELS, claimed, measured, f"it carries {measured}, the contract says {claimed}")


def _fixed(subject: Subject) -> list[str]:
    """Give the labels that tell alerts apart and that the rule itself sets, other than by a template."""
    apart = {name for comparison in subject.comparisons for name in comparison.signal.per}
    apart -= {name for comparison in subject.comparisons for name in comparison.signal.select}
    return sorted(name for name, text in subject.alert.rule.labels.items() if name in apart and "{{" not in text)


def judge_annotations(contract: Contract, timeline: RuleTimeline) -> Outcome:
    """Give the outcome of the annotations as a person reads them, at the example level."""
    claimed = "; ".join(f"{name}: {text}" for name, text in sorted(contract.annotations.items()))
    if not timeline.rendered:
        return refuted(Aspect.ANNOTATIONS, claimed, "not firing", "it was not firing when its texts were asked for")
    rendered = timeline.rendered[0].annotations
    measured = "; ".join(f"{name}: {text}" for name, text in sorted(rendered.items()))
    faults = [
        f"{name} is {_quoted(rendered.get(name))}, the contract says {_quoted(contract.annotations.get(name))}"
        for name in sorted({*rendered, *contract.annotations})
        if rendered.get(name) != contract.annotations.get(name)
    ]
    faults += [
        f"{name} shows {fault}" for name, text in rendered.items() for fault in _TEMPLATE_FAULTS if fault in text
    ]
    if faults:
        return refuted(Aspect.ANNOTATIONS, claimed, measured, "; ".join(faults))
    return proved(Aspect.ANNOTATIONS, claimed)


def _sets(labels: Iterable[Mapping[str, str]]) -> frozenset[tuple[tuple[str, str], ...]]:
    return frozenset(tuple(sorted(item.items())) for item in labels)


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{name}={value}" for name, value in sorted(labels.items())) + "}"


def _alerts(sets: frozenset[tuple[tuple[str, str], ...]]) -> str:
    return ", ".join(f"alert {_labels(dict(labels))}" if labels else "the alert" for labels in sorted(sets)) or "none"


def _quoted(text: str | None) -> str:
    return "missing" if text is None else f"'{text}'"
