"""What replays write and when, without an engine: promtool's notation, lookbacks, recorded samples, live origins."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alertproof.engines import live, promtool, recordings, windows
from alertproof.engines.live import CLEARS_AFTER_S, LiveAlert, Replay
from alertproof.engines.promtool import RuleReplay
from alertproof.engines.windows import Recording, Window, WindowResult, openmetrics_lines
from alertproof.model.observation import Point
from alertproof.model.rules import RuleFile
from alertproof.model.series import METRIC_NAME, Scenario, Series
from alertproof.promql.reach import LOOKBACK_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

STEP = 15_000


def expanded(text: str) -> list[float | str | None]:
    """Give promtool's notation sample by sample, as its documentation says: `axn` is n further, `_xn` is n in all."""
    found: list[float | str | None] = []
    for word in text.split():
        if word == "stale":
            found.append("stale")
        elif word.startswith("_"):
            found += [None] * (int(word[2:]) if "x" in word else 1)
        else:
            value, _, count = word.partition("x")
            found += [float(value)] * (int(count or 0) + 1)
    return found


def notation(samples: Sequence[float | None]) -> str:
    return promtool._values(samples)  # noqa: SLF001 the notation is what promtool gets


@pytest.mark.parametrize(
    ("samples", "text"),
    [
        ([1.0], "1.0"),
        ([1.0, 1.0, 1.0], "1.0x2"),
        ([1.0, None], "1.0 stale"),
        ([1.0, None, None, None, 2.0], "1.0 stale _x2 2.0"),
        ([None, 1.0], "_ 1.0"),
        ([None, None, None, 1.0], "_ _x2 1.0"),
        ([1.0, None, 1.0, None, None], "1.0 stale 1.0 stale _x1"),
    ],
)
def test_gaps_begin_with_a_stale_marker_unless_nothing_was_there(samples: list[float | None], text: str) -> None:
    assert notation(samples) == text


@given(st.lists(st.sampled_from([None, 0.0, 1.0, -2.5, 1e16]), min_size=1, max_size=30))
def test_the_notation_says_every_sample_at_its_place(samples: list[float | None]) -> None:
    found = expanded(notation(samples))
    assert [None if item == "stale" else item for item in found] == samples
    stale = [index for index, item in enumerate(found) if item == "stale"]
    assert stale == [
        index for index, item in enumerate(samples) if item is None and index and samples[index - 1] is not None
    ]


def series(*samples: float | None, name: str = "m", step_ms: int | None = None) -> Series:
    return Series({METRIC_NAME: name, "job": "a"}, samples, step_ms)


def scenario(*members: Series) -> Scenario:
    return Scenario("s", members, STEP, 4 * STEP)


def test_a_lookback_is_just_short_of_a_scrape_where_anything_is_stale() -> None:
    def lookback(*members: Series) -> int:
        return windows._lookback_ms(scenario(*members))  # noqa: SLF001 the setting is what the server gets

    assert lookback(series(1.0, 1.0)) == LOOKBACK_MS
    assert lookback(series(1.0, 1.0), series(1.0, None)) == STEP - 1
    assert lookback() == LOOKBACK_MS


def test_a_missing_sample_has_no_line_and_values_are_exact() -> None:
    text = openmetrics_lines({METRIC_NAME: "m", "a": 'x"\\\n'}, ["0", "15", "30"], (0.1, None, 3.0))
    assert text == 'm{a="x\\"\\\\\\n"} 0.1 0\nm{a="x\\"\\\\\\n"} 3 30\n'


def recorded(rule: Recording, values: dict[int, float], end_ms: int) -> Series:
    """Give what a rule's answers become beside samples every 15 s."""
    ticks = tuple(range(0, end_ms + 1, rule.interval_ms))
    vectors = tuple((Point({"job": "a"}, values[tick]),) if tick in values else () for tick in ticks)
    window = Window(scenario(series(1.0)), ("x",), 0, end_ms, STEP, LOOKBACK_MS, (rule,))
    found = recordings._with_recorded(window, rule, WindowResult(ticks, {rule.expr: vectors}))  # noqa: SLF001 as above
    (made,) = found.scenario.series[1:]
    return made


def seen(made: Series, at_ms: int) -> float | None:
    """Give what a lookback just short of a scrape sees of a series."""
    assert made.step_ms is not None
    times = [index * made.step_ms for index, value in enumerate(made.samples) if value is not None]
    last = max((time for time in times if time <= at_ms), default=None)
    return None if last is None or at_ms - last >= STEP else made.samples[last // made.step_ms]


@pytest.mark.parametrize("interval", [15_000, 20_000, 25_000, 30_000, 60_000, 40_000])
def test_a_recorded_value_is_seen_until_the_next_evaluation_and_no_longer(interval: int) -> None:
    rule = Recording("x", "y", (("team", "t"),), interval)
    values = {0: 1.0, interval: 2.0, 3 * interval: 4.0}
    made = recorded(rule, values, 5 * interval)
    assert made.labels == {METRIC_NAME: "x", "job": "a", "team": "t"}
    for at in range(0, 5 * interval, 1_000):
        assert seen(made, at) == values.get(at // interval * interval), at


def test_a_rule_behind_its_alert_is_seen_an_evaluation_late() -> None:
    made = recorded(Recording("x", "y", (), STEP, late=True), {0: 1.0, STEP: 2.0}, 4 * STEP)
    assert [seen(made, number * STEP) for number in range(4)] == [None, 1.0, 2.0, None]


def test_labels_of_a_recording_rule_win() -> None:
    assert recorded(Recording("x", "y", (("job", "b"),), STEP), {0: 1.0}, STEP).labels["job"] == "b"


def live_alert(active: int, clears: int, *members: Series, own: tuple[Series, ...] = ()) -> LiveAlert:
    return LiveAlert({"alertname": "A"}, scenario(*members), active, clears, restores=True, recorded=own)


def test_all_conditions_end_at_one_time_and_in_real_time_begin_at_one() -> None:
    one, other = live_alert(10_000, 400_000), live_alert(50_000, 90_000)
    replay = Replay((one, other), (), STEP)
    assert replay.clears_after_s == CLEARS_AFTER_S
    now = 1_700_000_000_000
    for alert in (one, other):
        assert replay.origin_ms(alert, now) + alert.clears_ms == now + CLEARS_AFTER_S * 1000
    real = Replay((one, other), (), STEP, realtime=True)
    begins = {real.origin_ms(alert, now) + alert.active_ms for alert in (one, other)}
    assert len(begins) == 1
    (begin,) = begins
    assert begin > now
    assert real.clears_after_s == (begin - now + 390_000) / 1000


def test_a_live_lookback_is_that_of_the_shortest_distance_with_a_gap() -> None:
    whole, gap = series(1.0, 1.0), series(1.0, None)
    assert Replay((live_alert(0, 1, whole),), (), STEP).lookback_ms is None
    assert Replay((live_alert(0, 1, whole), live_alert(0, 1, gap)), (), STEP).lookback_ms == STEP - 1
    # A recorded series that ends is as gone as a scraped one.
    assert Replay((live_alert(0, 1, whole, own=(gap,)),), (), STEP).lookback_ms == STEP - 1


def test_the_state_of_an_alert_is_restored_from_when_it_began_until_now() -> None:
    alert = live_alert(30_000, 400_000)
    text = live._state_lines(alert, 1_000_000, 1_076_000)  # noqa: SLF001 the lines are what the server restores from
    lines = [re.fullmatch(r'ALERTS_FOR_STATE\{alertname="A"\} (\S+) (\S+)', line) for line in text.splitlines()]
    assert [(match[1], match[2]) for match in lines if match] == [
        ("1030", "1030"),
        ("1030", "1045"),
        ("1030", "1060"),
        ("1030", "1075"),
    ]


def test_groups_of_one_name_in_several_files_are_told_apart_and_keep_their_order(tmp_path: Path) -> None:
    def file(name: str, rules: list[dict[str, str]]) -> RuleFile:
        text = yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]})
        return RuleFile(Path(name), text, ())

    beside = file("a.yml", [{"record": "x", "expr": "m"}, {"record": "not_read", "expr": "m"}])
    own = file("b.yml", [{"alert": "A", "expr": "x"}, {"alert": "B", "expr": "x"}])
    replay = RuleReplay("k", own, "A", scenario(series(1.0)), STEP, (), frozenset({"x"}), (beside,))
    test = yaml.safe_load(promtool._write_test(tmp_path, "0", replay, None).read_text("utf-8"))  # noqa: SLF001 as above
    groups = yaml.safe_load((tmp_path / test["rule_files"][0]).read_text("utf-8"))["groups"]
    assert [group["name"] for group in groups] == test["group_eval_order"]
    assert len(set(test["group_eval_order"])) == 2
    assert [[rule.get("record") or rule["alert"] for rule in group["rules"]] for group in groups] == [["x"], ["A"]]
