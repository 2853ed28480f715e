"""What no replay can show is told before any engine runs, and is never proved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alertproof.load.estate import load_estate
from alertproof.model.rules import RecordingRule
from alertproof.proof.subject import undecidable

if TYPE_CHECKING:
    from alertproof.model.estate import Alert

ALERT = next(a for a in load_estate([Path(__file__).parents[2] / "sample"]).alerts if a.id.alert == "TURNUnavailable")


def with_expr(expr: str) -> Alert:
    return replace(ALERT, rule=replace(ALERT.rule, expr=expr))


def test_the_alert_itself_can_be_decided() -> None:
    assert undecidable(ALERT) == ""


@pytest.mark.parametrize(
    ("expr", "says"),
    [
        ('up{job="coturn"} == 0 and on() hour() < 12', "it reads the clock, by hour()"),
        ('up{job="coturn"} == 0 and on() day_of_week() != 0', "it reads the clock, by day_of_week()"),
        ('time() - up{job="coturn"} > 0', "it reads the clock, by time()"),
        ('{job="coturn"} == 0', "a selector names no metric"),
        ('{__name__=~"u."} == 0', "a selector names no metric"),
        ('up{job="coturn"} == 0 unless on() maintenance == 1', "does not declare"),
        ('up{job="coturn"} == 0 unless on() ALERTS', "which depends on other alerts"),
        ("up == 0 and on() ice_attempted_total > 0", "of which its contract says nothing"),
    ],
)
def test_what_an_expression_reads_beyond_its_contract(expr: str, says: str) -> None:
    assert says in undecidable(with_expr(expr))


def test_a_recording_rule_is_looked_into() -> None:
    first = ALERT.group.rules[0]
    recorded = RecordingRule("turn:up", "up and on() hour() < 12", {}, first.place, first.expr_place)
    group = replace(ALERT.group, rules=(recorded, *ALERT.group.rules))
    file = replace(ALERT.file, groups=(group,))
    service = replace(ALERT.service, prometheus=replace(ALERT.service.prometheus, rule_files=(file,)))
    alert = replace(with_expr("turn:up == 0"), service=service, file=file, group=group)
    assert "by hour()" in undecidable(alert)
    itself = replace(recorded, expr="turn:up")
    circular = replace(file, groups=(replace(group, rules=(itself, *ALERT.group.rules)),))
    service = replace(service, prometheus=replace(service.prometheus, rule_files=(circular,)))
    assert "reads itself" in undecidable(replace(alert, service=service))


def test_a_limit_of_the_group_and_an_offset_of_the_server() -> None:
    limited = replace(ALERT, group=replace(ALERT.group, limit=1))
    assert "'limit: 1'" in undecidable(limited)
    config = ALERT.service.prometheus
    document = {**config.document, "global": {"rule_query_offset": "5m"}}
    service = replace(ALERT.service, prometheus=replace(config, document=document))
    assert "rule_query_offset" in undecidable(replace(ALERT, service=service))
