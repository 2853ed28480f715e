"""What a picture is made of: a panel per comparison, the band of states, the strip of notifications."""

from __future__ import annotations

import math
from itertools import groupby
from typing import TYPE_CHECKING, Any

from alertproof.report.picture_axes import drawable, scale_time, scale_values, scaled_claim, time_unit
from alertproof.report.picture_text import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    plain,
    put,
    put_beside,
)
from alertproof.report.words import claimed_text
from alertproof.units import format_duration, format_number, relative_difference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from alertproof.model.observation import Notification
    from alertproof.model.proof import CourseRecord, MeasuredComparison, Proof

_STATE_COLOURS = {"inactive": "#e4e4e4", "pending": ORANGE, "firing": VERMILLION}
_STATE_INK = {"inactive": GREY, "pending": INK, "firing": "white"}
_AXIS_LABELS = {
    "ratio": "ratio",
    "state": "state",
    "count": "count",
    "percent": "%",
    "per_second": "per second",
    "per_minute": "per minute",
    "per_hour": "per hour",
}
# A part of the axis narrower than this has no room for its own word.
_WORD_ROOM = 0.075
_ALIKE = 1e-4
_MANY_TICKS = 200
# Characters of a receiver's name that fit beside the axis.
_NAME_ROOM = 15


def draw_panel(axes: Axes, proof: Proof, record: CourseRecord, index: int) -> None:
    """Draw one comparison over the course: its left side, what it is compared with, usual and example levels."""
    axes.set_gid(f"panel-{index}")
    divisor, _ = time_unit(record.ticks_ms[-1])
    _shade_course(axes, record, divisor)
    comparison = proof.comparisons[index] if index < len(proof.comparisons) else None
    measured = record.left[index] if index < len(record.left) else ()
    left = [None if value is None else drawable(value) for value in measured]
    number = record.numbers[index] if index < len(record.numbers) else None
    lines = [line for line in _thresholds(comparison, number) if math.isfinite(line[1])]
    finite = _draw_left(axes, record, left, index)
    for gid, value, _, style in lines:
        axes.axhline(value, gid=f"{gid}-{index}", zorder=3, **style)
    scale_values(axes, [*finite, *(value for _, value, _, _ in lines)])
    _label_thresholds(axes, lines)
    if comparison is not None:
        put(axes, 0, 1.10, comparison.signal, transform=axes.transAxes, color=INK, weight="bold", fontsize=9.5)
        unit = comparison.unit
        alien = number is not None and scaled_claim(comparison, number) != comparison.contract
        label = "as the rule counts" if alien else _AXIS_LABELS.get(unit, unit)
        axes.set_ylabel(plain(label), parse_math=False, color=INK)
    if not any(value is not None for value in left):
        split = number is not None
        words = "the left side is empty or NaN throughout" if split else "no comparison with a number: no left side"
        axes.set_yticks([])
        put(axes, 0.5, 0.7, words, transform=axes.transAxes, ha="center", color=GREY, gid=f"no-left-{index}")
    axes.tick_params(labelbottom=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _shade_course(axes: Axes, record: CourseRecord, divisor: float) -> None:
    rises, falls = record.rises_ms / divisor, record.falls_ms / divisor
    end = record.ticks_ms[-1] / divisor
    axes.axvspan(rises, falls, color=SKY, alpha=0.18, lw=0, gid="example-level", zorder=0)
    for begin, until, word in ((0, rises, "usual"), (rises, falls, "example level"), (falls, end, "usual again")):
        if until - begin > end * _WORD_ROOM:
            middle = (begin + until) / 2
            where = {"transform": axes.get_xaxis_transform(), "ha": "center", "va": "bottom"}
            put(axes, middle, 1.01, word, color=GREY, fontsize=8, **where)


def _draw_left(axes: Axes, record: CourseRecord, left: Sequence[float | None], index: int) -> list[float]:
    """Draw the left side with a gap wherever it has no value, infinity at the edge; give its finite values."""
    divisor, _ = time_unit(record.ticks_ms[-1])
    times = [tick / divisor for tick in record.ticks_ms]
    infinite = {None, float("inf"), float("-inf")}
    values = [float("nan") if value in infinite else float(value or 0.0) for value in left]
    points = [(at, value) for at, value in zip(times, left, strict=False) if value not in infinite]
    if points:
        many = len(times) > _MANY_TICKS
        axes.plot(
            times[: len(values)], values, color=BLUE, lw=1.8, marker=None if many else "o", ms=2.6, gid=f"left-{index}"
        )
        if many:
            # Of many evaluations only those that stand alone need a dot to be seen.
            lone = [
                position
                for position, value in enumerate(left)
                if value not in infinite
                and not any(
                    other not in infinite
                    for other in (*left[max(position - 1, 0) : position], *left[position + 1 : position + 2])
                )
            ]
            axes.plot([times[i] for i in lone], [values[i] for i in lone], "o", color=BLUE, ms=2.6)
    edge = axes.get_xaxis_transform()
    for extreme, height, marker in ((float("inf"), 0.97, "^"), (float("-inf"), 0.03, "v")):
        at = [time for time, value in zip(times, left, strict=False) if value == extreme]
        if at:
            axes.plot(at, [height] * len(at), marker, color=BLUE, ms=5, transform=edge, clip_on=False)
            put(
                axes, at[-1], height, f"  {format_number(extreme)}", transform=edge, color=BLUE, va="center", fontsize=8
            )
    return [value for _, value in points if value is not None]


_Line = tuple[str, float, str, dict[str, Any]]


def _thresholds(comparison: MeasuredComparison | None, number: float | None) -> list[_Line]:
    """Give the lines to draw: what the contract says, and the number in the rule where that is another."""
    contract = {"color": INK, "lw": 1.4, "ls": (0, (5, 2))}
    rule = {"color": PURPLE, "lw": 1.4, "ls": (0, (1, 1.5))}
    if comparison is None:
        return []
    claim = scaled_claim(comparison, number)
    words = f"should fire when\n{claimed_text(comparison)}"
    if number is None or math.isnan(number):
        return [("threshold", drawable(claim), words, contract)]
    if relative_difference(number, claim) < _ALIKE * _ALIKE:
        return [("threshold", drawable(claim), words, contract)]
    return [
        ("threshold", drawable(claim), words, contract),
        ("rule-number", drawable(number), f"the rule compares\nwith {format_number(number)}", rule),
    ]


def _label_thresholds(axes: Axes, lines: Sequence[_Line]) -> None:
    highest = max((value for _, value, _, _ in lines), default=0.0)
    for _, value, words, style in lines:
        # Two labels never overlap: the upper one stands above its line, the lower one below.
        place = "center" if len(lines) == 1 else "bottom" if value == highest else "top"
        put_beside(axes, (1.0, value), words, xycoords=axes.get_yaxis_transform(), color=style["color"], va=place)


def draw_states(axes: Axes, proof: Proof, record: CourseRecord) -> None:
    """Draw the rule manager's states as a band, with the time to firing and the time to resolve below it."""
    axes.set_gid("states")
    divisor, unit = time_unit(record.ticks_ms[-1])
    end = record.ticks_ms[-1] / divisor
    axes.set_ylim(0, 3)
    scale_time(axes, end, f"{unit} of the course")
    for state, begin_ms, until_ms in _stretches(record):
        begin, until = begin_ms / divisor, until_ms / divisor
        colour = _STATE_COLOURS[state]
        axes.fill_between([begin, until], 2.0, 3.0, color=colour, lw=0, gid=f"state-{state}")
        if until - begin > end * _WORD_ROOM:
            put(axes, (begin + until) / 2, 2.5, state, ha="center", va="center", color=_STATE_INK[state], fontsize=9)
    for number, (state, colour) in enumerate(_STATE_COLOURS.items()):
        where = {"transform": axes.get_yaxis_transform(), "va": "center", "fontsize": 8.5}
        put(axes, 1.012, 2.75 - number * 0.6, "■", color=colour, **where)
        put(axes, 1.035, 2.75 - number * 0.6, state, color=INK, **where)
    _mark_for(axes, proof, record, divisor)
    _mark_resolve(axes, proof, record, divisor)
    axes.set_yticks([])
    axes.set_ylabel("rule\nmanager", rotation=0, ha="right", va="center", color=INK)
    axes.yaxis.set_label_coords(-0.012, 0.8)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _stretches(record: CourseRecord) -> list[tuple[str, int, int]]:
    """Give runs of one state with the milliseconds at which each begins and ends."""
    runs = []
    pairs = zip(record.states, record.ticks_ms, strict=True)
    begins = [(state, next(iter(group))[1]) for state, group in groupby(pairs, key=lambda pair: pair[0])]
    ends = [*(begin for _, begin in begins[1:]), record.ticks_ms[-1]]
    for (state, begin), end in zip(begins, ends, strict=True):
        runs.append((state, begin, end))
    return runs


def _mark_for(axes: Axes, proof: Proof, record: CourseRecord, divisor: float) -> None:
    """Mark the time from active to firing, and where the contract's `for` would end if that is elsewhere."""
    claimed = proof.for_contract_ms
    active = next((tick for tick, state in _seen(record) if state != "inactive"), None)
    firing = next((tick for tick, state in _seen(record) if state == "firing"), None)
    if active is None or firing is None:
        words = "never active: it never fires" if active is None else "pending, but it never fires"
        at = (record.rises_ms if active is None else active) / divisor
        put(axes, at, 1.45, words, color=VERMILLION, va="center", gid="for", fontsize=9)
        return
    measured = firing - active
    wrong = claimed is not None and measured != claimed
    colour = VERMILLION if wrong else INK
    words = f"for {format_duration(measured)}"
    if wrong:
        words += f", claimed {format_duration(claimed or 0)}"
        axes.plot([(active + (claimed or 0)) / divisor] * 2, [1.2, 3.0], color=INK, lw=1.2, ls=":", gid="for-claimed")
    _bracket(axes, (active / divisor, firing / divisor), 1.45, words, colour)


def _mark_resolve(axes: Axes, proof: Proof, record: CourseRecord, divisor: float) -> None:
    if proof.resolve_ms is None:
        return
    span = (record.falls_ms / divisor, (record.falls_ms + proof.resolve_ms) / divisor)
    _bracket(axes, span, 0.55, f"resolves +{format_duration(proof.resolve_ms)}", INK)


def _bracket(axes: Axes, span: tuple[float, float], y: float, words: str, color: str) -> None:
    """Draw a span with a stop at either end, and its words behind it, or before it where there is no room.

    The first of the words is its id.
    """
    axes.plot(span, [y, y], color=color, lw=1.4, marker="|", ms=8, mew=1.4, gid=words.split(maxsplit=1)[0])
    late = span[1] > axes.get_xlim()[1] * 0.8
    put_beside(axes, (span[0 if late else 1], y), words, late=late, color=color, fontsize=9)


def _seen(record: CourseRecord) -> list[tuple[int, str]]:
    return list(zip(record.ticks_ms, record.states, strict=True))


def strip_rows(proof: Proof) -> list[str]:
    """Give the receivers with a row in the strip: those claimed and those told; none without a delivery."""
    if proof.receivers_measured is None:
        return []
    told = [note.receiver for note in proof.notifications]
    return list(dict.fromkeys([*proof.receivers_contract, *proof.receivers_measured, *told]))


def draw_notifications(axes: Axes, proof: Proof, rows: Sequence[str]) -> None:
    """Draw who was told when, on the clock of the live replay."""
    axes.set_gid("notifications")
    end = max((note.request.at_s for note in proof.notifications), default=9.0) * 1.25
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [""] * len(rows))
    marks = {"firing": ("^", VERMILLION), "resolved": ("o", GREEN)}
    for row, receiver in enumerate(rows):
        name = {"transform": axes.get_yaxis_transform(), "ha": "right", "va": "center"}
        put(axes, -0.012, row, _short(receiver), color=INK, fontsize=8.5, **name)
        axes.axhline(row, color="#e4e4e4", lw=1, zorder=0)
        notes = [note for note in proof.notifications if note.receiver == receiver]
        for note in notes:
            mark, colour = marks.get(note.state, ("D", GREY))
            axes.plot(
                [note.request.at_s],
                [row],
                mark,
                color=colour,
                ms=7,
                gid=f"note-{note.state if note.state in marks else 'other'}",
                zorder=3,
            )
        # One word a state: what comes again stands too close to it for words of its own.
        for state, times in _by_state(notes).items():
            words = f"{state or 'unknown'} {times[0]:.1f} s" + (f" ({len(times)} times)" if len(times) > 1 else "")
            put_beside(axes, (times[-1], row), words, color=INK, bbox={"fc": "white", "lw": 0, "pad": 1})
        remark = _remark(proof, receiver, told=bool(notes))
        if remark:
            put(axes, 1.012, row, remark, color=VERMILLION, va="center", transform=axes.get_yaxis_transform())
    axes.tick_params(left=False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    put(axes, 0, 1.0, "notifications", transform=axes.transAxes, weight="bold", color=INK, va="bottom", fontsize=9.5)
    scale_time(axes, end, "seconds of the live replay, on a clock of its own")


def _short(name: str) -> str:
    return name if len(name) <= _NAME_ROOM else f"{name[: _NAME_ROOM - 1]}…"


def _by_state(notes: Sequence[Notification]) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {}
    for note in sorted(notes, key=lambda item: item.request.at_s):
        times.setdefault(note.state, []).append(note.request.at_s)
    return times


def _remark(proof: Proof, receiver: str, *, told: bool) -> str:
    if not told:
        return "never told"
    return "" if receiver in proof.receivers_contract else "not claimed"
