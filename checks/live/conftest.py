"""Real engines for the live checks; where none can run, they fail and say what to install."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from alertproof.engines.choose import EngineOptions, choose_host
from alertproof.engines.docker_engine import start_docker_engine
from alertproof.load.estate import load_estate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from alertproof.engines.host import Host
    from alertproof.model.estate import Estate

ROOT = Path(__file__).parents[2]
SAMPLE = Path(__file__).parents[1] / "sample"


@pytest.fixture(scope="session")
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    with choose_host(EngineOptions(kind="local", version=request.config.getoption("--engine-version"))) as found:
        yield found


@pytest.fixture(scope="session")
def docker_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with start_docker_engine(tmp_path_factory.mktemp("docker")):
        yield


@pytest.fixture
def copied_estate(tmp_path: Path) -> Path:
    """Give a copy of the sample estate to change: three alerts of one service, and two defects."""
    copy = tmp_path / "estate"
    shutil.copytree(SAMPLE, copy, ignore=shutil.ignore_patterns(".alertproof"))
    return copy


@pytest.fixture(scope="session")
def real_estate() -> Estate:
    return load_estate([ROOT])


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
