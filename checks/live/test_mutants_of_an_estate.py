"""The count of mutants is honest: what a proof notices is counted, and what it cannot notice survives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from bench.mutants.run import run_mutants

from alertproof.errors import UsageError
from alertproof.load.estate import load_estate

if TYPE_CHECKING:
    from pathlib import Path

    from bench.mutants.report import Result

    from alertproof.engines.host import Host
    from alertproof.model.estate import Alert, Estate

KINDS = ("threshold", "operator", "for", "matcher removed", "severity", "annotation unit", "template label")


def of_turn(host: Host, folder: Path, estate: Estate, alert: Alert) -> Result:
    folder.mkdir()
    changed = replace(estate, alerts=(alert,))
    return run_mutants(host, folder, changed, [alert], kinds=KINDS, routes=False)


def turn(estate: Estate) -> Alert:
    return next(alert for alert in estate.alerts if alert.rule.alert == "TURNUnavailable")


def test_all_are_noticed_but_what_is_equivalent(host: Host, copied_estate: Path, tmp_path: Path) -> None:
    estate = load_estate([copied_estate])
    result = of_turn(host, tmp_path / "run", estate, turn(estate))
    assert result.good
    assert result.count("survived") == 0
    assert [(fate.change, fate.differs) for fate in result.fates if fate.equivalent] == [("== 0 → <=", False)]
    assert {row["kind"] for row in result.by_kind()} == set(KINDS) - {"annotation unit"}


def test_what_a_contract_says_nothing_of_survives_and_is_counted(
    host: Host, copied_estate: Path, tmp_path: Path
) -> None:
    alert = changed_turn(copied_estate, 'up{job="coturn"}', 'up{job="coturn", tier!="test"}')
    result = of_turn(host, tmp_path / "run", load_estate([copied_estate]), alert)
    survivors = [fate for fate in result.fates if fate.fate == "survived"]
    assert [fate.change for fate in survivors] == ['up: tier!="test" removed']
    # Random series, which know of no contract, do show that it is not the same.
    assert survivors[0].differs
    assert "random scenarios differ" in survivors[0].why
    assert not result.good


def test_an_alert_that_is_not_proved_as_it_is_has_no_mutants(host: Host, copied_estate: Path, tmp_path: Path) -> None:
    alert = changed_turn(copied_estate, "for: 2m", "for: 3m")
    with pytest.raises(UsageError, match="would seem noticed"):
        of_turn(host, tmp_path / "run", load_estate([copied_estate]), alert)


def changed_turn(copied_estate: Path, old: str, new: str) -> Alert:
    rules = copied_estate / "rules/prometheus/video_chat/alerts.yml"
    text = rules.read_text("utf-8")
    assert old in text
    rules.write_text(text.replace(old, new), encoding="utf-8")
    return turn(load_estate([copied_estate]))


def test_a_guard_against_a_whole_of_0_is_noticed_where_it_is_gone(
    host: Host, real_estate: Estate, tmp_path: Path
) -> None:
    alert = next(alert for alert in real_estate.alerts if alert.rule.alert == "TURNFallbackHigh")
    result = run_mutants(host, tmp_path, real_estate, [alert], kinds=["comparison removed"], routes=False)
    (fate,) = [fate for fate in result.fates if fate.change == "guard > 0 removed"]
    assert fate.notice is not None
    assert fate.notice.reason == "a zero whole fires it"
