"""What the owner of a service says of its Alertmanager file as a whole: who inhibits whom, what is muted, how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alertproof.errors import Place


@dataclass(frozen=True, slots=True)
class Burst:
    """Many instances of `alert` at once give each receiver this many `notifications` that they fire."""

    alert: str
    notifications: int
    place: Place


@dataclass(frozen=True, slots=True)
class Inhibits:
    """While `source` fires, nobody hears of `targets`; both are names of alerts."""

    source: str
    targets: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Mutes:
    """While the time interval `interval` is active, nobody hears of `alerts`, and of all others everybody does."""

    interval: str
    alerts: tuple[str, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Repeat:
    """A receiver of `alert` is told again after `every_ms` while it fires."""

    alert: str
    every_ms: int
    place: Place


@dataclass(frozen=True, slots=True)
class Routes:
    """The claims of one service; each is None or empty where its owner makes none."""

    burst: Burst | None = None
    inhibits: tuple[Inhibits, ...] = ()
    mutes: tuple[Mutes, ...] = ()
    repeat: Repeat | None = None
