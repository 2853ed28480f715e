"""The metrics a service exports, as declared in `fixtures/metrics/<service>.yml`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.errors import Place


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric family.

    `labels` maps each label the target exports to example values (`job` and `instance` come from the scrape).
    `buckets` are a histogram's finite upper bounds in `unit`, ascending; `infinite` says whether it also exports
    `le="+Inf"`. `values` lists all a state metric can be. `usual` is what it is in a healthy service: a
    gauge's value, a counter's increase per second, or "now" for a timestamp that follows the clock; None where nobody
    has said.
    """

    name: str
    type: str
    unit: str
    help: str
    labels: Mapping[str, tuple[str, ...]]
    buckets: tuple[float, ...]
    infinite: bool
    values: tuple[float, ...]
    place: Place
    usual: float | str | None = None
