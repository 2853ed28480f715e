"""Rules as Prometheus loads them, each with its place. Durations are milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from alertproof.errors import Place


@dataclass(frozen=True, slots=True)
class AlertingRule:
    """One `alert:` entry of a rule group."""

    alert: str
    expr: str
    for_ms: int
    keep_firing_for_ms: int
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    place: Place
    expr_place: Place


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """One `record:` entry of a rule group."""

    record: str
    expr: str
    labels: Mapping[str, str]
    place: Place
    expr_place: Place


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """A group: its rules are evaluated in order, every `interval_ms` (None: the server's own interval).

    A rule that gives more than `limit` alerts or series gives none; 0 is no limit.
    """

    name: str
    interval_ms: int | None
    rules: tuple[AlertingRule | RecordingRule, ...]
    place: Place
    limit: int = 0

    @property
    def alerts(self) -> tuple[AlertingRule, ...]:
        """Give the alerting rules, in order."""
        return tuple(rule for rule in self.rules if isinstance(rule, AlertingRule))


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule file, with its text as the engine will read it."""

    path: Path
    text: str
    groups: tuple[RuleGroup, ...]


@dataclass(frozen=True, slots=True)
class PrometheusConfig:
    """What a replay needs of a prometheus.yml; `document` is the whole file as plain data."""

    path: Path
    document: Mapping[str, object]
    scrape_interval_ms: int
    evaluation_interval_ms: int
    rule_files: tuple[RuleFile, ...]

    @property
    def external_labels(self) -> dict[str, str]:
        """Give the labels the server adds to what it sends."""
        settings = self.document.get("global")
        labels = settings.get("external_labels") if isinstance(settings, dict) else None
        return {str(name): str(value) for name, value in (labels or {}).items()}


@dataclass(frozen=True, slots=True)
class AlertmanagerConfig:
    """An Alertmanager file as plain data, and its text as found."""

    path: Path
    document: Mapping[str, object]
    text: str
