"""The as-found corpus as tables; `python -m alertproof.report.corpus` brings docs/defects.md up to date."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from alertproof.errors import InputError, Place
from alertproof.load.defects import load_defects
from alertproof.model.defect import AlertClaim, Claim, Defect, ReplayClaim, ServerClaim
from alertproof.model.proof import Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PAGE = Path("docs", "defects.md")
CORPUS = Path("fixtures", "defects")
BEGIN, END = "<!-- entries: python -m alertproof.report.corpus -->\n", "<!-- end of entries -->\n"
_BREAK = "<br>"


def updated(page: str, defects: Sequence[Defect], file: Path = PAGE) -> str:
    """Give a page with its entries made anew; InputError where it has no place for them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise InputError(Place(file), "no place for the entries", f"write {BEGIN.strip()} and {END.strip()}")
    return f"{before}{begin}\n{entries(defects)}\n{end}{after}"


def entries(defects: Sequence[Defect]) -> str:
    """Give all entries as Markdown: a list of documents, a table of what is shown, one of what is not."""
    parts = []
    for document in dict.fromkeys(defect.document for defect in defects):
        own = [defect for defect in defects if defect.document == document]
        parts += [f"### {document}", "", *_shown(own), "", *_struck(own)]
    return "\n".join(parts).rstrip("\n") + "\n"


def _shown(defects: Sequence[Defect]) -> Iterator[str]:
    yield from _head("id", "where", "found", "consequence", "shown by", "as found", "as it should be")
    for defect in defects:
        if defect.shows:
            claims = defect.shows
            yield _row(
                defect.id,
                _text(defect.section),
                _text(defect.found_text),
                _text(defect.consequence) + (f"{_BREAK}Assumed: {_text(defect.assumes)}" if defect.assumes else ""),
                *(_BREAK.join(map(column, claims)) for column in (_how, _told, _should)),
            )


def _struck(defects: Sequence[Defect]) -> Iterator[str]:
    left = [defect for defect in defects if not defect.shows]
    if left:
        yield from _head("id", "where", "found", "verdict", "evidence")
        for defect in left:
            verdict = "struck" if defect.struck else "documentation"
            evidence = _text(defect.struck or defect.documentation)
            yield _row(defect.id, _text(defect.section), _text(defect.found_text), verdict, evidence)
        yield ""


def _how(claim: Claim) -> str:
    if isinstance(claim, ReplayClaim):
        asked = "who fires with" if claim.asks is Question.FIRES else "query"
        return _text(f"{asked} {claim.of}")
    if isinstance(claim, ServerClaim):
        asked = _code(claim.expr) if claim.expr else str(claim.asks)
        return f"{claim.of.capitalize()} is asked for {asked}" if claim.asks is not Question.START else "start"
    return _text(f"{claim.aspect} of {claim.alert}")


def _should(claim: Claim) -> str:
    return "as its contract says" if isinstance(claim, AlertClaim) else _code(claim.should)


def _head(*columns: str) -> Iterable[str]:
    return _row(*columns), _row(*("---" for _ in columns))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _told(claim: Claim) -> str:
    return _code(claim.measured) + (f": {_text(claim.says)}" if claim.says else "")


def _code(text: str) -> str:
    return f"`{' '.join(text.split())}`".replace("|", "\\|")


def _text(text: str) -> str:
    """Give a text as it may stand in a cell, nothing in it read as Markdown."""
    return re.sub(r"([|*<`\[\]])", r"\\\1", " ".join(text.split()))


def main() -> None:
    """Write the page of the repository in the current folder."""
    page = PAGE.read_text("utf-8")
    PAGE.write_text(updated(page, load_defects(CORPUS)), encoding="utf-8")


if __name__ == "__main__":
    main()
