"""Changes that a proof asks for beyond those every run needs: time that stands still, and repeats that come soon.

Each is a function of the copied file and its `Edits`, to be given to `overlay`, and states what it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.sinks.edits import Edits, Node, entries, mapping
from alertproof.units import format_duration, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    Alteration = Callable[[Node, Edits], None]

ALWAYS, NEVER = "alertproof-always", "alertproof-never"
# Alertmanager's own, where the root route says nothing.
DEFAULT_REPEAT = "4h"
# Longer than any proof.
_NOT_AGAIN = "30d"
_SECTIONS = ("time_intervals", "mute_time_intervals")
_DEFINITIONS = (
    {"name": ALWAYS, "time_intervals": [{"times": [{"start_time": "00:00", "end_time": "24:00"}]}]},
    {"name": NEVER, "time_intervals": [{"years": ["1970"]}]},
)


def fixed_intervals(active: Collection[str] = ()) -> Alteration:
    """Make the routes independent of the hour.

    The time intervals in `active` are active at every hour; every other one never mutes, and always lets through. A
    name that the file does not define is left for Alertmanager to refuse.
    """

    def alter(document: Node, edits: Edits) -> None:
        known = {str(part.get("name")) for section in _SECTIONS for _, part in entries(document, section)}
        used = False
        for route, place in routes(mapping(document, "route"), "route"):
            for key, otherwise in (("mute_time_intervals", NEVER), ("active_time_intervals", ALWAYS)):
                names = route.get(key)
                if not isinstance(names, list) or not names:
                    continue
                put = [_replaced(str(name), active, known, otherwise) for name in names]
                edits.tell(f"{place}.{key}: {', '.join(map(str, names))} → {', '.join(put)}")
                route[key] = put
                used = True
        if used:
            existing = document.get("time_intervals")
            document["time_intervals"] = [*(existing if isinstance(existing, list) else ()), *_DEFINITIONS]
            edits.tell(f"time_intervals: {ALWAYS}, active at every hour, and {NEVER}, active at none, added")

    return alter


def _replaced(name: str, active: Collection[str], known: Collection[str], otherwise: str) -> str:
    if name not in known:
        return name
    return ALWAYS if name in active else otherwise


def without_inhibition(document: Node, edits: Edits) -> None:
    """Remove the inhibition rules, so that all alerts of a service can fire side by side."""
    edits.drop(document, "inhibit_rules", "document", "all alerts fire at once here")


def soon_again(every_ms: int, short: str) -> Alteration:
    """Shorten the repeat intervals that are `every_ms` to `short`; all others become longer than any proof.

    So an alert is told again only where the routes that match it have the interval asked for.
    """

    def alter(document: Node, edits: Edits) -> None:
        root = mapping(document, "route")
        if root.get("repeat_interval") is None:
            root["repeat_interval"] = DEFAULT_REPEAT
        for route, place in routes(root, "route"):
            value = route.get("repeat_interval")
            if value is not None:
                same = repeat_ms(value) == every_ms
                edits.put(route, "repeat_interval", short if same else _NOT_AGAIN, place)

    return alter


def repeats(document: Node) -> list[str]:
    """Give the repeat intervals that stand in a file, or the default where none does, each once."""
    found = [route.get("repeat_interval") for route, _ in routes(mapping(document, "route"), "route")]
    milliseconds = [repeat_ms(value) for value in found if value is not None] or [repeat_ms(DEFAULT_REPEAT)]
    return list(dict.fromkeys(format_duration(value) for value in milliseconds if value is not None))


def repeat_ms(value: object) -> int | None:
    """Give a duration in milliseconds, None for what Alertmanager itself will refuse."""
    try:
        return parse_duration(str(value))
    except ValueError:
        return None


def routes(route: Node, place: str) -> Iterator[tuple[Node, str]]:
    """Give a route and all below it, each with its place."""
    yield route, place
    for index, child in entries(route, "routes"):
        yield from routes(child, f"{place}.routes[{index}]")
