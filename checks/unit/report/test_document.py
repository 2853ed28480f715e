"""What a run looks like to a machine and to a person, without any engine."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from alertproof.model.observation import Notification, Request
from alertproof.model.proof import (
    AlertId,
    Aspect,
    DefectProof,
    EngineVersions,
    EstateFinding,
    MeasuredComparison,
    Outcome,
    Proof,
    Run,
    Verdict,
)
from alertproof.report.document import run_document
from alertproof.report.table import print_run

ROOT = Path("/estate")
GOOD = Outcome(Aspect.THRESHOLD, Verdict.PROVED, "> 5", "> 5")
BAD = Outcome(Aspect.FOR, Verdict.REFUTED, "5m", "1m", "fires after 1m, the contract says for 5m")
UNSURE = Outcome(Aspect.CONTRACT, Verdict.UNDECIDED, "a proof", "none", "no contract")
FINDING = EstateFinding("/estate/rules/contracts/s.yml:3:5", "contract s/g/Gone has no alert", "write the alert")


def proof(*outcomes: Outcome) -> Proof:
    body = {"routing_key": "secret-key", "event_action": "trigger", "payload": {"summary": "Down"}}
    request = Request(5.04, "events.pagerduty.com", "POST", "/v2/enqueue", {}, body, 202)
    return Proof(
        id=AlertId("s", "g", "Down", (("severity", "critical"),)),
        file=ROOT / "rules" / "a.yml",
        line=7,
        basis="contract",
        outcomes=outcomes,
        comparisons=(MeasuredComparison("x", ">", ">", 5.0, 5.0, "ms"),),
        for_contract_ms=300_000,
        for_measured_ms=60_000,
        resolve_ms=1_500,
        receivers_contract=("pager",),
        receivers_measured=("pager",),
        notifications=(Notification("pager", "pagerduty", "firing", ("Down",), request, ()),),
    )


def run(*proofs: Proof, defects: tuple[DefectProof, ...] = (), findings: tuple[EstateFinding, ...] = ()) -> Run:
    return Run(EngineVersions("local", "3.5.3", "0.33.1"), proofs, defects, findings, ("a change",), 1.23)


def printed(result: Run) -> str:
    sink = io.StringIO()
    print_run(Console(file=sink, width=200), result, ROOT, verbose=True)
    return sink.getvalue()


def test_a_document_fits_its_schema_and_holds_no_key() -> None:
    document = run_document(run(proof(GOOD), findings=(FINDING,)), ROOT)
    schema = json.loads(resources.files("alertproof.report").joinpath("schemas", "run.json").read_text("utf-8"))
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    (alert,) = document["alerts"]
    assert (alert["file"], alert["line"], alert["for_s"], alert["resolve_s"]) == (
        "rules/a.yml",
        7,
        {"contract": 300, "measured": 60},
        1.5,
    )
    assert document["findings"][0]["place"] == "rules/contracts/s.yml:3:5"
    assert "secret-key" not in json.dumps(document)


def test_a_person_reads_place_reason_payload_and_sum() -> None:
    text = printed(run(proof(GOOD, BAD), findings=(FINDING,)))
    assert "rules/a.yml:7: Down refuted" in text
    assert "for: fires after 1m, the contract says for 5m" in text
    assert "+ 5.0 s  pager      firing    Down" in text
    assert "contract s/g/Gone has no alert" in text
    assert "1 alert: 0 proved, 1 refuted, 0 undecided · 1 finding · 1.2 s" in text
    assert "a change" in text
    assert "secret-key" not in text


def test_a_picture_is_named_relative_to_the_estate_and_linked_on_a_terminal() -> None:
    drawn = replace(proof(BAD), picture=ROOT / ".alertproof" / "pictures" / "a [bold] b.svg")
    assert run_document(run(drawn, proof(GOOD)), ROOT)["alerts"][0]["picture"] == ".alertproof/pictures/a [bold] b.svg"
    assert run_document(run(drawn, proof(GOOD)), ROOT)["alerts"][1]["picture"] is None
    assert "  picture: /estate/.alertproof/pictures/a [bold] b.svg\n" in printed(run(drawn))
    sink = io.StringIO()
    print_run(Console(file=sink, width=40, force_terminal=True), run(drawn), ROOT)
    assert ";file:///estate/.alertproof/pictures/a%20%5Bbold%5D%20b.svg\x1b\\" in sink.getvalue()
    assert "/estate/.alertproof/pictures/a [bold] b.svg" in sink.getvalue()


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        ((GOOD, GOOD), Verdict.PROVED),
        ((GOOD, UNSURE), Verdict.UNDECIDED),
        ((UNSURE, BAD), Verdict.REFUTED),
        ((), Verdict.UNDECIDED),
    ],
)
def test_a_proof_is_as_good_as_its_worst_aspect(outcomes: tuple[Outcome, ...], verdict: Verdict) -> None:
    assert proof(*outcomes).verdict is verdict


def test_a_run_is_good_only_if_something_was_proved_and_nothing_is_wrong() -> None:
    shown = DefectProof("P1", "", "", "Down", "1m", BAD, GOOD)
    not_fixed = DefectProof("P1", "", "", "Down", "1m", BAD, BAD)
    other = DefectProof("P1", "", "", "Down", "2m", BAD, GOOD)
    harmless = DefectProof("P1", "", "", "Down", "> 5", GOOD, GOOD)
    assert run(proof(GOOD), defects=(shown,)).good
    assert run(proof(GOOD), defects=(replace(shown, says="fires after 1m"),)).good
    assert not run().good
    assert not run(proof(GOOD), proof(BAD)).good
    assert not run(proof(GOOD), proof(UNSURE)).good
    assert not run(proof(GOOD), findings=(FINDING,)).good
    silent = DefectProof("P1", "", "", "Down", "1m", BAD, GOOD, says="parse error")
    for defect in (not_fixed, other, harmless, silent):
        assert not run(proof(GOOD), defects=(defect,)).good


def test_an_entry_is_shown_if_all_its_claims_are() -> None:
    shown = DefectProof("P1", "", "", "Down", "1m", BAD, GOOD)
    text = printed(run(proof(GOOD), defects=(shown, replace(shown, told="2m"), replace(shown, id="P2"))))
    assert "1 of 2 defects shown" in text


def test_a_claim_that_is_not_shown_says_why() -> None:
    told = DefectProof("P1", "", "", "Down", "2m", BAD, BAD)
    text = printed(run(proof(GOOD), defects=(told, replace(told, found=GOOD, fixed=GOOD))))
    assert "P1: Down for is not shown\n  as found it measures 1m, the entry says 2m\n" in text
    assert "  as fixed it is refuted: fires after 1m, the contract says for 5m\n" in text
    assert "  as found it is proved: > 5\n" in text


def test_long_texts_of_a_claim_are_cut_in_the_table_alone() -> None:
    long = Outcome(Aspect.FOR, Verdict.REFUTED, "5m", "slack, " * 20, "reason")
    result = run(proof(GOOD), defects=(DefectProof("P1", "", "", "Down", long.measured, long, GOOD),))
    assert "slack, slack,…  proved, > 5" in printed(result)
    assert long.measured not in printed(result)
    assert run_document(result, ROOT)["defects"][0]["found"]["measured"] == long.measured
