"""A throw-away certificate authority, and a TLS context for whatever host a client asks for."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path


class Authority:
    """A CA made for one capture; its private key never leaves the process."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self.ca_file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.ca_file))

    def context(self, host: str) -> ssl.SSLContext:
        """Give the server's side of TLS for a host; ValueError where no certificate can name it."""
        with self._lock:
            context = self._contexts.get(host)
            if context is None:
                context = self._contexts[host] = self._issue(host)
            return context

    def _issue(self, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(host).configure_cert(context)
        # The payloads are read by an HTTP/1.1 server, so HTTP/2 must not be agreed on.
        context.set_alpn_protocols(["http/1.1"])
        return context
