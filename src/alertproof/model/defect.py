"""The as-found corpus as data: what was found, what it was corrected to, and what it breaks. Times are milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.errors import Place
    from alertproof.model.metrics import Metric
    from alertproof.model.proof import Aspect, Question
    from alertproof.model.rules import AlertmanagerConfig, PrometheusConfig, RuleFile


@dataclass(frozen=True, slots=True)
class AlertClaim:
    """A defect breaks an aspect of an alert's proof, under the service's own contract."""

    alert: str
    aspect: Aspect
    measured: str
    says: str = ""

    @property
    def of(self) -> str:
        """Give what the claim is about."""
        return self.alert

    @property
    def asks(self) -> Aspect:
        """Give what is asked of it."""
        return self.aspect


@dataclass(frozen=True, slots=True)
class ReplayClaim:
    """A defect makes a query return, or rules fire, something other than what is true of the series given.

    `series` are pairs of a series and its values in promtool's notation, a sample every `step_ms`. The question is
    `query` or `fires`; `of` names a query of both sides, or the situation in which the rules are watched.
    """

    of: str
    asks: Question
    series: tuple[tuple[str, str], ...]
    step_ms: int
    at_ms: int
    measured: str
    should: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class ServerClaim:
    """A defect makes a server that is started with the side's file answer wrongly.

    `of` is `prometheus` or `alertmanager`, `expr` the PromQL of a `query`.
    """

    of: str
    asks: Question
    measured: str
    should: str
    says: str = ""
    expr: str = ""


Claim = AlertClaim | ReplayClaim | ServerClaim


@dataclass(frozen=True, slots=True)
class Side:
    """What one side holds; a part that is None, or a metric that is not named, is the service's own.

    `queries` are PromQL by name. `pods` are the labels that Kubernetes' service discovery would give, a mapping for
    each pod, `exposition` is what targets answer to a scrape, by address.
    """

    rules: RuleFile | None = None
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    queries: Mapping[str, str] = field(default_factory=dict)
    prometheus: PrometheusConfig | None = None
    alertmanager: AlertmanagerConfig | None = None
    pods: tuple[Mapping[str, str], ...] = ()
    exposition: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Defect:
    """One entry: as found, as fixed, where it comes from and what it breaks.

    An entry that no engine can show has neither claims nor sides; `struck` or `documentation` says why.
    """

    id: str
    title: str
    service: str
    document: str
    section: str
    found_text: str
    consequence: str
    place: Place
    shows: tuple[Claim, ...] = ()
    found: Side = field(default_factory=Side)
    fixed: Side = field(default_factory=Side)
    assumes: str = ""
    struck: str = ""
    documentation: str = ""
