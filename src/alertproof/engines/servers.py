"""What a real server makes of a file: Prometheus or Alertmanager is started with it and asked over HTTP.

Alertmanager gets its file unchanged; it is stopped before a notification could leave. Of a prometheus.yml change, as
`overlay_found` says, how often and through which proxy targets are scraped, and where pods come from.
"""

from __future__ import annotations

import copy
import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import yaml

from alertproof.engines.alertmanager import Alertmanager, PostedAlert, serve_alertmanager
from alertproof.engines.exposition import exposition
from alertproof.engines.host import Host, Program, Service
from alertproof.engines.http import LOOPBACK, call, free_port, wait_until_ready
from alertproof.errors import EngineDied, EngineRefused
from alertproof.model.observation import Point, labels_text, vector_text
from alertproof.model.proof import Question

if TYPE_CHECKING:
    import threading
    from pathlib import Path

Document = Mapping[str, Any]
Labels = Mapping[str, str]
_NONE = "none"
_POLL_SECONDS = 0.2
_PATIENCE_S = 30.0
# Discovery tells its consumers of changes every five seconds, one manager for targets and another for Alertmanagers;
# once the first has spoken, the other has within this time.
_SETTLE_S = 1.5
_KUBERNETES = "kubernetes_sd_configs"
_ADDRESS = "__address__"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to a server; `expr` is the PromQL of a query."""

    question: Question
    expr: str = ""


@dataclass(frozen=True, slots=True)
class PrometheusStart:
    """A prometheus.yml, the text of the rule file it may load, the pods discovered, and what targets answer.

    `exposition` is by address; a target without one answers 503.
    """

    document: Document
    rules: str
    pods: Sequence[Labels]
    exposition: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AlertmanagerStart:
    """An Alertmanager file, and the labels of the alerts that it is told of."""

    document: Document
    alerts: Sequence[Labels]


def overlay_found(document: Document, proxy_url: str, pods: Sequence[Labels], rule_file: str) -> dict[str, Any]:
    """Give a prometheus.yml as it is started: scraped every second, through the proxy, pods as static targets.

    Rule files are replaced only where the file names some.
    """
    result: dict[str, Any] = copy.deepcopy(dict(document))
    result["global"] = {**(result.get("global") or {}), "scrape_interval": "1s", "scrape_timeout": "1s"}
    if result.get("rule_files"):
        result["rule_files"] = [rule_file]
    for job in result.get("scrape_configs") or ():
        job["proxy_url"] = proxy_url
        for key in ("scrape_interval", "scrape_timeout"):
            job.pop(key, None)
        if job.pop(_KUBERNETES, None) is not None:
            job["static_configs"] = [_static(pod) for pod in pods]
    return result


def _static(pod: Labels) -> dict[str, Any]:
    return {"targets": [pod[_ADDRESS]], "labels": {name: value for name, value in pod.items() if name != _ADDRESS}}


def ask_prometheus(
    host: Host, run: Path, start: PrometheusStart, asked: Sequence[Asked], stop: threading.Event
) -> list[str]:
    """Give what Prometheus answers, in order, once every target was scraped; `run` is an empty folder."""
    (run / "rules.yml").write_text(start.rules or "groups: []\n", encoding="utf-8")
    address = f"{LOOPBACK}:{free_port()}"
    with exposition(start.exposition) as proxy_url:
        document = overlay_found(start.document, proxy_url, start.pods, "rules.yml")
        (run / "prometheus.yml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        arguments = [
            f"--config.file={run / 'prometheus.yml'}",
            f"--storage.tsdb.path={run / 'data'}",
            f"--web.listen-address={address}",
            # Targets are scraped as soon as they are known, not up to five seconds later.
            "--scrape.discovery-reload-interval=100ms",
        ]
        with host.serve(Program.PROMETHEUS, arguments, run, {}) as service:
            url = f"http://{address}"
            wait_until_ready(service, "prometheus", f"{url}/-/ready")
            _wait(service, stop, lambda: _all_scraped(url))
            _pause(stop, _SETTLE_S)
            return [_PROMETHEUS[item.question](url, item.expr) for item in asked]


def ask_alertmanager(
    host: Host, run: Path, start: AlertmanagerStart, asked: Sequence[Asked], stop: threading.Event
) -> list[str]:
    """Give what Alertmanager answers, in order; its own words to each question where it does not start."""
    try:
        with serve_alertmanager(host, run, start.document, {}) as running:
            if start.alerts:
                running.post([PostedAlert(labels, {}) for labels in start.alerts], dt.datetime.now(dt.UTC))
                known = len(start.alerts)
                _wait(running.service, stop, lambda: sum(len(group["alerts"]) for group in running.groups()) >= known)
            return [_ALERTMANAGER[item.question](running) for item in asked]
    except EngineRefused as error:
        return [error.log] * len(asked)


def _wait(service: Service, stop: threading.Event, done: Callable[[], bool]) -> None:
    """Wait until `done`; what is asked afterwards tells of what never came."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline and not done():
        if not service.alive():
            raise EngineDied("a server stopped while it was asked", service.log_tail())
        _pause(stop, _POLL_SECONDS)


def _pause(stop: threading.Event, seconds: float) -> None:
    if stop.wait(seconds):
        raise KeyboardInterrupt


def _targets(url: str) -> list[Any]:
    found: list[Any] = call(f"{url}/api/v1/targets?state=active")["data"]["activeTargets"]
    return found


def _all_scraped(url: str) -> bool:
    targets = _targets(url)
    return bool(targets) and all(target["health"] != "unknown" for target in targets)


def _rules(url: str, _: str) -> str:
    number = sum(len(group["rules"]) for group in call(f"{url}/api/v1/rules")["data"]["groups"])
    return f"{number} rule{'' if number == 1 else 's'}" if number else _NONE


def _alertmanagers(url: str, _: str) -> str:
    active = call(f"{url}/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
    return ", ".join(sorted(urlsplit(item["url"]).netloc for item in active)) or _NONE


def _targets_text(url: str, _: str) -> str:
    counts = Counter(labels_text(target["labels"]) for target in _targets(url))
    return (
        ", ".join(f"{count} of {labels}" if count > 1 else labels for labels, count in sorted(counts.items())) or _NONE
    )


def _types(url: str, _: str) -> str:
    known = call(f"{url}/api/v1/metadata")["data"]
    return ", ".join(f"{name} {entries[0]['type']}" for name, entries in sorted(known.items())) or _NONE


def _query(url: str, expr: str) -> str:
    found = call(f"{url}/api/v1/query?{urlencode({'query': expr})}")["data"]["result"]
    return vector_text(tuple(Point(item["metric"], float(item["value"][1])) for item in found))


def _groups(running: Alertmanager) -> str:
    return "; ".join(
        sorted(
            f"{group['receiver']['name']} {labels_text(group['labels'])}:"
            f" {', '.join(sorted(alert['labels']['alertname'] for alert in group['alerts']))}"
            for group in running.groups()
        )
    )


def _routes(running: Alertmanager) -> str:
    return "; ".join(
        sorted(
            f"{alert['labels']['alertname']}: {', '.join(sorted(item['name'] for item in alert['receivers']))}"
            for alert in running.alerts()
        )
    )


_PROMETHEUS: Mapping[Question, Callable[[str, str], str]] = {
    Question.RULES: _rules,
    Question.ALERTMANAGERS: _alertmanagers,
    Question.TARGETS: _targets_text,
    Question.TYPES: _types,
    Question.QUERY: _query,
}
_ALERTMANAGER: Mapping[Question, Callable[[Alertmanager], str]] = {
    Question.START: lambda _: "starts",
    Question.ROUTES: _routes,
    Question.GROUPS: _groups,
}
