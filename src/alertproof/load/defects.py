"""The as-found corpus: `fixtures/defects/<id>/` with found.yml, fixed.yml and origin.yml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from alertproof.errors import InputError
from alertproof.load.metrics import build_metrics
from alertproof.load.rules import build_alertmanager, build_prometheus, build_rule_file
from alertproof.load.schema import check, descend
from alertproof.load.tree import Node, read_tree
from alertproof.model.defect import AlertClaim, Claim, Defect, ReplayClaim, ServerClaim, Side
from alertproof.model.proof import Aspect, Question
from alertproof.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from alertproof.errors import Place

_KINDS = ("shows", "struck", "documentation")
_SIDES = ("found.yml", "fixed.yml")
_STEP = "15s"
_OF_SERVER = {
    "prometheus": {Question.RULES, Question.ALERTMANAGERS, Question.TARGETS, Question.TYPES},
    "alertmanager": {Question.START, Question.ROUTES, Question.GROUPS},
}


def load_defects(folder: Path) -> tuple[Defect, ...]:
    """Give all defects below a folder, in order of their IDs."""
    found = [_load(entry) for entry in folder.iterdir() if entry.is_dir()] if folder.is_dir() else []
    return tuple(sorted(found, key=lambda defect: (defect.id[0], int(defect.id[1:]))))


def _load(folder: Path) -> Defect:
    root, _ = read_tree(folder / "origin.yml")
    data = check(root, "origin")
    if data["id"] != folder.name:
        raise InputError(root.place, f"id {data['id']} in folder {folder.name}", "the folder is named by the id")
    kinds = [key for key in _KINDS if key in data]
    if len(kinds) != 1:
        said = " and ".join(kinds) or "no claim"
        raise InputError(root.place, f"{data['id']} has {said}", f"give one of {', '.join(_KINDS)}")
    defect = Defect(
        id=data["id"],
        title=data["title"],
        service=data["service"],
        document=data["document"],
        section=data["section"],
        found_text=data["found"],
        consequence=data["consequence"],
        place=root.place,
        assumes=data.get("assumes", ""),
        struck=data.get("struck", ""),
        documentation=data.get("documentation", ""),
    )
    return _with_claims(defect, folder, root, data) if kinds == ["shows"] else _without(defect, folder)


def _with_claims(defect: Defect, folder: Path, root: Node, data: Mapping[str, Any]) -> Defect:
    found, fixed = (_side(folder / name) for name in _SIDES)
    places = [descend(root, ["shows", index]).place for index in range(len(data["shows"]))]
    claims = tuple(_claim(entry, place) for entry, place in zip(data["shows"], places, strict=True))
    for claim, place in zip(claims, places, strict=True):
        for side, name in zip((found, fixed), _SIDES, strict=True):
            if missing := _missing(claim, side):
                raise InputError(place, f"{name} has no {missing}, which this claim needs", f"add it to {name}")
    names = [(claim.of, claim.asks, getattr(claim, "expr", "")) for claim in claims]
    if twice := next((index for index, name in enumerate(names) if name in names[:index]), 0):
        raise InputError(places[twice], f"{' '.join(filter(None, names[twice]))} is claimed twice", "keep one")
    return Defect(**{**_fields(defect), "shows": claims, "found": found, "fixed": fixed})


def _fields(defect: Defect) -> dict[str, Any]:
    return {name: getattr(defect, name) for name in Defect.__slots__}


def _without(defect: Defect, folder: Path) -> Defect:
    for name in _SIDES:
        if (folder / name).exists():
            raise InputError(defect.place, f"{defect.id} is not shown, but there is {name}", "remove one of them")
    return defect


def _claim(entry: Mapping[str, Any], place: Place) -> Claim:
    told = {"measured": entry["measured"], "says": entry.get("says", "")}
    if "alert" in entry:
        return AlertClaim(entry["alert"], Aspect(entry["aspect"]), **told)
    if "server" in entry:
        return _server_claim(entry, place, told)
    asks = Question.QUERY if "query" in entry else Question.FIRES
    return ReplayClaim(
        of=entry[str(asks)],
        asks=asks,
        series=tuple(entry["series"].items()),
        step_ms=parse_duration(str(entry.get("step", _STEP))),
        at_ms=parse_duration(str(entry["at"])),
        should=entry["should"],
        **told,
    )


def _server_claim(entry: Mapping[str, Any], place: Place, told: Mapping[str, str]) -> ServerClaim:
    server, expr = entry["server"], entry.get("expr", "")
    if bool(expr) is ("ask" in entry) or (expr and server != "prometheus"):
        raise InputError(place, f"it is not clear what {server} is asked", "give 'ask', or of Prometheus 'expr'")
    asks = Question.QUERY if expr else Question(entry["ask"])
    if not expr and asks not in _OF_SERVER[server]:
        known = ", ".join(sorted(_OF_SERVER[server]))
        raise InputError(place, f"{server} is not asked for {asks}", f"ask it for one of {known}")
    return ServerClaim(of=server, asks=asks, should=entry["should"], expr=expr, **told)


def _missing(claim: Claim, side: Side) -> str:
    """Give what a claim needs and a side does not have; empty where nothing is missing."""
    if isinstance(claim, AlertClaim):
        return "" if side.rules else "rules"
    if isinstance(claim, ServerClaim):
        if claim.asks in (Question.ROUTES, Question.GROUPS) and side.rules is None:
            return "rules"
        return "" if (side.prometheus if claim.of == "prometheus" else side.alertmanager) else claim.of
    if claim.asks is Question.FIRES:
        return "" if side.rules else "rules"
    return "" if claim.of in side.queries else f"query {claim.of!r}"


def _side(path: Path) -> Side:
    root, _ = read_tree(path)
    data = check(root, "defect_side")
    places = [descend(root, ["metrics", index]).place for index in range(len(data.get("metrics", ())))]
    for index in range(len(places)):
        check(descend(root, ["metrics", index]), "metric")
    # The engine gets the rules alone, as a rule file of its own.
    rules = (
        build_rule_file(path, descend(root, ["rules"]), yaml.safe_dump(data["rules"], sort_keys=False))
        if "rules" in data
        else None
    )
    prometheus = build_prometheus(path, descend(root, ["prometheus"])) if "prometheus" in data else None
    alertmanager = build_alertmanager(path, descend(root, ["alertmanager"])) if "alertmanager" in data else None
    return Side(
        rules=rules,
        metrics=build_metrics(data.get("metrics", []), places),
        queries=data.get("queries", {}),
        prometheus=prometheus,
        alertmanager=alertmanager,
        pods=tuple(data.get("pods", ())),
        exposition=data.get("exposition", {}),
    )
