"""The result: proved, refuted or undecided, aspect by aspect, with what was claimed and what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from alertproof.model.observation import Notification


class Verdict(StrEnum):
    """How a proof or one of its aspects ended."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


class Aspect(StrEnum):
    """What is proved of an alert, one pytest item each."""

    CONTRACT = "contract"
    THRESHOLD = "threshold"
    SELECTION = "selection"
    INSTANCES = "instances"
    WINDOW = "window"
    FOR = "for"
    RESOLVE = "resolve"
    TOLERANCE = "tolerance"
    LABELS = "labels"
    ANNOTATIONS = "annotations"
    DELIVERY = "delivery"


class Question(StrEnum):
    """What a claim of the as-found corpus asks where it is no aspect of an alert."""

    QUERY = "query"
    FIRES = "fires"
    START = "start"
    RULES = "rules"
    ALERTMANAGERS = "alertmanagers"
    TARGETS = "targets"
    TYPES = "types"
    ROUTES = "routes"
    GROUPS = "groups"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one aspect ended; `reason` is empty when it is proved."""

    aspect: Aspect | Question
    verdict: Verdict
    claimed: str
    measured: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MeasuredComparison:
    """A comparison as claimed and as the engine showed it; `measured` is None when no flip point exists."""

    signal: str
    operator: str
    measured_operator: str | None
    contract: float
    measured: float | None
    unit: str


@dataclass(frozen=True, slots=True)
class AlertId:
    """What names an alert: service, group, name and static labels."""

    service: str
    group: str
    alert: str
    labels: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Give `service/group/alert`, with static labels only where a caller needs them told apart."""
        return f"{self.service}/{self.group}/{self.alert}"


@dataclass(frozen=True, slots=True)
class CourseRecord:
    """What an alert's course looked like on the engines, for drawing it. Times are milliseconds from its start.

    `states` are the rule manager's at each of `ticks_ms`; `left` holds per comparison the left side there, None where
    it is empty or cannot be split off, and `numbers` what the rule compares it with. The example level begins at
    `rises_ms` and ends at `falls_ms`.
    """

    ticks_ms: tuple[int, ...]
    states: tuple[str, ...]
    left: tuple[tuple[float | None, ...], ...]
    numbers: tuple[float | None, ...]
    rises_ms: int
    falls_ms: int


@dataclass(frozen=True, slots=True)
class Proof:
    """All that is known of one alert. Durations are milliseconds; None means it was never seen."""

    id: AlertId
    file: Path
    line: int
    basis: str
    outcomes: tuple[Outcome, ...]
    comparisons: tuple[MeasuredComparison, ...]
    for_contract_ms: int | None
    for_measured_ms: int | None
    resolve_ms: int | None
    receivers_contract: tuple[str, ...]
    receivers_measured: tuple[str, ...] | None
    notifications: tuple[Notification, ...]
    record: CourseRecord | None = None
    picture: Path | None = None

    @property
    def verdict(self) -> Verdict:
        """Give refuted if any aspect is, else undecided if any is or nothing ran, else proved."""
        verdicts = {outcome.verdict for outcome in self.outcomes}
        if Verdict.REFUTED in verdicts:
            return Verdict.REFUTED
        if not verdicts or Verdict.UNDECIDED in verdicts:
            return Verdict.UNDECIDED
        return Verdict.PROVED

    @property
    def reason(self) -> str:
        """Give the reasons of all aspects that are not proved, the refuted first."""
        order = (Verdict.REFUTED, Verdict.UNDECIDED)
        return "; ".join(
            f"{outcome.aspect}: {outcome.reason}"
            for wanted in order
            for outcome in self.outcomes
            if outcome.verdict is wanted
        )


@dataclass(frozen=True, slots=True)
class EngineVersions:
    """What ran: `kind` is local or container, versions as the programs print them."""

    kind: str
    prometheus: str
    alertmanager: str


@dataclass(frozen=True, slots=True)
class DefectProof:
    """What one claim of the as-found corpus came to: the found side refuted as told, the fixed side proved.

    `of` is an alert, a query, a situation or a server; `says` must occur in the reason of the found side.
    """

    id: str
    title: str
    consequence: str
    of: str
    told: str
    found: Outcome
    fixed: Outcome
    says: str = ""

    @property
    def shown(self) -> bool:
        """Give whether the defect is real and the correction corrects it."""
        return (
            self.found.verdict is Verdict.REFUTED
            and self.found.measured == self.told
            and self.says in self.found.reason
            and self.fixed.verdict is Verdict.PROVED
        )


class ServiceAspect(StrEnum):
    """What is proved of a service rather than of one of its alerts."""

    BLACKOUT = "blackout"
    ROUTE = "route"
    HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class ServiceProof:
    """A claim about a whole service and what the engines said; `reason` is empty when it is proved.

    `place` is where the claim stands, empty where it is made of every service.
    """

    service: str
    aspect: ServiceAspect
    name: str
    verdict: Verdict
    claimed: str
    measured: str
    reason: str = ""
    place: str = ""

    def __str__(self) -> str:
        """Give `service/aspect/name`."""
        return f"{self.service}/{self.aspect}/{self.name}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a service's alerts watch: per declared metric the alerts that read it, and the metrics that none reads."""

    service: str
    watched: tuple[tuple[str, tuple[str, ...]], ...]
    blind: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """Everything one run of the engines gave; `overlay` says what the live replay changed in production files."""

    engine: EngineVersions
    proofs: tuple[Proof, ...]
    defects: tuple[DefectProof, ...]
    findings: tuple[EstateFinding, ...]
    overlay: tuple[str, ...]
    seconds: float
    services: tuple[ServiceProof, ...] = ()
    coverage: tuple[Coverage, ...] = ()

    def count(self, verdict: Verdict) -> int:
        """Give the number of proofs with a verdict."""
        return sum(proof.verdict is verdict for proof in self.proofs)

    @property
    def good(self) -> bool:
        """Give whether everything is proved, every defect shown, and nothing else found; never without a proof."""
        all_proved = bool(self.proofs) and self.count(Verdict.PROVED) == len(self.proofs)
        all_proved = all_proved and all(proof.verdict is Verdict.PROVED for proof in self.services)
        return all_proved and not self.findings and all(defect.shown for defect in self.defects)


@dataclass(frozen=True, slots=True)
class EstateFinding:
    """Something wrong with the estate that belongs to no single proof."""

    place: str
    problem: str
    remedy: str
