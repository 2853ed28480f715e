"""Our state machine against the real rule manager: random conditions, `for` and `keep_firing_for`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from alertproof.engines.host import Host, Program
from alertproof.engines.promtool import RuleReplay, replay_rules
from alertproof.load.rules import load_rule_file
from alertproof.model.series import METRIC_NAME, Scenario, Series
from alertproof.proof.states import INACTIVE, predict_states
from alertproof.units import format_duration

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

INTERVAL_MS = 15_000
COURSES = st.lists(
    st.tuples(
        st.lists(st.booleans(), min_size=1, max_size=30),
        st.sampled_from([0, 1_000, 15_000, 20_000, 45_000, 60_000]),
        st.sampled_from([0, 15_000, 40_000]),
    ),
    min_size=10,
    max_size=20,
)


@given(courses=COURSES)
@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_state_at_every_evaluation_is_as_predicted(
    host: Host, tmp_path_factory: pytest.TempPathFactory, courses: list[tuple[list[bool], int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("states")
    supports_keep = host.version(Program.PROMETHEUS) != "2.41.0"
    assert supports_keep
    replays, expected = [], {}
    for number, (condition, for_ms, keep_ms) in enumerate(courses):
        # keep_firing_for came with Prometheus 2.42, the oldest engine we use.
        rules = _rules(folder, number, for_ms, keep_ms)
        samples = tuple(1.0 if holds else 0.0 for holds in condition)
        length = (len(samples) - 1) * INTERVAL_MS
        scenario = Scenario(f"c{number}", (Series({METRIC_NAME: "x"}, samples),), INTERVAL_MS, length)
        replays.append(RuleReplay(f"c{number}", load_rule_file(rules), "A", scenario, INTERVAL_MS, ()))
        ticks = range(0, length + 1, INTERVAL_MS)
        expected[f"c{number}"] = predict_states(ticks, condition, for_ms, keep_ms)
    timelines = replay_rules(host, folder, replays)
    for key, states in expected.items():
        seen = [next((state.state for state in timelines[key].at(tick)), INACTIVE) for tick in timelines[key].ticks_ms]
        assert tuple(seen) == states, key


def _rules(folder: Path, number: int, for_ms: int, keep_ms: int) -> Path:
    rule = {
        "alert": "A",
        "expr": "x == 1",
        "for": format_duration(for_ms),
        "keep_firing_for": format_duration(keep_ms),
    }
    path = folder / f"rules-{number}.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": [rule]}]}))
    return path
