"""Starting an Alertmanager with a file of ours, and its own API for alerts and silences."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from alertproof.engines.host import Host, Program, Service
from alertproof.engines.http import LOOPBACK, call, free_port, send_json, wait_until_ready
from alertproof.errors import EngineDied, EngineRefused

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

# How Alertmanager ends when its file is at fault; the reason follows, quoted or not.
_CONFIG_FAULT = re.compile(
    r'msg="(?:Loading configuration file failed|error loading configuration file)"'
    r'.*? err=(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>\S+))'
)
# What an alert of Prometheus links to; no receiver follows it here.
_GENERATOR = "http://prometheus.invalid/graph"


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """A running Alertmanager; `address` is its host:port."""

    service: Service
    address: str

    def check(self) -> None:
        """Raise EngineDied where it stopped."""
        if not self.service.alive():
            raise EngineDied("alertmanager stopped", self.service.log_tail())

    def post(self, alerts: Sequence[PostedAlert], starts: dt.datetime, ends: dt.datetime | None = None) -> None:
        """Post alerts that fire from `starts` on; all count as resolved from `ends`, which may lie ahead.

        Without an end they fire for the file's `resolve_timeout`, and only then does Alertmanager let a later post
        set an end that lies ahead.
        """
        until = {} if ends is None else {"endsAt": ends.isoformat()}
        body = [
            {
                "labels": dict(alert.labels),
                "annotations": dict(alert.annotations),
                "generatorURL": _GENERATOR,
                "startsAt": starts.isoformat(),
                **until,
            }
            for alert in alerts
        ]
        send_json(f"http://{self.address}/api/v2/alerts", body)

    def silence(self, labels: Mapping[str, str], starts: dt.datetime, ends: dt.datetime) -> str:
        """Silence the alerts that have these labels; gives the silence's id."""
        body = {
            "matchers": [{"name": n, "value": v, "isRegex": False, "isEqual": True} for n, v in labels.items()],
            "startsAt": starts.isoformat(),
            "endsAt": ends.isoformat(),
            "createdBy": "alertproof",
            "comment": "proving that silences work",
        }
        return str(send_json(f"http://{self.address}/api/v2/silences", body)["silenceID"])

    def end_silence(self, silence: str) -> None:
        """Expire a silence."""
        send_json(f"http://{self.address}/api/v2/silence/{silence}", None, "DELETE")

    def alerts(self) -> list[dict[str, Any]]:
        """Give the alerts it holds, each with `labels` and `status`, whose `inhibitedBy` lists fingerprints."""
        found: list[dict[str, Any]] = call(f"http://{self.address}/api/v2/alerts")
        return found

    def groups(self) -> list[dict[str, Any]]:
        """Give its groups of alerts, each with `labels`, the `receiver` it is for and its `alerts`."""
        found: list[dict[str, Any]] = call(f"http://{self.address}/api/v2/alerts/groups")
        return found


@dataclass(frozen=True, slots=True)
class PostedAlert:
    """An alert as Prometheus sends it: labels, external ones among them, and rendered annotations."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@contextmanager
def serve_alertmanager(
    host: Host, run: Path, document: Mapping[str, Any], environment: Mapping[str, str]
) -> Iterator[Alertmanager]:
    """Run Alertmanager with an (already overlaid) document, its file and data below `run`.

    A container sees nothing but `run`. Raises EngineRefused with Alertmanager's own words where it does not start
    with the file.
    """
    address = f"{LOOPBACK}:{free_port()}"
    config = run / "alertmanager.yml"
    config.write_text(yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True), encoding="utf-8")
    arguments = [
        f"--config.file={config}",
        f"--storage.path={run / 'alertmanager'}",
        f"--web.listen-address={address}",
        # One instance: no gossip, and so no port on any other address.
        "--cluster.listen-address=",
    ]
    with host.serve(Program.ALERTMANAGER, arguments, run, environment) as service:
        _wait(service, address, run)
        yield Alertmanager(service, address)


def _wait(service: Service, address: str, run: Path) -> None:
    try:
        wait_until_ready(service, "alertmanager", f"http://{address}/-/ready")
    except EngineDied as error:
        words = _CONFIG_FAULT.search(error.log)
        if words is None:
            raise
        said = (words["quoted"] or words["plain"]).replace('\\"', '"')
        raise EngineRefused("Alertmanager does not start with this file", said.replace(str(run), "RUN")) from error
