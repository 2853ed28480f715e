"""The JSON twin of a run, schema `alertproof/1`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alertproof.model.proof import DefectProof, Outcome, Proof, Run, ServiceProof, Verdict
from alertproof.report.redact import redact_body, redact_path

if TYPE_CHECKING:
    from pathlib import Path

    from alertproof.model.observation import Notification

SCHEMA = "alertproof/1"
_STATE_KEYS = ("firing", "resolved")


def run_document(run: Run, root: Path) -> dict[str, Any]:
    """Give a run as plain data; files are relative to `root` where they lie in it."""
    return {
        "schema": SCHEMA,
        "engine": {
            "kind": run.engine.kind,
            "prometheus": run.engine.prometheus,
            "alertmanager": run.engine.alertmanager,
        },
        "summary": {
            "alerts": len(run.proofs),
            **{str(verdict): run.count(verdict) for verdict in Verdict},
            "seconds": round(run.seconds, 1),
            "service_claims": len(run.services),
            "service_claims_proved": sum(proof.verdict is Verdict.PROVED for proof in run.services),
        },
        "alerts": [proof_document(proof, root) for proof in run.proofs],
        "services": [_service(proof, root) for proof in run.services],
        "coverage": [
            {"service": item.service, "watched": {n: list(a) for n, a in item.watched}, "blind": list(item.blind)}
            for item in run.coverage
        ],
        "defects": [_defect(defect) for defect in run.defects],
        "findings": [
            {"place": relative_text(finding.place, root), "problem": finding.problem, "remedy": finding.remedy}
            for finding in run.findings
        ],
        "overlay": list(run.overlay),
    }


def proof_document(proof: Proof, root: Path) -> dict[str, Any]:
    """Give one proof as plain data; durations are seconds."""
    measured = proof.receivers_measured
    return {
        "kind": "prometheus",
        "service": proof.id.service,
        "group": proof.id.group,
        "alert": proof.id.alert,
        "labels": dict(proof.id.labels),
        "file": relative(proof.file, root),
        "line": proof.line,
        "basis": proof.basis,
        "verdict": str(proof.verdict),
        "reason": proof.reason,
        "comparisons": [
            {
                "signal": comparison.signal,
                "op": comparison.operator,
                "measured_op": comparison.measured_operator,
                "contract": comparison.contract,
                "measured": comparison.measured,
                "unit": comparison.unit,
            }
            for comparison in proof.comparisons
        ],
        "for_s": {"contract": seconds(proof.for_contract_ms), "measured": seconds(proof.for_measured_ms)},
        "resolve_s": seconds(proof.resolve_ms),
        "receivers": {
            "contract": list(proof.receivers_contract),
            "measured": list(measured) if measured is not None else None,
        },
        "aspects": [_outcome(outcome) for outcome in proof.outcomes],
        "notifications": [_notification(note) for note in proof.notifications],
        "picture": relative(proof.picture, root) if proof.picture is not None else None,
    }


def relative(file: Path, root: Path) -> str:
    """Give a path as seen from the estate's root."""
    return str(file.relative_to(root)) if file.is_relative_to(root) else str(file)


def relative_text(place: str, root: Path) -> str:
    """Give a place, which may end in a line and a column, as seen from the estate's root."""
    return place.removeprefix(f"{root}/")


def seconds(milliseconds: int | None) -> float | int | None:
    """Give seconds, whole where they are whole."""
    if milliseconds is None:
        return None
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000


def _outcome(outcome: Outcome) -> dict[str, str]:
    return {
        "aspect": str(outcome.aspect),
        "verdict": str(outcome.verdict),
        "claimed": outcome.claimed,
        "measured": outcome.measured,
        "reason": outcome.reason,
    }


def _notification(note: Notification) -> dict[str, Any]:
    return {
        "receiver": note.receiver,
        "integration": note.integration,
        "state": note.state,
        "at_s": round(note.request.at_s, 1),
        "host": note.request.host,
        "path": redact_path(note.request.path),
        "payload": redact_body(note.request.body),
    }


def _service(proof: ServiceProof, root: Path) -> dict[str, str]:
    return {
        "service": proof.service,
        "aspect": str(proof.aspect),
        "name": proof.name,
        "verdict": str(proof.verdict),
        "claimed": proof.claimed,
        "measured": proof.measured,
        "reason": proof.reason,
        "place": relative_text(proof.place, root),
    }


def _defect(defect: DefectProof) -> dict[str, Any]:
    return {
        "id": defect.id,
        "title": defect.title,
        "of": defect.of,
        "shown": defect.shown,
        "found": _outcome(defect.found),
        "fixed": _outcome(defect.fixed),
    }
