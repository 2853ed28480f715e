from pathlib import Path

import pytest

from alertproof.errors import InputError
from alertproof.load.rules import count_raw_alerts, load_prometheus, load_rule_file
from alertproof.model.rules import AlertingRule, RecordingRule

GOOD = """groups:
  - name: g
    interval: 30s
    rules:
      - record: job:x:rate5m
        expr: sum by (job) (rate(x[5m]))
      - alert: A
        expr: job:x:rate5m > 1
        for: 5m
        keep_firing_for: 1m
        labels: {severity: critical, tier: 1}
        annotations: {summary: "{{ $value }}"}
"""


def load(tmp_path: Path, text: str) -> InputError:
    file = tmp_path / "r.yml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_rule_file(file)
    return caught.value


def test_a_rule_file_is_read_with_places(tmp_path: Path) -> None:
    file = tmp_path / "r.yml"
    file.write_text(GOOD)
    (group,) = load_rule_file(file).groups
    record, alert = group.rules
    assert isinstance(record, RecordingRule)
    assert isinstance(alert, AlertingRule)
    assert (group.interval_ms, alert.for_ms, alert.keep_firing_for_ms) == (30_000, 300_000, 60_000)
    assert alert.labels == {"severity": "critical", "tier": "1"}
    assert (alert.place.line, alert.expr_place.line) == (7, 8)


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("expr: job:x:rate5m", "exprr: job:x:rate5m", 8, "unknown key 'exprr'"),
        ("for: 5m", "for: 5 minutes", 9, "'for': '5 minutes' is not a duration"),
        ("for: 5m", "for: [5m]", 9, "'for' must be"),
        ("interval: 30s", "interval: 30", 3, "not a duration"),
        ("- alert: A", "- foo: A", 7, "unknown key 'foo'"),
        ("        expr: job:x:rate5m > 1\n", "", 7, "key 'expr' is missing"),
        (
            "- record: job:x:rate5m",
            "- record: job:x:rate5m\n        for: 5m",
            6,
            "a recording rule has no 'for'",
        ),
        ("- alert: A", "- alert: A\n        record: b", 7, "both 'alert' and 'record'"),
        ("  - name: g", "  - name: g\n    rules: []\n  - name: g", 4, "group 'g' is defined twice"),
        ("groups:", "group:", 1, "unknown key 'group'"),
    ],
)
def test_a_mistake_is_one_error_at_its_line(tmp_path: Path, old: str, new: str, line: int, problem: str) -> None:
    assert old in GOOD
    error = load(tmp_path, GOOD.replace(old, new, 1))
    assert problem in error.problem
    assert error.place.line == line
    assert error.remedy


def test_a_misspelled_key_is_answered_with_the_known_one(tmp_path: Path) -> None:
    assert "did you mean 'expr'?" in load(tmp_path, GOOD.replace("expr: sum", "exp: sum")).remedy


def test_a_glob_that_matches_nothing_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "prometheus.yml"
    file.write_text("rule_files:\n  - nothing-*.yml\n")
    with pytest.raises(InputError, match="matches no file") as caught:
        load_prometheus(file)
    assert caught.value.place.line == 2


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (GOOD, 1),
        ("# alert: no\n", 0),
        ("- alert: a\n-  alert: b\n", 2),
        ('"alert": x\n', 1),
        ("  alertname: x\n", 0),
    ],
)
def test_raw_alerts_are_counted_without_our_parser(text: str, count: int) -> None:
    assert count_raw_alerts(text) == count
