"""One connection to the capture proxy: a tunnel whose TLS ends here, or plain requests in absolute form."""

from __future__ import annotations

import contextlib
import os
import ssl
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from alertproof.model.observation import Request
from alertproof.sinks import services, wire
from alertproof.sinks.identity import recorded_headers, user_of

if TYPE_CHECKING:
    from alertproof.sinks.server import Server

_IDLE_SECONDS = 600.0
_HANDSHAKE_SECONDS = 10.0


class Handler(BaseHTTPRequestHandler):
    """Answers as the asked host would, and writes every request down."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    # Read no further than the request: what follows a CONNECT belongs to TLS.
    rbufsize = 0
    _tunnel = ""
    _sender = ""
    _busy = False

    def setup(self) -> None:
        """Enter the connection with the server, so that closing it ends this thread."""
        super().setup()
        self.server.opened(self, self.connection)

    def handle(self) -> None:
        """Serve requests until either side is done; a lost client is a fault only within a request."""
        try:
            super().handle()
        except ssl.SSLError as error:
            self.server.book.fault(f"TLS with {self._tunnel} failed: {error.reason or error}")
        except OSError as error:
            if self._busy:
                self.server.book.fault(f"the client was lost: {error}")

    def finish(self) -> None:
        """Close all that belongs to the connection, whatever state it is in."""
        try:
            with contextlib.suppress(OSError, ValueError):
                super().finish()
            for part in (self.rfile, self.wfile, self.connection):
                with contextlib.suppress(OSError, ValueError):
                    part.close()
            # A stream that could not be flushed may still hold the socket open.
            with contextlib.suppress(OSError):
                if (left := self.connection.detach()) >= 0:
                    os.close(left)
        finally:
            self.server.closed(self)

    def do_CONNECT(self) -> None:
        """Answer that the tunnel stands, end its TLS here, and go on reading inside."""
        if self._tunnel:
            self.send_error(HTTPStatus.BAD_REQUEST, "a tunnel was asked for within a tunnel")
            return
        try:
            name, host = wire.split_authority(self.path)
            context = self.server.authority.context(name)
        except ValueError as error:
            self.send_error(HTTPStatus.BAD_REQUEST, f"no tunnel: {error}")
            return
        self._sender = user_of(self.headers.get("Proxy-Authorization"))
        self.send_response_only(HTTPStatus.OK, "Connection established")
        self.end_headers()
        self._tunnel = host
        self._end_tls(context)

    def _end_tls(self, context: ssl.SSLContext) -> None:
        self.close_connection = True
        self.connection.settimeout(_HANDSHAKE_SECONDS)
        plain = (self.rfile, self.wfile)
        try:
            secure = context.wrap_socket(self.connection, server_side=True)
        except OSError as error:  # ssl.SSLError among them
            reason = getattr(error, "reason", None) or error
            self.server.book.fault(f"TLS with {self._tunnel} failed: {reason}")
            return
        secure.settimeout(_IDLE_SECONDS)
        self.connection = secure
        self.server.opened(self, secure)
        self.rfile, self.wfile = secure.makefile("rb"), secure.makefile("wb")
        for stream in plain:
            stream.close()
        self.close_connection = False

    def _serve(self) -> None:
        self._busy = True
        try:
            host, path = self._target()
            body = wire.understand_body(wire.read_body(self.headers, self.rfile))
        except (wire.MalformedError, ValueError) as error:
            self.send_error(HTTPStatus.BAD_REQUEST, str(error))
            return
        answer = services.answer(self.command, host, path, body, self.server.hosts)
        sender = self._sender or user_of(self.headers.get("Proxy-Authorization"))
        self.server.book.record(
            Request(
                at_s=self.server.book.elapsed_s(),
                host=host,
                method=self.command,
                path=path,
                headers=recorded_headers(self.headers, sender),
                body=body,
                answered=answer.status,
            )
        )
        self._reply(answer)
        self._busy = False

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815 as above

    def _target(self) -> tuple[str, str]:
        return (self._tunnel, self.path) if self._tunnel else wire.split_url(self.path)

    def _reply(self, answer: services.Answer) -> None:
        raw = answer.text.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)
        self.wfile.flush()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request and say so; what is refused is a fault, never silence."""
        self.server.book.fault(f"a malformed request was refused: {message or HTTPStatus(code).phrase}")
        # A status line holds no line breaks; the message may quote the client.
        super().send_error(code, " ".join((message or "").split()) or None, explain)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the parent's name
        """Print nothing: the book is the log."""
