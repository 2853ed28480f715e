from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from alertproof.model.observation import Request
from alertproof.sinks.addressee import Addressee
from alertproof.sinks.read import mentions, read

KEY = "e93facc04764012d7bfb002500d5d1a6"
V1 = "/generic/2010-04-15/create_event.json"
CHAT = Addressee("chat", "slack", "hooks.slack.com", path="/services/T/B/x")
PAGING = Addressee("paging", "pagerduty", "events.pagerduty.com", fields=(("routing_key", KEY),))
OLD = Addressee("old", "pagerduty", "events.pagerduty.com", path=V1)
ON_CALL = Addressee("on-call", "opsgenie", "api.opsgenie.com", prefix="/v2/alerts")
BRIDGE = Addressee("bridge", "webhook", "bridge.example.com", path="/x")
ALL = (CHAT, PAGING, OLD, ON_CALL, BRIDGE)
MakeRequest = Callable[..., Request]


def slack(title: str, **more: Any) -> dict[str, Any]:
    return {"channel": "#a", "attachments": [{"title": title, **more}]}


def event(action: str, summary: str = "HighLoad") -> dict[str, Any]:
    payload = {"summary": summary, "source": "Alertmanager", "severity": "critical"}
    return {"routing_key": KEY, "event_action": action, "dedup_key": "k", "payload": payload}


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (slack("[FIRING:1] HighLoad"), "firing"),
        (slack("[RESOLVED] HighLoad"), "resolved"),
        (slack("HighLoad", pretext="resolved now"), "resolved"),
        (slack("HighLoad", fallback="is firing"), "firing"),
        ({"text": "Firing: HighLoad"}, "firing"),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*RESOLVED*"}}]}, "resolved"),
        (slack("HighLoad"), ""),
        (slack("[FIRING] HighLoad", text="1 resolved"), ""),
        (slack("misfirings and unresolved"), ""),
        (slack("HighLoad", footer="firing", title_link="http://x/firing"), ""),
        ("no JSON", ""),
    ],
)
def test_slack_s_state_is_what_its_text_says_to_people(request_of: MakeRequest, body: Any, state: str) -> None:
    reading = read([request_of("hooks.slack.com", "/services/T/B/x", body)], ALL, ["HighLoad"])
    assert [(n.receiver, n.state) for n in reading.notifications] == [("chat", state)]


@pytest.mark.parametrize(
    ("host", "path", "body", "said"),
    [
        ("events.pagerduty.com", "/v2/enqueue", event("trigger"), ("paging", "firing")),
        ("events.pagerduty.com", "/v2/enqueue", event("resolve"), ("paging", "resolved")),
        ("events.pagerduty.com", "/v2/enqueue", event("acknowledge"), ("paging", "")),
        ("events.pagerduty.com", V1, {"event_type": "trigger", "event_action": ""}, ("old", "firing")),
        ("events.pagerduty.com", V1, {"event_type": "resolve", "event_action": ""}, ("old", "resolved")),
        ("api.opsgenie.com", "/v2/alerts", {"message": "HighLoad"}, ("on-call", "firing")),
        ("api.opsgenie.com", "/v2/alerts/a/close?identifierType=alias", {}, ("on-call", "resolved")),
        ("api.opsgenie.com", "/v2/alerts/a/message?identifierType=alias", {"message": "x"}, ("on-call", "")),
        ("bridge.example.com", "/x", {"status": "firing"}, ("bridge", "firing")),
        ("bridge.example.com", "/x", {"status": "resolved"}, ("bridge", "resolved")),
        ("bridge.example.com", "/x", {"status": "odd"}, ("bridge", "")),
    ],
)
def test_each_service_says_its_state_in_its_own_field(
    request_of: MakeRequest, host: str, path: str, body: Any, said: tuple[str, str]
) -> None:
    reading = read([request_of(host, path, body)], ALL, [])
    assert [(n.receiver, n.state) for n in reading.notifications] == [said]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[FIRING:1] HighLoad (video)", ("HighLoad",)),
        ("HighLoadTotal is firing", ("HighLoadTotal",)),
        ("HighLoad and HighLoadTotal", ("HighLoad", "HighLoadTotal")),
        ("HighLoad-db", ("HighLoad-db",)),
        ("alertname=HighLoad\n", ("HighLoad",)),
        ("Disk is full: 99%", ("Disk is full",)),
        ("VeryHighLoad, HighLoad_2 and highload", ()),
    ],
)
def test_alerts_are_named_by_whole_words(request_of: MakeRequest, text: str, found: tuple[str, ...]) -> None:
    names = ["HighLoad", "HighLoadTotal", "HighLoad-db", "Disk is full"]
    request = request_of("events.pagerduty.com", "/v2/enqueue", event("trigger", text))
    assert read([request], ALL, names).notifications[0].alerts == found


def test_an_alert_is_found_however_deep_but_not_as_a_key(request_of: MakeRequest) -> None:
    body = {"status": "firing", "alerts": [{"labels": {"alertname": "Deep", "Key": "x"}}]}
    request = request_of("bridge.example.com", "/x", body)
    assert read([request], ALL, ["Deep", "Key"]).notifications[0].alerts == ("Deep",)


def test_closing_an_opsgenie_alert_is_about_the_alerts_it_was_made_for(request_of: MakeRequest) -> None:
    create = request_of("api.opsgenie.com", "/v2/alerts", {"message": "HighLoad", "alias": "a1"})
    other = request_of("api.opsgenie.com", "/v2/alerts", {"message": "DiskFull", "alias": "a2"})
    close = request_of("api.opsgenie.com", "/v2/alerts/a1/close?identifierType=alias", {"source": "x"})
    unknown = request_of("api.opsgenie.com", "/v2/alerts/a3/close?identifierType=alias", {"source": "x"})
    reading = read([create, other, close, unknown], ALL, ["HighLoad", "DiskFull"])
    assert [n.alerts for n in reading.notifications] == [("HighLoad",), ("DiskFull",), ("HighLoad",), ()]


def test_schema_problems_come_with_the_notification(request_of: MakeRequest) -> None:
    body = event("trigger")
    body["payload"]["severity"] = "page"
    good = request_of("events.pagerduty.com", "/v2/enqueue", event("trigger"))
    bad = request_of("events.pagerduty.com", "/v2/enqueue", body)
    problems = [n.problems for n in read([good, bad], ALL, []).notifications]
    assert problems == [(), ('$.payload.severity: "page" is not one of critical, error, warning, info',)]


def test_a_payload_of_the_user_s_own_making_has_no_schema_to_break(request_of: MakeRequest) -> None:
    own = Addressee("own", "webhook", "bridge.example.com", templated=True)
    request = request_of("bridge.example.com", "/x", {"hello": "there"})
    assert read([request], [own], []).notifications[0].problems == ()
    assert "lacks 'version'" in read([request], [BRIDGE], []).notifications[0].problems[0]


def test_a_payload_nobody_has_a_schema_for_is_said_to_be_unchecked(request_of: MakeRequest) -> None:
    other = Addressee("other", "victorops", "alert.victorops.com")
    request = request_of("alert.victorops.com", "/secret", {})
    (problem,) = read([request], [other], []).notifications[0].problems
    assert problem.startswith("no schema is known for what victorops sends")


def test_a_request_that_no_receiver_explains_is_a_stranger(request_of: MakeRequest) -> None:
    wrong_key = request_of("events.pagerduty.com", "/v2/enqueue", {**event("trigger"), "routing_key": "x"})
    wrong_path = request_of("hooks.slack.com", "/services/T/B/other", {"text": "x"})
    nowhere = request_of("collector.example.com", "/", {})
    reading = read([wrong_key, wrong_path, nowhere], ALL, [])
    assert reading.notifications == ()
    assert reading.strangers == (wrong_key, wrong_path, nowhere)


def test_a_request_that_fits_two_receivers_names_both(request_of: MakeRequest) -> None:
    twin = Addressee("twin", "slack", "hooks.slack.com", path="/services/T/B/x")
    request = request_of("hooks.slack.com", "/services/T/B/x", {"text": "x"})
    assert read([request], [CHAT, twin], []).notifications[0].receiver == "chat or twin"


def test_an_alert_that_another_one_s_text_mentions_is_not_told(request_of: MakeRequest) -> None:
    names = ["NodeDown", "HighDisk"]
    told = {"NodeDown": "{{ $labels.instance }} is down, HighDisk is blind there", "HighDisk": "HighDisk {{ $value }}"}
    mentioned = mentions(told.items(), names)
    assert mentioned == {" is down, HighDisk is blind there": " is down,  is blind there"}

    def alerts(title: str, text: str) -> tuple[str, ...]:
        request = request_of("hooks.slack.com", "/services/T/B/x", slack(title, text=text))
        return read([request], ALL, names, mentioned).notifications[0].alerts

    blind = "node-1 is down, HighDisk is blind there"
    assert alerts("[FIRING] NodeDown", blind) == ("NodeDown",)
    assert alerts("[FIRING] HighDisk", "HighDisk 5") == ("HighDisk",)
    assert alerts("[FIRING] NodeDown, HighDisk", blind) == ("HighDisk", "NodeDown")
    assert alerts("[FIRING]", blind) == ()
