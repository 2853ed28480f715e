"""The estate with labels, numbers of targets, traffic and times by chance: the contract says what the engine shows."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from alertproof.engines.recordings import replay_recorded
from alertproof.model.contract import holds
from alertproof.model.observation import labels_text
from alertproof.proof.subject import Subject, active_labels, backdrop, subject_of, target_labels, undecidable, window_of
from alertproof.witness import Phase as Stretch
from alertproof.witness import Target, domain_of, synthesise
from alertproof.witness.together import together

if TYPE_CHECKING:
    from alertproof.engines.host import Host
    from alertproof.engines.windows import Window
    from alertproof.model.contract import Comparison
    from alertproof.model.estate import Estate
    from alertproof.model.series import Series

# Whatever a label value may hold that somebody has to quote, escape, split or match.
_LETTERS = "abzAZ09-_.:/ \"'`\\\n\t{}[]()=~!,;|$^*+?%#@<>&\u00e9\u00df\u6f22\u05d0\u200b\U0001f600"
_TRAFFIC = (10.0, 100.0, 1_000.0, 10_000.0, 1_000_000.0)
# Parts of the way from the usual or the firing level to the threshold that are left to the search for the flip point.
_MARGIN = 0.05


@dataclass(frozen=True)
class Scenario:
    """Targets of one alert by chance, and which alerts its contract expects; `text` shows it to a person."""

    window: Window
    expr: str
    expected: frozenset[tuple[tuple[str, str], ...]]
    text: str


def scenario_of(subject: Subject, draw: Random) -> Scenario:
    count = draw.randint(1, 5)
    own = [labels_of(subject, draw, number) for number in range(1, count + 1)]
    if subject.comparisons[0].signal.each and "instance" not in subject.comparisons[0].signal.per:
        # One target that exports many.
        own = [{**labels, **{name: own[0][name] for name in ("instance",) if name in own[0]}} for labels in own]
    levels = [levels_of(subject, comparison, draw, count) for comparison in subject.comparisons]
    series: list[Series] = []
    for comparison, chosen in zip(subject.comparisons, levels, strict=True):
        targets = [
            Target(
                {**target_labels(comparison, number), **{n: v for n, v in labels.items() if n == "instance"}},
                (Stretch(0, *pair),),
                number,
                {name: value for name, value in labels.items() if name != "instance"},
            )
            for number, (labels, pair) in enumerate(zip(own, chosen, strict=True), start=1)
        ]
        series += synthesise(comparison.signal, subject.metrics, targets, subject.scrape_ms, subject.length_ms)
    phase = draw.randrange(subject.scrape_ms - 1)
    all_series = (*series, *backdrop(subject, subject.length_ms))
    window = window_of(subject, "by chance", all_series, phase_ms=phase)
    expected = frozenset(
        tuple(sorted(active_labels(subject.comparisons[0], subject.metrics, number, own[number - 1]).items()))
        for number in active(subject, levels)
    )
    lines = [
        f"  target {number} {labels!r}: "
        + ", ".join(f"level {chosen[number - 1][0]:g} with {chosen[number - 1][1]:g} events" for chosen in levels)
        for number, labels in enumerate(own, start=1)
    ]
    return Scenario(
        window, subject.expr, expected, "\n".join([f"{subject.alert.id}, {phase} ms after a scrape", *lines])
    )


def labels_of(subject: Subject, draw: Random, number: int) -> dict[str, str]:
    """Give values for all that the contract leaves open; no two targets are alike."""
    signals = [comparison.signal for comparison in subject.comparisons]
    taken = {label for signal in signals for label in (*signal.select, *signal.where)}
    taken |= {getattr(signal.shape, "over", "") for signal in signals}
    declared = {label for signal in signals for name in signal.shape.reads for label in subject.metrics[name].labels}
    labels = {label: f"{text(draw)}{number}" for label in sorted(declared - taken)}
    if not subject.backdrop and "instance" not in taken:
        # What else the alert reads stands on its own target, under that target's own name.
        labels["instance"] = f"{draw.choice(['10.0.0.', 'host-', '[fe80::1%'])}{number}:{draw.randint(1, 65535)}"
    return labels


def text(draw: Random) -> str:
    return "".join(draw.choice(_LETTERS) for _ in range(draw.randint(0, 8)))


def levels_of(subject: Subject, comparison: Comparison, draw: Random, count: int) -> list[tuple[float, float]]:
    """Give a level and events per target, such that all together are not too close to the threshold to call."""
    for _ in range(20):
        levels = [(draw.choice([comparison.usual, comparison.example]), draw.choice(_TRAFFIC)) for _ in range(count)]
        if comparison.signal.each or not close(subject, comparison, levels):
            return levels
    return [(comparison.usual, _TRAFFIC[0])] * count


def close(subject: Subject, comparison: Comparison, levels: list[tuple[float, float]]) -> bool:
    if domain_of(comparison.signal, subject.metrics).discrete:
        return False
    level, threshold = together(comparison.signal, subject.metrics, levels), comparison.threshold
    distances = [abs(threshold - comparison.usual), abs(threshold - comparison.example)]
    return abs(level - threshold) < _MARGIN * min(distance for distance in distances if distance)


def active(subject: Subject, levels: list[list[tuple[float, float]]]) -> list[int]:
    """Give the numbers of the targets whose alerts all comparisons make active; 1 for the service as a whole."""
    pairs = list(zip(subject.comparisons, levels, strict=True))
    if subject.comparisons[0].signal.each:
        count = len(levels[0])
        return [n + 1 for n in range(count) if all(fires(comparison, own[n][0]) for comparison, own in pairs)]
    whole = [fires(comparison, together(comparison.signal, subject.metrics, own)) for comparison, own in pairs]
    return [1] if all(whole) else []


def fires(comparison: Comparison, level: float) -> bool:
    return holds(comparison.operator, level, comparison.threshold)


@pytest.fixture(scope="module")
def subjects(real_estate: Estate) -> list[Subject]:
    found = [subject_of(alert) for alert in real_estate.alerts if not undecidable(alert)]
    assert len(found) == len(real_estate.alerts)
    return found


# The arguments of an example that fails are long; what failed stands in words in its message.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(
    max_examples=6,
    deadline=None,
    database=None,
    # A smaller seed is no simpler case: what failed is shown in words instead.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32 - 1))
def test_whatever_targets_are_called_the_contract_says_which_alerts_there_are(
    host: Host, subjects: list[Subject], tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    draw = Random(seed)  # noqa: S311 no secret
    scenarios = sorted(
        (scenario_of(subject, draw) for subject in subjects for _ in range(2)),
        key=lambda item: (item.window.expressions, item.window.end_ms),
    )
    assert {bool(item.expected) for item in scenarios} == {True, False}
    results = replay_recorded(host, tmp_path_factory.mktemp("run"), [item.window for item in scenarios])
    faults = []
    for item, result in zip(scenarios, results, strict=True):
        got = frozenset(tuple(sorted(point.labels.items())) for point in result.vectors[item.expr][-1])
        if got != item.expected:
            faults.append(f"{item.text}\n  expected {shown(item.expected)}\n  got {shown(got)}")
    assert not faults, "\n\n".join(faults)


def shown(sets: frozenset[tuple[tuple[str, str], ...]]) -> str:
    return ", ".join(labels_text(dict(labels)) for labels in sorted(sets)) or "none"


def test_what_is_drawn_by_chance_is_wide(subjects: list[Subject]) -> None:
    draw = Random(7)  # noqa: S311 no secret
    texts = [scenario_of(subject, draw).text for subject in subjects for _ in range(5)]
    for letter in ("\\\\", "\\n", '"', "\U0001f600", "target 5", "target 1"):
        assert any(letter in text for text in texts), letter
