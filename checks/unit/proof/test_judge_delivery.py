"""Who must be told, integration by integration, and who must not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alertproof.errors import Place
from alertproof.model.contract import Contract, Source
from alertproof.model.observation import Request
from alertproof.model.proof import Verdict
from alertproof.proof.judge_delivery import Evidence, judge_delivery
from alertproof.sinks.addressee import Addressee
from alertproof.sinks.read import read

SLACK_1 = Addressee("slack", "slack", "hooks.slack.com", path="/services/T/B/1")
SLACK_2 = Addressee("slack", "slack", "hooks.slack.com", path="/services/T/B/2")
PAGER = Addressee("pager", "pagerduty", "events.pagerduty.com", fields=(("routing_key", "k" * 32),))
BRIDGE = Addressee("bridge", "webhook", "bridge.example", path="/")
MAIL = Addressee("mail", "email", "smtp", path="team@example.com")
NOWHERE = Addressee("mail", "email", None, captured=False)


def contract(*receivers: str, hosts: tuple[str, ...] = ()) -> Contract:
    return Contract(
        service="s",
        group="g",
        alert="Down",
        labels={},
        comparisons=(),
        for_ms=0,
        keep_firing_for_ms=0,
        severity="critical",
        receivers=receivers,
        hosts=hosts,
        annotations={},
        tolerance="",
        source=Source("", "", ""),
        place=Place(Path("c.yml")),
    )


def slack(number: int, state: str, alert: str = "Down") -> Request:
    body = {"attachments": [{"title": f"[{state}] {alert}", "fallback": alert}]}
    return request("hooks.slack.com", f"/services/T/B/{number}", body)


def pager(action: str, **payload: Any) -> Request:
    event = {
        "routing_key": "k" * 32,
        "event_action": action,
        "dedup_key": "d",
        "payload": {"summary": "Down", "source": "p", "severity": "critical", **payload},
    }
    return request("events.pagerduty.com", "/v2/enqueue", event)


def mail(subject: str, to: str = "team@example.com") -> Request:
    body = {"from": "a@example.com", "to": [to], "date": "today", "subject": subject, "text": "Down", "html": ""}
    return Request(1.0, "smtp", "MAIL", to, {}, body, 250)


def request(host: str, path: str, body: Any) -> Request:
    return Request(1.0, host, "POST", path, {}, body, 200)


def judged(found: Contract, addressees: list[Addressee], *requests: Request) -> tuple[Verdict, str]:
    reading = read(requests, addressees, ["Down"])
    outcome, _ = judge_delivery("Down", found, Evidence(reading, addressees))
    return outcome.verdict, outcome.reason


BOTH = [slack(1, "FIRING"), slack(1, "RESOLVED"), pager("trigger"), pager("resolve")]


def test_all_who_should_were_told_firing_and_resolved() -> None:
    assert judged(contract("pager", "slack"), [SLACK_1, PAGER], *BOTH) == (Verdict.PROVED, "")


@pytest.mark.parametrize(
    ("dropped", "says"),
    [
        (0, "slack never heard of it"),
        (1, "slack never heard that it resolved"),
        (2, "pager never heard of it"),
        (3, "pager never heard that it resolved"),
    ],
)
def test_one_missing_notification_is_a_refutation(dropped: int, says: str) -> None:
    rest = [item for index, item in enumerate(BOTH) if index != dropped]
    verdict, reason = judged(contract("pager", "slack"), [SLACK_1, PAGER], *rest)
    assert verdict is Verdict.REFUTED
    assert says in reason


def test_every_integration_of_a_receiver_counts() -> None:
    requests = [slack(1, "FIRING"), slack(1, "RESOLVED"), slack(2, "FIRING")]
    verdict, reason = judged(contract("slack"), [SLACK_1, SLACK_2], *requests)
    assert verdict is Verdict.REFUTED
    assert "slack (slack 2) never heard that it resolved" in reason


def test_who_should_not_be_told_must_not_be() -> None:
    verdict, reason = judged(contract("slack"), [SLACK_1, PAGER], *BOTH)
    assert verdict is Verdict.REFUTED
    assert "pager was told, which the contract does not name" in reason


def test_a_receiver_that_does_not_exist_is_said() -> None:
    _, reason = judged(contract("slack", "nobody"), [SLACK_1], *BOTH[:2])
    assert "nobody is no receiver of the Alertmanager file" in reason


def test_mail_is_judged_like_the_others() -> None:
    found = contract("mail", hosts=("example.com",))
    good = [mail("[FIRING:1] Down"), mail("[RESOLVED] Down")]
    assert judged(found, [MAIL], *good) == (Verdict.PROVED, "")
    assert "mail never heard that it resolved" in judged(found, [MAIL], good[0])[1]
    assert "does not say whether" in judged(found, [MAIL], mail("Down"), *good)[1]
    assert "an unexpected request went to smtp" in judged(found, [MAIL], *good, mail("x", to="a@evil.example"))[1]


def test_mail_to_a_domain_that_the_contracts_do_not_name_is_refuted() -> None:
    _, reason = judged(contract("mail"), [MAIL], mail("[FIRING:1] Down"), mail("[RESOLVED] Down"))
    assert "a notification to mail went to example.com, which is not email's own" in reason


def test_mail_that_goes_nowhere_is_undecided_and_not_proved() -> None:
    verdict, reason = judged(contract("mail", "slack"), [SLACK_1, NOWHERE], *BOTH[:2])
    assert verdict is Verdict.UNDECIDED
    assert "mail gets mail" in reason


def test_a_payload_the_receiver_would_reject_is_a_refutation() -> None:
    verdict, reason = judged(contract("pager"), [PAGER], pager("trigger", severity="urgent"), pager("resolve"))
    assert verdict is Verdict.REFUTED
    assert "would reject the firing payload" in reason


def test_a_stranger_and_a_nameless_notification_are_refutations() -> None:
    extra = request("evil.example", "/", {})
    _, reason = judged(contract("slack"), [SLACK_1], *BOTH[:2], extra, slack(1, "FIRING", alert="Other"))
    assert "an unexpected request went to evil.example" in reason
    assert "a notification to slack names no alert" in reason


def test_a_host_of_ones_own_must_be_named_in_the_contracts() -> None:
    alert = {"status": "firing", "labels": {"alertname": "Down"}, "annotations": {}, "startsAt": "", "endsAt": ""}
    body = {"version": "4", "status": "firing", "alerts": [alert]}
    _, reason = judged(contract("bridge"), [BRIDGE], request("bridge.example", "/", body))
    assert "bridge.example, which is not webhook's own" in reason
    _, reason = judged(contract("bridge", hosts=("bridge.example",)), [BRIDGE], request("bridge.example", "/", body))
    assert "own" not in reason


def test_states_that_are_exchanged_are_noticed_by_their_order() -> None:
    verdict, reason = judged(contract("slack"), [SLACK_1], slack(1, "RESOLVED"), slack(1, "FIRING"))
    assert verdict is Verdict.REFUTED
    assert "the first that slack is told is that it resolved" in reason
    assert "the last that slack is told is that it fires" in reason


@pytest.mark.parametrize("state", ["FIRING", "RESOLVED"])
def test_the_same_words_twice_are_a_refutation(state: str) -> None:
    twice = [slack(1, said) for said in ("FIRING", "RESOLVED") for _ in range(1 + (said == state))]
    verdict, reason = judged(contract("slack"), [SLACK_1], *twice)
    assert verdict is Verdict.REFUTED
    assert f"slack is told twice in the same words that it {'fires' if state == 'FIRING' else 'resolved'}" in reason


def test_two_incidents_of_one_alert_are_a_refutation_though_their_keys_differ() -> None:
    requests = [pager("trigger"), pager("trigger"), pager("resolve"), pager("resolve")]
    for number, item in enumerate(requests):
        item.body["dedup_key"] = f"d{number % 2}"
    assert "pager is told twice in the same words that it fires" in judged(contract("pager"), [PAGER], *requests)[1]


def test_two_integrations_and_an_update_that_tells_more_are_no_repetition() -> None:
    two = [*(slack(number, state) for state in ("FIRING", "RESOLVED") for number in (1, 2))]
    assert judged(contract("slack"), [SLACK_1, SLACK_2], *two) == (Verdict.PROVED, "")
    update = slack(1, "FIRING", alert="Down on two")
    found = judged(contract("slack"), [SLACK_1], slack(1, "FIRING"), update, slack(1, "RESOLVED"))
    assert found == (Verdict.PROVED, "")


def test_a_severity_of_its_own_making_is_a_refutation() -> None:
    requests = [pager("trigger", severity="warning"), pager("resolve", severity="warning")]
    _, reason = judged(contract("pager"), [PAGER], *requests)
    assert "pager is told severity 'warning', the contract says 'critical'" in reason
