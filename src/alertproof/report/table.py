"""A run as a person reads it in a terminal."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.style import Style
from rich.table import Table
from rich.text import Text

from alertproof.model.proof import Coverage, DefectProof, Outcome, Proof, Run, ServiceProof, Verdict
from alertproof.report.document import relative, relative_text
from alertproof.report.redact import redact_body
from alertproof.report.words import claimed_text, measured_text
from alertproof.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

# A cell of the defects' table; three of them fit beside each other in a pipe.
_WIDEST = 42
# More notifications than these are counted, not listed.
_FEW_NOTES = 12
_STYLE = {Verdict.PROVED: "green", Verdict.REFUTED: "bold red", Verdict.UNDECIDED: "yellow"}


def print_run(console: Console, run: Run, root: Path, *, verbose: bool = False) -> None:
    """Print the table of alerts, what is wrong, the notifications received, the defects shown and the sum."""
    engine = run.engine
    console.print(f"Prometheus {engine.prometheus}, Alertmanager {engine.alertmanager} ({engine.kind})\n")
    console.print(_alert_table(run))
    for proof in run.proofs:
        _print_reasons(console, proof, root)
    if run.services:
        console.print("\nServices as a whole")
        console.print(_service_table(run.services))
        for claim in run.services:
            _print_claim(console, claim, root)
    _print_coverage(console, run.coverage)
    _print_notifications(console, run, verbose=verbose)
    if run.defects:
        console.print("\nAs-found defects, shown on the same engines")
        console.print(_defect_table(run.defects))
        _print_missed(console, run.defects)
    for finding in run.findings:
        console.print(f"\n[bold red]{escape(relative_text(finding.place, root))}[/]: {escape(finding.problem)}")
        console.print(f"  → {finding.remedy}", markup=False)
    if verbose and run.overlay:
        console.print("\nChanged in the production files for the live replay, and nothing else")
        for line in run.overlay:
            console.print(f"  {line}", markup=False)
    console.print(f"\n{summary(run)}", markup=False)


def summary(run: Run) -> str:
    """Give the last line: counts, defects, findings and time."""
    parts = [
        f"{counted(len(run.proofs), 'alert')}: " + ", ".join(f"{run.count(verdict)} {verdict}" for verdict in Verdict)
    ]
    if run.services:
        good = sum(proof.verdict is Verdict.PROVED for proof in run.services)
        parts.append(f"{good} of {counted(len(run.services), 'service claim')} proved")
    if run.defects:
        ids = {defect.id for defect in run.defects}
        missed = {defect.id for defect in run.defects if not defect.shown}
        parts.append(f"{len(ids - missed)} of {len(ids)} defects shown")
    if run.findings:
        parts.append(counted(len(run.findings), "finding"))
    return " · ".join([*parts, f"{run.seconds:.1f} s"])


def counted(number: int, noun: str) -> str:
    """Give a number with its noun: 1 alert, 3 alerts."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _alert_table(run: Run) -> Table:
    delivered = any(proof.receivers_measured is not None for proof in run.proofs)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in (
        "alert",
        "fires when",
        "measured",
        "for",
        "resolves",
        *(["receivers"] if delivered else []),
        "verdict",
    ):
        table.add_column(column)
    services = {proof.id.service for proof in run.proofs}
    last = None
    for proof in run.proofs:
        verdict = proof.verdict
        if len(services) > 1 and proof.id.service != last:
            last = proof.id.service
            table.add_row(f"[bold]{escape(last)}[/]")
        row = [
            proof.id.alert,
            "\n".join(f"{item.signal} {claimed_text(item)}" for item in proof.comparisons),
            "\n".join(measured_text(item) for item in proof.comparisons),
            _unless(proof, proof.for_measured_ms),
            _unless(proof, proof.resolve_ms, "+"),
        ]
        if delivered:
            row.append(", ".join(proof.receivers_measured or ()) or "nobody")
        table.add_row(*(escape(cell) for cell in row), f"[{_STYLE[verdict]}]{verdict}[/]")
    return table


def _unless(proof: Proof, milliseconds: int | None, sign: str = "") -> str:
    """Give a measured duration; `never` where it was looked for in vain, nothing where no engine was asked."""
    if milliseconds is not None:
        return f"{sign}{format_duration(milliseconds)}"
    return "never" if proof.comparisons else ""


def _print_reasons(console: Console, proof: Proof, root: Path) -> None:
    bad = [outcome for outcome in proof.outcomes if outcome.verdict is not Verdict.PROVED]
    if not bad:
        return
    place = f"{relative(proof.file, root)}:{proof.line}"
    style = _STYLE[proof.verdict]
    console.print(f"\n[{style}]{escape(place)}: {escape(proof.id.alert)} {proof.verdict}[/]")
    for outcome in bad:
        console.print(f"  {outcome.aspect}: {outcome.reason}", markup=False)
    if proof.picture is not None:
        path = Text(relative(proof.picture, Path.cwd()), Style(link=proof.picture.as_uri()))
        console.print(Text("  picture: ").append_text(path), soft_wrap=True)


def _print_notifications(console: Console, run: Run, *, verbose: bool) -> None:
    notes = {id(note.request): note for proof in run.proofs for note in proof.notifications}
    if not notes:
        return
    if len(notes) > _FEW_NOTES and not verbose:
        told = Counter((note.receiver, note.state) for note in notes.values())
        words = ", ".join(f"{receiver} {number} {state}" for (receiver, state), number in sorted(told.items()))
        console.print(f"\n{len(notes)} notifications, which -v lists: {words}", markup=False)
        return
    console.print("\nNotifications, as the receivers got them")
    for note in sorted(notes.values(), key=lambda item: item.request.at_s):
        line = f"  +{note.request.at_s:4.1f} s  {note.receiver:<10} {note.state:<9} {headline(note.request.body)}"
        console.print(line, markup=False, highlight=False)
        if verbose:
            console.print_json(json.dumps(redact_body(note.request.body)))


def headline(body: Any) -> str:
    """Give the line of a payload that a person sees first."""
    return next(_headlines(body), "")


def _headlines(body: Any) -> Iterator[str]:
    if not isinstance(body, dict):
        return
    for attachment in body.get("attachments") or ():
        yield from _headlines(attachment)
    yield from _headlines(body.get("payload"))
    for key in ("title", "summary", "message", "description", "text", "status"):
        if isinstance(body.get(key), str) and body[key]:
            yield body[key]
    # A PagerDuty event that resolves carries no text, only its action.
    if isinstance(body.get("event_action"), str):
        yield f"({body['event_action']})"


def _service_table(services: tuple[ServiceProof, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("service", "aspect", "of", "claimed", "measured", "verdict"):
        table.add_column(column)
    for proof in services:
        # The reason of what is refuted stands below.
        measured = "as claimed" if proof.measured == proof.claimed else "" if proof.reason else proof.measured
        words = [proof.service, str(proof.aspect), proof.name, proof.claimed, measured]
        table.add_row(*(escape(word) for word in words), f"[{_STYLE[proof.verdict]}]{proof.verdict}[/]")
    return table


def _print_claim(console: Console, proof: ServiceProof, root: Path) -> None:
    if proof.verdict is Verdict.PROVED:
        return
    place = f"{relative_text(proof.place, root)}: " if proof.place else ""
    console.print(f"\n[{_STYLE[proof.verdict]}]{escape(place)}{escape(str(proof))} {proof.verdict}[/]")
    console.print(f"  {proof.reason}", markup=False)


def _print_coverage(console: Console, coverage: tuple[Coverage, ...]) -> None:
    for item in coverage:
        watched = f"\n{item.service}: {counted(len(item.watched), 'metric')} watched"
        blind = f"; blind to {counted(len(item.blind), 'metric')}: {', '.join(item.blind)}" if item.blind else ""
        console.print(f"{watched}{blind}", markup=False)


def _defect_table(defects: tuple[DefectProof, ...]) -> Table:
    """Give a line per claim; long texts are cut, the JSON document has them whole."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "of", "aspect", "as found", "as fixed", ""):
        table.add_column(column, no_wrap=True, overflow="ellipsis", max_width=_WIDEST)
    for defect in defects:
        style, word = ("green", "shown") if defect.shown else ("bold red", "NOT SHOWN")
        table.add_row(
            defect.id,
            escape(defect.of),
            str(defect.found.aspect),
            escape(defect.found.measured),
            escape(_fixed(defect.fixed)),
            f"[{style}]{word}[/]",
        )
    return table


def _fixed(outcome: Outcome) -> str:
    return f"proved, {outcome.measured}" if outcome.verdict is Verdict.PROVED else outcome.measured


def _print_missed(console: Console, defects: tuple[DefectProof, ...]) -> None:
    """Print why claims are not shown."""
    for defect in defects:
        if not defect.shown:
            console.print(f"\n[bold red]{defect.id}: {escape(defect.of)} {defect.found.aspect} is not shown[/]")
            for line in _missed(defect):
                console.print(f"  {line}", markup=False)


def _missed(defect: DefectProof) -> Iterator[str]:
    found, fixed = defect.found, defect.fixed
    if found.verdict is not Verdict.REFUTED:
        yield f"as found it is {found.verdict}: {found.reason or found.measured}"
    elif found.measured != defect.told:
        yield f"as found it measures {found.measured}, the entry says {defect.told}"
    elif defect.says not in found.reason:
        yield f"as found it says {found.reason!r}, the entry says {defect.says!r}"
    if fixed.verdict is not Verdict.PROVED:
        yield f"as fixed it is {fixed.verdict}: {fixed.reason}"
