"""The monitored estate: services with their rules, routes, contracts and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.model.rules import RecordingRule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from alertproof.model.contract import Blackout, Contract
    from alertproof.model.metrics import Metric
    from alertproof.model.proof import AlertId, EstateFinding
    from alertproof.model.routes import Routes
    from alertproof.model.rules import AlertingRule, AlertmanagerConfig, PrometheusConfig, RuleFile, RuleGroup


@dataclass(frozen=True, slots=True)
class Service:
    """One service; `alertmanager` is None where the estate has no such file, `routes` where nothing is claimed."""

    name: str
    prometheus: PrometheusConfig
    alertmanager: AlertmanagerConfig | None
    contracts: tuple[Contract, ...]
    metrics: Mapping[str, Metric]
    blackouts: tuple[Blackout, ...] = ()
    routes: Routes | None = None

    @property
    def jobs(self) -> tuple[str, ...]:
        """Give the names of the scraped jobs, in the order of the file."""
        configs = self.prometheus.document.get("scrape_configs")
        entries = configs if isinstance(configs, list) else []
        return tuple(str(entry.get("job_name")) for entry in entries if isinstance(entry, dict))

    @property
    def recordings(self) -> tuple[RecordingRule, ...]:
        """Give all recording rules, in the order in which the files are loaded."""
        groups = (group for file in self.prometheus.rule_files for group in file.groups)
        return tuple(rule for group in groups for rule in group.rules if isinstance(rule, RecordingRule))


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert to prove: its rule where it stands, and its contract where it has one."""

    id: AlertId
    service: Service
    file: RuleFile
    group: RuleGroup
    rule: AlertingRule
    contract: Contract | None

    @property
    def interval_ms(self) -> int:
        """Give how often the rule is evaluated: the group's interval, else the server's."""
        return self.group.interval_ms or self.service.prometheus.evaluation_interval_ms


@dataclass(frozen=True, slots=True)
class Estate:
    """All services below `root`, their alerts, and what is wrong with the estate as a whole."""

    root: Path
    alerts: tuple[Alert, ...]
    findings: tuple[EstateFinding, ...]
    raw_alerts: int
