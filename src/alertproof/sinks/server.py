"""The listening side of the capture proxy: a thread for every connection, and a way to end them all."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from alertproof.sinks.handler import Handler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.sinks.book import Book
    from alertproof.sinks.certificates import Authority

LOOPBACK = "127.0.0.1"
_DRAIN_SECONDS = 0.5


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Listens on a free port of 127.0.0.1; `hosts` are the expected hosts besides the known services."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, authority: Authority, book: Book) -> None:
        self.authority = authority
        self.book = book
        self.hosts: Mapping[str, str] = {}
        self._open: dict[Handler, socket.socket] = {}
        self._drained = threading.Condition()
        super().__init__((LOOPBACK, 0), Handler)

    def opened(self, handler: Handler, connection: socket.socket) -> None:
        """Note the socket a handler reads from now."""
        with self._drained:
            self._open[handler] = connection

    def closed(self, handler: Handler) -> None:
        """Note that a handler is done."""
        with self._drained:
            self._open.pop(handler, None)
            self._drained.notify_all()

    def end_connections(self) -> None:
        """Break all connections and wait for their threads, at most half a second."""
        with self._drained:
            for connection in self._open.values():
                with contextlib.suppress(OSError):
                    # Past the TLS layer: its own shutdown pulls the state from under the reading thread.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
            self._drained.wait_for(lambda: not self._open, _DRAIN_SECONDS)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 the parent's signature
        """Record what no handler caught instead of printing a traceback."""
        self.book.fault(f"a connection failed: {sys.exception()!r}")


def serve(server: Server) -> threading.Thread:
    """Start serving in a thread that does not keep the program alive."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    return thread


def stop(server: Server, thread: threading.Thread) -> None:
    """Stop serving within a second."""
    deadline = time.monotonic() + 1
    server.shutdown()
    server.end_connections()
    server.server_close()
    thread.join(max(0.0, deadline - time.monotonic()))
