"""An alert taken apart: which part each comparison is about, what it reads, and why it may not be decidable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from alertproof.load.estate import load_estate
from alertproof.model.series import METRIC_NAME
from alertproof.proof.subject import active_labels, subject_of, target_labels, undecidable, with_others
from alertproof.witness import Phase, Target

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from alertproof.model.estate import Alert

Item = dict[str, Any]
MINUTE = 60_000
METRICS: list[Item] = [
    {"name": "queue", "type": "gauge", "unit": "things", "help": "h"},
    {"name": "heat", "type": "gauge", "unit": "things", "help": "h"},
    {"name": "pods", "type": "gauge", "unit": "things", "help": "h", "labels": {"pod": ["p1", "p2"]}},
    {"name": "done_total", "type": "counter", "unit": "things", "help": "h"},
    {"name": "limit", "type": "gauge", "unit": "things", "help": "h", "usual": 100},
    {"name": "unsaid", "type": "gauge", "unit": "things", "help": "h"},
    {"name": "times", "type": "histogram", "unit": "things", "help": "h", "buckets": [1, 2], "usual": 1},
]
EACH: Item = {"select": {"job": "a"}, "per": ["instance"]}


def claim(signal: Item) -> Item:
    return {"signal": signal, "operator": ">", "threshold": 5, "unit": "count", "usual": 1, "example": 9}


def gauge(metric: str, **more: object) -> Item:
    return claim({"gauge": {"metric": metric, **EACH, **more}})


QUEUE, HEAT = gauge("queue"), gauge("heat")
INCREASE = claim({"increase_of": {"metric": "done_total", "window": "20m", **EACH}})


@pytest.fixture
def alert_of(tmp_path: Path, made_service: Callable[..., None]) -> Callable[..., Alert]:
    def make(expr: str, *comparisons: Item, files: dict[str, list[Item]] | None = None, **more: object) -> Alert:
        made = {"name": "A", "expr": expr, "comparisons": list(comparisons), **more}
        made_service(tmp_path, "s", METRICS, [made], files=files)
        return load_estate([tmp_path]).alerts[0]

    return make


def record(name: str, expr: str, **more: object) -> Item:
    return {"record": name, "expr": expr, **more}


@pytest.mark.parametrize(
    ("expr", "comparisons", "lefts"),
    [
        ("queue > 5", (QUEUE,), ["queue"]),
        ("5 < queue", (QUEUE,), ["queue"]),
        ("queue > 5 and heat > 1", (QUEUE,), [None]),
        ("absent(queue)", (QUEUE,), [None]),
        ("queue > 5 and heat > 1", (QUEUE, HEAT), ["queue", "heat"]),
        ("queue > 5 and heat > 1", (HEAT, QUEUE), ["heat", "queue"]),
        # Neither of two parts about one metric is the one.
        ("queue > 5 and queue < 90 and heat > 1", (QUEUE, HEAT), [None, "heat"]),
        ("queue > 5 and absent(heat)", (QUEUE, HEAT), ["queue", None]),
        ("x:queue > 5 and heat > 1", (QUEUE, HEAT), ["x:queue", "heat"]),
    ],
)
def test_each_comparison_has_the_part_that_compares_its_metric(
    alert_of: Callable[..., Alert], expr: str, comparisons: tuple[Item, ...], lefts: list[str | None]
) -> None:
    alert = alert_of(expr, *comparisons, records=[record("x:queue", "max by (instance) (queue)")])
    assert [None if split is None else split.left for split in subject_of(alert).splits] == lefts


def test_the_reach_is_that_of_the_rule_or_of_its_contract(alert_of: Callable[..., Alert]) -> None:
    assert subject_of(alert_of("increase(done_total[9m]) > 5", INCREASE)).reach_ms == 20 * MINUTE
    assert subject_of(alert_of("increase(done_total[30m]) > 5", INCREASE)).reach_ms == 30 * MINUTE
    recorded = alert_of("x > 5", INCREASE, records=[record("x", "increase(done_total[20m])")])
    assert subject_of(recorded).reach_ms == 25 * MINUTE


def test_recording_rules_come_in_the_order_of_their_dependence_with_their_own_interval(
    alert_of: Callable[..., Alert],
) -> None:
    files = {"far.yml": [{"name": "far", "interval": "1m", "rules": [record("base", "queue")]}]}
    before, behind = [record("x", "base + 0", labels={"b": "1", "a": "2"})], [record("y", "base * 1")]
    alert = alert_of("x + y > 5", QUEUE, files=files, records=before, late=behind)
    found = subject_of(alert).recordings
    assert [(item.record, item.interval_ms, item.late) for item in found] == [
        ("base", 60_000, False),
        ("x", 15_000, False),
        ("y", 15_000, True),
    ]
    assert found[1].labels == (("a", "2"), ("b", "1"))
    assert subject_of(alert).length_ms % 60_000 == 0


@pytest.mark.parametrize(
    ("expr", "says"),
    [
        ("queue > 5", ""),
        ("queue > limit", ""),
        ("queue > unsaid", "it reads unsaid, of which its contract says nothing"),
        ("queue > on () times_count", "it reads times, of which its contract says nothing"),
        ("queue > other", "it reads other, which fixtures/metrics/s.yml does not declare"),
        ("queue > 5 and on () ALERTS == 1", "it reads ALERTS, which depends on other alerts"),
        ('{job="a"} > 5', "a selector names no metric"),
        ("loop > 5", "it reads the recording rule loop, which reads itself"),
    ],
)
def test_what_cannot_be_decided_is_said_without_an_engine(alert_of: Callable[..., Alert], expr: str, says: str) -> None:
    reason = undecidable(alert_of(expr, QUEUE, records=[record("loop", "loop + 1")]))
    assert says in reason
    assert bool(reason) is bool(says)


def test_targets_are_instances_or_what_one_instance_exports(alert_of: Callable[..., Alert]) -> None:
    own, shared = alert_of("queue > 5", QUEUE), alert_of("pods > 5", gauge("pods", per=["pod"]))
    for alert, labels, active in (
        (own, {"job": "a", "instance": "a-2"}, {"instance": "a-2"}),
        (shared, {"job": "a", "instance": "a-1"}, {"pod": "p2"}),
    ):
        assert alert.contract is not None
        (comparison,) = alert.contract.comparisons
        assert target_labels(comparison, 2) == labels
        assert active_labels(comparison, alert.service.metrics, 2) == active


def test_beside_the_comparison_asked_about_all_others_hold_at_every_target(alert_of: Callable[..., Alert]) -> None:
    subject = subject_of(alert_of("queue > 5 and heat > 5 and limit > 1", QUEUE, HEAT))
    targets = [Target(target_labels(subject.comparisons[0], n), (Phase(0, 3.0),), n) for n in (1, 2)]
    found = {
        (item.labels[METRIC_NAME], item.labels.get("instance")): item.samples[-1]
        for item in with_others(subject, 0, targets)
    }
    assert found == {
        ("queue", "a-1"): 3.0,
        ("queue", "a-2"): 3.0,
        ("heat", "a-1"): 9.0,
        ("heat", "a-2"): 9.0,
        **{("limit", f"a-{n}"): 100.0 for n in (1, 2, 3, 4)},
    }
