from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from alertproof.sinks.capture import CaptureProxy
from alertproof.sinks.identity import CREDENTIAL, SENDER, fingerprint
from alertproof.sinks.wire import MAX_BODY

if TYPE_CHECKING:
    from pathlib import Path

SLACK = "/services/T00000000/B000000000/abc"
GOOD = b'{"text": "hello"}'
Tunnel = Callable[..., http.client.HTTPSConnection]


def post(connection: http.client.HTTPConnection, path: str, body: bytes = GOOD) -> tuple[int, bytes]:
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def address(proxy: CaptureProxy) -> tuple[str, int]:
    return "127.0.0.1", int(proxy.url.rpartition(":")[2])


def raw(proxy: CaptureProxy, sent: bytes) -> None:
    """Send bytes as they are, and wait until the proxy hangs up."""
    with socket.create_connection(address(proxy), 5) as client, contextlib.suppress(ConnectionError):
        client.sendall(sent)
        while client.recv(65536):
            pass


def faults_of(proxy: CaptureProxy, count: int = 1) -> tuple[str, ...]:
    """Give the faults once there are `count`: a lost client is noticed by another thread."""
    deadline = time.monotonic() + 3
    while len(proxy.faults) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    return proxy.faults


def test_a_client_that_trusts_the_ca_reaches_slack_and_is_written_down(proxy: CaptureProxy, tunnel: Tunnel) -> None:
    assert post(tunnel("hooks.slack.com"), SLACK) == (200, b"ok")
    (request,) = proxy.requests()
    assert (request.host, request.method, request.path) == ("hooks.slack.com", "POST", SLACK)
    assert (request.body, request.answered) == ({"text": "hello"}, 200)
    assert proxy.faults == ()


def test_several_requests_share_one_connection(proxy: CaptureProxy, tunnel: Tunnel) -> None:
    connection = tunnel("hooks.slack.com")
    for number in range(3):
        assert post(connection, f"{SLACK}{number}")[0] == 200
        sock = connection.sock
    assert connection.sock is sock
    assert [request.path[-1] for request in proxy.requests()] == ["0", "1", "2"]


def test_only_http_1_1_is_offered(proxy: CaptureProxy) -> None:
    context = ssl.create_default_context(cafile=str(proxy.ca_file))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_connection(address(proxy), 5) as plain:
        plain.sendall(b"CONNECT hooks.slack.com:443 HTTP/1.1\r\nHost: hooks.slack.com:443\r\n\r\n")
        assert plain.recv(4096).startswith(b"HTTP/1.1 200 ")
        with context.wrap_socket(plain, server_hostname="hooks.slack.com") as secure:
            assert secure.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "bridge", "münchen.example"])
def test_tls_ends_for_whatever_host_is_asked(proxy: CaptureProxy, tunnel: Tunnel, host: str) -> None:
    proxy.expect({host.encode("idna").decode(): "webhook"})
    assert post(tunnel(host.encode("idna").decode()), "/x") == (200, b"{}")


def test_a_port_other_than_the_usual_one_stays_on_the_host(proxy: CaptureProxy, tunnel: Tunnel) -> None:
    proxy.expect({"bridge.example.com:8443": "webhook"})
    assert post(tunnel("bridge.example.com:8443"), "/x")[0] == 200
    assert proxy.requests()[0].host == "bridge.example.com:8443"


def test_a_chunked_body_is_read_whole(proxy: CaptureProxy, tunnel: Tunnel) -> None:
    connection = tunnel("hooks.slack.com")
    connection.request("POST", SLACK, iter([b'{"text":', b' "hello"}']), encode_chunked=True)
    assert connection.getresponse().read() == b"ok"
    assert post(connection, SLACK) == (200, b"ok")
    assert [request.body for request in proxy.requests()] == [{"text": "hello"}] * 2


def test_a_plain_request_in_absolute_form_is_written_down(proxy: CaptureProxy) -> None:
    proxy.expect({"bridge.example.com": "webhook", "bridge.example.com:81": "webhook"})
    connection = http.client.HTTPConnection(*address(proxy), timeout=5)
    assert post(connection, "http://bridge.example.com/hooks?team=a%20b") == (200, b"{}")
    assert post(connection, "http://bridge.example.com:81") == (200, b"{}")
    connection.close()
    assert [(r.host, r.path) for r in proxy.requests()] == [
        ("bridge.example.com", "/hooks?team=a%20b"),
        ("bridge.example.com:81", "/"),
    ]


def test_a_host_that_nobody_named_is_refused_and_written_down(proxy: CaptureProxy, tunnel: Tunnel) -> None:
    assert post(tunnel("collector.example.com"), "/x")[0] == 403
    assert [(r.host, r.answered) for r in proxy.requests()] == [("collector.example.com", 403)]


def test_a_body_that_is_no_json_is_kept_as_text_and_a_huge_one_is_cut(proxy: CaptureProxy, tunnel: Tunnel) -> None:
    connection = tunnel("hooks.slack.com")
    assert post(connection, SLACK, b"payload=hello")[0] == 400
    assert post(connection, SLACK, b'"' + b"x" * (2 * MAX_BODY) + b'"')[0] == 400
    short, long = (request.body for request in proxy.requests())
    assert short == "payload=hello"
    assert len(long) == MAX_BODY


def test_credentials_are_redacted_and_known_by_a_fingerprint_alone(proxy: CaptureProxy, tunnel: Tunnel) -> None:
    user = "Basic " + base64.b64encode(b"r1.webhook.0:").decode()
    connection = tunnel("api.opsgenie.com", user)
    connection.request("POST", "/v2/alerts", b"{}", {"Authorization": "GenieKey hush", SENDER: "forged"})
    connection.getresponse().read()
    headers = proxy.requests()[0].headers
    assert headers["Authorization"] == "<redacted>"
    assert headers[SENDER] == "r1.webhook.0"
    assert headers[CREDENTIAL] == fingerprint("GenieKey hush") != fingerprint("GenieKey other")
    assert not any("hush" in value for value in headers.values())


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        (b"NONSENSE\r\n\r\n", "Bad request syntax"),
        (b"POST /no/host HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "not an absolute http"),
        (b"POST http://[::1/ HTTP/1.1\r\n\r\n", "malformed request"),
        (b"CONNECT nowhere HTTP/1.1\r\n\r\n", "not host:port"),
        (b"CONNECT alert_bridge:443 HTTP/1.1\r\n\r\n", "'alert_bridge' not allowed"),
        (b"CONNECT a:99999 HTTP/1.1\r\n\r\n", "no tunnel"),
        (b"POST http://a/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "'-1' is not a length"),
        (b"POST http://a/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "'zz' is not a length"),
        (b"POST http://a/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "longer than it says"),
        (b"BREW http://a/ HTTP/1.1\r\n\r\n", "Unsupported method"),
        (b"GET http://a/ HTTP/7.5\r\n\r\n", "Invalid HTTP version"),
    ],
)
def test_a_malformed_request_is_refused_and_recorded_as_a_fault(
    proxy: CaptureProxy, capfd: pytest.CaptureFixture[str], sent: bytes, fault: str
) -> None:
    raw(proxy, sent)
    assert any(fault in text for text in faults_of(proxy))
    assert proxy.requests() == ()
    assert capfd.readouterr().err == ""


def test_a_client_that_leaves_within_a_body_is_a_fault(proxy: CaptureProxy) -> None:
    with socket.create_connection(address(proxy), 5) as client:
        client.sendall(b"POST http://a/ HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")
    assert "7 bytes before the end" in faults_of(proxy)[0]


def test_a_client_that_leaves_between_requests_is_no_fault(proxy: CaptureProxy, tunnel: Tunnel) -> None:
    connection = tunnel("hooks.slack.com")
    post(connection, SLACK)
    connection.close()
    assert post(tunnel("hooks.slack.com"), SLACK)[0] == 200
    assert proxy.faults == ()


def test_a_client_that_does_not_trust_the_ca_is_a_fault_and_the_next_is_served(
    proxy: CaptureProxy, tunnel: Tunnel, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        post(tunnel("hooks.slack.com", "", ssl.create_default_context()), SLACK)
    assert "TLS with hooks.slack.com failed" in faults_of(proxy)[0]
    assert post(tunnel("hooks.slack.com"), SLACK) == (200, b"ok")
    assert capfd.readouterr().err == ""


def test_bytes_that_are_no_tls_are_a_fault(proxy: CaptureProxy) -> None:
    raw(proxy, b"CONNECT a.example.com:443 HTTP/1.1\r\n\r\n" + b"GET / HTTP/1.1\r\n\r\n" * 10)
    assert "TLS with a.example.com failed" in faults_of(proxy)[0]


def test_many_clients_at_once_lose_nothing(proxy: CaptureProxy, tunnel: Tunnel) -> None:
    connections = [tunnel("hooks.slack.com") for _ in range(12)]

    def send(number: int) -> None:
        for turn in range(3):
            post(connections[number], f"{SLACK}/{number}/{turn}")

    threads = [threading.Thread(target=send, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({request.path for request in proxy.requests()}) == 36
    assert proxy.faults == ()


def test_wait_returns_as_soon_as_the_predicate_holds(proxy: CaptureProxy, tunnel: Tunnel) -> None:
    later = threading.Timer(0.1, post, (tunnel("hooks.slack.com"), SLACK))
    later.start()
    start = time.monotonic()
    assert proxy.wait(lambda requests: len(requests) == 1, 10)
    assert time.monotonic() - start < 2
    later.join()


def test_wait_gives_up_in_time_and_polls_meanwhile(proxy: CaptureProxy) -> None:
    polls: list[int] = []
    assert not proxy.wait(lambda _: False, 0.25, lambda: polls.append(1))
    assert 2 <= len(polls) <= 4


def test_what_poll_raises_ends_the_wait(proxy: CaptureProxy) -> None:
    def died() -> None:
        raise RuntimeError("it died")

    with pytest.raises(RuntimeError, match="it died"):
        proxy.wait(lambda _: False, 10, died)


def test_time_counts_from_the_mark(proxy: CaptureProxy, tunnel: Tunnel) -> None:
    connection = tunnel("hooks.slack.com")
    post(connection, SLACK)
    time.sleep(0.2)
    post(connection, SLACK)
    proxy.mark_start()
    post(connection, SLACK)
    first, second, third = (request.at_s for request in proxy.requests())
    assert second - first >= 0.2
    assert third < 0.2


def test_closing_ends_open_connections_within_a_second_and_twice_is_fine(tmp_path: Path) -> None:
    with CaptureProxy(tmp_path) as proxy:
        context = ssl.create_default_context(cafile=str(proxy.ca_file))
        connection = http.client.HTTPSConnection(*address(proxy), context=context, timeout=5)
        connection.set_tunnel("hooks.slack.com", 443)
        post(connection, SLACK)
        start = time.monotonic()
        proxy.close()
        proxy.close()
        assert time.monotonic() - start < 1
        assert connection.sock.recv(1) == b""
        connection.close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address(proxy), 1)
    assert len(proxy.requests()) == 1
    assert proxy.faults == ()


def test_the_ca_file_is_a_certificate_without_its_key(proxy: CaptureProxy, tmp_path: Path) -> None:
    assert proxy.ca_file == tmp_path / "ca.pem"
    assert "PRIVATE KEY" not in proxy.ca_file.read_text("ascii")
    assert list(tmp_path.iterdir()) == [proxy.ca_file]
