"""Series that no signal speaks of, as they are in a healthy service: what a declared metric's `usual` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.model.series import METRIC_NAME, Series
from alertproof.witness.synthesis import declared_labels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.model.metrics import Metric

# Any time after 2020, in seconds: what a timestamp shows at a scenario's start.
_NOW_S = 1_700_000_000.0
_HEAD_START_S = 100_000.0
_JOB = "job"


def background(metric: Metric, labels: Mapping[str, str], step_ms: int, length_ms: int) -> Series | None:
    """Give one healthy series of a metric, a sample every `step_ms`; None where nobody said what is usual.

    A gauge keeps its value or, declared as `now`, follows the clock; a counter grows by its value per second. A job
    that the metric declares is its own; all other labels given go before those declared.
    """
    seconds = [at / 1000 for at in range(0, length_ms + 1, step_ms)]
    match metric.usual:
        case None:
            return None
        case "now":
            samples = [_NOW_S + at for at in seconds]
        case rate if metric.type == "counter":
            samples = [float(rate) * (_HEAD_START_S + at) for at in seconds]
        case value:
            samples = [float(value)] * len(seconds)
    job = {label: values[0] for label, values in metric.labels.items() if label == _JOB}
    return Series({METRIC_NAME: metric.name, **declared_labels(metric, labels), **job}, tuple(samples))
