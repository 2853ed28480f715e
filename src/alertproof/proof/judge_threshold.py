"""Judging the threshold: where it flips, by which operator, in the contract's unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.model.contract import holds
from alertproof.model.proof import Aspect, MeasuredComparison, Outcome, Verdict
from alertproof.model.signal import (
    Average,
    Count,
    Gauge,
    Mean,
    Presence,
    Quantile,
    Rate,
    Ratio,
    Share,
    Signal,
    Sum,
)
from alertproof.units import format_duration, format_number, relative_difference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alertproof.proof.flip import FlipSearch

_SYMBOLS = {
    "ms": " ms",
    "s": " s",
    "percent": " %",
    "bytes": " bytes",
    "per_second": "/s",
    "per_minute": "/min",
    "per_hour": "/h",
    "count": "",
    "ratio": "",
    "state": "",
}


def in_unit(value: float, unit: str) -> str:
    """Give a value with its unit as people write it."""
    return f"{format_number(value)}{_SYMBOLS.get(unit, f' {unit}')}"


def describe(signal: Signal) -> str:  # noqa: C901, PLR0911 one case a shape
    """Give a signal in a few words."""
    # A gauge such as `up` says little without its labels.
    selected = ",".join(f'{name}="{value}"' for name, value in signal.select.items())
    braces = f"{{{selected}}}" if selected else ""
    where = ",".join(f"{name}={'|'.join(values)}" for name, values in signal.where.items())
    narrowed = f"{{{where}}}" if where else ""
    match signal.shape:
        case Quantile(metric=metric, quantile=quantile):
            return f"p{format_number(quantile * 100)} of {metric}"
        case Ratio(part=part, whole=whole):
            return f"{part}{narrowed} / {whole}"
        case Mean(total=total, count=count):
            return f"{total} / {count}"
        case Rate(metric=metric, each_ms=each, window_ms=window):
            word = f"increase in {format_duration(window)}" if each == window else "rate"
            return f"{word} of {metric}{narrowed}"
        case Average(metric=metric):
            return f"mean of {metric}{braces}"
        case Sum(metric=metric):
            return f"sum of {metric}{braces}"
        case Share(part=part, whole=whole):
            return f"{part} / {whole}"
        case Count(metric=metric, value=value, over=over):
            return f"{over}s with {metric} {format_number(value)}"
        case Presence(metric=metric):
            return f"{metric}{braces} is there"
        case Gauge(metric=metric):
            return f"{metric}{braces}"


def measured_comparison(search: FlipSearch) -> MeasuredComparison:
    """Give the comparison as claimed and as measured."""
    claim = search.comparison
    return MeasuredComparison(
        describe(claim.signal), claim.operator, search.operator, claim.threshold, search.value, claim.unit
    )


def judge_threshold(searches: Sequence[FlipSearch]) -> Outcome:
    """Give the outcome of all comparisons of an alert."""
    parts = [_judge_one(search) for search in searches]
    order = (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.PROVED)
    worst = next(verdict for verdict in order if any(part.verdict is verdict for part in parts))
    return Outcome(
        Aspect.THRESHOLD,
        worst,
        " and ".join(part.claimed for part in parts),
        " and ".join(part.measured for part in parts),
        "; ".join(part.reason for part in parts if part.reason),
    )


def _judge_one(search: FlipSearch) -> Outcome:
    claim = search.comparison
    claimed = f"{claim.operator} {in_unit(claim.threshold, claim.unit)}"
    if search.as_claimed:
        return _judge_operator(search, claimed)
    measured, reason = _mismatch(search, claimed)
    return Outcome(Aspect.THRESHOLD, Verdict.REFUTED, claimed, measured, reason)


def _judge_operator(search: FlipSearch, claimed: str) -> Outcome:
    claim = search.comparison
    at = in_unit(claim.threshold, claim.unit)
    if search.operator == claim.operator:
        return Outcome(Aspect.THRESHOLD, Verdict.PROVED, claimed, claimed)
    if search.operator is None:
        reason = (
            f"the operator cannot be seen: no series brought the left side to exactly {at}"
            if search.split
            else "the operator cannot be seen: the expression is no comparison with a number"
        )
        return Outcome(Aspect.THRESHOLD, Verdict.UNDECIDED, claimed, f"flips at {at}", reason)
    does = "fires" if True in search.at_threshold else "is silent"
    return Outcome(
        Aspect.THRESHOLD,
        Verdict.REFUTED,
        claimed,
        f"{search.operator} {at}",
        f"at exactly {at} it {does}; the contract says {claimed}",
    )


def _mismatch(search: FlipSearch, claimed: str) -> tuple[str, str]:
    claim = search.comparison
    levels = sorted(search.fires)
    if search.unsteady:
        at = in_unit(min(search.unsteady), claim.unit)
        return "depends on the time of the scrape", f"at {at} it fires or not, as evaluation and scrape fall"
    span = f"from {in_unit(levels[0], claim.unit)} to {in_unit(levels[-1], claim.unit)}"
    if not any(search.fires.values()):
        return "never fires", f"silent at every level {span}{_left_side(search)}; the contract says {claimed}"
    if all(search.fires.values()):
        return "always fires", f"fires at every level {span}; the contract says {claimed}"
    if search.value is None or search.domain.discrete:
        firing = ", ".join(in_unit(level, claim.unit) for level in levels if search.fires[level])
        wrong = [level for level in levels if not search.fires[level] and _should(search, level)]
        silent = (
            f", so it should fire at {', '.join(in_unit(level, claim.unit) for level in wrong)} too" if wrong else ""
        )
        return f"fires at {firing}", f"fires at {firing}; the contract says {claimed}{silent}"
    bracket = min(search.brackets, key=lambda item: abs(item.value - claim.threshold))
    measured = f"{'>' if bracket.fires_above else '<'} {in_unit(search.value, claim.unit)}"
    if relative_difference(search.value, claim.threshold) < 1e-6:  # noqa: PLR2004 the precision of the search
        return (
            measured,
            f"fires on the wrong side of {in_unit(search.value, claim.unit)}; the contract says {claimed}",
        )
    return measured, f"flips at {in_unit(search.value, claim.unit)}, the contract says {claimed}"


def _should(search: FlipSearch, level: float) -> bool:
    return holds(search.comparison.operator, level, search.comparison.threshold)


def _left_side(search: FlipSearch) -> str:
    if search.split is None:
        return ""
    if search.highest_left is None:
        return ", its left side is empty or NaN"
    return (
        f", its left side reaches at most {format_number(search.highest_left)}"
        f" and is compared with {search.split.operator} {format_number(search.split.right)}"
    )
