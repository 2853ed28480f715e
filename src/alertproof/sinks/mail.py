"""A mail server that delivers nothing: every mail Alertmanager hands over is written down as a request.

Alertmanager is told to greet it with a name of each integration's own, as it uses a user name of its own towards the
proxy; so two receivers with one address are told apart.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import threading
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP

from alertproof.model.observation import Request
from alertproof.sinks.identity import SENDER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import EmailMessage

    from aiosmtpd.smtp import Envelope, Session

    from alertproof.sinks.book import Book

# What a mail's request has in the place of a host and of an HTTP method.
MAIL_HOST, MAIL_METHOD = "smtp", "MAIL"
_LOOPBACK = "127.0.0.1"
_MAX_BYTES = 1024 * 1024
_ACCEPTED, _ACCEPTED_REPLY = 250, "250 OK"
_START_SECONDS = 10.0
_UNSEEN = frozenset({"style", "script", "head", "title"})


class MailServer:
    """Listens on a free port of 127.0.0.1 from `start` to `stop`, in a thread of its own; `address` is host:port."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.address = ""

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(_START_SECONDS)
        self.address = f"{_LOOPBACK}:{self._server.sockets[0].getsockname()[1]}"

    def stop(self) -> None:
        """Stop listening and end all connections."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_START_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(1)
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        # It offers neither STARTTLS nor AUTH: what a client would do with them is not judged here.
        return await self._loop.create_server(
            lambda: SMTP(_Writer(self._book), hostname="localhost", data_size_limit=_MAX_BYTES, loop=self._loop),
            _LOOPBACK,
            0,
        )

    async def _end(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks(self._loop) if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class _Writer:
    """The handler of one connection, by the names aiosmtpd calls."""

    def __init__(self, book: Book) -> None:
        self._book = book

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 the library's
        """Write a mail down."""
        content = envelope.original_content or b""
        sender = session.host_name or ""
        recipients = [str(recipient) for recipient in envelope.rcpt_tos]
        self._book.record(mail_request(self._book.elapsed_s(), sender, recipients, content))
        return _ACCEPTED_REPLY

    async def handle_exception(self, error: Exception) -> str:
        """Note what went wrong instead of printing a traceback."""
        self._book.fault(f"a mail failed: {error!r}")
        return "451 failed"


def mail_request(at_s: float, sender: str, recipients: Iterable[str], content: bytes) -> Request:
    """Give a mail as a request: its recipients as path, its headers, and as body what a person reads."""
    message: Any = email.message_from_bytes(content, policy=email.policy.default)
    to = sorted(recipients)
    headers = {name: str(value) for name, value in message.items() if name.lower() != SENDER.lower()}
    return Request(
        at_s=at_s,
        host=MAIL_HOST,
        method=MAIL_METHOD,
        path=", ".join(to),
        headers={**headers, SENDER: sender},
        body={
            "from": headers.get("From", ""),
            "to": to,
            "date": headers.get("Date", ""),
            "subject": headers.get("Subject", ""),
            "text": _part(message, "plain"),
            "html": _seen(_part(message, "html")),
        },
        answered=_ACCEPTED,
    )


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    content = part.get_content() if part is not None else ""
    return content if isinstance(content, str) else ""


def _seen(html: str) -> str:
    """Give the text that a person sees of a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return re.sub(r"\s+", " ", " ".join(reader.texts)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 the parent's
        self._hidden += tag in _UNSEEN

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _UNSEEN and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.texts.append(data)
