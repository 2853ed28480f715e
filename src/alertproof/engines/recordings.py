"""Windows whose expressions read recording rules: each rule is evaluated first, and its result becomes series.

As a rule manager does, but window by window: the rules of one depth are asked at their interval over all windows, and
what they return is written beside the scenario's own series before the next depth is asked.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from alertproof.engines.windows import Recording, Window, WindowResult, replay_windows
from alertproof.model.series import METRIC_NAME, Series

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from alertproof.engines.host import Host


def replay_recorded(host: Host, folder: Path, windows: Sequence[Window]) -> tuple[WindowResult, ...]:
    """Give what each window's expressions return, with the recording rules they read evaluated before."""
    ready = list(windows)
    for depth in range(max((len(window.recordings) for window in windows), default=0)):
        indexes = [index for index, window in enumerate(ready) if depth < len(window.recordings)]
        asked = sorted(indexes, key=lambda index: (ready[index].recordings[depth].expr, ready[index].end_ms))
        results = replay_windows(host, folder, [_evaluation(ready[index], depth) for index in asked])
        for index, result in zip(asked, results, strict=True):
            ready[index] = _with_recorded(ready[index], ready[index].recordings[depth], result)
    results = replay_windows(host, folder, ready)
    return tuple(
        replace(result, recorded=late.scenario.series[len(early.scenario.series) :])
        for result, early, late in zip(results, windows, ready, strict=True)
    )


def _evaluation(window: Window, depth: int) -> Window:
    """Give the window that asks for one recording rule alone, from its start."""
    rule = window.recordings[depth]
    end = max(window.end_ms, window.scenario.length_ms) // rule.interval_ms * rule.interval_ms
    return replace(window, expressions=(rule.expr,), start_ms=0, end_ms=end, step_ms=rule.interval_ms, recordings=())


def _with_recorded(window: Window, rule: Recording, result: WindowResult) -> Window:
    found: dict[tuple[tuple[str, str], ...], dict[int, float]] = defaultdict(dict)
    delay = rule.interval_ms if rule.late else 0
    for tick, vector in zip(result.ticks_ms, result.vectors[rule.expr], strict=True):
        for point in vector:
            labels = {**point.labels, **dict(rule.labels), METRIC_NAME: rule.record}
            found[tuple(sorted(labels.items()))][tick + delay] = point.value
    step = math.gcd(rule.interval_ms, window.scenario.step_ms)
    held = max(rule.interval_ms - window.scenario.step_ms, 0) // step + 1
    series = [
        Series(dict(labels), _held(values, result.ticks_ms, held, rule.interval_ms // step), step)
        for labels, values in found.items()
    ]
    scenario = replace(window.scenario, series=(*window.scenario.series, *series))
    return replace(window, scenario=scenario)


def _held(values: dict[int, float], ticks: Iterable[int], held: int, times: int) -> tuple[float | None, ...]:
    """Give the recorded samples, `times` as many as evaluations, each held for `held` of them.

    What is seen between two evaluations is then within a lookback of the distance between two scrapes, and what an
    evaluation does not give any more is out of its sight at once.
    """
    return tuple(values.get(tick) if number < held else None for tick in ticks for number in range(times))
