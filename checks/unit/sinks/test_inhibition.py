"""Who inhibits whom, from the rules alone; a live check holds the same against Alertmanager."""

from __future__ import annotations

from typing import Any

import pytest

from alertproof.sinks.inhibition import inhibits, parse_matchers

DOWN = {"alertname": "Down", "severity": "critical", "service": "video"}
SLOW = {"alertname": "Slow", "severity": "warning", "service": "video"}
OTHER = {**SLOW, "service": "mail"}


def file(**rule: Any) -> dict[str, Any]:
    return {"inhibit_rules": [rule]}


NEW = file(source_matchers=["severity = critical"], target_matchers=['severity = "warning"'], equal=["service"])
OLD = file(source_match={"severity": "critical"}, target_match_re={"severity": "warn.*"}, equal=["service"])


@pytest.mark.parametrize("document", [NEW, OLD])
def test_matchers_of_both_syntaxes_and_equal_labels(document: dict[str, Any]) -> None:
    assert inhibits(document, DOWN, SLOW)
    assert not inhibits(document, SLOW, DOWN)
    assert not inhibits(document, DOWN, OTHER)


@pytest.mark.parametrize(
    ("matcher", "expected"),
    [
        ("severity=warning", True),
        ("severity!=warning", False),
        ("severity=~warn", False),
        ("severity=~warn.*", True),
        ("severity!~warn", True),
        ('team=""', True),
        ("team=~.*", True),
        ("team!=~", True),
        ("team=~.+", False),
    ],
)
def test_patterns_match_the_whole_value_and_a_missing_label_is_empty(matcher: str, expected: bool) -> None:  # noqa: FBT001 a parameter
    assert inhibits(file(source_matchers=["alertname=Down"], target_matchers=[matcher]), DOWN, SLOW) is expected


def test_two_alerts_that_both_lack_a_label_have_it_equal() -> None:
    document = file(source_matchers=["alertname=Down"], target_matchers=["alertname=Slow"], equal=["cluster"])
    assert inhibits(document, DOWN, SLOW)
    assert not inhibits(document, {**DOWN, "cluster": "eu"}, SLOW)


def test_alerts_that_fit_both_sides_do_not_inhibit_each_other_or_themselves() -> None:
    document = file(source_matchers=["service=video"], target_matchers=["severity=~.+"])
    assert not inhibits(document, DOWN, DOWN)
    assert not inhibits(document, DOWN, SLOW)
    assert inhibits(document, DOWN, OTHER)


def test_a_file_without_rules_inhibits_nobody() -> None:
    assert not inhibits({}, DOWN, SLOW)
    assert not inhibits({"inhibit_rules": None}, DOWN, SLOW)


@pytest.mark.parametrize("text", ["severity", "=x", 'a="x', "a==b=c,,"])
def test_what_is_no_matcher_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no matcher"):
        parse_matchers(text)
