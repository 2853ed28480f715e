"""What a Prometheus scrapes where no target exists: an HTTP proxy on 127.0.0.1 that answers for every target.

Prometheus gets it as `proxy_url`, so a target's address, and with it its `instance`, stays as the file says, and no
name is looked up.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from alertproof.engines.http import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_POLL_SECONDS = 0.05


@contextmanager
def exposition(texts: Mapping[str, str]) -> Iterator[str]:
    """Answer a GET to each address with its text, and 503 to every other; give the proxy's URL."""
    bodies = {address: text.encode() for address, text in texts.items()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # A proxy is asked for the whole URL.
            body = bodies.get(urlsplit(self.path).netloc)
            self.send_response(200 if body is not None else 503)
            self.send_header("Content-Type", _TYPE)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            # A Prometheus that is being stopped no longer listens.
            with suppress(ConnectionError):
                self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the parent's signature
            """Say nothing: the answer of Prometheus is what counts."""

    with ThreadingHTTPServer((LOOPBACK, 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        thread.start()
        try:
            yield f"http://{LOOPBACK}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
