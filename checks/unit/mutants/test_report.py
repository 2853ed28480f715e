"""Counting mutants: nothing that survives is left out, and no claim of equivalence goes unwatched."""

from __future__ import annotations

from bench.mutants.judge import Notice
from bench.mutants.report import Fate, Result

NOTICE = Notice("threshold", "refuted", "flips at 505")


def fate(equivalent: str = "", notice: Notice | None = None, *, differs: bool | None = None) -> Fate:
    return Fate("threshold", "s/g/A", "500 → 505", "a > 505", equivalent, notice, "", differs)


def result(*fates: Fate) -> Result:
    return Result("3.5.3", "0.33.1", fates, 1.0)


def test_the_share_is_of_those_that_are_not_equivalent() -> None:
    seen = result(*[fate(notice=NOTICE)] * 3, fate(), *[fate("algebra")] * 6)
    assert seen.share == 0.75
    assert not seen.good
    assert seen.by_kind() == [
        {"kind": "threshold", "made": 10, "equivalent": 6, "noticed": 3, "survived": 1, "not_refuted": 0}
    ]


def test_one_of_a_hundred_may_survive_and_no_more() -> None:
    assert result(*[fate(notice=NOTICE)] * 99, fate()).good
    assert not result(*[fate(notice=NOTICE)] * 98, fate()).good


def test_nothing_is_not_good() -> None:
    assert not result().good
    assert not result(fate("algebra")).good


def test_an_equivalent_that_is_noticed_or_differs_contradicts_its_rule() -> None:
    assert not result(*[fate(notice=NOTICE)] * 200, fate("algebra", NOTICE)).good
    assert not result(*[fate(notice=NOTICE)] * 200, fate("algebra", differs=True)).good
    assert result(*[fate(notice=NOTICE)] * 200, fate("algebra", differs=False)).good
