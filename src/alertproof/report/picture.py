"""The picture of one proof: an SVG that shows at a glance what was claimed, what the engines did, and what is wrong."""

from __future__ import annotations

import hashlib
import logging
import re
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alertproof.report.picture_strips import draw_notifications, draw_panel, draw_states, strip_rows
from alertproof.report.picture_text import GREY, WIDTH_IN, header_height, plain, write_header

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from alertproof.model.proof import AlertId, CourseRecord, Proof

# Inches.
_LEFT, _RIGHT = 0.95, 1.75
_PANEL, _PANEL_GAP = 2.2, 0.5
_STATES, _ROW, _AXIS, _FOOT = 1.15, 0.3, 0.7, 0.3
_LONGEST_NAME = 150
_STYLE = {
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": 9.0,
    # Text stays text: to be searched, read aloud and copied.
    "svg.fonttype": "none",
    # Ids come out the same in every run.
    "svg.hashsalt": "alertproof",
}


def write_picture(proof: Proof, folder: Path, *, apart: bool = False) -> Path:
    """Write the picture of a proof into a folder that exists; give its path. An older one is overwritten.

    `apart` puts into its name what tells alerts apart whose names are alike. A proof without a record of its course
    is a ValueError.
    """
    if proof.record is None:
        raise ValueError(f"{proof.id} has no course to draw")
    path = folder / picture_name(proof.id, apart=apart)
    with _own_style():
        figure = _figure(proof, proof.record)
        figure.savefig(
            path,
            format="svg",
            metadata={"Date": None, "Creator": None, "Title": plain(f"{proof.id.alert}: {proof.verdict}")},
        )
    return path


def picture_name(alert: AlertId, *, apart: bool = False) -> str:
    """Give the file name of an alert's picture: `service-group-alert.svg`, with nothing that a shell or path minds."""
    wanted = f"{alert.service}-{alert.group}-{alert.alert}"
    safe = re.sub(r"[^A-Za-z0-9_.-]", "_", wanted).lstrip(".-")[:_LONGEST_NAME]
    if apart or safe != wanted:
        identity = repr((alert.service, alert.group, alert.alert, alert.labels))
        safe += "-" + hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest()[:8]
    return f"{safe}.svg"


@contextmanager
def _own_style() -> Iterator[None]:
    """Set our style, whatever matplotlibrc a person has, and put theirs back."""
    # What it says of its font cache, or of a home that it cannot write to, is nothing to a person who reads verdicts.
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with _style():
            yield
    finally:
        logger.setLevel(level)


@contextmanager
def _style() -> Iterator[None]:
    import matplotlib.style

    with matplotlib.style.context(["default", _STYLE]), warnings.catch_warnings():
        # A letter that the font lacks is measured as a box; the browser that shows the text has other fonts.
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        yield


def _figure(proof: Proof, record: CourseRecord) -> Figure:
    from matplotlib.figure import Figure

    told = strip_rows(proof)
    panels = max(len(proof.comparisons), 1)
    header = header_height(proof)
    strip = _AXIS + len(told) * _ROW + 0.25 if told else 0.0
    height = header + panels * (_PANEL + _PANEL_GAP) + _STATES + _AXIS + strip + _FOOT
    figure = Figure(figsize=(WIDTH_IN, height), facecolor="white")
    write_header(figure, proof, height)
    top = header + _PANEL_GAP
    first: Axes | None = None
    for index in range(panels):
        axes = _axes(figure, height, top, _PANEL, first)
        draw_panel(axes, proof, record, index)
        first = first or axes
        top += _PANEL + _PANEL_GAP
    top -= _PANEL_GAP - 0.12
    draw_states(_axes(figure, height, top, _STATES, first), proof, record)
    top += _STATES + _AXIS
    if told:
        draw_notifications(_axes(figure, height, top + 0.25, len(told) * _ROW), proof, told)
    figure.text(
        0.2 / WIDTH_IN,
        0.1 / height,
        plain(f"{proof.file.name}:{proof.line} · measured on real engines by alertproof"),
        color=GREY,
        fontsize=8,
        parse_math=False,
    )
    return figure


def _axes(figure: Figure, height: float, top: float, size: float, shared: Axes | None = None) -> Axes:
    """Give axes that begin `top` inches below the figure's upper edge; those shared have one axis of time."""
    width = WIDTH_IN - _LEFT - _RIGHT
    box = (_LEFT / WIDTH_IN, 1 - (top + size) / height, width / WIDTH_IN, size / height)
    return figure.add_axes(box, sharex=shared)
