"""The third way to replay: unmodified rules and routes in a real Prometheus and Alertmanager, on the real clock.

No `for` is waited out. Prometheus restores an alert's pending time from the series ALERTS_FOR_STATE after a restart,
so the history is written as blocks, with ALERTS_FOR_STATE at the time the condition became true, and both servers
start on it. The blocks also hold the next minutes, placed so that the condition ends a few seconds after the start:
the resolved notification follows by itself.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from alertproof.engines.alertmanager import serve_alertmanager
from alertproof.engines.host import Host, Program, Service
from alertproof.engines.http import LOOPBACK, free_port, wait_until_ready
from alertproof.engines.overlay import overlay_prometheus, overlay_rules
from alertproof.engines.windows import openmetrics_lines, unix_texts, write_blocks
from alertproof.errors import EngineDied
from alertproof.model.series import METRIC_NAME, Scenario, Series

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from alertproof.model.rules import PrometheusConfig

# Prometheus learns of its Alertmanagers 5 s after it starts (its discovery's own delay), and the first notification
# follows a group_wait later; the condition must hold until then.
CLEARS_AFTER_S = 12.0
_STATE_STEP_MS = 15_000
# In real time a condition begins this long after the history is written: Prometheus then is about to start.
_BEGINS_AFTER_MS = 1_000
_RESEND = "2s"


@dataclass(frozen=True, slots=True)
class LiveAlert:
    """One alert's part in a live replay.

    `labels` are those of the alert, `alertname` among them. The condition is true from `active_ms` until, but not at,
    `clears_ms` of its scenario, as measured on the windows engine at the live interval. `recorded` are the series of
    the recording rules it reads, as measured there too: beside blocks that reach into the future a rule manager may
    not append its own (Prometheus discards what it calls out of order).
    """

    labels: Mapping[str, str]
    scenario: Scenario
    active_ms: int
    clears_ms: int
    restores: bool
    recorded: tuple[Series, ...] = ()


@dataclass(frozen=True, slots=True)
class Replay:
    """What a live replay shows: alerts, and series that stay as they are.

    In real time every `for` is waited out: conditions begin at the start, and nothing is restored. Else conditions
    end `holds_s` after the start.
    """

    alerts: tuple[LiveAlert, ...]
    healthy: tuple[Series, ...]
    healthy_step_ms: int
    realtime: bool = False
    holds_s: float = CLEARS_AFTER_S

    @property
    def clears_after_s(self) -> float:
        """Give when the last condition ends, in seconds after the history was written."""
        if not self.realtime:
            return self.holds_s
        longest = max(alert.clears_ms - alert.active_ms for alert in self.alerts)
        return (_BEGINS_AFTER_MS + longest) / 1000

    @property
    def lookback_ms(self) -> int | None:
        """Give the lookback that lets series vanish where a stale marker would stand; None where none does."""
        series = [
            (alert.scenario.step_ms, item)
            for alert in self.alerts
            for item in (*alert.scenario.series, *alert.recorded)
        ]
        return min((step - 1 for step, item in series if item.gaps), default=None)

    def origin_ms(self, alert: LiveAlert, now_ms: int) -> int:
        """Give when an alert's scenario begins, as Unix time."""
        if self.realtime:
            return now_ms + _BEGINS_AFTER_MS - alert.active_ms
        return now_ms + round(self.holds_s * 1000) - alert.clears_ms


@dataclass(frozen=True, slots=True)
class LiveRun:
    """Both servers while they run; `started` is on the monotonic clock, `changes` says what the overlay changed."""

    started: float
    servers: Mapping[str, Service]
    changes: tuple[str, ...]

    def check(self) -> None:
        """Raise EngineDied where a server stopped."""
        for name, server in self.servers.items():
            if not server.alive():
                raise EngineDied(f"{name} stopped during the live replay", server.log_tail())


@contextmanager
def live(  # noqa: PLR0913, PLR0917 each a plain fact of the replay
    host: Host,
    run: Path,
    config: PrometheusConfig,
    alertmanager: Mapping[str, Any],
    replay: Replay,
    environment: Mapping[str, str],
) -> Iterator[LiveRun]:
    """Run Prometheus with `config` and Alertmanager with the (already overlaid) document on the replay's series.

    `run` is an empty folder of this replay's own, or holds only what `environment` and the document point to: a
    container sees nothing else.

    Raises EngineRefused where Alertmanager or promtool reject a file, EngineDied where a server stops.
    """
    with serve_alertmanager(host, run, alertmanager, environment) as am:
        changes = (*_write_prometheus(run, config, am.address), *_flag_changes(replay))
        _write_history(host, run, replay)
        serve = f"{LOOPBACK}:{free_port()}"
        started = time.monotonic()
        with host.serve(Program.PROMETHEUS, _prometheus_arguments(run, serve, replay), run, {}) as prometheus:
            wait_until_ready(prometheus, "prometheus", f"http://{serve}/-/ready")
            yield LiveRun(started, {"alertmanager": am.service, "prometheus": prometheus}, changes)


def _write_prometheus(run: Path, config: PrometheusConfig, alertmanager: str) -> tuple[str, ...]:
    names = []
    changes: list[str] = []
    for number, file in enumerate(config.rule_files):
        text, changed = overlay_rules(file)
        name = f"rules-{number}.yml"
        (run / name).write_text(text, encoding="utf-8")
        names.append(name)
        changes += changed
    overlaid = overlay_prometheus(config.document, names, alertmanager)
    (run / "prometheus.yml").write_text(yaml.safe_dump(dict(overlaid.document), sort_keys=False), encoding="utf-8")
    return (*overlaid.changes, *changes)


def _flag_changes(replay: Replay) -> Iterator[str]:
    if not replay.realtime:
        yield "--rules.alert.for-grace-period: 10m → 1s"
    yield f"--rules.alert.resend-delay: 1m → {_RESEND}"
    if replay.lookback_ms is not None:
        yield f"--query.lookback-delta: 5m → {replay.lookback_ms}ms, as blocks hold no stale markers"


def _write_history(host: Host, run: Path, replay: Replay) -> None:
    """Write all series, each alert's so that its condition begins and ends when it should."""
    (run / "data").mkdir()
    now_ms = round(time.time() * 1000)
    source = run / "history.om"
    with source.open("w", encoding="utf-8") as sink:
        for alert in replay.alerts:
            origin = replay.origin_ms(alert, now_ms)
            for series in alert.scenario.series:
                times = unix_texts(origin, alert.scenario.step_ms, len(series.samples))
                sink.write(openmetrics_lines(series.labels, times, series.samples))
            for series in alert.recorded:
                step = series.step_ms or alert.scenario.step_ms
                times = unix_texts(origin, step, len(series.samples))
                sink.write(openmetrics_lines(series.labels, times, series.samples))
            if alert.restores and not replay.realtime:
                sink.write(_state_lines(alert, origin, now_ms))
        for series in replay.healthy:
            length = replay.healthy_step_ms * len(series.samples)
            times = unix_texts(now_ms - length // 2, replay.healthy_step_ms, len(series.samples))
            sink.write(openmetrics_lines(series.labels, times, series.samples))
        sink.write("# EOF\n")
    write_blocks(host, run, source)


def _state_lines(alert: LiveAlert, origin_ms: int, now_ms: int) -> str:
    """Give ALERTS_FOR_STATE from when the condition became true until now."""
    active = origin_ms + alert.active_ms
    times = unix_texts(active, _STATE_STEP_MS, -((active - now_ms) // _STATE_STEP_MS))
    labels = {METRIC_NAME: "ALERTS_FOR_STATE", **alert.labels}
    return openmetrics_lines(labels, times, (active / 1000,) * len(times))


def _prometheus_arguments(run: Path, address: str, replay: Replay) -> list[str]:
    arguments = [
        f"--config.file={run / 'prometheus.yml'}",
        f"--storage.tsdb.path={run / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={address}",
        # An alert that fires before the Alertmanagers are known is dropped and sent again only after this delay, a
        # minute unless told. An alert also expires after four of them: longer than a slow machine stalls.
        f"--rules.alert.resend-delay={_RESEND}",
    ]
    if not replay.realtime:
        # The pending time is restored at the first evaluation and honoured a second later, not ten minutes.
        arguments.append("--rules.alert.for-grace-period=1s")
    if replay.lookback_ms is not None:
        arguments.append(f"--query.lookback-delta={replay.lookback_ms}ms")
    return arguments
