"""What is known of a service without an engine: what its alerts read, what is usual, what happens to two targets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from alertproof.load.estate import load_estate
from alertproof.model.contract import Disturbance
from alertproof.model.series import METRIC_NAME, Series
from alertproof.proof.coverage import coverage_of
from alertproof.proof.healthy import healthy_service
from alertproof.proof.subject import subject_of
from alertproof.proof.tolerance import trials

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from alertproof.model.estate import Alert

Item = dict[str, Any]
METRICS: list[Item] = [
    {"name": "beats_total", "type": "counter", "unit": "beats", "help": "h", "labels": {"ok": ["no", "yes"]}},
    {"name": "failed_total", "type": "counter", "unit": "beats", "help": "h"},
    {"name": "idle_total", "type": "counter", "unit": "beats", "help": "h"},
]
ALL = {"whole": "beats_total", "window": "5m", "select": {"job": "a"}, "per": []}
CLAIM = {"operator": "<", "threshold": 0.5, "unit": "ratio", "usual": 0.9, "example": 0.1}
FAILED = {
    **CLAIM,
    "signal": {"ratio_of": {"part": "failed_total", **ALL}},
    "operator": ">",
    "usual": 0.1,
    "example": 0.9,
}
GOOD = {**CLAIM, "signal": {"ratio_of": {"part": "beats_total", "where": {"ok": ["yes"]}, **ALL}}}


@pytest.fixture
def alerts(tmp_path: Path, made_service: Callable[..., None]) -> tuple[Alert, ...]:
    written = [
        {"name": "Failing", "expr": "sum(rate(failed_total[5m])) / sum(rate(beats_total[5m])) > 0.5"},
        {"name": "Good", "expr": 'sum(rate(beats_total{ok="yes"}[5m])) / sum(rate(beats_total[5m])) < 0.5'},
    ]
    made_service(
        tmp_path, "s", METRICS, [{**written[0], "comparisons": [FAILED]}, {**written[1], "comparisons": [GOOD]}]
    )
    return load_estate([tmp_path]).alerts


def growth(series: Series) -> float:
    first, last = series.samples[0], series.samples[-1]
    assert first is not None
    assert last is not None
    return last - first


def test_coverage_names_what_alerts_read_and_what_none_does(alerts: tuple[Alert, ...]) -> None:
    coverage = coverage_of(alerts)
    assert coverage.watched == (("beats_total", ("Failing", "Good")), ("failed_total", ("Failing",)))
    assert coverage.blind == ("idle_total",)


def test_the_contract_that_tells_values_apart_says_what_is_usual(alerts: tuple[Alert, ...]) -> None:
    series = healthy_service(alerts[0].service, 600_000)
    beats = {
        ok: sum(growth(s) for s in series if s.labels[METRIC_NAME] == "beats_total" and s.labels["ok"] == ok)
        for ok in ("yes", "no")
    }
    failed = sum(growth(s) for s in series if s.labels[METRIC_NAME] == "failed_total")
    assert beats["yes"] / sum(beats.values()) == pytest.approx(0.9)
    assert failed / sum(beats.values()) == pytest.approx(0.1)


@pytest.mark.parametrize("name", [Disturbance.MISSED_SCRAPE, Disturbance.TARGET_RESTART])
def test_what_happens_to_one_target_leaves_the_other_as_it_was(alerts: tuple[Alert, ...], name: Disturbance) -> None:
    happened = [trial for trial in trials(subject_of(alerts[0])) if trial.disturbance is name]
    assert [trial.phase_ms for trial in happened] == [0, 7_000]
    for trial in happened:
        gaps = {s.labels["instance"]: False for s in trial.window.scenario.series}
        gaps |= {s.labels["instance"]: True for s in trial.window.scenario.series if s.gaps}
        assert gaps == {"a-1": True, "a-2": False}


def test_evaluated_less_often_than_scraped_a_disturbance_is_looked_for_after_every_scrape(
    alerts: tuple[Alert, ...],
) -> None:
    rare = replace(alerts[0], group=replace(alerts[0].group, interval_ms=30_000))
    phases = {trial.phase_ms for trial in trials(subject_of(rare)) if trial.disturbance is Disturbance.MISSED_SCRAPE}
    assert phases == {0, 7_000, 15_000, 22_000}
