"""The picture of a proof: a real XML parser reads it, and finds in it what a person should see."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from alertproof.errors import UsageError
from alertproof.model.observation import Notification, Request
from alertproof.model.proof import (
    AlertId,
    Aspect,
    CourseRecord,
    EngineVersions,
    MeasuredComparison,
    Outcome,
    Proof,
    Run,
    Verdict,
)
from alertproof.report.picture import picture_name, write_picture
from alertproof.report.pictures import with_pictures

MINUTE = 60_000
GOOD = Outcome(Aspect.THRESHOLD, Verdict.PROVED, "> 500 ms", "> 500 ms")
BAD = Outcome(Aspect.FOR, Verdict.REFUTED, "5m", "6m", "fires after 6m, the contract says for 5m")
STATES = ("inactive",) * 8 + ("pending",) * 6 + ("firing",) * 5 + ("inactive",) * 5
LEFT = (None,) + (80.0,) * 7 + (750.0,) * 11 + (80.0,) * 5
RECORD = CourseRecord(tuple(range(0, 24 * MINUTE, MINUTE)), STATES, (LEFT,), (500.0,), 7 * MINUTE, 18 * MINUTE)
LATENCY = MeasuredComparison("p95 of latency_ms", ">", ">", 500.0, 500.0, "ms")
ERRORS = MeasuredComparison("errors_total / requests_total", ">", ">", 0.01, 0.01, "ratio")


def note(receiver: str, state: str, at_s: float) -> Notification:
    return Notification(receiver, "slack", state, ("Slow",), Request(at_s, "h", "POST", "/", {}, {}, 200), ())


TOLD = (note("chat", "firing", 5.9), note("chat", "resolved", 12.8))


def proof(*outcomes: Outcome, record: CourseRecord | None = RECORD, **changes: object) -> Proof:
    plain = Proof(
        id=AlertId("shop", "latency", "Slow", (("severity", "page"),)),
        file=Path("/estate/alerts.yml"),
        line=7,
        basis="contract",
        outcomes=outcomes or (GOOD,),
        comparisons=(LATENCY,),
        for_contract_ms=5 * MINUTE,
        for_measured_ms=6 * MINUTE,
        resolve_ms=MINUTE,
        receivers_contract=("chat", "pager"),
        receivers_measured=("chat",),
        notifications=TOLD,
        record=record,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 a file of our own making


def drawn(folder: Path, drawn_proof: Proof) -> tuple[list[str], set[str]]:
    """Give the texts of a picture and the ids in it."""
    root = parsed(write_picture(drawn_proof, folder).read_text("utf-8"))
    texts = ["".join(node.itertext()) for node in root.iter() if node.tag.endswith(("}text", "}title"))]
    return texts, {name for node in root.iter() if (name := node.get("id"))}


def test_a_picture_says_alert_verdict_claim_measurement_and_reason(tmp_path: Path) -> None:
    texts, ids = drawn(tmp_path, proof(GOOD, BAD))
    assert {"Slow: refuted", "Slow", "refuted"} <= set(texts)
    assert "p95 of latency_ms > 500 ms · for 5m · to chat, pager" in texts
    assert "> 500 ms · fires after 6m · resolves +1m · reaches chat" in texts
    assert "for: fires after 6m, the contract says for 5m" in texts
    assert {"panel-0", "left-0", "threshold-0", "example-level", "states", "for", "for-claimed", "resolves"} <= ids
    assert {"state-inactive", "state-pending", "state-firing"} <= ids
    assert {"minutes of the course", "ms", "for 6m, claimed 5m", "resolves +1m"} <= set(texts)
    assert "rule-number-0" not in ids


def test_the_strip_shows_who_was_told_when_and_who_never_was(tmp_path: Path) -> None:
    texts, ids = drawn(tmp_path, proof(GOOD))
    assert {"chat", "pager", "firing 5.9 s", "resolved 12.8 s", "never told"} <= set(texts)
    assert {"notifications", "note-firing", "note-resolved"} <= ids
    texts, ids = drawn(tmp_path, proof(GOOD, receivers_contract=("pager",)))
    assert "not claimed" in texts
    texts, ids = drawn(tmp_path, proof(GOOD, receivers_measured=None, notifications=()))
    assert "notifications" not in ids
    assert "never told" not in texts


def test_a_number_in_the_rule_other_than_the_contracts_has_a_line_of_its_own(tmp_path: Path) -> None:
    other = replace(LATENCY, measured=505.0, measured_operator=None)
    texts, ids = drawn(tmp_path, proof(BAD, comparisons=(other,), record=replace(RECORD, numbers=(505.0,))))
    assert {"threshold-0", "rule-number-0"} <= ids
    assert {"should fire when", "> 500 ms", "the rule compares", "with 505"} <= set(texts)


def test_a_rule_that_counts_in_percent_shows_the_contracts_ratio_on_its_own_axis(tmp_path: Path) -> None:
    record = replace(RECORD, left=(tuple(value and value / 100 for value in LEFT),), numbers=(1.0,))
    texts, ids = drawn(tmp_path, proof(GOOD, comparisons=(ERRORS,), record=record))
    assert "rule-number-0" not in ids
    assert {"as the rule counts", "> 0.01"} <= set(texts)


def test_every_comparison_has_a_panel(tmp_path: Path) -> None:
    record = replace(RECORD, left=(LEFT, tuple(value and value / 10_000 for value in LEFT)), numbers=(500.0, 0.01))
    texts, ids = drawn(tmp_path, proof(GOOD, comparisons=(LATENCY, ERRORS), record=record))
    assert {"panel-0", "panel-1", "left-0", "left-1", "threshold-0", "threshold-1"} <= ids
    assert {"p95 of latency_ms", "errors_total / requests_total", "ms", "ratio"} <= set(texts)


def test_an_alert_that_never_fires_says_so(tmp_path: Path) -> None:
    never = {"for_measured_ms": None, "resolve_ms": None, "receivers_measured": (), "notifications": ()}
    quiet = replace(RECORD, states=("inactive",) * 24, left=((None,) * 24,))
    texts, ids = drawn(tmp_path, proof(BAD, record=quiet, **never))
    assert {"never active: it never fires", "the left side is empty or NaN throughout"} <= set(texts)
    assert not {"state-firing", "state-pending", "left-0", "resolves"} & ids
    pending = replace(RECORD, states=tuple(state.replace("firing", "pending") for state in STATES))
    assert "pending, but it never fires" in drawn(tmp_path, proof(BAD, record=pending, **never))[0]


def test_an_expression_without_a_left_side_says_so(tmp_path: Path) -> None:
    record = replace(RECORD, left=((None,) * 24,), numbers=(None,))
    texts, ids = drawn(tmp_path, proof(GOOD, record=record))
    assert "no comparison with a number: no left side" in texts
    assert "threshold-0" in ids


def test_levels_more_than_two_decades_apart_stand_on_a_logarithmic_axis(tmp_path: Path) -> None:
    linear, _ = drawn(tmp_path, proof(GOOD))
    assert "200" in linear
    wide = replace(RECORD, left=(tuple(value and value * (1 if value < 100 else 100) for value in LEFT),))
    texts, _ = drawn(tmp_path, proof(GOOD, record=wide))
    assert {"100", "1000", "10000"} <= set(texts)
    from_zero = replace(RECORD, left=((0.0,) * 8 + (0.001,) * 4 + (50_000.0,) * 12,))
    texts, _ = drawn(tmp_path, proof(GOOD, record=from_zero))
    assert {"0", "100", "10000"} <= set(texts)


def test_infinity_stands_at_the_edge(tmp_path: Path) -> None:
    record = replace(RECORD, left=((80.0,) * 10 + (float("inf"),) * 14,))
    assert "+Inf" in " ".join(drawn(tmp_path, proof(BAD, record=record))[0])


def test_a_long_course_counts_in_days(tmp_path: Path) -> None:
    record = replace(RECORD, ticks_ms=tuple(tick * 3000 for tick in RECORD.ticks_ms), falls_ms=18 * MINUTE * 3000)
    assert "days of the course" in drawn(tmp_path, proof(GOOD, record=record))[0]


HOSTILE = '<script>alert("x")</script> & $\\frac{1}{0}$ \x1b[31m\x00 \u202e ]]> 警告 🔥'


def test_hostile_texts_are_only_texts_and_stay_in_the_folder(tmp_path: Path) -> None:
    reason = Outcome(Aspect.ANNOTATIONS, Verdict.REFUTED, "", "", f"summary is {HOSTILE}")
    hostile = proof(
        reason,
        id=AlertId("../../etc", "g\n", HOSTILE, (("a", HOSTILE),)),
        comparisons=(replace(LATENCY, signal=HOSTILE, unit=HOSTILE),),
        receivers_contract=(HOSTILE,),
        notifications=(note(HOSTILE, "firing", 1.0), note("$x$", HOSTILE, 2.0)),
    )
    path = write_picture(hostile, tmp_path)
    assert path.parent == tmp_path
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", path.name)
    root = parsed(path.read_text("utf-8"))
    assert not any("script" in node.tag for node in root.iter())
    texts, _ = drawn(tmp_path, hostile)
    shown = '<script>alert("x")</script> & $\\frac{1}{0}$ \ufffd[31m\ufffd \ufffd ]]> 警告 🔥'
    assert f"annotations: summary is {shown}" in texts


def test_a_reason_is_wrapped_and_one_without_end_is_cut(tmp_path: Path) -> None:
    long = Outcome(Aspect.FOR, Verdict.REFUTED, "", "", "word " * 100)
    texts, _ = drawn(tmp_path, proof(long))
    assert sum("word word" in text for text in texts) > 3
    assert max(len(text) for text in texts) <= 118
    endless = Outcome(Aspect.FOR, Verdict.REFUTED, "", "", "word " * 10_000)
    texts, _ = drawn(tmp_path, proof(endless))
    assert any("more lines; the terminal has them all" in text for text in texts)


def test_the_same_proof_gives_the_same_bytes_whatever_a_person_has_set(tmp_path: Path) -> None:
    import matplotlib as mpl

    first = write_picture(proof(GOOD, BAD), tmp_path).read_bytes()
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30, "svg.fonttype": "path"}):
        again = write_picture(proof(GOOD, BAD), tmp_path).read_bytes()
    assert first == again
    assert b"<dc:date>" not in first


def test_a_name_is_plain_and_tells_apart_what_is_alike() -> None:
    assert picture_name(AlertId("shop", "latency", "Slow")) == "shop-latency-Slow.svg"
    assert picture_name(AlertId("s", "g", "a b")) != picture_name(AlertId("s", "g", "a_b"))
    assert len(picture_name(AlertId("s", "g", "a" * 500))) < 200
    page, chat = AlertId("s", "g", "a", (("severity", "page"),)), AlertId("s", "g", "a", (("severity", "chat"),))
    assert picture_name(page, apart=True) != picture_name(chat, apart=True)


def run(*proofs: Proof) -> Run:
    return Run(EngineVersions("local", "3.5.3", "0.33.1"), proofs, (), (), (), 1.0)


def test_a_proof_without_a_record_has_no_picture(tmp_path: Path) -> None:
    unsure = proof(Outcome(Aspect.CONTRACT, Verdict.UNDECIDED, "", "", "no contract"), record=None)
    assert with_pictures(run(unsure), tmp_path, every=True).proofs == (unsure,)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="no course"):
        write_picture(unsure, tmp_path)


def test_refuted_proofs_are_drawn_and_a_picture_goes_when_its_alert_is_proved(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    assert with_pictures(run(proof(GOOD)), folder, every=False).proofs[0].picture is None
    assert not folder.exists()
    fine = proof(GOOD, id=AlertId("shop", "latency", "Fine"))
    first, second = with_pictures(run(proof(BAD), fine), folder, every=False).proofs
    assert (first.picture, second.picture) == (folder / "shop-latency-Slow.svg", None)
    assert (
        with_pictures(run(proof(BAD), fine), folder, every=True).proofs[1].picture == folder / "shop-latency-Fine.svg"
    )
    (folder / "of-somebody-else.svg").touch()
    with_pictures(run(proof(GOOD), fine), folder, every=False)
    assert [path.name for path in folder.iterdir()] == ["of-somebody-else.svg"]


def test_namesakes_with_other_labels_have_pictures_of_their_own(tmp_path: Path) -> None:
    other = proof(BAD, id=AlertId("shop", "latency", "Slow", (("severity", "chat"),)))
    pictures = [item.picture for item in with_pictures(run(proof(BAD), other), tmp_path, every=False).proofs]
    assert len(set(pictures)) == len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="no picture can be written there"):
        with_pictures(run(proof(BAD)), tmp_path / "file" / "pictures", every=False)


values = st.none() | st.floats(allow_nan=False)


# Shrinking by drawing would take minutes.
@settings(max_examples=25, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    left=st.lists(values, min_size=3, max_size=3),
    number=st.none() | st.floats(),
    contract=st.floats(allow_nan=False, allow_infinity=False),
    measured=values,
)
def test_no_value_is_too_strange_to_be_drawn(
    tmp_path_factory: pytest.TempPathFactory,
    left: list[float | None],
    number: float | None,
    contract: float,
    measured: float | None,
) -> None:
    strange = replace(LATENCY, contract=contract, measured=measured)
    record = replace(RECORD, left=(tuple(left * 8),), numbers=(number,))
    texts, ids = drawn(tmp_path_factory.getbasetemp(), proof(BAD, comparisons=(strange,), record=record))
    assert "Slow" in texts
    assert {"panel-0", "state-firing"} <= ids
