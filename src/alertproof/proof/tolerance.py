"""What must not fire an alert, or must where its contract says so: everyday disturbances of healthy targets.

The service runs at its usual levels on two targets; then something happens to one of them, or to both in turn. The
condition is asked at every evaluation of the rule, and our state machine says what its `for` makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.engines.windows import Window, WindowResult
from alertproof.model.contract import Disturbance
from alertproof.model.proof import Aspect, Outcome, Verdict
from alertproof.model.series import METRIC_NAME, Scenario, Series
from alertproof.model.signal import Mean, Quantile, Ratio, Shape, Share
from alertproof.proof.states import FIRING, predict_states
from alertproof.proof.subject import Subject, backdrop, metric_of, steady_target, target_labels
from alertproof.witness import synthesise
from alertproof.witness.disturbances import UP, begun, ended, missed, reset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from alertproof.model.estate import Alert

# A restart is seen by two scrapes that fail.
_RESTART_SCRAPES = 2
# A rolling deploy replaces one target, waits for it to be ready, then the other.
_BETWEEN_SCRAPES = 8
_SPARE_SAMPLES = 8
# Evaluations fall this long after a scrape: scrapes and evaluations have clocks of their own.
_PHASES_MS = (0, 7_000)


@dataclass(frozen=True, slots=True)
class Trial:
    """A disturbance, the window in which it happens, and how long after a scrape the rule is evaluated in it."""

    disturbance: Disturbance
    window: Window
    phase_ms: int


def trials(subject: Subject) -> Iterator[Trial]:
    """Give every disturbance that can happen to what the alert reads."""
    for disturbance in Disturbance:
        series = _SERIES[disturbance](subject)
        if series is None:
            continue
        for phase in _phases_ms(subject):
            yield Trial(disturbance, _window(subject, f"{disturbance} +{phase}", series, phase), phase)


def _phases_ms(subject: Subject) -> Iterator[int]:
    """Give times after a scrape; a rule that is evaluated less often than scrapes come may see any of them."""
    for scrape in range(-(-subject.alert.interval_ms // subject.scrape_ms)):
        yield from (scrape * subject.scrape_ms + phase for phase in _PHASES_MS)


def judge_tolerance(alert: Alert, results: Sequence[tuple[Trial, WindowResult]]) -> Outcome:
    """Give the outcome: it fires on what its contract lists under `fires_on`, and on nothing else."""
    contract = alert.contract
    assert contract is not None  # noqa: S101 only alerts with a contract are judged
    fired: dict[Disturbance, bool] = {}
    for trial, result in results:
        fires = _fires(alert, trial, result)
        fired[trial.disturbance] = fired.get(trial.disturbance, False) or fires
    claimed = _said(contract.fires_on)
    measured = _said([name for name, fires in fired.items() if fires])
    faults = [f"{_article(name)} fires it" for name, fires in fired.items() if fires and name not in contract.fires_on]
    faults += [
        f"{_article(name)} does not fire it, though the contract says so"
        for name in contract.fires_on
        if not fired.get(name, False)
    ]
    if faults:
        return Outcome(Aspect.TOLERANCE, Verdict.REFUTED, claimed, measured, "; ".join(faults))
    return Outcome(Aspect.TOLERANCE, Verdict.PROVED, claimed, measured)


def _fires(alert: Alert, trial: Trial, result: WindowResult) -> bool:
    """Give whether any one label set is active for as long as the rule's `for` asks."""
    vectors = result.vectors[trial.window.expressions[0]]
    seen = {tuple(sorted(point.labels.items())) for vector in vectors for point in vector}
    for labels in seen:
        condition = [any(tuple(sorted(p.labels.items())) == labels for p in vector) for vector in vectors]
        if FIRING in predict_states(result.ticks_ms, condition, alert.rule.for_ms):
            return True
    return False


def _said(names: Sequence[Disturbance]) -> str:
    return f"fires on {', '.join(map(_word, names))}" if names else "fires on none"


def _article(name: Disturbance) -> str:
    return "being idle" if name is Disturbance.IDLE else f"a {_word(name)}"


def _word(name: Disturbance) -> str:
    return name.value.replace("_", " ")


def _window(subject: Subject, name: str, series: Sequence[Series], phase_ms: int) -> Window:
    interval = subject.alert.interval_ms
    length = _length(subject)
    scenario = Scenario(name, tuple(series), subject.scrape_ms, length)
    first = -(-subject.reach_ms // interval) * interval + phase_ms
    last = first + (length - first) // interval * interval
    return Window(scenario, (subject.expr,), first, last, interval, subject.reach_ms, subject.recordings)


def _length(subject: Subject) -> int:
    """Give a length that shows the disturbance, and whatever the alert makes of it for its whole `for` and reach."""
    step = subject.scrape_ms
    spare = (_BETWEEN_SCRAPES + _SPARE_SAMPLES) * step
    return _start(subject) * step + -(-(subject.reach_ms + subject.alert.rule.for_ms + spare) // step) * step


def _start(subject: Subject) -> int:
    """Give the sample at which the disturbance begins: as late as the alert can look back, and some more."""
    return -(-subject.reach_ms // subject.scrape_ms) + _SPARE_SAMPLES


def _target(subject: Subject, number: int, traffic: float = 1_000.0) -> tuple[Series, ...]:
    """Give everything one healthy target exports of what the alert reads, and its `up`."""
    series: dict[tuple[tuple[str, str], ...], Series] = {}
    for index, comparison in enumerate(subject.comparisons):
        target = steady_target(subject, index, number, comparison.usual, traffic)
        made = synthesise(comparison.signal, subject.metrics, [target], subject.scrape_ms, _length(subject))
        labels = {name: target_labels(comparison, number)[name] for name in ("job", "instance")}
        up = Series({METRIC_NAME: UP, **labels}, (1.0,) * (_length(subject) // subject.scrape_ms + 1))
        series |= {tuple(sorted(item.labels.items())): item for item in (up, *made)}
    return tuple(series.values())


def _rest(subject: Subject) -> tuple[Series, ...]:
    return backdrop(subject, _length(subject))


def _counters(subject: Subject, series: Series) -> bool:
    name = metric_of(series.labels[METRIC_NAME], subject.metrics)
    return name in subject.metrics and subject.metrics[name].type in {"counter", "histogram"}


def _missed_scrape(subject: Subject) -> tuple[Series, ...]:
    return (*missed(_target(subject, 1), _start(subject)), *_others(subject), *_rest(subject))


def _counter_reset(subject: Subject) -> tuple[Series, ...] | None:
    first = _target(subject, 1)
    if not any(_counters(subject, item) for item in first):
        return None
    changed = reset(first, _start(subject), lambda item: _counters(subject, item))
    return (*changed, *_others(subject), *_rest(subject))


def _target_restart(subject: Subject) -> tuple[Series, ...]:
    start = _start(subject)
    down = missed(_target(subject, 1), start, _RESTART_SCRAPES)
    changed = reset(down, start + _RESTART_SCRAPES, lambda item: _counters(subject, item))
    return (*changed, *_others(subject), *_rest(subject))


def _rolling_deploy(subject: Subject) -> tuple[Series, ...]:
    """Give two targets replaced one after the other; each new one is there a scrape before the old one goes."""
    start, series = _start(subject), list(_rest(subject))
    for number in (1, 2):
        at = start + (number - 1) * _BETWEEN_SCRAPES
        series += ended(_target(subject, number), at + 1)
        series += begun(_target(subject, number + 2), at, lambda item: _counters(subject, item))
    return tuple(series)


def _idle(subject: Subject) -> tuple[Series, ...] | None:
    """Give targets without any events, where the signal counts events to measure something else."""
    if not any(isinstance(c.signal.shape, (Quantile, Ratio, Mean)) for c in subject.comparisons):
        return None
    return (*_target(subject, 1, 0.0), *_rest(subject))


def _zero_whole(subject: Subject) -> tuple[Series, ...] | None:
    """Give a target whose whole is 0, as one without a limit; a whole that is counted stands still."""
    wholes = {whole for comparison in subject.comparisons if (whole := _whole(comparison.signal.shape))}
    if not wholes:
        return None
    changed = (_zero(subject, item) if item.labels[METRIC_NAME] in wholes else item for item in _target(subject, 1))
    return (*changed, *_rest(subject))


def _whole(shape: Shape) -> str:
    """Give the metric that is divided by; empty where there is none, or where it is the part as well."""
    match shape:
        case Share(whole=whole):
            return whole
        case Ratio(part=part, whole=whole) if part != whole:
            return whole
        case Mean(count=count):
            return count
        case _:
            return ""


def _zero(subject: Subject, series: Series) -> Series:
    still = series.samples[0] if _counters(subject, series) else 0.0
    return Series(series.labels, (still,) * len(series.samples))


def _others(subject: Subject) -> tuple[Series, ...]:
    """Give the second target, where it is one of its own rather than another label of the first."""
    first = {tuple(sorted(item.labels.items())) for item in _target(subject, 1)}
    return tuple(item for item in _target(subject, 2) if tuple(sorted(item.labels.items())) not in first)


_SERIES: Mapping[Disturbance, Callable[[Subject], tuple[Series, ...] | None]] = {
    Disturbance.MISSED_SCRAPE: _missed_scrape,
    Disturbance.COUNTER_RESET: _counter_reset,
    Disturbance.TARGET_RESTART: _target_restart,
    Disturbance.ROLLING_DEPLOY: _rolling_deploy,
    Disturbance.IDLE: _idle,
    Disturbance.ZERO_WHOLE: _zero_whole,
}
