"""The engines' own HTTP interfaces on 127.0.0.1: free ports, waiting until ready, JSON calls."""

from __future__ import annotations

import json
import secrets
import socket
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from alertproof.errors import EngineDied, EngineRefused

if TYPE_CHECKING:
    from alertproof.engines.host import Service

LOOPBACK = "127.0.0.1"
_READY_SECONDS = 60.0
_POLL_SECONDS = 0.02
_CALL_SECONDS = 120.0

# Never through a proxy of the environment: these servers are ours and on this machine.
# Below the ranges from which Linux (32768) and others (49152) hand out ports, above those of well-known servers.
_PORTS = range(20_000, 32_000)
_PORT_TRIES = 100
_PORTS_LOCK = threading.Lock()
_given: set[int] = set()
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def free_port() -> int:
    """Give a port of 127.0.0.1 that was free a moment ago, and that this process gives to nobody else.

    It lies below those that the system hands out by itself: between our choice and the engine's start, a server of
    ours or an outgoing connection would otherwise take it now and then.
    """
    with _PORTS_LOCK:
        for _ in range(_PORT_TRIES):
            port = secrets.choice(_PORTS)
            if port not in _given and _is_free(port):
                _given.add(port)
                return port
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        found: int = probe.getsockname()[1]
        return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def wait_until_ready(service: Service, name: str, url: str) -> None:
    """Wait until `url` answers 200; EngineDied with the last log lines where the program stops or is too late."""
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if not service.alive():
            raise EngineDied(f"{name} stopped before it was ready", service.log_tail())
        try:
            with _OPENER.open(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(_POLL_SECONDS)
    raise EngineDied(f"{name} was not ready within {_READY_SECONDS:.0f} s", service.log_tail())


def call(url: str, form: str | None = None) -> Any:
    """Give the JSON a server answers; `form` is sent as a POST. EngineRefused carries the server's own words."""
    return _ask(urllib.request.Request(url, data=None if form is None else form.encode()))  # noqa: S310 ours


def send_json(url: str, body: object, method: str = "POST") -> Any:
    """Send JSON, nothing where it is None, and give the JSON a server answers, None where it answers nothing."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    return _ask(urllib.request.Request(url, data, headers, method=method))  # noqa: S310 ours


def _ask(request: urllib.request.Request) -> Any:
    shown = request.full_url.split("?", maxsplit=1)[0]
    try:
        with _OPENER.open(request, timeout=_CALL_SECONDS) as answer:
            text = answer.read()
            return json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        raise EngineRefused(f"{shown} answered {error.code}", error.read().decode(errors="replace")) from error
    except (urllib.error.URLError, OSError) as error:
        raise EngineDied(f"{shown} did not answer: {error}") from error
