"""Mails handed to the mail server, and what is written down of them."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from alertproof.sinks.identity import SENDER
from alertproof.sinks.mail import mail_request
from alertproof.sinks.mail_settings import mail_addressee
from alertproof.sinks.read import read

if TYPE_CHECKING:
    from alertproof.sinks.capture import CaptureProxy


def message(subject: str, text: str = "", html: str = "") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Date"] = "alerts@example.com", "Team <team@example.com>", "today"
    mail["Subject"] = subject
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    return mail


def state(subject: str, text: str = "", html: str = "") -> str:
    request = mail_request(1.0, "r0.email.0", ["team@example.com"], bytes(message(subject, text, html)))
    addressee = mail_addressee("mail", {"to": "Team <team@example.com>"}, "r0.email.0", captured=True)
    (note,) = read([request], [addressee], ["Down"]).notifications
    return note.state


def test_a_mail_is_written_down_decoded_and_without_markup(proxy: CaptureProxy) -> None:
    host, _, port = proxy.smarthost.rpartition(":")
    html = "<html><head><style>.firing {}</style></head><body><b>Latência</b>&nbsp;alta</body></html>"
    with smtplib.SMTP(host, int(port), local_hostname="r3.email.1", timeout=5) as client:
        client.send_message(message("[FIRING:1] é", "texto ação", html), to_addrs=["b@example.com", "a@example.com"])
    (request,) = proxy.requests()
    assert (request.host, request.method, request.path) == ("smtp", "MAIL", "a@example.com, b@example.com")
    assert request.headers[SENDER] == "r3.email.1"
    assert request.body["subject"] == "[FIRING:1] é"
    assert request.body["text"].strip() == "texto ação"
    assert request.body["html"] == "Latência alta"
    assert proxy.faults == ()


def test_a_client_that_leaves_in_the_middle_is_no_mail(proxy: CaptureProxy) -> None:
    host, _, port = proxy.smarthost.rpartition(":")
    client = smtplib.SMTP(host, int(port), timeout=5)
    client.ehlo()
    client.mail("a@example.com")
    client.close()
    assert proxy.requests() == ()


@pytest.mark.parametrize(
    ("subject", "text", "html", "expected"),
    [
        ("[FIRING:1] Down", "nothing", "", "firing"),
        ("[RESOLVED] Down", "was FIRING before", "", "resolved"),
        ("Down", "it is Firing", "", "firing"),
        ("Down", "", "<p>[1] Resolved</p>", "resolved"),
        ("FIRING or RESOLVED", "firing", "", ""),
        ("Down", "firing, then resolved", "", ""),
        ("Down", "nothing", "", ""),
    ],
)
def test_the_state_is_read_from_the_subject_and_then_from_the_text(
    subject: str, text: str, html: str, expected: str
) -> None:
    assert state(subject, text, html) == expected


@pytest.mark.parametrize(
    ("to", "path"),
    [
        ("a@example.com", "a@example.com"),
        ("B <b@example.com>, a@example.com", "a@example.com, b@example.com"),
        ("{{ .CommonLabels.team }}@example.com", None),
    ],
)
def test_an_addressee_is_known_by_its_recipients(to: str, path: str | None) -> None:
    assert mail_addressee("mail", {"to": to}, "r0.email.0", captured=True).path == path
