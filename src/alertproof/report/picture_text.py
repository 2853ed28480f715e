"""The words above a picture: alert and verdict, claimed, measured, and the reasons."""

from __future__ import annotations

import textwrap
import unicodedata
from typing import TYPE_CHECKING, Any

from alertproof.model.proof import Verdict
from alertproof.report.words import claim_line, measured_line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from alertproof.model.proof import Proof

WIDTH_IN = 11.0
INK, GREY = "#1a1a1a", "#5f5f5f"
# Okabe and Ito's palette: told apart with every kind of colour vision; words stand beside every colour all the same.
BLUE, SKY, ORANGE, VERMILLION, GREEN, PURPLE = "#0072B2", "#56B4E9", "#E69F00", "#D55E00", "#009E73", "#AA4499"
VERDICT_COLOURS = {Verdict.PROVED: GREEN, Verdict.REFUTED: VERMILLION, Verdict.UNDECIDED: ORANGE}

# Inches, and characters that fit a line.
_MARGIN, _INDENT, _TITLE_LINE, _LINE = 0.2, 1.25, 0.32, 0.21
_BADGE, _GAP = 0.42, 0.08
_TITLE_CHARACTERS, _CHARACTERS = 60, 118
_MOST_LINES = 30


def plain(text: str) -> str:
    """Give a text on one line without anything that XML or a terminal minds: control and direction characters."""
    visible = ("�" if unicodedata.category(letter).startswith("C") else letter for letter in " ".join(text.split()))
    return "".join(visible)


def put(target: Any, x: float, y: float, text: str, **how: Any) -> Any:
    """Put a text on axes or a figure as it is: `$` is a dollar, not a formula."""
    return target.text(x, y, plain(text), parse_math=False, **how)


def put_beside(axes: Axes, place: tuple[float, float], text: str, *, late: bool = False, **how: Any) -> None:
    """Put a text a little to the right of a place, or to the left of it where that is late; lines stay lines."""
    lines = "\n".join(plain(line) for line in text.split("\n"))
    shift, side = ((-7, 0), "right") if late else ((7, 0), "left")
    how = {"va": "center", "fontsize": 8.5, "textcoords": "offset points", "annotation_clip": False, **how}
    axes.annotate(lines, place, shift, ha=side, parse_math=False, **how)


def header_height(proof: Proof) -> float:
    """Give the inches that the header takes."""
    return _MARGIN + len(_title(proof)) * _TITLE_LINE + _GAP + len(_lines(proof)) * _LINE + 0.1


def write_header(figure: Figure, proof: Proof, height: float) -> None:
    """Write title, verdict, claimed, measured and reasons from the figure's upper edge downwards."""

    def at(x: float, y: float, text: str, **how: Any) -> None:
        put(figure, x / WIDTH_IN, 1 - y / height, text, va="baseline", **how)

    y = _MARGIN
    for number, line in enumerate(_title(proof)):
        y += _TITLE_LINE
        if number == 0:
            colour = VERDICT_COLOURS[proof.verdict]
            badge = {"boxstyle": "round,pad=0.35", "facecolor": colour, "edgecolor": colour}
            at(
                _MARGIN + _BADGE,
                y,
                str(proof.verdict),
                color="white",
                weight="bold",
                ha="center",
                bbox=badge,
                fontsize=10,
            )
        at(_INDENT, y, line, color=INK, weight="bold", fontsize=14)
    y += _GAP
    for label, line, colour in _lines(proof):
        y += _LINE
        at(_MARGIN, y, label, color=GREY, fontsize=9)
        at(_INDENT, y, line, color=colour, fontsize=9)


def _title(proof: Proof) -> list[str]:
    return textwrap.wrap(plain(proof.id.alert), _TITLE_CHARACTERS) or [""]


def _lines(proof: Proof) -> list[tuple[str, str, str]]:
    """Give the lines below the title: a label where one begins, the text, its colour."""
    labels = ", ".join(f"{name}={value}" for name, value in proof.id.labels)
    parts = [
        ("alert", f"{proof.id}{f' {{{labels}}}' if labels else ''}", GREY),
        ("claimed", claim_line(proof), INK),
        ("measured", measured_line(proof), INK),
    ]
    for verdict in (Verdict.REFUTED, Verdict.UNDECIDED):
        parts += [
            (str(outcome.verdict), f"{outcome.aspect}: {outcome.reason}", VERDICT_COLOURS[Verdict.REFUTED])
            for outcome in proof.outcomes
            if outcome.verdict is verdict
        ]
    lines = []
    for label, text, colour in parts:
        wrapped = textwrap.wrap(plain(text), _CHARACTERS) or [""]
        lines += [(label if number == 0 else "", line, colour) for number, line in enumerate(wrapped)]
    if len(lines) > _MOST_LINES:
        left_out = len(lines) - _MOST_LINES + 1
        lines = [*lines[: _MOST_LINES - 1], ("", f"… and {left_out} more lines; the terminal has them all", GREY)]
    return lines
