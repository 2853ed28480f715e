"""A real Alertmanager with a production-like file, its five kinds of notification captured and understood."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import textwrap
import time
import urllib.error
import urllib.request
from socket import socket
from typing import TYPE_CHECKING

import pytest
import yaml

from alertproof.engines.choose import EngineOptions, choose_local
from alertproof.engines.host import Program
from alertproof.sinks.capture import CaptureProxy
from alertproof.sinks.overlay import Overlay, overlay
from alertproof.sinks.read import Reading, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# The folders and secret files named here exist nowhere: all of them are replaced or resolved by the overlay.
PRODUCTION = """
global:
  slack_api_url_file: /etc/alertmanager/secrets/slack
  opsgenie_api_key_file: /etc/alertmanager/secrets/opsgenie
  smtp_smarthost: mail.example.com:587
  smtp_from: alerts@example.com
  smtp_auth_username: alerts
  smtp_auth_password_file: /etc/alertmanager/secrets/smtp
route:
  receiver: chat
  group_by: [alertname]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
  routes:
    - {receiver: events-v2, continue: true, group_wait: 10s}
    - {receiver: events-v1, continue: true}
    - {receiver: same-events-v1, continue: true}
    - {receiver: on-call, continue: true}
    - {receiver: bridge, continue: true, group_interval: 2m}
    - {receiver: chat-by-url, continue: true}
    - {receiver: mail, continue: true}
    - {receiver: same-mail, continue: true}
    - {receiver: chat}
receivers:
  - name: chat
    slack_configs: [{channel: '#alerts', send_resolved: true}]
  - name: chat-by-url
    slack_configs:
      - channel: '#alerts'
        api_url_file: /etc/alertmanager/secrets/slack-2
        send_resolved: true
        title: '[{{ .Status | toUpper }}] {{ .CommonLabels.alertname }}'
        text: '{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}'
        fields: [{title: severity, value: '{{ .CommonLabels.severity }}', short: true}]
        actions: [{type: button, text: Runbook, url: 'https://runbooks.example.com/x'}]
  - name: events-v2
    pagerduty_configs:
      - routing_key_file: /etc/alertmanager/secrets/pagerduty
        severity: '{{ .CommonLabels.severity }}'
        http_config: {proxy_url: 'http://user:hush@proxy.example.com:3128', tls_config: {ca_file: /ca.pem}}
  - name: events-v1
    pagerduty_configs: [{service_key: 0123456789abcdef0123456789abcdef}]
  - name: same-events-v1
    pagerduty_configs: [{service_key: 0123456789abcdef0123456789abcdef}]
  - name: on-call
    opsgenie_configs: [{priority: P2, tags: 'service, network', responders: [{name: sre, type: team}]}]
  - name: mail
    email_configs: [{to: 'Team <team@example.com>, lead@example.com', send_resolved: true}]
  - name: same-mail
    email_configs:
      - to: team@example.com, lead@example.com
        smarthost: mail2.example.com:465
        send_resolved: true
        auth_password: hush
        tls_config: {server_name: mail2.example.com}
        html: ''
        text: '{{ range .Alerts }}{{ .Labels.alertname }}: {{ .Annotations.summary }}{{ end }}'
        headers: {Subject: 'Latência é {{ .Status }}'}
  - name: bridge
    webhook_configs:
      - url: http://bridge.example.com/hooks/alerts?team=a%20b
        http_config: {authorization: {credentials_file: /etc/alertmanager/secrets/bearer}}
      - url: https://bridge.example.com:8443/hooks/alerts
"""
RECEIVERS = {
    ("chat", "slack"),
    ("chat-by-url", "slack"),
    ("events-v2", "pagerduty"),
    ("events-v1", "pagerduty"),
    ("same-events-v1", "pagerduty"),
    ("on-call", "opsgenie"),
    ("bridge", "webhook"),
    ("mail", "email"),
    ("same-mail", "email"),
}
EXPECTED = 10  # requests for each state: the bridge has two integrations
TIMEOUT_S = 30.0
ALERT = "HighSignalingLatency"


def program() -> str:
    return str(choose_local(EngineOptions()).programs[Program.ALERTMANAGER])


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def call(url: str, body: object = None) -> None:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 our own
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=5):
        pass


class Alertmanager:
    """A real one, on 127.0.0.1 alone."""

    def __init__(self, folder: Path, laid: Overlay, ca_file: Path) -> None:
        config = folder / "alertmanager.yml"
        config.write_text(yaml.safe_dump(dict(laid.document)), "utf-8")
        self.url = f"http://127.0.0.1:{free_port()}"
        self.log = folder / "log"
        command = [
            program(),
            f"--config.file={config}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
            "--cluster.listen-address=",
            "--log.level=debug",
        ]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, "SSL_CERT_FILE": str(ca_file)}
            )

    def alive(self) -> None:
        if self.process.poll() is not None:
            pytest.fail(f"Alertmanager stopped:\n{self.log.read_text('utf-8')}")

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            self.alive()
            try:
                call(f"{self.url}/-/ready")
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
            else:
                return
        pytest.fail(f"Alertmanager was not ready:\n{self.log.read_text('utf-8')}")

    def send(self, *, resolved: bool) -> None:
        now = dt.datetime.now(dt.UTC)
        start = now - dt.timedelta(minutes=5)
        end = now if resolved else now + dt.timedelta(minutes=5)
        alert = {
            "labels": {"alertname": ALERT, "severity": "critical", "service": "video"},
            "annotations": {"summary": "p95 is 512 ms"},
            "generatorURL": "http://prometheus.example.com/graph",
            "startsAt": start.isoformat(),
            "endsAt": end.isoformat(),
        }
        call(f"{self.url}/api/v2/alerts", [alert])

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Overlay, Reading, CaptureProxy]]:
    """An alert that fired and resolved, and all that Alertmanager sent of it."""
    folder = tmp_path_factory.mktemp("alertmanager")
    with CaptureProxy(folder) as proxy:
        document = yaml.safe_load(textwrap.dedent(PRODUCTION))
        laid = overlay(document, proxy_url=proxy.url, smarthost=proxy.smarthost, folder=folder, base=folder)
        proxy.expect(laid.hosts)

        def understood() -> Reading:
            return read(proxy.requests(), laid.addressees, {ALERT, "HighSignaling"})

        def all_say(state: str) -> Callable[[object], bool]:
            return lambda _: sum(n.state == state for n in understood().notifications) >= EXPECTED

        alertmanager = Alertmanager(folder, laid, proxy.ca_file)
        try:
            alertmanager.wait_until_ready()
            proxy.mark_start()
            alertmanager.send(resolved=False)
            fired = proxy.wait(all_say("firing"), TIMEOUT_S, alertmanager.alive)
            alertmanager.send(resolved=True)
            resolved = fired and proxy.wait(all_say("resolved"), TIMEOUT_S, alertmanager.alive)
            if not resolved:
                seen = [(n.receiver, n.integration, n.state) for n in understood().notifications]
                pytest.fail(
                    f"only {seen} came; strangers {understood().strangers}; faults {proxy.faults}\n"
                    f"{alertmanager.log.read_text('utf-8')[-8000:]}"
                )
            yield laid, understood(), proxy
        finally:
            alertmanager.stop()


def test_every_receiver_gets_the_alert_firing_and_resolved(
    captured: tuple[Overlay, Reading, CaptureProxy],
) -> None:
    _, reading, _ = captured
    seen = {(n.receiver, n.integration, n.state) for n in reading.notifications}
    assert seen == {(*who, state) for who in RECEIVERS for state in ("firing", "resolved")}


def test_every_payload_meets_its_published_schema_and_is_accepted(
    captured: tuple[Overlay, Reading, CaptureProxy],
) -> None:
    _, reading, _ = captured
    assert {n.problems for n in reading.notifications} == {()}
    assert {n.request.answered for n in reading.notifications} <= {200, 202, 250}


def test_every_payload_names_the_alert_and_no_alert_whose_name_only_begins_the_same(
    captured: tuple[Overlay, Reading, CaptureProxy],
) -> None:
    _, reading, _ = captured
    assert {n.alerts for n in reading.notifications} == {(ALERT,)}


def test_nothing_goes_anywhere_else_and_no_connection_fails(
    captured: tuple[Overlay, Reading, CaptureProxy],
) -> None:
    _, reading, proxy = captured
    assert reading.strangers == ()
    assert proxy.faults == ()


def test_two_receivers_with_the_same_key_are_told_apart(
    captured: tuple[Overlay, Reading, CaptureProxy],
) -> None:
    _, reading, _ = captured
    shared = [n for n in reading.notifications if n.receiver in {"events-v1", "same-events-v1"}]
    keys = {n.request.body["service_key"] for n in shared}
    assert len({n.receiver for n in shared}) == 2
    assert len(keys) == 1


def test_no_credential_is_recorded(captured: tuple[Overlay, Reading, CaptureProxy]) -> None:
    _, reading, _ = captured
    on_call = next(n for n in reading.notifications if n.receiver == "on-call")
    assert on_call.request.headers["Authorization"] == "<redacted>"


def test_mails_to_one_address_are_told_apart_and_read_as_a_person_reads_them(
    captured: tuple[Overlay, Reading, CaptureProxy],
) -> None:
    laid, reading, proxy = captured
    first, second = (
        next(n for n in reading.notifications if (n.receiver, n.state) == (receiver, "firing"))
        for receiver in ("mail", "same-mail")
    )
    assert first.request.host == second.request.host == "smtp"
    assert first.request.path == second.request.path == "lead@example.com, team@example.com"
    assert first.request.body["from"] == "alerts@example.com"
    assert first.request.body["subject"].startswith("[FIRING:1]")
    assert "p95 is 512 ms" in first.request.body["html"]
    assert "<" not in first.request.body["html"]
    assert second.request.body["subject"] == "Latência é firing"
    assert second.request.body["text"].strip() == f"{ALERT}: p95 is 512 ms"
    assert second.request.body["html"] == ""
    assert f"global.smtp_smarthost: mail.example.com:587 → {proxy.smarthost}" in laid.changes
    assert "receivers[same-mail].email_configs[0].require_tls: the global one → False" in laid.changes
    assert any(line.startswith("receivers[same-mail].email_configs[0].auth_password: ") for line in laid.changes)


def test_no_password_of_a_mail_server_stands_in_the_changes(captured: tuple[Overlay, Reading, CaptureProxy]) -> None:
    laid, _, _ = captured
    assert not any("hush" in line for line in laid.changes)
