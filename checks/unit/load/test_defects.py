from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alertproof.errors import InputError
from alertproof.load.defects import load_defects
from alertproof.model.defect import ReplayClaim
from alertproof.model.proof import Aspect, Question

QUERY = """\
- query: Rate
  series: {up: "1x9"}
  at: 1m
  measured: refused
  should: empty
"""
FIRES = QUERY.replace("query: Rate", "fires: all is well")
SERVER = "- {server: prometheus, ask: rules, measured: none, should: 1 rule}\n"
ALERT = "- {alert: Down, aspect: for, measured: 1m}\n"
ORIGIN = """\
id: X1
title: t
service: s
document: d
section: "1"
found: f
consequence: c
"""
CORPUS = Path(__file__).parents[3] / "fixtures" / "defects"


def test_the_corpus_is_read_in_order_of_its_ids() -> None:
    defects = load_defects(CORPUS)
    assert [defect.id for defect in defects[:3]] == ["P1", "P2", "P3"]
    named = {defect.id: defect for defect in defects}
    assert named["P12"].shows[0].asks is Aspect.THRESHOLD
    assert named["P12"].found.metrics["signaling_latency_ms"].infinite is False
    assert named["P1"].found.rules is not None
    assert named["P1"].found.rules.text.startswith("groups:")


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("origin.yml", "id: P1\n", "id: P2\n", "in folder P1"),
        ("origin.yml", "aspect: delivery", "aspect: beauty", "is not one of"),
        ("found.yml", "rules:", "rulez:", "unknown key"),
        ("fixed.yml", "for: 5m", "for: soon", "not a duration"),
    ],
)
def test_a_mistake_in_an_entry_is_an_error(tmp_path: Path, name: str, old: str, new: str, says: str) -> None:
    shutil.copytree(CORPUS / "P1", tmp_path / "P1")
    file = tmp_path / "P1" / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=says):
        load_defects(tmp_path)


def entry(folder: Path, origin: str, found: str, fixed: str) -> Path:
    (folder / "X1").mkdir()
    for name, text in (("origin.yml", ORIGIN + origin), ("found.yml", found), ("fixed.yml", fixed)):
        if text:
            (folder / "X1" / name).write_text(text, encoding="utf-8")
    return folder


def test_a_claim_about_a_query_has_series_a_step_and_a_time(tmp_path: Path) -> None:
    side = "queries: {Rate: up}\n"
    (defect,) = load_defects(entry(tmp_path, f"shows:\n{QUERY}", side, side))
    assert defect.shows == (
        ReplayClaim("Rate", Question.QUERY, (("up", "1x9"),), 15_000, 60_000, measured="refused", should="empty"),
    )
    assert defect.fixed.queries == {"Rate": "up"}


def test_an_entry_that_no_engine_shows_needs_no_sides(tmp_path: Path) -> None:
    (defect,) = load_defects(entry(tmp_path, "struck: no engine minds it\n", "", ""))
    assert (defect.shows, defect.struck) == ((), "no engine minds it")


@pytest.mark.parametrize(
    ("origin", "side", "says"),
    [
        ("", "queries: {a: up}", "X1 has no claim"),
        (f"struck: it\nshows:\n{QUERY}", "queries: {Rate: up}", "X1 has shows and struck"),
        ("struck: it\n", "queries: {a: up}", "X1 is not shown, but there is found.yml"),
        (f"shows:\n{QUERY}", "queries: {rate: up}", "found.yml has no query 'Rate', which this claim needs"),
        (f"shows:\n{QUERY}{QUERY}", "queries: {Rate: up}", "Rate query is claimed twice"),
        (f"shows:\n{FIRES}", "queries: {Rate: up}", "found.yml has no rules, which this claim needs"),
        (f"shows:\n{ALERT}", "queries: {Rate: up}", "found.yml has no rules, which this claim needs"),
        (f"shows:\n{SERVER}", "alertmanager: {route: {receiver: a}, receivers: [{name: a}]}", "has no prometheus"),
        (f"shows:\n{SERVER.replace('ask', 'aks')}", "prometheus: {global: {}}", "unknown key 'aks'"),
        (f"shows:\n{SERVER.replace('rules', 'routes')}", "prometheus: {global: {}}", "is not asked for routes"),
        (f"shows:\n{SERVER.replace('ask: rules, ', '')}", "prometheus: {global: {}}", "not clear what prometheus is"),
        (f"shows:\n{QUERY.replace('  at: 1m', '  at: soon')}", "queries: {Rate: up}", "not a duration"),
        (f"shows:\n{SERVER}", "prometheus: {global: {scrape_interval: soon}}", "not a duration"),
        (f"shows:\n{SERVER}", "alertmanager: {route: {receiver: a}}", "'receivers' is missing"),
    ],
)
def test_a_claim_that_cannot_be_judged_is_an_error(tmp_path: Path, origin: str, side: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        load_defects(entry(tmp_path, origin, side + "\n", side + "\n"))
