"""Rules of several comparisons, rules on recording rules, other rhythms, and everyday disturbances; one run for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from alertproof.load.estate import load_estate
from alertproof.model.proof import Aspect, Outcome, Proof, Verdict
from alertproof.proof.run import run_proofs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from alertproof.engines.host import Host

Item = dict[str, Any]


def metric(name: str, kind: str, unit: str = "things", **more: object) -> Item:
    return {"name": name, "type": kind, "unit": unit, "help": "h", **more}


METRICS = [
    metric("failed_total", "counter"),
    metric("all_total", "counter", labels={"path": ["/a", "/b"]}),
    metric("queue_length", "gauge"),
    metric("temperature", "gauge"),
    metric("pool_used", "gauge"),
    metric("pool_size", "gauge"),
    metric("heartbeat", "gauge", "state"),
    metric("up", "gauge", "state", values=[0, 1]),
]
EACH: Item = {"select": {"job": "api"}, "per": ["instance", "job"]}
ALL: Item = {"select": {"job": "api"}, "per": []}


def claim(signal: Item, operator: str, threshold: float, unit: str, usual: float, example: float) -> Item:  # noqa: PLR0913, PLR0917 a comparison
    levels = {"threshold": threshold, "usual": usual, "example": example}
    return {"signal": signal, "operator": operator, "unit": unit, **levels}


QUEUE = claim({"gauge": {"metric": "queue_length", **EACH}}, ">", 50, "count", 10, 90)
HOT = claim({"gauge": {"metric": "temperature", **EACH}}, ">", 30, "count", 10, 60)
COOL = claim({"gauge": {"metric": "temperature", **EACH}}, "<=", 30, "count", 60, 10)
DOWN = claim({"gauge": {"metric": "up", **EACH}}, "==", 0, "state", 1, 0)
GONE = claim({"presence_of": {"metric": "heartbeat", **ALL, "per": ["job"]}}, "==", 0, "state", 1, 0)
FULL = claim(
    {"share_of": {"part": "pool_used", "whole": "pool_size", "whole_is": 100, **EACH}}, ">", 0.8, "ratio", 0.2, 0.95
)
FAILS = claim(
    {"ratio_of": {"part": "failed_total", "whole": "all_total", "window": "5m", **ALL}}, ">", 0.05, "ratio", 0.01, 0.3
)
BUSY = claim({"sum_of": {"metric": "queue_length", **ALL}}, ">", 50, "count", 10, 90)
BUSY_AND = claim({"sum_of": {"metric": "temperature", **ALL}}, ">", 30, "count", 10, 60)
RATE = claim({"rate_of": {"metric": "all_total", "window": "5m", "each": "second", **ALL}}, ">", 5, "per_second", 1, 8)
FEW = claim(
    {"rate_of": {"metric": "failed_total", "window": "5m", "each": "second", **EACH}}, "<", 5, "per_second", 8, 1
)

FAILED, WHOLE = 'sum(rate(failed_total{job="api"}[5m]))', 'sum(rate(all_total{job="api"}[5m]))'
RATIO = f"{FAILED} / ({WHOLE} > 0)"


@dataclass(frozen=True)
class Rule:
    """A rule with its contract, and how it ends: proved, or refuted in an aspect with these words."""

    name: str
    expr: str
    comparisons: tuple[Item, ...]
    aspect: Aspect | None = None
    says: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def alert(self) -> Item:
        return {"name": self.name, "expr": self.expr, "comparisons": list(self.comparisons), **self.more}


def records(*rules: tuple[str, str], **more: object) -> list[Item]:
    return [{"record": name, "expr": expr, **more} for name, expr in rules]


_Q, _H = 'queue_length{job="api"}', 'temperature{job="api"}'
_ON = "on (instance, job)"
_T, _I, _S, _W, _L = Aspect.THRESHOLD, Aspect.INSTANCES, Aspect.SELECTION, Aspect.WINDOW, Aspect.LABELS
_FOR, _RESOLVE = Aspect.FOR, Aspect.RESOLVE
SEVERAL = [
    Rule("both", f"{_Q} > 50 and {_H} > 30", (QUEUE, HOT)),
    Rule("both_on", f"{_Q} > 50 and {_ON} {_H} > 30", (QUEUE, HOT)),
    Rule("both_turned", f"({_H} > 30) and (50 < {_Q})", (QUEUE, HOT)),
    Rule("unless_hot", f"{_Q} > 50 unless {_ON} {_H} > 30", (QUEUE, COOL)),
    Rule("both_sums", f"sum({_Q}) > 50 and sum({_H}) > 30", (BUSY, BUSY_AND)),
    Rule("ratio_and_rate", f"{RATIO} > 0.05 and sum({_Q}) > 50", (FAILS, BUSY)),
    Rule("either", f"{_Q} > 50 or {_H} > 30", (QUEUE, HOT), _T, "fires at every level"),
    Rule("one_alone", f"{_Q} > 50", (QUEUE, HOT), _T, "fires at every level"),
    Rule("second_off", f"{_Q} > 50 and {_H} > 35", (QUEUE, HOT), _T, "flips at 35, the contract says > 30"),
    Rule("second_at", f"{_Q} > 50 and {_H} >= 30", (QUEUE, HOT), _T, "at exactly 30 it fires; the contract says > 30"),
    Rule(
        "any_hot", f"{_Q} > 50 and on (job) {_H} > 30", (QUEUE, HOT), _I, "each of two targets meeting one comparison"
    ),
    Rule("second_open", f"{_Q} > 50 and {_ON} temperature > 30", (QUEUE, HOT), None),
    Rule("unless_cool", f"{_Q} > 50 unless {_ON} {_H} < 30", (QUEUE, COOL), _T, "fires on the wrong side of 30"),
]
_CHAIN = records(("chain:failed", FAILED), ("chain:all", WHOLE), ("chain:ratio", "chain:failed / (chain:all > 0)"))
RECORDED = [
    Rule("record", "own:ratio > 0.05", (FAILS,), more={"records": records(("own:ratio", RATIO))}),
    Rule(
        "record_off",
        "off:ratio > 0.05",
        (FAILS,),
        _T,
        "flips at 0.1",
        {"records": records(("off:ratio", f"{RATIO} / 2"))},
    ),
    Rule("chain", "chain:ratio > 0.05", (FAILS,), more={"records": _CHAIN}),
    Rule("other_group", "chain:ratio > 0.05", (FAILS,)),
    Rule("other_file", "far:ratio > 0.05", (FAILS,)),
    Rule("same_name", "same:ratio > 0.05", (FAILS,)),
    Rule(
        "labelled",
        'tag:ratio{team="a"} > 0.05',
        (FAILS,),
        _L,
        "team=a",
        {"records": records(("tag:ratio", RATIO), labels={"team": "a"})},
    ),
    Rule(
        "labelled_sum",
        'sum(tig:ratio{team="a"}) > 0.05',
        (FAILS,),
        more={"records": records(("tig:ratio", RATIO), labels={"team": "a"})},
    ),
    Rule(
        "behind",
        "behind:ratio > 0.05",
        (FAILS,),
        _W,
        "a breach in the last sample of its window: expected the alert",
        {"late": records(("behind:ratio", RATIO))},
    ),
    Rule("per_target", "each:queue > 50", (QUEUE,), more={"records": records(("each:queue", _Q))}),
    Rule("vanishing", "hot:queue > 50", (QUEUE,), more={"records": records(("hot:queue", f"{_Q} > 20"))}),
    Rule(
        "window_off",
        "wide:ratio > 0.05",
        (FAILS,),
        _W,
        "a breach just before its window",
        {"records": records(("wide:ratio", RATIO.replace("5m", "20m")))},
    ),
    Rule(
        "unselected",
        "open:queue > 50",
        (QUEUE,),
        _S,
        "job='not-api'",
        {"records": records(("open:queue", "queue_length"))},
    ),
    Rule(
        "averaged", "avg_over_time(own:queue[5m]) > 50", (QUEUE,), _RESOLVE, "", {"records": records(("own:queue", _Q))}
    ),
]
RHYTHMS = [
    Rule(f"{name}_{interval}", expr, (comparison,), more={"interval": interval, **more})
    for interval in ("5s", "10s", "20s", "25s", "1m")
    for name, expr, comparison, more in (
        ("ratio", f"{RATIO} > 0.05", FAILS, {"for": "5m"}),
        ("gauge", f"{_Q} > 50", QUEUE, {"for": "5m"}),
        (
            "record",
            f"at{interval}:ratio > 0.05",
            FAILS,
            {"for": "5m", "records": records((f"at{interval}:ratio", RATIO))},
        ),
        (
            "vanish",
            f"at{interval}:queue > 50",
            QUEUE,
            {"for": "5m", "records": records((f"at{interval}:queue", f"{_Q} > 20"))},
        ),
    )
]
OTHERS = [
    Rule("slow_record", "slow:ratio > 0.05", (FAILS,)),
    Rule("few", 'rate(failed_total{job="api"}[5m]) < 5', (FEW,), more={"fires_on": ["rolling_deploy"], "for": "30s"}),
]
FILES: Mapping[str, list[Item]] = {
    "far.yml": [
        {
            "name": "far",
            "interval": "15s",
            "rules": records(("far:failed", FAILED), ("far:ratio", f"far:failed / ({WHOLE} > 0)")),
        },
        {"name": "slow", "interval": "1m", "rules": records(("slow:ratio", RATIO))},
        {"name": "same_name", "interval": "15s", "rules": records(("same:ratio", RATIO))},
    ]
}
# Each with an expression that a disturbance fires, and no other that its contract lists.
_RESETS = 'resets(all_total{job="api"}[5m]) > 0'
FIRED: Mapping[str, tuple[str, Item, tuple[str, ...], Mapping[str, Any]]] = {
    "missed_scrape": ('up{job="api"} == 0', DOWN, ("missed_scrape", "target_restart"), {"for": "0s"}),
    "counter_reset": (_RESETS, RATE, ("counter_reset", "target_restart"), {"for": "0s"}),
    "target_restart": ('up{job="api"} == 0', DOWN, ("target_restart",), {"for": "15s"}),
    "rolling_deploy": ('count by (job) (up{job="api"}) > 2', DOWN, ("rolling_deploy",), {"for": "0s"}),
    "idle": (f"{RATIO} > 0.05 or {WHOLE} == 0", FAILS, ("idle", "zero_whole"), {}),
    "zero_whole": ('pool_used{job="api"} / pool_size{job="api"} > 0.8', FULL, ("zero_whole",), {}),
}
# Evaluated less often than scraped: whether it sees a scrape that fails is a matter of luck.
RARE = [
    Rule(
        f"rare_{interval}",
        'up{job="api"} == 0',
        (DOWN,),
        Aspect.TOLERANCE,
        "a missed scrape fires it; a target restart fires it",
        {"interval": interval, "for": "0s"},
    )
    for interval in ("40s", "45s", "1m")
]
RULES = [*RARE, *SEVERAL, *RECORDED, *RHYTHMS, *OTHERS]


def alerts() -> list[Item]:
    made = [rule.alert for rule in RULES]
    for name, (expr, comparison, lists, more) in FIRED.items():
        own = {"expr": expr, "comparisons": [comparison], **more}
        made += [
            {"name": f"{name}_listed", **own, "fires_on": list(lists)},
            {"name": f"{name}_unlisted", **own, "fires_on": [other for other in lists if other != name]},
        ]
        silent = {"expr": f"{_Q} > 50", "comparisons": [QUEUE]}
        made.append({"name": f"{name}_silent", **silent, "fires_on": [name]})
    return made


@pytest.fixture(scope="module")
def proofs(
    host: Host, tmp_path_factory: pytest.TempPathFactory, made_service: Callable[..., None]
) -> Mapping[str, Proof]:
    folder = tmp_path_factory.mktemp("compound")
    made_service(folder, "s", METRICS, alerts(), files=FILES)
    run = run_proofs(host, tmp_path_factory.mktemp("run"), load_estate([folder]), delivers=False)
    return {proof.id.alert: proof for proof in run.proofs}


def outcome(proof: Proof, aspect: Aspect) -> Outcome:
    return next(item for item in proof.outcomes if item.aspect is aspect)


# One lookback stands for all stale markers, and it cannot be shorter than the distance of scrapes.
LATE = {"vanish_5s", "vanish_10s"}


@pytest.mark.parametrize("name", sorted(LATE))
def test_what_vanishes_between_two_scrapes_is_a_limit_that_is_told(proofs: Mapping[str, Proof], name: str) -> None:
    found = outcome(proofs[name], Aspect.RESOLVE)
    assert found.verdict is Verdict.REFUTED
    assert "where its condition says" in found.reason


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.name not in LATE], ids=lambda rule: rule.name)
def test_a_rule_ends_as_it_should(proofs: Mapping[str, Proof], rule: Rule) -> None:
    proof = proofs[rule.name]
    if rule.aspect is None:
        assert proof.verdict is Verdict.PROVED, proof.reason
        return
    found = outcome(proof, rule.aspect)
    assert found.verdict is Verdict.REFUTED, proof.reason
    assert rule.says in found.reason


@pytest.mark.parametrize("name", FIRED)
def test_a_disturbance_fires_what_lists_it_and_nothing_else(proofs: Mapping[str, Proof], name: str) -> None:
    listed, unlisted, silent = (
        outcome(proofs[f"{name}_{kind}"], Aspect.TOLERANCE) for kind in ("listed", "unlisted", "silent")
    )
    word = name.replace("_", " ")
    said = "being idle" if name == "idle" else f"a {word}"
    assert listed.verdict is Verdict.PROVED, listed.reason
    assert word in listed.measured
    assert (unlisted.verdict, unlisted.reason) == (Verdict.REFUTED, f"{said} fires it")
    assert silent.verdict is Verdict.REFUTED
    assert silent.reason == f"{said} does not fire it, though the contract says so"
