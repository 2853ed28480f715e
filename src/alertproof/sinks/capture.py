"""The capture proxy: what Alertmanager would have sent to the world stays on this machine, written down.

Alertmanager gets it as `proxy_url` and trusts its CA through `SSL_CERT_FILE`; hosts, paths, keys and
templates are those of the production file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from alertproof.sinks.book import Book
from alertproof.sinks.certificates import Authority
from alertproof.sinks.mail import MailServer
from alertproof.sinks.server import LOOPBACK, Server, serve, stop

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import TracebackType

    from alertproof.model.observation import Request


class CaptureProxy:
    """An HTTP proxy on 127.0.0.1 that ends TLS itself, and a mail server beside it; a context manager.

    Inside, `ca_file` is the CA to trust, written as `ca.pem` into `folder`, `url` the proxy's URL and `smarthost`
    the mail server's host:port.
    """

    ca_file: Path
    url: str
    smarthost: str

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._book = Book()
        self._running: tuple[Server, threading.Thread] | None = None
        self._mail: MailServer | None = None

    def __enter__(self) -> Self:
        """Listen; time counts from here until `mark_start`."""
        authority = Authority(self._folder)
        server = Server(authority, self._book)
        self.ca_file = authority.ca_file
        self.url = f"http://{LOOPBACK}:{server.server_address[1]}"
        self._running = (server, serve(server))
        self._mail = MailServer(self._book)
        self._mail.start()
        self.smarthost = self._mail.address
        self._book.mark_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def expect(self, hosts: Mapping[str, str]) -> None:
        """Accept requests to hosts that the Alertmanager file names itself, each with its integration.

        A host that is neither a known service nor expected is answered 403.
        """
        if self._running is not None:
            self._running[0].hosts = dict(hosts)

    def mark_start(self) -> None:
        """Count `at_s` of the requests to come from now on."""
        self._book.mark_start()

    def requests(self) -> tuple[Request, ...]:
        """Give the requests so far, in the order of their arrival."""
        return self._book.requests()

    @property
    def faults(self) -> tuple[str, ...]:
        """Give what went wrong on the wire: TLS that failed, malformed requests, lost clients."""
        return self._book.faults()

    def wait(
        self,
        predicate: Callable[[tuple[Request, ...]], bool],
        timeout_s: float,
        poll: Callable[[], None] | None = None,
    ) -> bool:
        """Give True as soon as the requests satisfy `predicate`, False after `timeout_s`.

        `poll` is called some five times a second, so that a caller can raise when a program died.
        """
        return self._book.wait(predicate, timeout_s, poll)

    def close(self) -> None:
        """Stop listening and end all connections, within a second; closing twice is fine."""
        running, self._running = self._running, None
        mail, self._mail = self._mail, None
        if mail is not None:
            mail.stop()
        if running is not None:
            stop(*running)
