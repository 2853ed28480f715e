"""Who a captured request is for: a receiver integration, and the evidence its requests are known by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

from alertproof.sinks.identity import CREDENTIAL, SENDER
from alertproof.sinks.payloads import schema_below, schema_of

if TYPE_CHECKING:
    from alertproof.model.observation import Request


@dataclass(frozen=True, slots=True)
class Addressee:
    """One integration of one receiver of the Alertmanager file.

    `host` is None where only Alertmanager knows it: another integration's default, or a templated URL.
    `path` and `prefix` are the whole and the start of a path, None where it may be any. `fields` are those
    of the body and the values they must have, `credential` is the fingerprint of the Authorization, `sender`
    the user name in the integration's proxy URL. `captured` is False for mail that goes nowhere.
    `templated` says that the payload is of the user's own making, so that no published schema applies.
    """

    receiver: str
    integration: str
    host: str | None
    path: str | None = field(default=None, repr=False)
    prefix: str | None = None
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    credential: str | None = None
    sender: str = ""
    captured: bool = True
    templated: bool = False

    def matches(self, request: Request) -> bool:
        """Give whether a request can be this integration's: all evidence must agree.

        Of two integrations that share URL, key and channel only the sender tells which it was; without one,
        both match.
        """
        sender = request.headers.get(SENDER)
        if not self.captured or (sender is not None and sender != self.sender):
            return False
        if self.host is None:
            return sender is not None
        return (
            request.host == self.host
            and self._is_path(request.path)
            and (self.credential is None or request.headers.get(CREDENTIAL) == self.credential)
            and all(_field(request.body, name) == value for name, value in self.fields)
        )

    def _is_path(self, path: str) -> bool:
        # Alertmanager may escape what the file has plain.
        plain = unquote(path)
        return (self.path is None or plain == unquote(self.path)) and plain.startswith(unquote(self.prefix or ""))

    def schema(self, request: Request) -> str | None:
        """Give the schema a request of this integration must meet, None where none is published."""
        if self.integration == "email":
            return "email"
        known = schema_of(request.host, request.path, request.method)
        if known is not None or self.templated:
            return known
        return schema_below(self.integration, request.path, request.method)


def _field(body: object, name: str) -> object:
    return body.get(name, "") if isinstance(body, dict) else None
