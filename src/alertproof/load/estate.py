"""From a folder to an estate: every rule file its prometheus.yml loads, every alert with its contract."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from alertproof.errors import InputError, Place, UsageError
from alertproof.load.contracts import load_contracts
from alertproof.load.gaps import gaps
from alertproof.load.metrics import load_metrics
from alertproof.load.routes import load_routes
from alertproof.load.rules import count_raw_alerts, load_alertmanager, load_prometheus, load_rule_file
from alertproof.load.signals import check_blackouts, check_signals
from alertproof.load.text import read_text
from alertproof.model.estate import Alert, Estate, Service
from alertproof.model.proof import AlertId, EstateFinding
from alertproof.model.rules import AlertingRule, PrometheusConfig, RuleFile, RuleGroup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from alertproof.model.contract import Contract

SERVER_FILE = "prometheus.yml"
_RULES = Path("rules", "prometheus")


def find_root(start: Path) -> Path | None:
    """Give the nearest folder at or above `start` that holds `rules/prometheus`."""
    start = start.resolve()
    return next((folder for folder in (start, *start.parents) if (folder / _RULES).is_dir()), None)


def load_estate(paths: Sequence[Path] = ()) -> Estate:
    """Give the estate that the paths lie in, narrowed to them; without paths, the one at or above this folder.

    A path outside any estate is read as plain rule files, whose alerts have no contract.
    Raises UsageError or InputError where nothing, or nothing usable, is found.
    """
    for path in paths:
        if not path.exists():
            raise InputError(Place(path), "no such file or folder", "check the path")
    roots = {find_root(path) for path in paths or [Path.cwd()]}
    if len(roots) > 1:
        raise UsageError("the paths lie in several estates", "prove them one estate at a time")
    root = roots.pop()
    if root is None and not paths:
        raise UsageError(
            "no estate here: neither this folder nor one above it has rules/prometheus/",
            "run this in the repository of your rules, or name a folder or file with rules",
        )
    estate = _load_rooted(root, paths) if root is not None else _load_foreign(paths)
    if not estate.alerts:
        named = ", ".join(str(path) for path in paths) or str(root)
        raise UsageError(f"no alerts in {named}", "name a folder or rule file that has `alert:` entries")
    _refuse_twins(estate.alerts)
    return estate


def _load_rooted(root: Path, paths: Sequence[Path]) -> Estate:
    wanted = [path.resolve() for path in paths]
    alerts: list[Alert] = []
    findings: list[EstateFinding] = []
    raw = 0
    loaded: set[Path] = set()
    for folder in sorted(entry for entry in (root / _RULES).iterdir() if entry.is_dir()):
        if not _touches(folder, wanted):
            continue
        service = load_service(root, folder)
        own, own_findings = _match_contracts(service)
        own_findings += gaps(service)
        files = [file.path for file in service.prometheus.rule_files]
        loaded.update(files)
        stray = [file for file in _yaml_files(folder) if file not in files and file.name != SERVER_FILE]
        findings += [_not_loaded(file, service) for file in stray if count_raw_alerts(read_text(file))]
        alerts += [alert for alert in own if _below(alert.file.path, wanted)]
        findings += own_findings if not wanted or any(_below(folder, [path]) for path in wanted) else []
        raw += sum(count_raw_alerts(file.text) for file in service.prometheus.rule_files if _below(file.path, wanted))
    strays = [path for path in wanted if path.is_file() and path not in loaded]
    if strays:
        foreign = _load_foreign(strays)
        alerts += foreign.alerts
        raw += foreign.raw_alerts
    return Estate(root, tuple(alerts), tuple(findings), raw)


def load_service(root: Path, folder: Path) -> Service:
    """Give the service whose prometheus.yml lies in `folder`."""
    name = folder.name
    alertmanager = root / "rules" / "alertmanager" / f"{name}.yml"
    contracts = root / "rules" / "contracts" / f"{name}.yml"
    metrics = root / "fixtures" / "metrics" / f"{name}.yml"
    claims = load_contracts(contracts, name) if contracts.exists() else None
    service = Service(
        name=name,
        prometheus=load_prometheus(folder / SERVER_FILE),
        alertmanager=load_alertmanager(alertmanager) if alertmanager.exists() else None,
        contracts=claims.contracts if claims is not None else (),
        metrics=load_metrics(metrics, name) if metrics.exists() else {},
        blackouts=claims.blackouts if claims is not None else (),
    )
    check_signals(service.contracts, service.metrics)
    check_blackouts(service)
    if claims is None:
        return service
    return replace(service, routes=load_routes(claims, service.alertmanager))


def _load_foreign(paths: Sequence[Path]) -> Estate:
    files = [file for path in paths for file in ([path] if path.is_file() else _yaml_files(path))]
    if not files:
        raise UsageError(
            f"no YAML files in {', '.join(str(path) for path in paths)}", "name a folder or file with rules"
        )
    rule_files = tuple(load_rule_file(file.resolve()) for file in files)
    config = PrometheusConfig(files[0].resolve(), {}, 15_000, 60_000, rule_files)
    service = Service(files[0].resolve().parent.name, config, None, (), {})
    alerts = tuple(_alert(service, file, group, rule, None) for file, group, rule in _rules(config))
    return Estate(Path.cwd(), alerts, (), sum(count_raw_alerts(file.text) for file in rule_files))


def _match_contracts(service: Service) -> tuple[list[Alert], list[EstateFinding]]:
    """Pair alerts with contracts by group, name and static labels.

    Where an alert and a contract are the only ones of their group and name, they belong together whatever their
    labels say: a dropped label is then a refuted proof, not two orphans.
    """
    rules = list(_rules(service.prometheus))
    alerts = []
    used: set[int] = set()
    for file, group, rule in rules:
        namesakes = sum(1 for _, g, r in rules if (g.name, r.alert) == (group.name, rule.alert))
        candidates = [c for c in service.contracts if (c.group, c.alert) == (group.name, rule.alert)]
        exact = [c for c in candidates if c.labels.items() <= rule.labels.items()]
        best = max(exact, key=lambda c: len(c.labels), default=None)
        if best is None and namesakes == len(candidates) == 1:
            best = candidates[0]
        if best is not None:
            used.add(id(best))
        alerts.append(_alert(service, file, group, rule, best))
    orphans = [contract for contract in service.contracts if id(contract) not in used]
    return alerts, [_no_alert(contract) for contract in orphans]


def _rules(config: PrometheusConfig) -> Iterable[tuple[RuleFile, RuleGroup, AlertingRule]]:
    for file in config.rule_files:
        for group in file.groups:
            for rule in group.alerts:
                yield file, group, rule


def _alert(service: Service, file: RuleFile, group: RuleGroup, rule: AlertingRule, contract: Contract | None) -> Alert:
    labels = tuple(sorted(rule.labels.items()))
    return Alert(AlertId(service.name, group.name, rule.alert, labels), service, file, group, rule, contract)


def _refuse_twins(alerts: Sequence[Alert]) -> None:
    seen: dict[AlertId, Alert] = {}
    for alert in alerts:
        if alert.id in seen:
            first = seen[alert.id].rule.place
            raise InputError(
                alert.rule.place,
                f"alert {alert.id.alert} stands twice in group {alert.id.group} with the same labels"
                f" (first at {first.file.name}:{first.line})",
                "remove one, or tell them apart by a label",
            )
        seen[alert.id] = alert


def _no_alert(contract: Contract) -> EstateFinding:
    labels = f" {dict(contract.labels)}" if contract.labels else ""
    return EstateFinding(
        str(contract.place),
        f"contract {contract.service}/{contract.group}/{contract.alert}{labels} has no alert",
        "write the alert, or remove the contract",
    )


def _not_loaded(file: Path, service: Service) -> EstateFinding:
    return EstateFinding(
        str(file),
        f"has alerts, but {service.prometheus.path.name} of {service.name} does not load it",
        "add it to rule_files, or remove it",
    )


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(file.resolve() for file in folder.rglob("*") if file.suffix in (".yml", ".yaml") and file.is_file())


def _below(path: Path, wanted: Sequence[Path]) -> bool:
    return not wanted or any(path == want or want in path.parents for want in wanted)


def _touches(folder: Path, wanted: Sequence[Path]) -> bool:
    return _below(folder, wanted) or any(folder in want.parents for want in wanted)
