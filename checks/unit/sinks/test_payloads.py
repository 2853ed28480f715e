from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.sinks.payloads import problems, schema_below, schema_of

KEY = "e93facc04764012d7bfb002500d5d1a6"
SLACK = {
    "channel": "#alerts",
    "username": "Alertmanager",
    "attachments": [
        {
            "mrkdwn_in": ["text"],
            "color": "#36a64f",
            "pretext": "Optional pre-text that appears above the attachment block",
            "author_name": "author_name",
            "author_link": "http://flickr.com/bobby/",
            "author_icon": "https://placeimg.com/16/16/people",
            "title": "title",
            "title_link": "https://api.slack.com/",
            "text": "Optional `text` that appears within the attachment",
            "fields": [{"title": "A field's title", "value": "This field's value", "short": False}],
            "thumb_url": "http://placekitten.com/g/200/200",
            "footer": "footer",
            "footer_icon": "https://platform.slack-edge.com/img/default_application_icon.png",
            "ts": 123456789,
            "callback_id": "",
            "actions": [{"type": "button", "text": "Runbook", "url": "https://example.com"}],
        }
    ],
}
PAGERDUTY_V2 = {
    "payload": {
        "summary": "DISK at 99% on machine prod-datapipe03.example.com",
        "timestamp": "2015-07-17T08:42:58.315+0000",
        "severity": "critical",
        "source": "prod-datapipe03.example.com",
        "component": "mysql",
        "group": "prod-datapipe",
        "class": "disk",
        "custom_details": {"free space": "1%", "load avg": 0.75},
    },
    "routing_key": KEY,
    "dedup_key": "srv01/mysql",
    "event_action": "trigger",
    "client": "Sample Monitoring Service",
    "client_url": "https://monitoring.service.com",
    "links": [{"href": "http://pagerduty.example.com", "text": "An example link."}],
    "images": [{"src": "https://chart.googleapis.com/chart", "href": "https://google.com", "alt": "x"}],
}
PAGERDUTY_V1 = {
    "service_key": KEY,
    "incident_key": "srv01/HTTP",
    "event_type": "trigger",
    "description": "FAILURE for production/HTTP on machine srv01.acme.com",
    "client": "Sample Monitoring Service",
    "client_url": "https://monitoring.service.com",
    "details": {"ping time": "1500ms", "load avg": 0.75},
    "contexts": [
        {"type": "link", "href": "http://acme.pagerduty.com"},
        {"type": "image", "src": "https://chart.googleapis.com/chart"},
    ],
}
OPSGENIE = {
    "message": "An example alert message",
    "alias": "Life is too short for no alias",
    "description": "Every alert needs a description",
    "responders": [
        {"id": "4513b7ea-3b91-438f-b7e4-e3e54af9147c", "type": "team"},
        {"name": "NOC", "type": "team"},
        {"username": "trinity@opsgenie.com", "type": "user"},
    ],
    "visibleTo": [{"name": "rocket_team", "type": "team"}],
    "actions": ["Restart", "AnExampleAction"],
    "tags": ["OverwriteQuietHours", "Critical"],
    "details": {"key1": "value1", "key2": "value2"},
    "entity": "An example entity",
    "priority": "P1",
}
WEBHOOK = {
    "version": "4",
    "groupKey": '{}:{alertname="A"}',
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "bridge",
    "groupLabels": {"alertname": "A"},
    "commonLabels": {"alertname": "A"},
    "commonAnnotations": {},
    "externalURL": "http://am",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "A"},
            "annotations": {},
            "startsAt": "2026-01-01T00:00:00.5Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus",
            "fingerprint": "24b1fd2ed8b2045c",
        }
    ],
}
MAIL = {
    "from": "alerts@example.com",
    "to": ["team@example.com"],
    "date": "Fri, 21 Nov 2025 10:00:00 +0000",
    "subject": "[FIRING:1] Down",
    "text": "",
    "html": "1 alert for alertname=Down",
}
GOOD = {
    "slack_webhook": SLACK,
    "pagerduty_events_v2": PAGERDUTY_V2,
    "pagerduty_events_v1": PAGERDUTY_V1,
    "opsgenie_alert": OPSGENIE,
    "opsgenie_alert#close": {"user": "Monitoring Script", "source": "AWS Lambda", "note": "via Alert API"},
    "opsgenie_alert#message": {"message": "news"},
    "opsgenie_alert#description": {"description": "news"},
    "alertmanager_webhook": WEBHOOK,
    "email": MAIL,
}


def changed(body: Any, path: str, value: Any) -> Any:
    """Give a copy with the value at a dotted path replaced, or removed where it is None."""
    copy = json.loads(json.dumps(body))
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    node = copy
    for step in steps:
        node = node[step]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return copy


@pytest.mark.parametrize("schema", GOOD)
def test_a_payload_as_its_vendor_documents_it_has_no_problems(schema: str) -> None:
    assert problems(schema, GOOD[schema]) == ()


@pytest.mark.parametrize(
    ("schema", "path", "value", "problem"),
    [
        ("email", "to", [], "$.to: has 0 entries, must have at least 1"),
        ("email", "subject", "", "$.subject: has 0 characters, must have at least 1"),
        ("email", "html", "", "$: must have one of text, html"),
        ("slack_webhook", "channel", 7, "$.channel: 7 is not of type string"),
        ("slack_webhook", "attachments", None, "$: must have one of text, attachments, blocks"),
        ("slack_webhook", "attachments", [], "$: must have one of text, attachments, blocks"),
        ("slack_webhook", "attachments.0.titel", "x", "$.attachments[0]: Additional properties are not"),
        ("slack_webhook", "attachments.0.text", ["x"], '$.attachments[0].text: ["x"] is not of type string'),
        ("slack_webhook", "attachments.0.fields.0.short", "yes", "$.attachments[0].fields[0].short"),
        ("slack_webhook", "attachments.0.color", "reddish", '$.attachments[0].color: "reddish" does not'),
        ("slack_webhook", "attachments.0.footer", "x" * 301, "has 301 characters, must have at most 300"),
        ("slack_webhook", "attachments.0.mrkdwn_in", ["txt"], "$.attachments[0].mrkdwn_in[0]"),
        ("slack_webhook", "attachments", [{}] * 101, "has 101 entries, must have at most 100"),
        ("slack_webhook", "blocks", [{"type": "sections"}], '"sections" is not one of actions, context'),
        (
            "slack_webhook",
            "blocks",
            [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
            "$.blocks",
        ),
        (
            "pagerduty_events_v2",
            "routing_key",
            KEY[:-1],
            "$.routing_key: has 31 characters, must have at lea",
        ),
        ("pagerduty_events_v2", "payload.severity", "page", '$.payload.severity: "page" is not one of crit'),
        ("pagerduty_events_v2", "payload.summary", "x" * 1025, "$.payload.summary: has 1025 characters"),
        ("pagerduty_events_v2", "payload.summary", "", "$.payload.summary: has 0 characters, must have at l"),
        ("pagerduty_events_v2", "payload.source", None, "$.payload: lacks 'source'"),
        ("pagerduty_events_v2", "payload", None, "$: lacks 'payload'"),
        ("pagerduty_events_v2", "event_action", "fire", '$.event_action: "fire" is not one of trigger'),
        ("pagerduty_events_v2", "dedup_key", "x" * 256, "$.dedup_key: has 256 characters"),
        ("pagerduty_events_v2", "links", [{"text": "x"}], "$.links[0]: lacks 'href'"),
        ("pagerduty_events_v1", "service_key", "${PAGERDUTY_SERVICE_KEY}", "was not expanded"),
        ("pagerduty_events_v1", "event_type", "fire", '$.event_type: "fire" is not one of trigger'),
        ("pagerduty_events_v1", "description", "x" * 1025, "$.description: has 1025 characters"),
        ("pagerduty_events_v1", "description", None, "$: lacks 'description'"),
        ("pagerduty_events_v1", "contexts.1.src", None, "$.contexts[1]: lacks 'src'"),
        ("opsgenie_alert", "message", "x" * 131, "$.message: has 131 characters, must have at most 130"),
        ("opsgenie_alert", "message", None, "$: lacks 'message'"),
        ("opsgenie_alert", "priority", "P0", '$.priority: "P0" is not one of P1, P2, P3, P4, P5'),
        ("opsgenie_alert", "tags", ["t"] * 21, "$.tags: has 21 entries, must have at most 20"),
        ("opsgenie_alert", "tags.0", "x" * 51, "$.tags[0]: has 51 characters"),
        ("opsgenie_alert", "details.key1", 1, "$.details.key1: 1 is not of type string"),
        ("opsgenie_alert", "responders.0.type", "group", "$.responders[0].type"),
        ("opsgenie_alert", "responders.0.id", None, "$.responders[0]: must have one of id, name, username"),
        ("opsgenie_alert#close", "source", "x" * 101, "$.source: has 101 characters"),
        ("opsgenie_alert#message", "message", None, "$: lacks 'message'"),
        ("alertmanager_webhook", "version", "3", '$.version: "3" is not "4"'),
        ("alertmanager_webhook", "status", "ok", '$.status: "ok" is not one of resolved, firing'),
        ("alertmanager_webhook", "alerts.0.fingerprint", None, "$.alerts[0]: lacks 'fingerprint'"),
        ("alertmanager_webhook", "alerts.0.startsAt", "now", '$.alerts[0].startsAt: "now" does not have'),
        ("alertmanager_webhook", "commonLabels.n", 1, "$.commonLabels.n: 1 is not of type string"),
    ],
)
def test_each_broken_field_is_told_with_its_path(schema: str, path: str, value: Any, problem: str) -> None:
    found = problems(schema, changed(GOOD[schema], path, value))
    assert len(found) == 1
    assert problem in found[0]


def test_a_resolve_event_needs_its_key_but_no_payload() -> None:
    resolve = {"routing_key": KEY, "event_action": "resolve", "dedup_key": "k"}
    assert problems("pagerduty_events_v2", resolve) == ()
    assert problems("pagerduty_events_v2", {**resolve, "dedup_key": ""}) == (
        "$.dedup_key: has 0 characters, must have at least 1",
    )
    old = {"service_key": KEY, "event_type": "resolve"}
    assert problems("pagerduty_events_v1", old) == ("$: lacks 'incident_key'",)


def test_all_problems_are_told_in_the_order_of_their_paths() -> None:
    broken = changed(changed(PAGERDUTY_V2, "payload.severity", "page"), "client", 1)
    assert [problem.partition(":")[0] for problem in problems("pagerduty_events_v2", broken)] == [
        "$.client",
        "$.payload.severity",
    ]


def test_a_body_that_is_no_json_is_told_as_such() -> None:
    assert problems("slack_webhook", "payload=hi") == ("the body is not JSON",)


def test_a_key_of_the_wrong_length_is_not_repeated_in_the_message() -> None:
    (problem,) = problems("pagerduty_events_v2", {**PAGERDUTY_V2, "routing_key": "secret-and-too-short"})
    assert "secret" not in problem


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_any_body_is_judged_without_an_exception(body: Any) -> None:
    for schema in GOOD:
        assert all(isinstance(problem, str) for problem in problems(schema, body))


@pytest.mark.parametrize(
    ("method", "host", "path", "schema"),
    [
        ("POST", "hooks.slack.com", "/services/T/B/x", "slack_webhook"),
        ("POST", "slack.com", "/api/chat.update", "slack_webhook"),
        ("POST", "events.pagerduty.com", "/v2/enqueue", "pagerduty_events_v2"),
        ("POST", "events.pagerduty.com", "/generic/2010-04-15/create_event.json", "pagerduty_events_v1"),
        ("POST", "api.opsgenie.com", "/v2/alerts", "opsgenie_alert"),
        ("POST", "api.eu.opsgenie.com", "/v2/alerts/a/close?identifierType=alias", "opsgenie_alert#close"),
        ("PUT", "api.opsgenie.com", "/v2/alerts/a/message?identifierType=alias", "opsgenie_alert#message"),
        ("PUT", "api.opsgenie.com", "/v2/alerts/a/description", "opsgenie_alert#description"),
        ("GET", "api.opsgenie.com", "/v2/alerts", None),
        ("POST", "hooks.slack.com", "/v2/enqueue", None),
        ("POST", "bridge.example.com", "/v2/enqueue", None),
    ],
)
def test_host_path_and_method_choose_the_schema(method: str, host: str, path: str, schema: str | None) -> None:
    assert schema_of(host, path, method) == schema


def test_an_integration_chooses_the_schema_on_a_host_of_the_user_s_own() -> None:
    assert schema_below("opsgenie", "/base/v2/alerts/a/close", "POST") == "opsgenie_alert#close"
    assert schema_below("pagerduty", "/pd/v2/enqueue", "POST") == "pagerduty_events_v2"
    assert schema_below("slack", "/hooks/x", "POST") == "slack_webhook"
    assert schema_below("webhook", "/x", "POST") == "alertmanager_webhook"
    assert schema_below("victorops", "/x", "POST") is None


def test_every_schema_names_its_source_and_is_shipped_beside_the_code() -> None:
    files = [
        file
        for file in resources.files("alertproof.sinks").joinpath("schemas").iterdir()
        if file.name.endswith(".json")
    ]
    assert {file.name.removesuffix(".json") for file in files} == {name.partition("#")[0] for name in GOOD}
    for file in files:
        document = json.loads(file.read_text("utf-8"))
        assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert document["title"]
        assert document["description"].startswith("https://")
