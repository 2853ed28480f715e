"""The scenarios a contract asks for, and what it expects of each.

Each case is one evaluation of the rule's expression at the end of a window. The expectation stays here; an engine
gets the window alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.engines.windows import Window
from alertproof.model.series import Scenario, Series
from alertproof.witness import Phase, Target, steady, synthesise
from alertproof.witness.synthesis import DEFAULT_TRAFFIC

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alertproof.model.contract import Comparison
    from alertproof.model.estate import Alert
    from alertproof.promql import SplitComparison

# Volumes of traffic at which a signal may land on its threshold without a rounding error, to see the operator there.
EXACT_TRAFFIC = (
    20,
    60,
    100,
    200,
    300,
    400,
    500,
    600,
    640,
    700,
    800,
    900,
    1000,
    1200,
    1280,
    1500,
    3000,
    5000,
    10000,
)
# A neighbour with this much more traffic decides any sum that wrongly includes it.
_HEAVY = 1_000.0
_SPARE_SAMPLES = 8


@dataclass(frozen=True, slots=True)
class Case:
    """A window, in words, and the label sets expected to be active at its end."""

    name: str
    window: Window
    expected: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """An alert about to be proved: the alert, its expression, and the expression's parts where it has them."""

    alert: Alert
    expr: str
    split: SplitComparison | None
    reach_ms: int

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """Give the contract's comparisons."""
        contract = self.alert.contract
        return contract.comparisons if contract is not None else ()


def target_labels(comparison: Comparison, number: int) -> dict[str, str]:
    """Give the scrape labels of the service's target `number`, counted from 1."""
    job = comparison.signal.select.get("job", "service")
    return {"job": job, "instance": f"{job}-{number}", **comparison.signal.select}


def level_window(subject: Subject, index: int, level: float, traffic: float = DEFAULT_TRAFFIC) -> Window:
    """Give a window in which comparison `index` is at `level` and all others at levels that fire."""
    return _window(subject, f"level {level!r}", _all(subject, index, [_steady(subject, index, 1, level, traffic)]))


def selection_cases(subject: Subject) -> Iterator[Case]:
    """Give, per selecting label, what a series outside the selection must not change: it neither fires nor silences."""
    for index, comparison in enumerate(subject.comparisons):
        for label, value in comparison.signal.select.items():
            outside = {**target_labels(comparison, 1), label: f"not-{value}"}
            for inside, other, words in (
                (comparison.usual, comparison.example, "at the firing level"),
                (comparison.example, comparison.usual, "at the usual level beside the firing one"),
            ):
                targets = [
                    _steady(subject, index, 1, inside),
                    steady(outside, other, DEFAULT_TRAFFIC * _HEAVY),
                ]
                active = [1] if inside == comparison.example else []
                name = f"a series with {label}={outside[label]!r} {words}"
                yield _case(subject, index, name, targets, active)


def instance_cases(subject: Subject) -> Iterator[Case]:
    """Give what two targets must do: one alert for the service, or one for each, as `per` says.

    Where the alert is for the service, the traffic of each target decides; where it is for each, each decides alone.
    """
    for index, comparison in enumerate(subject.comparisons):
        usual, example = comparison.usual, comparison.example
        each = "instance" in comparison.signal.per
        light, heavy = ("one", "the other") if each else ("one, with little traffic,", "one, with most traffic,")
        first, second = _steady(subject, index, 1, example), _steady(subject, index, 2, example)
        yield _case(subject, index, "two targets at the firing level", [first, second], [1, 2] if each else [1])
        yield _case(
            subject,
            index,
            f"{light} of two targets at the firing level",
            [first, _steady(subject, index, 2, usual, DEFAULT_TRAFFIC * _HEAVY)],
            [1] if each else [],
        )
        yield _case(
            subject,
            index,
            f"{heavy} of two targets at the firing level",
            [_steady(subject, index, 1, usual), _steady(subject, index, 2, example, DEFAULT_TRAFFIC * _HEAVY)],
            [2] if each else [1],
        )


def window_cases(subject: Subject) -> Iterator[Case]:
    """Give what shows how far back the rule looks: heavy traffic just inside the contract's window, or just before it.

    Two samples are left free on either side of the edge, where engines differ (Prometheus 3 ranges are left-open).
    """
    step, end = scrape_ms(subject), window_length(subject)
    for index, comparison in enumerate(subject.comparisons):
        window = comparison.signal.shape.window_ms
        if not window:
            continue
        edge = end - window
        before = (
            Phase(0, comparison.example, DEFAULT_TRAFFIC * _HEAVY),
            Phase(edge - 2 * step, comparison.usual),
        )
        inside = (
            Phase(0, comparison.usual),
            Phase(edge + 2 * step, comparison.example, DEFAULT_TRAFFIC * _HEAVY),
            Phase(edge + 4 * step, comparison.usual),
        )
        labels = target_labels(comparison, 1)
        yield _case(subject, index, "a breach just before its window", [Target(labels, before)], [])
        yield _case(subject, index, "a breach early in its window", [Target(labels, inside)], [1])
        latest = (Phase(0, comparison.usual), Phase(end, comparison.example, DEFAULT_TRAFFIC * _HEAVY))
        yield _case(subject, index, "a breach in the last sample of its window", [Target(labels, latest)], [1])


def active_labels(comparison: Comparison, number: int) -> dict[str, str]:
    """Give the labels that tell this target's alert apart, before the rule adds its own."""
    labels = target_labels(comparison, number)
    return {name: labels[name] for name in comparison.signal.per if name in labels}


def _case(subject: Subject, index: int, name: str, targets: list[Target], active: list[int]) -> Case:
    expected = tuple(active_labels(subject.comparisons[index], number) for number in active)
    return Case(name, _window(subject, name, _all(subject, index, targets)), expected)


def _steady(subject: Subject, index: int, number: int, level: float, traffic: float = DEFAULT_TRAFFIC) -> Target:
    return steady(target_labels(subject.comparisons[index], number), level, traffic)


def _all(subject: Subject, index: int, targets: list[Target]) -> tuple[Series, ...]:
    """Give the series of comparison `index` on its targets, and of all others at their example level."""
    series: list[Series] = []
    for other, comparison in enumerate(subject.comparisons):
        own = targets if other == index else [_steady(subject, other, 1, comparison.example)]
        series += synthesise(
            comparison.signal, subject.alert.service.metrics, own, scrape_ms(subject), window_length(subject)
        )
    return tuple(series)


def scrape_ms(subject: Subject) -> int:
    """Give the distance of samples: the scrape interval of the service."""
    return subject.alert.service.prometheus.scrape_interval_ms


def window_length(subject: Subject) -> int:
    """Give the length of a steady window: as far as the expression looks back, and a few samples more."""
    step = scrape_ms(subject)
    return -(-subject.reach_ms // step) * step + _SPARE_SAMPLES * step


def _window(subject: Subject, name: str, series: tuple[Series, ...]) -> Window:
    length = window_length(subject)
    expressions = (subject.expr, subject.split.left) if subject.split else (subject.expr,)
    scenario = Scenario(name, series, scrape_ms(subject), length)
    return Window(scenario, expressions, length, length, scrape_ms(subject), subject.reach_ms)
