"""Services made for a check: rules, contracts and metrics written into an estate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

# How long an example takes says how busy the machine is.
settings.register_profile("checks", deadline=None)
settings.load_profile("checks")

Item = dict[str, Any]
# What is asked of whatever a check does not speak of.
_SOURCE = {"document": "d", "section": "s", "statement": "t"}
_TEXTS = {"summary": "s"}


def _write(path: Path, data: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _rule(alert: Item) -> Item:
    return {
        "alert": alert["name"],
        "expr": alert["expr"],
        "for": alert.get("for", "1m"),
        "labels": {"severity": "warning"},
        "annotations": _TEXTS,
    }


def _contract(alert: Item) -> Item:
    return {
        "group": alert["name"],
        "alert": alert["name"],
        "labels": {},
        "severity": "warning",
        "comparisons": alert["comparisons"],
        "for": alert.get("for", "1m"),
        "receivers": ["r"],
        "annotations": _TEXTS,
        "tolerance": "none",
        "source": _SOURCE,
        **({"fires_on": alert["fires_on"]} if "fires_on" in alert else {}),
    }


@pytest.fixture(scope="session")
def made_service() -> Callable[..., None]:
    """Give what writes a service into an estate: each alert in a group of its own name, after the rules it `records`.

    An alert is a mapping of its name, expr and comparisons, and where it differs of for, interval, fires_on, records
    and `late` records that stand behind it. `files` are further rule files, `blackouts` claims of job and within.
    """

    def make(  # noqa: PLR0913 each a plain fact of the service
        root: Path,
        name: str,
        metrics: Sequence[Item],
        alerts: Sequence[Item],
        *,
        scrape: str = "15s",
        jobs: Sequence[str] = (),
        files: Mapping[str, Sequence[Item]] | None = None,
        blackouts: Sequence[Item] = (),
    ) -> None:
        groups = [
            {
                "name": alert["name"],
                "interval": alert.get("interval", "15s"),
                "rules": [*alert.get("records", ()), _rule(alert), *alert.get("late", ())],
            }
            for alert in alerts
        ]
        config: Item = {
            "global": {"scrape_interval": scrape, "evaluation_interval": "15s"},
            "rule_files": [*(files or {}), "r.yml"],
        }
        if jobs:
            config["scrape_configs"] = [
                {"job_name": job, "static_configs": [{"targets": [f"{job}:80"]}]} for job in jobs
            ]
        _write(root / f"rules/prometheus/{name}/prometheus.yml", config)
        _write(root / f"rules/prometheus/{name}/r.yml", {"groups": groups})
        for file, further in (files or {}).items():
            _write(root / f"rules/prometheus/{name}/{file}", {"groups": list(further)})
        contracts: Item = {"service": name, "contracts": [_contract(alert) for alert in alerts]}
        if blackouts:
            contracts["blackouts"] = [{"source": _SOURCE, **blackout} for blackout in blackouts]
        _write(root / f"rules/contracts/{name}.yml", contracts)
        _write(root / f"fixtures/metrics/{name}.yml", {"service": name, "metrics": list(metrics)})

    return make
