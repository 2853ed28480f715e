"""Changes of time intervals, inhibition and repeats, and that each is stated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from alertproof.sinks.alterations import ALWAYS, NEVER, fixed_intervals, repeats, soon_again, without_inhibition
from alertproof.sinks.edits import Edits, plain_copy
from alertproof.sinks.overlay import overlay

if TYPE_CHECKING:
    from pathlib import Path

    from alertproof.sinks.alterations import Alteration

NIGHT = {"name": "night", "time_intervals": [{"times": [{"start_time": "22:00", "end_time": "24:00"}]}]}
FILE: dict[str, Any] = {
    "route": {
        "receiver": "a",
        "routes": [
            {"receiver": "a", "mute_time_intervals": ["night", "old"], "repeat_interval": "240m"},
            {"receiver": "a", "active_time_intervals": ["night"], "repeat_interval": "1h"},
            {"receiver": "a", "mute_time_intervals": ["unknown"]},
        ],
    },
    "inhibit_rules": [{"source_match": {"a": "b"}, "target_match": {"a": "c"}}],
    "time_intervals": [NIGHT],
    "mute_time_intervals": [{**NIGHT, "name": "old"}],
    "receivers": [{"name": "a"}],
}


def altered(alter: Alteration) -> tuple[dict[str, Any], tuple[str, ...]]:
    document, edits = plain_copy(FILE), Edits()
    alter(document, edits)
    return document, edits.lines


def test_no_interval_depends_on_the_hour_any_more() -> None:
    document, lines = altered(fixed_intervals())
    first, second, third = document["route"]["routes"]
    assert first["mute_time_intervals"] == [NEVER, NEVER]
    assert second["active_time_intervals"] == [ALWAYS]
    assert third["mute_time_intervals"] == ["unknown"]  # Alertmanager refuses it, as in production
    assert [entry["name"] for entry in document["time_intervals"]] == ["night", ALWAYS, NEVER]
    assert "route.routes[0].mute_time_intervals: night, old → alertproof-never, alertproof-never" in lines
    assert lines[-1].startswith("time_intervals: alertproof-always")


def test_one_interval_can_be_active_at_every_hour() -> None:
    document, _ = altered(fixed_intervals({"old"}))
    assert document["route"]["routes"][0]["mute_time_intervals"] == [NEVER, ALWAYS]


def test_a_file_without_intervals_stays_as_it_is() -> None:
    document: dict[str, Any] = {"route": {"receiver": "a"}}
    edits = Edits()
    fixed_intervals()(document, edits)
    assert (document, edits.lines) == ({"route": {"receiver": "a"}}, ())


def test_only_repeats_of_the_interval_asked_for_come_soon() -> None:
    document, lines = altered(soon_again(4 * 3_600_000, "2s"))
    assert document["route"]["repeat_interval"] == "2s"  # Alertmanager's default is 4h
    assert [route.get("repeat_interval") for route in document["route"]["routes"]] == ["2s", "30d", None]
    assert "route.routes[1].repeat_interval: 1h → 30d" in lines
    assert repeats(FILE) == ["4h", "1h"]


def test_inhibition_can_be_removed_and_that_is_said() -> None:
    document, lines = altered(without_inhibition)
    assert "inhibit_rules" not in document
    assert lines == ("document.inhibit_rules: … → (removed: all alerts fire at once here)",)


@pytest.mark.parametrize("alter", [fixed_intervals(), without_inhibition, soon_again(1, "2s")])
def test_the_production_file_itself_is_never_changed(alter: Alteration, tmp_path: Path) -> None:
    before = plain_copy(FILE)
    laid = overlay(FILE, proxy_url="http://127.0.0.1:9", folder=tmp_path, base=tmp_path, also=[alter])
    assert before == FILE
    assert laid.document != before
