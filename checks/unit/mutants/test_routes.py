"""Mutants of Alertmanager files: what is made, and which of them leave every alert on its ways."""

from __future__ import annotations

from pathlib import Path

from bench.mutants.routes import route_mutants

from alertproof.load.estate import load_estate
from alertproof.proof.services import services_of

ESTATE = load_estate([Path(__file__).parents[3]])
VIDEO = next(service for service in services_of(ESTATE.alerts) if service.name == "video_chat")
MUTANTS = {mutant.words: mutant for mutant in route_mutants(VIDEO)}


def test_every_kind_is_made() -> None:
    assert {mutant.kind for mutant in MUTANTS.values()} == {
        "receiver",
        "continue removed",
        "mute removed",
        "mute added",
        "route matcher",
        "route removed",
        "group_by",
        "repeat_interval",
        "send_resolved off",
        "integration removed",
        "inhibition removed",
    }


def test_the_service_itself_is_left_as_it_is() -> None:
    assert VIDEO.alertmanager is not None
    for mutant in MUTANTS.values():
        assert mutant.document != VIDEO.alertmanager.document
        assert mutant.changed.alertmanager is not VIDEO.alertmanager


def test_what_no_alert_comes_by_is_equivalent_and_what_one_does_is_not() -> None:
    assert "goes the same ways" in MUTANTS["root route: receiver slack → pagerduty"].equivalent
    assert "cluster='video-chat'" in MUTANTS["root route: group_by without cluster"].equivalent
    for words in ("route 0: continue removed", "route 0: receiver pagerduty → slack", "route 2 removed"):
        assert MUTANTS[words].equivalent == ""
    assert MUTANTS["root route: group_by without alertname"].equivalent == ""
