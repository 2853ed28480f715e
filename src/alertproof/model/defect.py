"""The as-found corpus as data: what was found, what it was corrected to, and what it breaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.errors import Place
    from alertproof.model.metrics import Metric
    from alertproof.model.proof import Aspect
    from alertproof.model.rules import RuleFile


@dataclass(frozen=True, slots=True)
class Shown:
    """What a defect breaks: an aspect of an alert's proof, and what its measurement must read."""

    alert: str
    aspect: Aspect
    measured: str


@dataclass(frozen=True, slots=True)
class Side:
    """A rule file and, where they differ from the service's own, metrics."""

    rules: RuleFile
    metrics: Mapping[str, Metric]


@dataclass(frozen=True, slots=True)
class Defect:
    """One entry: as found, as fixed, where it comes from and what it breaks."""

    id: str
    title: str
    service: str
    document: str
    section: str
    found_text: str
    consequence: str
    shows: tuple[Shown, ...]
    found: Side
    fixed: Side
    place: Place
