"""The as-found corpus is complete, and its page says what it holds."""

from pathlib import Path

from alertproof.load.defects import load_defects
from alertproof.report.corpus import BEGIN, END, entries, updated

ROOT = Path(__file__).parents[2]
DEFECTS = load_defects(ROOT / "fixtures" / "defects")
# Error budgets and burn rates are no part of it yet; the page says so.
LEFT_OUT = ("P24", "P25", "P31")


def test_every_finding_of_both_documents_has_an_entry() -> None:
    wanted = [f"P{number}" for number in range(1, 33)] + [f"V{number}" for number in range(1, 14)]
    assert [defect.id for defect in DEFECTS] == [name for name in wanted if name not in LEFT_OUT]


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "defects.md").read_text("utf-8")
    assert page == updated(page, DEFECTS), "run python -m alertproof.report.corpus"
    head = page.partition(BEGIN)[0]
    assert [name for name in LEFT_OUT if name not in head] == []


def test_a_page_gets_every_entry_between_its_marks_and_keeps_the_rest() -> None:
    page = updated(f"before\n{BEGIN}old\n{END}after\n", DEFECTS)
    assert page.startswith(f"before\n{BEGIN}")
    assert page.endswith(f"{END}after\n")
    assert "old\n" not in page
    assert [defect.id for defect in DEFECTS if f"\n| {defect.id} | " not in entries(DEFECTS)] == []
