from __future__ import annotations

import json
from typing import Any

import pytest

from alertproof.sinks.services import Answer, answer

KEY = "e93facc04764012d7bfb002500d5d1a6"
V1 = "/generic/2010-04-15/create_event.json"
EVENT_V1 = {"service_key": KEY, "event_type": "trigger", "description": "down", "incident_key": "k1"}
EVENT_V2 = {
    "routing_key": KEY,
    "event_action": "trigger",
    "dedup_key": "k2",
    "payload": {"summary": "down", "source": "Alertmanager", "severity": "critical"},
}


def post(host: str, path: str, body: Any, **expected: str) -> Answer:
    return answer("POST", host, path, body, {key.replace("_", "."): value for key, value in expected.items()})


def test_slack_says_ok_to_a_good_payload_and_names_a_bad_one_as_it_does() -> None:
    assert post("hooks.slack.com", "/services/T/B/x", {"text": "hi"}) == Answer(200, "text/html; charset=utf-8", "ok")
    bad = post("hooks.slack.com", "/services/T/B/x", {"channel": "#a"})
    assert (bad.status, bad.text) == (400, "invalid_payload")


def test_slack_s_web_api_answers_json_with_the_place_of_what_was_posted() -> None:
    good = json.loads(post("slack.com", "/api/chat.postMessage", {"channel": "#a", "text": "hi"}).text)
    assert (good["ok"], good["channel"]) == (True, "#a")
    bad = json.loads(post("slack.com", "/api/chat.postMessage", {"channel": "#a"}).text)
    assert bad == {"ok": False, "error": "invalid_arguments"}


def test_pagerduty_v2_accepts_with_202_and_gives_the_key_back() -> None:
    good = post("events.pagerduty.com", "/v2/enqueue", EVENT_V2)
    assert good.status == 202
    assert json.loads(good.text) == {
        "status": "success",
        "message": "Event processed",
        "dedup_key": "k2",
    }


def test_pagerduty_v1_accepts_with_200_and_gives_the_key_back() -> None:
    good = post("events.pagerduty.com", V1, EVENT_V1)
    assert good.status == 200
    assert json.loads(good.text)["incident_key"] == "k1"
    keyless = {key: value for key, value in EVENT_V1.items() if key != "incident_key"}
    assert len(json.loads(post("events.pagerduty.com", V1, keyless).text)["incident_key"]) == 32


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (V1, {**EVENT_V1, "service_key": "${PAGERDUTY_SERVICE_KEY}"}),
        ("/v2/enqueue", {**EVENT_V2, "routing_key": "${PAGERDUTY_SERVICE_KEY}"}),
    ],
)
def test_pagerduty_refuses_a_key_that_was_never_expanded(path: str, body: Any) -> None:
    refused = post("events.pagerduty.com", path, body)
    words = json.loads(refused.text)
    assert (refused.status, words["status"]) == (400, "invalid event")
    assert "${PAGERDUTY_SERVICE_KEY} was not expanded" in words["errors"][0]


@pytest.mark.parametrize("host", ["api.opsgenie.com", "api.eu.opsgenie.com"])
def test_opsgenie_accepts_with_202(host: str) -> None:
    good = post(host, "/v2/alerts", {"message": "down"})
    assert good.status == 202
    assert json.loads(good.text)["result"] == "Request will be processed"
    assert post(host, "/v2/alerts/a1/close?identifierType=alias", {"source": "x"}).status == 202


def test_opsgenie_refuses_what_breaks_its_schema() -> None:
    assert post("api.opsgenie.com", "/v2/alerts", {"message": "x" * 131}).status == 422


def test_a_host_the_file_names_accepts_anything_in_the_words_of_its_integration() -> None:
    assert post("bridge.example", "/x", "text", bridge_example="webhook") == Answer(200, "application/json", "{}")
    assert post("chat.example", "/hooks/x", {}, chat_example="slack").text == "ok"
    assert post("pd.example", "/v2/enqueue", {}, pd_example="pagerduty").status == 202


def test_any_other_host_is_refused() -> None:
    assert post("collector.example", "/", {}, bridge_example="webhook").status == 403


def test_a_path_or_method_a_service_does_not_have_is_not_found() -> None:
    assert post("hooks.slack.com", "/other", {"text": "hi"}).status == 404
    assert post("api.opsgenie.com", "/v1/json/alert", {}).status == 404
    assert answer("GET", "events.pagerduty.com", "/v2/enqueue", "", {}).status == 404
