"""Contracts that no series can show, blackouts and gaps: what is said, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from alertproof.errors import InputError
from alertproof.load.estate import load_estate
from alertproof.model.signal import Count, Gauge, Mean, Presence, Rate, Ratio, Shape, Share, Signal, Sum

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Item = dict[str, Any]
METRICS: list[Item] = [
    {"name": "queue", "type": "gauge", "unit": "items", "help": "h"},
    {"name": "heat", "type": "gauge", "unit": "degrees", "help": "h"},
    {"name": "age", "type": "gauge", "unit": "seconds", "help": "h"},
    {"name": "done_total", "type": "counter", "unit": "jobs", "help": "h", "labels": {"status": ["ok", "bad"]}},
    {"name": "all_total", "type": "counter", "unit": "jobs", "help": "h"},
    {"name": "busy_seconds_total", "type": "counter", "unit": "seconds", "help": "h"},
    {"name": "state", "type": "gauge", "unit": "state", "help": "h", "labels": {"pod": ["p1"]}, "values": [0, 1]},
]
SELECT: Item = {"select": {"job": "a", "zone": "z"}}
EACH: Item = {**SELECT, "per": ["instance"]}
ALL: Item = {**SELECT, "per": []}
SHAPES: dict[str, Item] = {
    "gauge": {"gauge": {"metric": "queue", **EACH}},
    "age": {"gauge": {"metric": "age", **EACH}},
    "ratio": {"ratio_of": {"part": "done_total", "whole": "all_total", "window": "5m", **ALL}},
    "mean": {"mean_of": {"total": "busy_seconds_total", "count": "all_total", "window": "5m", **ALL}},
    "rate": {"rate_of": {"metric": "done_total", "window": "5m", "each": "minute", **ALL}},
    "rate_of_its_unit": {"rate_of": {"metric": "done_total", "window": "1m", "each": "minute", **ALL}},
    "increase": {"increase_of": {"metric": "done_total", "window": "5m", **ALL}},
    "share": {"share_of": {"part": "queue", "whole": "heat", "whole_is": 10, **EACH}},
    "count": {"count_of": {"metric": "state", "value": 1, "over": "pod", **ALL}},
    "presence": {"presence_of": {"metric": "queue", **ALL}},
    "sum": {"sum_of": {"metric": "queue", **ALL}},
}


def claim(signal: Item, unit: str = "count", **more: object) -> Item:
    levels = {"operator": ">", "threshold": 0.5, "usual": 0.1, "example": 0.9}
    return {"signal": signal, "unit": unit, **levels, **more}


def narrowed(kind: str, **more: object) -> Item:
    ((name, body),) = SHAPES[kind].items()
    return {name: {**body, **more}}


@pytest.fixture
def load(tmp_path: Path, made_service: Callable[..., None]) -> Callable[..., Any]:
    def run(*comparisons: Item, jobs: tuple[str, ...] = (), blackouts: tuple[Item, ...] = ()) -> Any:
        alert = {"name": "A", "expr": "queue > 1", "comparisons": list(comparisons)}
        made_service(tmp_path, "s", METRICS, [alert], jobs=jobs, blackouts=blackouts)
        return load_estate([tmp_path])

    return run


def refused(load: Callable[..., Any], *comparisons: Item, **more: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        load(*comparisons, **more)
    return caught.value


def line_of(error: InputError, text: str, nth: int = 1) -> int:
    """Give the line of the nth time that a text stands in the file of an error."""
    lines = [n for n, line in enumerate(error.place.file.read_text("utf-8").splitlines(), 1) if text in line]
    return lines[nth - 1]


@pytest.mark.parametrize(
    ("comparison", "says"),
    [
        (claim(narrowed("gauge", metric="missing")), "metric 'missing', which the service does not declare"),
        (claim(narrowed("gauge", metric="all_total")), "needs a gauge, but 'all_total' is a counter"),
        (claim(narrowed("rate", metric="queue"), "per_minute"), "needs a counter, but 'queue' is a gauge"),
        (claim(narrowed("ratio", whole="queue"), "ratio"), "needs a counter, but 'queue' is a gauge"),
        (claim(narrowed("gauge", per=["instance", "pod"])), "'per' names pod, which is no label"),
        (claim(narrowed("gauge", per=[])), "must name instance or a label"),
        (claim(narrowed("gauge", per=["job", "zone"])), "must name instance or a label"),
        (claim(narrowed("share", per=["job"]), "ratio"), "must name instance or a label"),
        (claim(narrowed("rate", where={"status": ["gone"]}), "per_minute"), "wants status to be gone; declared are ok"),
        (claim(narrowed("rate", where={"status": ["ok", "bad"]}), "per_minute"), "declared are ok, bad"),
        (claim(narrowed("rate", where={"code": ["1"]}), "per_minute"), "wants code to be 1; declared are none"),
        (claim(narrowed("count", over="node")), "'over' names node, which state has not"),
        *(
            (claim(SHAPES[kind], unit), f"is in '{unit}', but the signal is measured in '{right}'")
            for kind, unit, right in (
                ("ratio", "count", "ratio"),
                ("share", "percent", "ratio"),
                ("rate", "per_second", "per_minute"),
                ("rate", "count", "per_minute"),
                ("rate_of_its_unit", "per_second", "count"),
                ("increase", "per_minute", "count"),
                ("count", "state", "count"),
                ("presence", "count", "state"),
                ("age", "ms", "s"),
                ("mean", "ms", "s"),
            )
        ),
    ],
)
def test_a_signal_that_no_series_can_show_is_refused_at_its_comparison(
    load: Callable[..., Any], comparison: Item, says: str
) -> None:
    error = refused(load, comparison)
    assert says in str(error)
    assert error.place.line == line_of(error, "- signal:")


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        *(("gauge", unit) for unit in ("count", "percent", "ms")),
        ("age", "s"),
        ("mean", "s"),
        ("ratio", "ratio"),
        ("share", "ratio"),
        ("rate", "per_minute"),
        ("rate_of_its_unit", "per_minute"),
        ("rate_of_its_unit", "count"),
        ("increase", "count"),
        ("count", "count"),
        ("sum", "count"),
        ("presence", "state"),
    ],
)
def test_a_signal_in_its_own_unit_is_taken(load: Callable[..., Any], kind: str, unit: str) -> None:
    (alert,) = load(claim(SHAPES[kind], unit)).alerts
    assert alert.contract.comparisons[0].unit == unit


def test_labels_of_the_scrape_the_selection_and_the_metric_may_tell_alerts_apart(load: Callable[..., Any]) -> None:
    signal = {"gauge": {"metric": "state", **SELECT, "per": ["job", "instance", "zone", "pod"]}}
    (alert,) = load(claim(signal)).alerts
    assert alert.contract.comparisons[0].signal.each


def test_two_comparisons_that_read_one_metric_are_refused_at_the_second(load: Callable[..., Any]) -> None:
    error = refused(load, claim(SHAPES["gauge"]), claim(SHAPES["share"], "ratio"))
    assert "two comparisons of this contract read queue" in str(error)
    assert error.place.line == line_of(error, "- signal:", 2)


def test_two_comparisons_that_speak_of_other_targets_are_refused_at_the_second(load: Callable[..., Any]) -> None:
    other = {"gauge": {"metric": "heat", **SELECT, "per": ["job", "instance"]}}
    error = refused(load, claim(SHAPES["gauge"]), claim(other))
    assert "'per'" in str(error)
    assert error.place.line == line_of(error, "- signal:", 2)
    same = {"gauge": {"metric": "heat", **SELECT, "per": ["instance"]}}
    assert load(claim(SHAPES["gauge"]), claim(same)).alerts


@pytest.mark.parametrize(("job", "within"), [("b", "1m"), ("c", "never")])
def test_a_blackout_of_a_job_that_is_not_scraped_is_refused(load: Callable[..., Any], job: str, within: str) -> None:
    error = refused(load, claim(SHAPES["gauge"]), jobs=("a",), blackouts=({"job": job, "within": within},))
    assert f"prometheus.yml scrapes no job '{job}'; its jobs: a" in str(error)
    assert error.place.line == line_of(error, "blackouts:") + 1


def test_a_second_blackout_of_a_job_is_refused_at_the_second(load: Callable[..., Any]) -> None:
    twice = ({"job": "a", "within": "1m"}, {"job": "a", "within": "never"})
    error = refused(load, claim(SHAPES["gauge"]), jobs=("a",), blackouts=twice)
    assert "a second blackout of job 'a'" in str(error)
    assert error.place.line == line_of(error, "- source:", 2)


def test_blackouts_are_read_with_never_as_none(load: Callable[..., Any]) -> None:
    claims = ({"job": "a", "within": "1m30s"}, {"job": "b", "within": "never"})
    (alert,) = load(claim(SHAPES["gauge"]), jobs=("a", "b"), blackouts=claims).alerts
    assert [(item.job, item.within_ms) for item in alert.service.blackouts] == [("a", 90_000), ("b", None)]


def test_a_blackout_that_is_no_duration_is_refused(load: Callable[..., Any]) -> None:
    error = refused(load, claim(SHAPES["gauge"]), jobs=("a",), blackouts=({"job": "a", "within": "soon"},))
    assert "within" in str(error)


def test_gaps_are_jobs_that_nobody_scrapes_and_jobs_that_nobody_watches(load: Callable[..., Any]) -> None:
    findings = load(claim(SHAPES["gauge"]), jobs=("b", "c"), blackouts=({"job": "c", "within": "never"},)).findings
    scraped, watched = findings
    assert "A speaks of job 'a', which prometheus.yml does not scrape" in scraped.problem
    assert scraped.place.rsplit("/", 1)[1].startswith("s.yml:")
    assert "its jobs: b, c" in scraped.remedy
    assert "how soon anybody must hear that job 'b' of s is down or gone" in watched.problem
    assert watched.place.endswith("rules/prometheus/s/prometheus.yml")


def test_a_server_that_scrapes_nothing_has_no_gaps_and_neither_has_one_that_is_complete(
    load: Callable[..., Any],
) -> None:
    assert load(claim(SHAPES["gauge"])).findings == ()
    assert load(claim(SHAPES["gauge"]), jobs=("a",), blackouts=({"job": "a", "within": "1m"},)).findings == ()


def test_a_service_without_contracts_has_no_blackouts_to_speak_of(load: Callable[..., Any], tmp_path: Path) -> None:
    load(claim(SHAPES["gauge"]), jobs=("a", "b"))
    (tmp_path / "rules/contracts/s.yml").unlink()
    assert load_estate([tmp_path]).findings == ()


def test_a_signal_of_no_job_in_particular_reads_what_is_scraped(load: Callable[..., Any]) -> None:
    signal = {"gauge": {"metric": "queue", "select": {}, "per": ["instance"]}}
    assert load(claim(signal), jobs=("b",), blackouts=({"job": "b", "within": "1m"},)).findings == ()


@pytest.mark.parametrize(
    ("kind", "unit", "shape"),
    [
        ("gauge", "count", Gauge("queue")),
        ("ratio", "ratio", Ratio("done_total", "all_total", 300_000)),
        ("mean", "s", Mean("busy_seconds_total", "all_total", 300_000)),
        ("rate", "per_minute", Rate("done_total", 300_000, 60_000)),
        ("increase", "count", Rate("done_total", 300_000, 300_000)),
        ("share", "ratio", Share("queue", "heat", 10.0)),
        ("count", "count", Count("state", 1.0, "pod")),
        ("presence", "state", Presence("queue")),
        ("sum", "count", Sum("queue")),
    ],
)
def test_a_shape_is_read_as_it_is_written(load: Callable[..., Any], kind: str, unit: str, shape: Shape) -> None:
    (alert,) = load(claim(SHAPES[kind], unit)).alerts
    signal = alert.contract.comparisons[0].signal
    assert signal.shape == shape
    assert signal.select == SELECT["select"]


def test_where_is_read_and_belongs_to_the_part(load: Callable[..., Any]) -> None:
    signal = narrowed("ratio", where={"status": ["bad"]})
    (alert,) = load(claim(signal, "ratio")).alerts
    assert alert.contract.comparisons[0].signal.where == {"status": ("bad",)}


def test_the_window_of_a_contract_is_its_longest(load: Callable[..., Any]) -> None:
    long = {"increase_of": {"metric": "done_total", "window": "1h", **ALL}}
    short = {"increase_of": {"metric": "all_total", "window": "5m", **ALL}}
    for pair in ((long, short), (short, long)):
        assert load(*(claim(signal) for signal in pair)).alerts[0].contract.window_ms == 3_600_000


@pytest.mark.parametrize(
    ("select", "per", "each"),
    [
        ({"job": "a"}, ("job",), False),
        ({}, ("job",), False),
        ({"zone": "z"}, ("zone",), False),
        ({"job": "a"}, ("job", "instance"), True),
        ({}, ("zone",), True),
        ({}, (), False),
    ],
)
def test_targets_have_alerts_of_their_own_where_a_label_is_left_open(
    select: dict[str, str], per: tuple[str, ...], *, each: bool
) -> None:
    assert Signal(Gauge("queue"), select, per).each is each
