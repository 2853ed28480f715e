"""The as-found corpus: `fixtures/defects/<id>/` with found.yml, fixed.yml and origin.yml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from alertproof.errors import InputError
from alertproof.load.metrics import build_metrics
from alertproof.load.rules import build_rule_file
from alertproof.load.schema import check, descend
from alertproof.load.tree import read_tree
from alertproof.model.defect import Defect, Shown, Side
from alertproof.model.proof import Aspect

if TYPE_CHECKING:
    from pathlib import Path


def load_defects(folder: Path) -> tuple[Defect, ...]:
    """Give all defects below a folder, in order of their IDs."""
    found = [_load(entry) for entry in folder.iterdir() if entry.is_dir()] if folder.is_dir() else []
    return tuple(sorted(found, key=lambda defect: (defect.id[0], int(defect.id[1:]))))


def _load(folder: Path) -> Defect:
    root, _ = read_tree(folder / "origin.yml")
    data = check(root, "origin")
    if data["id"] != folder.name:
        raise InputError(root.place, f"id {data['id']} in folder {folder.name}", "the folder is named by the id")
    return Defect(
        id=data["id"],
        title=data["title"],
        service=data["service"],
        document=data["document"],
        section=data["section"],
        found_text=data["found"],
        consequence=data["consequence"],
        shows=tuple(Shown(s["alert"], Aspect(s["aspect"]), s["measured"]) for s in data["shows"]),
        found=_side(folder / "found.yml"),
        fixed=_side(folder / "fixed.yml"),
        place=root.place,
    )


def _side(path: Path) -> Side:
    root, _ = read_tree(path)
    data = check(root, "defect_side")
    rules = descend(root, ["rules"])
    places = [descend(root, ["metrics", index]).place for index in range(len(data.get("metrics", ())))]
    for index in range(len(places)):
        check(descend(root, ["metrics", index]), "metric")
    # The engine gets the rules alone, as a rule file of its own.
    text = yaml.safe_dump(data["rules"], sort_keys=False)
    return Side(build_rule_file(path, rules, text), build_metrics(data.get("metrics", []), places))
