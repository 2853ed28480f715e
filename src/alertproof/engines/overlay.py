"""What a live replay changes in production files, and nothing more; every change is stated.

The live replay scrapes nothing, because a failing scrape would write `up 0` into the scenario. It never adds what
production lacks: a file that names no Alertmanager or loads no rules notifies nobody, here as there.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from alertproof.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.model.rules import RuleFile

LIVE_INTERVAL_MS = 1_000
_OUT_OF_ORDER = "2h"
# What an entry of alertmanagers says about the alerts themselves.
_KEPT = ("api_version", "alert_relabel_configs")
# Sections that would send or fetch data elsewhere.
_OUTSIDE = ("scrape_configs", "scrape_config_files", "remote_write", "remote_read", "tracing")


@dataclass(frozen=True, slots=True)
class Overlaid:
    """A file as a replay runs it, and what was changed."""

    document: Mapping[str, Any]
    changes: tuple[str, ...]


def overlay_prometheus(document: Mapping[str, Any], rule_files: list[str], alertmanager: str) -> Overlaid:
    """Give a prometheus.yml for the live replay: other rule paths, our Alertmanager's address, no scraping."""
    result: dict[str, Any] = copy.deepcopy(dict(document))
    changes = [f"{section}: removed" for section in _OUTSIDE if result.pop(section, None) is not None]
    interval = format_duration(LIVE_INTERVAL_MS)
    settings = dict(result.get("global") or {})
    changes.append(f"global.evaluation_interval: {settings.get('evaluation_interval', '1m')} → {interval}")
    result["global"] = {
        **settings,
        "evaluation_interval": interval,
        "scrape_timeout": "1s",
        "scrape_interval": "1s",
    }
    if result.get("rule_files"):
        result["rule_files"] = rule_files
        changes.append("rule_files: copies in the run's folder")
    alerting = dict(result.get("alerting") or {})
    if alerting.get("alertmanagers"):
        # Where it stands and how it is reached is ours; what it is told stays as it is.
        kept = [{key: entry[key] for key in _KEPT if key in entry} for entry in alerting["alertmanagers"][:1]]
        alerting["alertmanagers"] = [{**kept[0], "static_configs": [{"targets": [alertmanager]}]}]
        result["alerting"] = alerting
        changes.append(f"alerting.alertmanagers: one, {alertmanager}, keeping only {' and '.join(_KEPT)}")
    storage = dict(result.get("storage") or {})
    result["storage"] = {
        **storage,
        "tsdb": {**(storage.get("tsdb") or {}), "out_of_order_time_window": _OUT_OF_ORDER},
    }
    changes.append(f"storage.tsdb.out_of_order_time_window: {_OUT_OF_ORDER}")
    return Overlaid(result, tuple(changes))


def overlay_rules(file: RuleFile) -> tuple[str, tuple[str, ...]]:
    """Give a rule file's text with every group's own interval at the live interval; `for` stays untouched."""
    document = yaml.safe_load(file.text)
    changes = []
    for group in document["groups"]:
        if "interval" in group:
            changes.append(f"group {group['name']} interval: {group['interval']} → {format_duration(LIVE_INTERVAL_MS)}")
            group["interval"] = format_duration(LIVE_INTERVAL_MS)
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True), tuple(changes)
