"""A running capture proxy, and clients that trust it."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from alertproof.model.observation import Request
from alertproof.sinks.capture import CaptureProxy

if TYPE_CHECKING:
    from pathlib import Path

Tunnel = Callable[..., http.client.HTTPSConnection]


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[CaptureProxy]:
    with CaptureProxy(tmp_path) as running:
        yield running


@pytest.fixture
def tunnel(proxy: CaptureProxy) -> Iterator[Tunnel]:
    """A function that gives a connection through the proxy, as Go's http.Client makes it."""
    made = []

    def connect(host: str, user: str = "", context: ssl.SSLContext | None = None) -> http.client.HTTPSConnection:
        trusting = context or ssl.create_default_context(cafile=str(proxy.ca_file))
        port = int(proxy.url.rpartition(":")[2])
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=trusting, timeout=5)
        headers = {"Proxy-Authorization": user} if user else {}
        name, _, number = host.partition(":")
        connection.set_tunnel(name, int(number or 443), headers)
        made.append(connection)
        return connection

    yield connect
    for connection in made:
        connection.close()


@pytest.fixture
def request_of() -> Callable[..., Request]:
    """A function that gives a recorded request."""

    def make(
        host: str, path: str, body: Any, *, method: str = "POST", headers: dict[str, str] | None = None
    ) -> Request:
        parsed = json.loads(json.dumps(body))
        return Request(0.0, host, method, path, headers or {}, parsed, 200)

    return make
