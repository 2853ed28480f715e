"""Values and claims in the words that the table and the pictures share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.units import format_duration, format_number

if TYPE_CHECKING:
    from alertproof.model.proof import MeasuredComparison, Proof

_UNITS = {
    "ratio": "",
    "state": "",
    "count": "",
    "percent": " %",
    "per_second": "/s",
    "per_minute": "/min",
    "per_hour": "/h",
}


def value_text(value: float, unit: str) -> str:
    """Give a value with its unit."""
    return f"{format_number(value)}{_UNITS.get(unit, f' {unit}')}"


def claimed_text(comparison: MeasuredComparison) -> str:
    """Give what the contract says of a comparison: `> 500 ms`."""
    return f"{comparison.operator} {value_text(comparison.contract, comparison.unit)}"


def measured_text(comparison: MeasuredComparison) -> str:
    """Give what the engine showed of a comparison: `> 505 ms`, `flips at 505 ms` or `no flip`."""
    if comparison.measured is None:
        return "no flip"
    return f"{comparison.measured_operator or 'flips at'} {value_text(comparison.measured, comparison.unit)}"


def claim_line(proof: Proof) -> str:
    """Give all that a contract claims on one line."""
    parts = [" and ".join(f"{item.signal} {claimed_text(item)}" for item in proof.comparisons)]
    if proof.for_contract_ms is not None:
        parts.append(f"for {format_duration(proof.for_contract_ms)}")
    if proof.receivers_contract:
        parts.append(f"to {', '.join(proof.receivers_contract)}")
    return " · ".join(part for part in parts if part)


def measured_line(proof: Proof) -> str:
    """Give all that was measured on one line."""
    parts = [" and ".join(measured_text(item) for item in proof.comparisons)]
    if proof.for_measured_ms is None:
        parts.append("never fires in its course")
    else:
        parts.append(f"fires after {format_duration(proof.for_measured_ms)}")
        gone = "never resolves" if proof.resolve_ms is None else f"resolves +{format_duration(proof.resolve_ms)}"
        parts.append(gone)
    if proof.receivers_measured is not None:
        parts.append(f"reaches {', '.join(proof.receivers_measured) or 'nobody'}")
    return " · ".join(part for part in parts if part)
