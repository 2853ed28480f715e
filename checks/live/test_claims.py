"""Claims of the corpus on real engines: shown where they are true, and not where either side is changed."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alertproof.engines.queries import Ask, ask_queries
from alertproof.errors import EngineRefused
from alertproof.load.defects import load_defects
from alertproof.model.observation import vector_text
from alertproof.model.proof import Verdict
from alertproof.proof.claims import judge_claims

if TYPE_CHECKING:
    from alertproof.engines.host import Host
    from alertproof.model.defect import Defect

CORPUS = {defect.id: defect for defect in load_defects(Path(__file__).parents[2] / "fixtures" / "defects")}
SERIES = (('up{job="a"}', "1x40"), ('up{job="b"}', "0x40"), ('errors_total{text="a, {b} \\"c\\""}', "0+3x40"))


def asked(host: Host, folder: Path, *expressions: str, series: tuple[tuple[str, str], ...] = SERIES) -> list[str]:
    asks = [Ask(expr, series, 15_000, 600_000) for expr in expressions]
    return [answer.refusal or vector_text(answer.vector) for answer in ask_queries(host, folder, asks)]


def test_each_query_gets_its_own_answer(host: Host, tmp_path: Path) -> None:
    answers = asked(host, tmp_path, "up == 2", "sum(up)", "up == 2", "up", "rate(up[5m]) by (job)", "sum(up)", "0 / 0")
    assert answers[:4] == ["empty", "{} 1", "empty", 'up{job="a"} 1, up{job="b"} 0']
    assert "unexpected <by>" in answers[4]
    assert answers[5:] == ["{} 1", "{} NaN"]


def test_values_and_labels_are_read_whole(host: Host, tmp_path: Path) -> None:
    (rate, infinite, large) = asked(host, tmp_path, "rate(errors_total[5m])", 'up{job="a"} / 0', "sum(up) * 123456789")
    assert rate == '{text="a, {b} \\"c\\""} 0.2'
    assert infinite == '{job="a"} +Inf'
    assert large == "{} 123456789"


def test_series_that_promtool_cannot_read_are_refused(host: Host, tmp_path: Path) -> None:
    with pytest.raises(EngineRefused, match="could not evaluate"):
        asked(host, tmp_path, "up", series=(("up{", "1x4"),))


def judged(host: Host, folder: Path, defect: Defect) -> list[tuple[Verdict, str, Verdict]]:
    outcomes = judge_claims(host, folder, [defect], threading.Event())
    return [
        (
            outcomes[defect.id, index][0].verdict,
            outcomes[defect.id, index][0].measured,
            outcomes[defect.id, index][1].verdict,
        )
        for index in range(len(defect.shows))
    ]


@pytest.mark.parametrize("name", ["P7", "P17", "V5", "V8"])
def test_a_correction_in_the_place_of_the_found_side_is_no_defect(host: Host, tmp_path: Path, name: str) -> None:
    defect = replace(CORPUS[name], found=CORPUS[name].fixed)
    assert {found for found, _, _ in judged(host, tmp_path, defect)} == {Verdict.PROVED}


@pytest.mark.parametrize("name", ["P7", "P17", "V5", "V8"])
def test_a_found_side_in_the_place_of_its_correction_is_none(host: Host, tmp_path: Path, name: str) -> None:
    defect = replace(CORPUS[name], fixed=CORPUS[name].found)
    assert {fixed for _, _, fixed in judged(host, tmp_path, defect)} == {Verdict.REFUTED}


def test_prometheus_is_asked_what_it_made_of_its_file(host: Host, tmp_path: Path) -> None:
    assert judged(host, tmp_path, CORPUS["P2"]) == [(Verdict.REFUTED, "none", Verdict.PROVED)] * 2


def test_an_interrupt_ends_the_servers(host: Host, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(KeyboardInterrupt):
        judge_claims(host, tmp_path, [CORPUS["P2"]], stop)
