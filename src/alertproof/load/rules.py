"""Rule files and prometheus.yml into models."""

from __future__ import annotations

import glob
import re
from dataclasses import replace
from pathlib import Path

from alertproof.errors import InputError, Place
from alertproof.load.schema import check
from alertproof.load.tree import Node, read_tree
from alertproof.model.rules import (
    AlertingRule,
    AlertmanagerConfig,
    PrometheusConfig,
    RecordingRule,
    RuleFile,
    RuleGroup,
)
from alertproof.units import parse_duration

DEFAULT_INTERVAL = "1m"  # Prometheus' own default for both intervals
# What stands at the top of other files of the same folders: Alertmanager's, Prometheus' own, contracts, metrics.
_OTHER_KINDS = {"contracts", "global", "metrics", "receivers", "route", "scrape_configs"}
_RAW_ALERT = re.compile(r"""^\s*(?:-\s+)?(?:\{\s*)?["']?alert["']?\s*:\s""", re.MULTILINE)


def count_raw_alerts(text: str) -> int:
    """Give the number of `alert:` keys in a text, counted without any parser of ours.

    It is the independent count that the sum of all verdicts must equal.
    """
    return len(_RAW_ALERT.findall(text))


def load_rule_file(path: Path) -> RuleFile:
    """Give a rule file; InputError for whatever Prometheus would reject."""
    root, text = read_tree(path)
    return build_rule_file(path, root, text)


def build_rule_file(path: Path, root: Node, text: str) -> RuleFile:
    """Give a rule file from a tree already read."""
    if isinstance(root.value, dict) and "groups" not in root.value and (other := _OTHER_KINDS & set(root.value)):
        raise InputError(
            root.place, f"this is no rule file: it has {', '.join(sorted(other))}, and no groups", "name a rule file"
        )
    check(root, "rule_file")
    groups = tuple(_group(node) for node in _list(root, "groups"))
    seen: dict[str, Place] = {}
    for group in groups:
        if group.name in seen:
            raise InputError(
                group.place,
                f"group {group.name!r} is defined twice (first at line {seen[group.name].line})",
                "give each group of a file its own name",
            )
        seen[group.name] = group.place
    return RuleFile(path, text, groups)


def _group(node: Node) -> RuleGroup:
    interval = _text(node, "interval")
    return RuleGroup(
        _text(node, "name"),
        parse_duration(interval) if interval else None,
        tuple(_rule(rule) for rule in _list(node, "rules")),
        node.place,
        int(_text(node, "limit") or 0),
    )


def _rule(node: Node) -> AlertingRule | RecordingRule:
    kinds = [key for key in ("alert", "record") if _text(node, key)]
    if len(kinds) != 1:
        said = "both 'alert' and 'record'" if kinds else "neither 'alert' nor 'record'"
        raise InputError(node.place, f"the rule has {said}", "give exactly one of them")
    expr_place = node.value["expr"].place if isinstance(node.value, dict) else node.place
    if kinds == ["record"]:
        for key in ("for", "keep_firing_for", "annotations"):
            if key in node.key_places:
                raise InputError(node.key_places[key], f"a recording rule has no {key!r}", f"remove {key!r}")
        return RecordingRule(_text(node, "record"), _text(node, "expr"), _texts(node, "labels"), node.place, expr_place)
    return AlertingRule(
        alert=_text(node, "alert"),
        expr=_text(node, "expr"),
        for_ms=parse_duration(_text(node, "for") or "0"),
        keep_firing_for_ms=parse_duration(_text(node, "keep_firing_for") or "0"),
        labels=_texts(node, "labels"),
        annotations=_texts(node, "annotations"),
        place=node.key_places["alert"],
        expr_place=expr_place,
    )


def load_prometheus(path: Path) -> PrometheusConfig:
    """Give what a replay needs of a prometheus.yml, with the rule files it loads.

    A `rule_files` entry that matches nothing is an error: Prometheus itself starts without a word.
    """
    root, _ = read_tree(path)
    config = build_prometheus(path, root)
    files: dict[Path, RuleFile] = {}
    for node in _list(root, "rule_files"):
        pattern = str(node.value)
        # Path.glob takes no absolute pattern, which production files have.
        found = sorted(Path(name).resolve() for name in glob.glob(str(path.parent / pattern)))  # noqa: PTH207
        if not found:
            raise InputError(node.place, f"rule_files entry {pattern!r} matches no file", "correct the path or glob")
        files.update((file, load_rule_file(file)) for file in found if file not in files)
    return replace(config, rule_files=tuple(files.values()))


def build_prometheus(path: Path, root: Node) -> PrometheusConfig:
    """Give what a replay needs of a prometheus.yml already read, without the rule files it names."""
    data = check(root, "prometheus")
    settings = data.get("global") or {}
    scrape = parse_duration(str(settings.get("scrape_interval", DEFAULT_INTERVAL)))
    evaluation = parse_duration(str(settings.get("evaluation_interval", DEFAULT_INTERVAL)))
    if not scrape or not evaluation:
        raise InputError(Place(path), "an interval of 0 never scrapes or evaluates", "write 15s or 1m")
    return PrometheusConfig(path, data, scrape, evaluation, ())


def load_alertmanager(path: Path) -> AlertmanagerConfig:
    """Give an Alertmanager file as plain data."""
    root, text = read_tree(path)
    return build_alertmanager(path, root, text)


def build_alertmanager(path: Path, root: Node, text: str = "") -> AlertmanagerConfig:
    """Give an Alertmanager file already read; `text` is empty where it is part of another file."""
    return AlertmanagerConfig(path, check(root, "alertmanager"), text)


def _list(node: Node, key: str) -> list[Node]:
    child = node.value.get(key) if isinstance(node.value, dict) else None
    return child.value if child is not None and isinstance(child.value, list) else []


def _text(node: Node, key: str) -> str:
    child = node.value.get(key) if isinstance(node.value, dict) else None
    return child.value if child is not None and isinstance(child.value, str) else ""


def _texts(node: Node, key: str) -> dict[str, str]:
    child = node.value.get(key) if isinstance(node.value, dict) else None
    if child is None or not isinstance(child.value, dict):
        return {}
    return {name: str(value.value) for name, value in child.value.items()}
