from __future__ import annotations

import copy
import stat
import textwrap
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from alertproof.model.observation import Request
from alertproof.sinks.identity import CREDENTIAL, SENDER, fingerprint
from alertproof.sinks.overlay import Overlay, overlay

PROXY = "http://127.0.0.1:9999"
KEY = "0123456789abcdef0123456789abcdef"
FILE = yaml.safe_load(
    textwrap.dedent(
        """
        global:
          resolve_timeout: 5m
          slack_api_url_file: /etc/am/slack
          opsgenie_api_key: 11111111-2222-3333-4444-555555555555
          smtp_smarthost: mail.example.com:587
          smtp_auth_password_file: /etc/am/smtp
          http_config: {follow_redirects: false, basic_auth: {username: u, password_file: /etc/am/basic}}
        templates: [templates/*.tmpl, /etc/am/*.tmpl]
        route:
          receiver: chat
          group_wait: 30s
          repeat_interval: 4h
          routes:
            - {receiver: paging, group_wait: 0s, group_interval: 10m}
            - receiver: old
              repeat_interval: 1h
              routes: [{receiver: on-call, group_wait: 2m}, {receiver: bridge, group_interval: 500ms}]
        receivers:
          - name: chat
            slack_configs:
              - {channel: '#alerts', send_resolved: true}
              - {channel: '#video', api_url_file: /etc/am/slack-video}
              - {channel: '{{ .CommonLabels.team }}', api_url: https://hooks.slack.com/services/T1/B1/inline}
            email_configs: [{to: a@example.com, smarthost: 'mail2.example.com:25'}]
          - name: paging
            pagerduty_configs:
              - routing_key_file: /etc/am/pd
                details: {log_file: /var/log/x}
                http_config:
                  proxy_url: http://me:hush@proxy.example.com:3128
                  no_proxy: localhost
                  proxy_from_environment: false
                  oauth2: {client_id: x, client_secret_file: /s, token_url: 'https://id.example.com'}
                  tls_config:
                    {ca_file: /etc/ca.pem, cert_file: /c, key_file: /k, server_name: x, min_version: TLS12}
                  http_headers: {X-Token: {files: [/etc/am/token]}}
          - name: old
            pagerduty_configs:
              - {service_key_file: /etc/am/pd1}
              - {service_key: 0123456789abcdef0123456789abcdef}
          - name: on-call
            opsgenie_configs:
              - {api_key_file: /etc/am/og, api_url: https://api.eu.opsgenie.com/}
              - {priority: P1}
          - name: bridge
            webhook_configs:
              - {url_file: /etc/am/hook}
              - url: http://bridge.example.com:8080/hooks/x?a=b%20c
                http_config: {authorization: {credentials_file: /etc/am/bearer}}
              - {url: 'https://bridge.example.com/{{ .Status }}'}
            victorops_configs: [{api_key_file: /etc/am/vo, routing_key: r}]
        """
    )
)
MakeRequest = Callable[..., Request]


@pytest.fixture
def laid(tmp_path: Path) -> Overlay:
    return overlay(FILE, proxy_url=PROXY, folder=tmp_path, base=Path("/srv/am"))


def receiver(laid: Overlay, name: str) -> Any:
    receivers: Any = laid.document["receivers"]
    return next(entry for entry in receivers if entry["name"] == name)


def secret(node: Any, key: str) -> str:
    return Path(node[key]).read_text("utf-8")


def test_the_production_document_itself_is_left_alone(tmp_path: Path) -> None:
    before = copy.deepcopy(FILE)
    overlay(FILE, proxy_url=PROXY, folder=tmp_path, base=tmp_path)
    assert before == FILE


def test_every_difference_to_the_production_file_is_stated(laid: Overlay) -> None:
    stated = {line.partition(": ")[0] for line in laid.changes}

    def differences(old: Any, new: Any, place: str) -> set[str]:
        if isinstance(old, dict) and isinstance(new, dict):
            keys = [*old, *(key for key in new if key not in old)]
            return {d for key in keys for d in differences(old.get(key), new.get(key), f"{place}.{key}".lstrip("."))}
        if isinstance(old, list) and isinstance(new, list):
            names = [part.get("name", i) if isinstance(part, dict) else i for i, part in enumerate(old)]
            pairs = zip(old, new, names, strict=True)
            return {d for a, b, name in pairs for d in differences(a, b, f"{place}[{name}]")}
        if isinstance(new, dict) and place.endswith("http_config"):
            return {f"{place}.proxy_url"}  # a copy of the global one but for the sender's name
        return set() if old == new else {place}

    assert differences(FILE, laid.document, "") <= stated
    assert len(laid.changes) == len(stated)


@pytest.mark.parametrize(
    "line",
    [
        "route.group_wait: 30s → 1s",
        "route.group_interval: 5m (default) → 1s",
        "route.routes[0].group_interval: 10m → 1s",
        "route.routes[1].routes[0].group_wait: 2m → 1s",
        "templates[0]: templates/*.tmpl → /srv/am/templates/*.tmpl",
        "global.http_config.proxy_url: (none) → http://127.0.0.1:9999",
        "global.smtp_smarthost: mail.example.com:587 → 127.0.0.1:1",
        "receivers[chat].email_configs[0].smarthost: mail2.example.com:25 → 127.0.0.1:1",
        "receivers[chat].email_configs[0].require_tls: the global one → False",
        "receivers[chat].email_configs[0].hello: the global one → r0.email.0",
        "global.smtp_auth_password_file: … → (removed: the mail server here offers no login)",
        (
            "receivers[paging].pagerduty_configs[0].http_config.proxy_url: "
            "http://me:<redacted>@proxy.example.com:3128 → http://r1.pagerduty.0@127.0.0.1:9999"
        ),
        ("receivers[paging].pagerduty_configs[0].http_config.no_proxy: localhost → (removed: proxy_url replaces it)"),
        (
            "receivers[paging].pagerduty_configs[0].http_config.tls_config.ca_file: /etc/ca.pem "
            "→ (removed: the capture proxy's CA is the trusted one)"
        ),
        (
            "receivers[paging].pagerduty_configs[0].http_config.oauth2: … "
            "→ (removed: its token would be asked of another host)"
        ),
    ],
)
def test_a_change_reads_as_a_person_would_write_it(laid: Overlay, line: str) -> None:
    assert line in laid.changes


def test_no_secret_stands_in_the_changes(laid: Overlay) -> None:
    assert not any("hush" in line for line in laid.changes)


def test_waits_that_are_short_already_and_repeat_intervals_stay(laid: Overlay) -> None:
    route: Any = laid.document["route"]
    assert route["routes"][0]["group_wait"] == "0s"
    assert route["routes"][1]["routes"][1]["group_interval"] == "500ms"
    assert (route["repeat_interval"], route["routes"][1]["repeat_interval"]) == ("4h", "1h")
    assert "group_wait" not in route["routes"][1]


def test_other_keys_of_an_http_config_stay(laid: Overlay) -> None:
    own = receiver(laid, "paging")["pagerduty_configs"][0]["http_config"]
    assert own["tls_config"] == {"min_version": "TLS12"}
    assert set(own) == {"proxy_url", "tls_config", "http_headers"}
    inherited = receiver(laid, "chat")["slack_configs"][0]["http_config"]
    assert inherited["follow_redirects"] is False
    assert inherited["basic_auth"] == laid.document["global"]["http_config"]["basic_auth"]  # type: ignore[index]


def test_secret_files_become_well_formed_throw_aways_of_their_own(laid: Overlay, tmp_path: Path) -> None:
    common: Any = laid.document["global"]
    slack = secret(common, "slack_api_url_file")
    video = secret(receiver(laid, "chat")["slack_configs"][1], "api_url_file")
    assert slack.startswith("https://hooks.slack.com/services/T00000000/B")
    assert len(slack.rpartition("/")[2]) == 24
    assert slack != video
    routing = secret(receiver(laid, "paging")["pagerduty_configs"][0], "routing_key_file")
    service = secret(receiver(laid, "old")["pagerduty_configs"][0], "service_key_file")
    assert (len(bytes.fromhex(routing)), len(bytes.fromhex(service))) == (16, 16)
    opsgenie = secret(receiver(laid, "on-call")["opsgenie_configs"][0], "api_key_file")
    assert str(uuid.UUID(opsgenie)) == opsgenie
    hook = secret(receiver(laid, "bridge")["webhook_configs"][0], "url_file")
    assert hook == "https://webhook.invalid/bridge/webhook/0"
    written = list((tmp_path / "secrets").iterdir())
    assert len({path.read_text("utf-8") for path in written}) == len(written) == 10
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}


def test_a_file_that_holds_no_secret_stays(laid: Overlay) -> None:
    assert receiver(laid, "paging")["pagerduty_configs"][0]["details"] == {"log_file": "/var/log/x"}


def test_the_same_file_gets_the_same_throw_aways_again(tmp_path: Path) -> None:
    def values() -> list[str]:
        overlay(FILE, proxy_url=PROXY, folder=tmp_path, base=tmp_path)
        return [path.read_text("utf-8") for path in sorted((tmp_path / "secrets").iterdir())]

    assert values() == values()


def test_mail_can_be_sent_to_a_server_of_the_caller_s_or_left_as_it_is(tmp_path: Path) -> None:
    given = overlay(FILE, proxy_url=PROXY, folder=tmp_path, base=tmp_path, smarthost="127.0.0.1:2525")
    assert given.document["global"]["smtp_smarthost"] == "127.0.0.1:2525"  # type: ignore[index]
    mail = next(a for a in given.addressees if a.integration == "email")
    assert (mail.host, mail.path, mail.sender, mail.captured) == ("smtp", "a@example.com", "r0.email.0", True)
    left = overlay(FILE, proxy_url=PROXY, folder=tmp_path, base=tmp_path, smarthost=None)
    assert left.document["global"]["smtp_smarthost"] == "mail.example.com:587"  # type: ignore[index]


def test_a_smarthost_that_production_lacks_is_not_made_up(tmp_path: Path) -> None:
    document = {"route": {"receiver": "a"}, "receivers": [{"name": "a", "email_configs": [{"to": "a@example.com"}]}]}
    laid = overlay(document, proxy_url=PROXY, folder=tmp_path, base=tmp_path, smarthost="127.0.0.1:2525")
    assert "smtp_smarthost" not in laid.document["global"]  # type: ignore[operator]
    assert "smarthost" not in receiver(laid, "a")["email_configs"][0]


def test_a_yaml_alias_is_changed_at_each_place_apart(tmp_path: Path) -> None:
    text = """
    route: {receiver: a}
    receivers:
      - {name: a, webhook_configs: [{url: 'http://a/', http_config: &h {tls_config: {ca_file: /x}}}]}
      - {name: b, webhook_configs: [{url: 'http://b/', http_config: *h}]}
    """
    laid = overlay(yaml.safe_load(textwrap.dedent(text)), proxy_url=PROXY, folder=tmp_path, base=tmp_path)
    urls = [receiver(laid, name)["webhook_configs"][0]["http_config"]["proxy_url"] for name in "ab"]
    assert urls == ["http://r0.webhook.0@127.0.0.1:9999", "http://r1.webhook.0@127.0.0.1:9999"]


def test_a_file_with_next_to_nothing_in_it_is_no_obstacle(tmp_path: Path) -> None:
    laid = overlay(
        {
            "route": {"receiver": "a", "group_wait": "soon"},
            "receivers": [{"name": "a", "slack_configs": None}],
        },
        proxy_url=PROXY,
        folder=tmp_path,
        base=tmp_path,
    )
    assert laid.addressees == ()
    assert laid.document["route"] == {"receiver": "a", "group_wait": "soon", "group_interval": "1s"}


def test_every_integration_is_an_addressee_and_mail_is_not_captured(laid: Overlay) -> None:
    seen = [(a.receiver, a.integration, a.host, a.captured) for a in laid.addressees]
    assert seen == [
        ("chat", "slack", "hooks.slack.com", True),
        ("chat", "slack", "hooks.slack.com", True),
        ("chat", "slack", "hooks.slack.com", True),
        ("chat", "email", None, False),
        ("paging", "pagerduty", "events.pagerduty.com", True),
        ("old", "pagerduty", "events.pagerduty.com", True),
        ("old", "pagerduty", "events.pagerduty.com", True),
        ("on-call", "opsgenie", "api.eu.opsgenie.com", True),
        ("on-call", "opsgenie", "api.opsgenie.com", True),
        ("bridge", "webhook", "webhook.invalid", True),
        ("bridge", "webhook", "bridge.example.com:8080", True),
        ("bridge", "webhook", "bridge.example.com", True),
        ("bridge", "victorops", None, True),
    ]
    assert len({a.sender for a in laid.addressees if a.captured}) == 12


def test_the_hosts_to_expect_are_those_no_service_is_known_for(laid: Overlay) -> None:
    assert laid.hosts == {
        "webhook.invalid": "webhook",
        "bridge.example.com:8080": "webhook",
        "bridge.example.com": "webhook",
    }


def matching(laid: Overlay, request: Request) -> list[str]:
    return [a.sender for a in laid.addressees if a.matches(request)]


def test_slack_is_known_by_path_and_channel(laid: Overlay, request_of: MakeRequest) -> None:
    shared = secret(laid.document["global"], "slack_api_url_file").removeprefix("https://hooks.slack.com")
    video = secret(receiver(laid, "chat")["slack_configs"][1], "api_url_file").removeprefix("https://hooks.slack.com")
    assert matching(laid, request_of("hooks.slack.com", shared, {"channel": "#alerts"})) == ["r0.slack.0"]
    assert matching(laid, request_of("hooks.slack.com", shared, {"channel": "#other"})) == []
    assert matching(laid, request_of("hooks.slack.com", video, {"channel": "#video"})) == ["r0.slack.1"]
    inline = request_of("hooks.slack.com", "/services/T1/B1/inline", {"channel": "#whatever"})
    assert matching(laid, inline) == ["r0.slack.2"]


def test_pagerduty_is_known_by_key_and_version(laid: Overlay, request_of: MakeRequest) -> None:
    v1 = "/generic/2010-04-15/create_event.json"
    routing = secret(receiver(laid, "paging")["pagerduty_configs"][0], "routing_key_file")
    host = "events.pagerduty.com"
    assert matching(laid, request_of(host, "/v2/enqueue", {"routing_key": routing})) == ["r1.pagerduty.0"]
    assert matching(laid, request_of(host, v1, {"service_key": KEY})) == ["r2.pagerduty.1"]
    assert matching(laid, request_of(host, v1, {"routing_key": routing})) == []
    assert matching(laid, request_of(host, "/v2/enqueue", "no JSON")) == []


def test_opsgenie_is_known_by_the_fingerprint_of_its_key(laid: Overlay, request_of: MakeRequest) -> None:
    key = secret(receiver(laid, "on-call")["opsgenie_configs"][0], "api_key_file")
    headers = {CREDENTIAL: fingerprint(f"GenieKey {key}")}
    host = "api.eu.opsgenie.com"
    assert matching(laid, request_of(host, "/v2/alerts", {}, headers=headers)) == ["r3.opsgenie.0"]
    closing = request_of(host, "/v2/alerts/a/close?identifierType=alias", {}, headers=headers)
    assert matching(laid, closing) == ["r3.opsgenie.0"]
    assert matching(laid, request_of(host, "/v2/alerts", {})) == []
    common = {CREDENTIAL: fingerprint("GenieKey 11111111-2222-3333-4444-555555555555")}
    assert matching(laid, request_of("api.opsgenie.com", "/v2/alerts", {}, headers=common)) == ["r3.opsgenie.1"]


def test_a_webhook_is_known_by_its_whole_url(laid: Overlay, request_of: MakeRequest) -> None:
    host = "bridge.example.com:8080"
    assert matching(laid, request_of(host, "/hooks/x?a=b%20c", {})) == ["r4.webhook.1"]
    assert matching(laid, request_of(host, "/hooks/x", {})) == []
    assert matching(laid, request_of("bridge.example.com", "/resolved", {})) == ["r4.webhook.2"]


def test_the_sender_decides_where_it_is_known_but_the_rest_must_agree(laid: Overlay, request_of: MakeRequest) -> None:
    v1 = "/generic/2010-04-15/create_event.json"
    right = request_of("events.pagerduty.com", v1, {"service_key": KEY}, headers={SENDER: "r2.pagerduty.1"})
    wrong = request_of("events.pagerduty.com", v1, {"service_key": KEY}, headers={SENDER: "r2.pagerduty.0"})
    assert matching(laid, right) == ["r2.pagerduty.1"]
    assert matching(laid, wrong) == []
    elsewhere = request_of("alert.victorops.com", "/x", {}, headers={SENDER: "r4.victorops.0"})
    assert matching(laid, elsewhere) == ["r4.victorops.0"]


def test_slack_apps_post_with_a_token_to_slack_s_own_api(tmp_path: Path, request_of: MakeRequest) -> None:
    document = {
        "global": {"slack_app_token": "xoxb-1"},
        "route": {"receiver": "a"},
        "receivers": [{"name": "a", "slack_configs": [{"channel": "#a"}]}],
    }
    laid = overlay(document, proxy_url=PROXY, folder=tmp_path, base=tmp_path)
    headers = {CREDENTIAL: fingerprint("Bearer xoxb-1")}
    for path in ("/api/chat.postMessage", "/api/chat.update"):
        assert matching(laid, request_of("slack.com", path, {"channel": "#a"}, headers=headers))
    assert not matching(laid, request_of("slack.com", "/api/chat.postMessage", {"channel": "#a"}))
