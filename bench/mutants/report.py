"""What became of all mutants: counted by kind, as a table and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.mutants.judge import Notice

LEAST_SHARE = 0.99


@dataclass(frozen=True, slots=True)
class Fate:
    """One mutant: why it is equivalent, if so; how it was noticed, None where it was not; what random series showed.

    `why` says of a survivor why nothing notices it, as far as can be said.
    """

    kind: str
    alert: str
    change: str
    expr: str
    equivalent: str
    notice: Notice | None
    random: str
    differs: bool | None

    @property
    def contradiction(self) -> str:
        """Give what speaks against a claim of equivalence."""
        if not self.equivalent:
            return ""
        if self.notice is not None:
            return f"noticed by {self.notice.aspect}: {self.notice.reason}"
        return f"random series: {self.random}" if self.differs else ""

    @property
    def fate(self) -> str:
        """Give equivalent, noticed or survived."""
        if self.equivalent:
            return "equivalent"
        return "noticed" if self.notice is not None else "survived"

    @property
    def why(self) -> str:
        """Give why nothing notices a survivor."""
        if self.differs is None:
            return "no claim about routes and no delivery shows a difference"
        if self.differs:
            return f"no scenario of the proofs shows the difference; {self.random}"
        return f"no difference found, and no rule says that there is none; {self.random}"


@dataclass(frozen=True, slots=True)
class Result:
    """All fates, and what they were judged with."""

    prometheus: str
    alertmanager: str
    fates: tuple[Fate, ...]
    seconds: float

    def count(self, fate: str) -> int:
        """Give the number of mutants with a fate."""
        return sum(item.fate == fate for item in self.fates)

    @property
    def share(self) -> float:
        """Give the share noticed of those that are not equivalent; 0 where there are none."""
        judged = len(self.fates) - self.count("equivalent")
        return self.count("noticed") / judged if judged else 0.0

    @property
    def contradictions(self) -> list[Fate]:
        """Give the mutants that are said to be equivalent and are not."""
        return [item for item in self.fates if item.contradiction]

    @property
    def good(self) -> bool:
        """Give whether enough is noticed, and no claim of equivalence is contradicted."""
        return self.share >= LEAST_SHARE and not self.contradictions

    def by_kind(self) -> list[dict[str, Any]]:
        """Give a row per kind, in the order in which kinds were made."""
        counts = Counter((item.kind, item.fate) for item in self.fates)
        undecided = Counter(item.kind for item in self.fates if item.notice and item.notice.verdict != "refuted")
        return [
            {
                "kind": kind,
                "made": sum(counts[kind, fate] for fate in ("equivalent", "noticed", "survived")),
                **{fate: counts[kind, fate] for fate in ("equivalent", "noticed", "survived")},
                "not_refuted": undecided[kind],
            }
            for kind in dict.fromkeys(item.kind for item in self.fates)
        ]

    def document(self) -> dict[str, Any]:
        """Give everything as plain data."""
        return {
            "schema": "alertproof-mutants/1",
            "engine": {"prometheus": self.prometheus, "alertmanager": self.alertmanager},
            "summary": {
                "made": len(self.fates),
                **{fate: self.count(fate) for fate in ("equivalent", "noticed", "survived")},
                "share": self.share,
                "seconds": self.seconds,
            },
            "kinds": self.by_kind(),
            "mutants": [
                {**asdict(item), "fate": item.fate, "contradiction": item.contradiction} for item in self.fates
            ],
        }


def show(result: Result, *, verbose: bool) -> None:
    """Print the table, the survivors, and what contradicts a claim of equivalence."""
    console = Console(soft_wrap=True, highlight=False)
    console.print(f"Prometheus {result.prometheus}, Alertmanager {result.alertmanager}\n")
    table = Table(box=None, pad_edge=False)
    table.add_column("kind")
    for name in ("made", "equivalent", "noticed", "survived"):
        table.add_column(name, justify="right")
    for row in result.by_kind():
        table.add_row(row["kind"], *(str(row[name]) for name in ("made", "equivalent", "noticed", "survived")))
    console.print(table)
    _list(console, "Survived", [(item, item.why) for item in result.fates if item.fate == "survived"])
    _list(console, "Said to be equivalent, and not so", [(item, item.contradiction) for item in result.contradictions])
    if verbose:
        _list(console, "Equivalent", [(item, item.equivalent) for item in result.fates if item.fate == "equivalent"])
    other = [item for item in result.fates if item.notice and item.notice.verdict != "refuted"]
    _list(
        console, "Noticed, but not refuted", [(i, f"{i.notice.verdict}: {i.notice.reason}") for i in other if i.notice]
    )
    print_summary(console, result)


def print_summary(console: Console, result: Result) -> None:
    """Print the last line."""
    judged = len(result.fates) - result.count("equivalent")
    console.print(
        f"\n{len(result.fates)} mutants: {result.count('equivalent')} equivalent; of {judged} others "
        f"{result.count('noticed')} noticed, {result.count('survived')} survived · {result.share:.2%}"
        f" · {result.seconds:.0f} s"
    )


def _list(console: Console, title: str, entries: Sequence[tuple[Fate, str]]) -> None:
    if not entries:
        return
    console.print(f"\n{title}")
    for fate, why in entries:
        console.print(f"  {fate.alert}: {fate.change} ({fate.kind})", markup=False)
        if fate.expr:
            console.print(f"    {fate.expr}", markup=False)
        console.print(f"    {why}", markup=False)
