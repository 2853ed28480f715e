"""Every mutant of an Alertmanager file, and whether what is proved of routes and deliveries notices it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.mutants.judge import Notice

from alertproof.model.proof import Verdict
from alertproof.proof.route_bed import posted
from alertproof.proof.routes import prove_routes
from alertproof.proof.run import run_proofs
from alertproof.sinks.edits import plain_copy
from alertproof.sinks.inhibition import parse_matchers
from alertproof.units import format_duration, parse_duration

if TYPE_CHECKING:
    from pathlib import Path

    from alertproof.engines.host import Host
    from alertproof.model.estate import Alert, Estate, Service

# Each starts several servers, which mostly wait.
_AT_ONCE = 12
_NEGATED = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
_APART = "..."
# The claim that is likely to notice a kind; for all others it is that of time intervals, which asks about every alert.
_LIKELY = {
    "send_resolved off": "burst",
    "group_by": "burst",
    "repeat_interval": "repeat",
    "inhibition removed": "inhibits",
}

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RouteMutant:
    """A service whose Alertmanager file has one change; `equivalent` says why nothing can come of it, where so."""

    kind: str
    words: str
    service: Service
    document: Document
    equivalent: str = ""

    @property
    def name(self) -> str:
        """Give the service and the change."""
        return f"{self.service.name}: {self.words}"

    @property
    def changed(self) -> Service:
        """Give the service with the changed file."""
        config = self.service.alertmanager
        assert config is not None  # noqa: S101 only services that have the file have mutants
        return replace(self.service, alertmanager=replace(config, document=self.document))


# A kind, words, what it does to a copy of the file, and why it is equivalent, if it is.
_Change = tuple[str, str, Callable[[Document], None], str]


def route_mutants(service: Service) -> Iterator[RouteMutant]:
    """Give all mutants of a service's Alertmanager file; none where it has no such file."""
    if service.alertmanager is None:
        return
    original = plain_copy(service.alertmanager.document)
    for kind, words, change, reason in _changes(service, original):
        document = plain_copy(original)
        change(document)
        if document != original:
            yield RouteMutant(kind, words, service, document, reason or _same_ways(service, original, document))


def _changes(service: Service, document: Document) -> Iterator[_Change]:
    for path, route in _routes(document["route"]):
        place = f"route {'.'.join(map(str, path))}" if path else "root route"
        yield from _of_route(service, document, path, route, place)
    for number, receiver in enumerate(document["receivers"]):
        yield from _of_receiver(number, receiver)
    for number in range(len(document.get("inhibit_rules", ()))):
        rule = document["inhibit_rules"][number]
        words = f"inhibition by {', '.join(map(str, rule.get('source_matchers', ())))} removed"
        yield "inhibition removed", words, _without_inhibition(number), ""


def _without_inhibition(number: int) -> Callable[[Document], None]:
    return lambda copy: copy["inhibit_rules"].pop(number)


def _of_route(
    service: Service, document: Document, path: tuple[int, ...], route: Document, place: str
) -> Iterator[_Change]:
    names = [receiver["name"] for receiver in document["receivers"]]
    for name in names:
        if "receiver" in route and name != route["receiver"]:
            words = f"{place}: receiver {route['receiver']} → {name}"
            yield "receiver", words, _setting(path, "receiver", name), ""
    if route.get("continue"):
        yield "continue removed", f"{place}: continue removed", _setting(path, "continue", value=False), ""
    if route.get("mute_time_intervals"):
        yield "mute removed", f"{place}: mute_time_intervals removed", _dropping(path, "mute_time_intervals"), ""
    elif path and (intervals := document.get("time_intervals")):
        muted = [intervals[0]["name"]]
        yield "mute added", f"{place}: muted in {muted[0]}", _setting(path, "mute_time_intervals", muted), ""
    for number, matcher in enumerate(route.get("matchers", ())):
        rest = [item for n, item in enumerate(route["matchers"]) if n != number]
        yield "route matcher", f"{place}: {matcher} removed", _setting(path, "matchers", rest), ""
        (parsed,) = parse_matchers(matcher)
        turned = f'{parsed.name} {_NEGATED[parsed.operator]} "{parsed.value}"'
        changed = [turned if n == number else item for n, item in enumerate(route["matchers"])]
        yield "route matcher", f"{place}: {matcher} → {turned}", _setting(path, "matchers", changed), ""
    if path:
        words = f"{place} removed"
        yield "route removed", words, lambda copy: _parent(copy, path)["routes"].pop(path[-1]), ""
    yield from _of_groups(service, path, route, place)


def _of_groups(service: Service, path: tuple[int, ...], route: Document, place: str) -> Iterator[_Change]:
    for label in route.get("group_by", ()):
        rest = [item for item in route["group_by"] if item != label]
        yield "group_by", f"{place}: group_by without {label}", _setting(path, "group_by", rest), _one(service, label)
    if route.get("group_by"):
        yield "group_by", f"{place}: group_by {_APART}", _setting(path, "group_by", [_APART]), ""
        more = [*route["group_by"], "instance"]
        yield "group_by", f"{place}: group_by with instance", _setting(path, "group_by", more), ""
    if every := route.get("repeat_interval"):
        doubled = format_duration(2 * parse_duration(every))
        words = f"{place}: repeat_interval {every} → {doubled}"
        yield "repeat_interval", words, _setting(path, "repeat_interval", doubled), ""


def _of_receiver(number: int, receiver: Document) -> Iterator[_Change]:
    for key in receiver:
        if key.endswith("_configs"):
            for index in range(len(receiver[key])):
                place = f"receiver {receiver['name']}"

                def silent(copy: Document, key: str = key, index: int = index) -> None:
                    copy["receivers"][number][key][index]["send_resolved"] = False

                def gone(copy: Document, key: str = key, index: int = index) -> None:
                    copy["receivers"][number][key].pop(index)

                yield "send_resolved off", f"{place}: send_resolved off", silent, ""
                yield "integration removed", f"{place}: {key} removed", gone, ""


def _same_ways(service: Service, before: Document, after: Document) -> str:
    """Give why a change of the routes is none: every alert of the service goes the same ways, and is treated alike.

    The service's alerts are few, and their labels are known: each is followed through both trees.
    """
    every = [posted(service, contract).labels for contract in service.contracts]
    same = all(_ways(before["route"], labels) == _ways(after["route"], labels) for labels in every)
    rest = {key: value for key, value in before.items() if key != "route"}
    alike = rest == {key: value for key, value in after.items() if key != "route"}
    return "every alert of the service goes the same ways as before" if same and alike else ""


def _ways(route: Document, labels: Mapping[str, str], outer: Document | None = None) -> list[Document] | None:
    """Give what holds for an alert at each place of the tree where it is told; None where the route does not match."""
    if not all(matcher.matches(labels) for text in route.get("matchers", ()) for matcher in parse_matchers(text)):
        return None
    own = {key: value for key, value in route.items() if key not in {"routes", "matchers", "continue"}}
    # Intervals are a route's own; all else it inherits.
    inherited = {key: value for key, value in (outer or {}).items() if not key.endswith("_time_intervals")}
    here = {**inherited, **own}
    found: list[Document] = []
    for child in route.get("routes", ()):
        ways = _ways(child, labels, here)
        found += ways or []
        if ways is not None and not child.get("continue"):
            break
    return found or [here]


def _one(service: Service, label: str) -> str:
    """Give why grouping by a label is none: it has one value in all alerts of the service."""
    values = {posted(service, contract).labels.get(label, "") for contract in service.contracts}
    return f"all alerts of the service have {label}={next(iter(values))!r}" if len(values) == 1 else ""


def _routes(route: Document, path: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Document]]:
    yield path, route
    for number, child in enumerate(route.get("routes", ())):
        yield from _routes(child, (*path, number))


def _at(document: Document, path: tuple[int, ...]) -> Document:
    route = document["route"]
    for number in path:
        route = route["routes"][number]
    return route  # type: ignore[no-any-return] # plain data of a file that the loader has checked


def _parent(document: Document, path: tuple[int, ...]) -> Document:
    return _at(document, path[:-1])


def _setting(path: tuple[int, ...], key: str, value: object) -> Callable[[Document], None]:
    return lambda copy: _at(copy, path).__setitem__(key, value)


def _dropping(path: tuple[int, ...], key: str) -> Callable[[Document], None]:
    return lambda copy: _at(copy, path).__delitem__(key)


def notice_routes(
    host: Host, folder: Path, estate: Estate, mutants: Sequence[RouteMutant], progress: Callable[[str], None]
) -> dict[int, Notice]:
    """Give how mutants were noticed, by their index: by a claim about routes, else by a delivery."""
    found: dict[int, Notice] = {}
    # What is likely to notice first; then the rest, for those that nothing has noticed.
    for likely in (True, False):
        todo = [index for index in range(len(mutants)) if index not in found]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            asked = pool.map(partial(_by_routes, host, folder, mutants, likely), todo)
            for number, (index, notice) in enumerate(zip(todo, asked, strict=True), start=1):
                progress(f"{number} of {len(todo)} Alertmanager files asked")
                if notice is not None:
                    found[index] = notice
    for index, mutant in enumerate(mutants):
        if index not in found and not mutant.equivalent:
            progress(f"delivering with {mutant.name}")
            notice = _by_delivery(host, folder, estate, mutant, index)
            if notice is not None:
                found[index] = notice
    return found


def _by_routes(host: Host, folder: Path, mutants: Sequence[RouteMutant], likely: bool, index: int) -> Notice | None:  # noqa: FBT001
    mutant = mutants[index]
    claim = _LIKELY.get(mutant.kind, "mutes")
    own = folder / f"mutant-{index}-{likely:d}"
    own.mkdir()
    for proof in prove_routes(
        host, own, mutant.changed, threading.Event(), lambda name: name.startswith(claim) is likely
    ):
        if proof.verdict is not Verdict.PROVED:
            return Notice(f"route {proof.name}", str(proof.verdict), proof.reason)
    return None


def _by_delivery(host: Host, folder: Path, estate: Estate, mutant: RouteMutant, index: int) -> Notice | None:
    own = folder / f"delivery-{index}"
    own.mkdir()
    changed = mutant.changed
    alerts: tuple[Alert, ...] = tuple(
        replace(alert, service=changed) for alert in estate.alerts if alert.service is mutant.service
    )
    run = run_proofs(host, own, replace(estate, alerts=alerts, findings=(), raw_alerts=len(alerts)), delivers=True)
    bad = [outcome for proof in run.proofs for outcome in proof.outcomes if outcome.verdict is not Verdict.PROVED]
    return Notice(str(bad[0].aspect), str(bad[0].verdict), bad[0].reason) if bad else None
