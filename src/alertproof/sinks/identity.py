"""How a captured request is known without keeping a secret.

Alertmanager is given a proxy URL with a user name of its own for every receiver integration and sends that
name with each connection; so two receivers that share one URL and key are still told apart. Credentials are
kept as a fingerprint only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.message import Message

# Added to the recorded headers by the proxy; what a client sends under these names is dropped.
SENDER = "X-Alertproof-Sender"
CREDENTIAL = "X-Alertproof-Credential"

REDACTED = "<redacted>"
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})
_OURS = frozenset({SENDER.lower(), CREDENTIAL.lower()})
_KEY = secrets.token_bytes(32)


def fingerprint(credential: str) -> str:
    """Give a digest that two equal credentials share.

    It is keyed anew in every process, so that a weak password cannot be guessed from a kept record.
    """
    return hmac.new(_KEY, credential.encode(), hashlib.sha256).hexdigest()[:16]


def user_of(proxy_authorization: str | None) -> str:
    """Give the user name of a `Proxy-Authorization: Basic …` header, empty where there is none."""
    scheme, _, coded = (proxy_authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(coded, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def recorded_headers(headers: Message, sender: str) -> dict[str, str]:
    """Give headers fit to be kept: credentials redacted, the sender and a credential's fingerprint added."""
    kept = {
        name: REDACTED if name.lower() in _SECRET_HEADERS else value
        for name, value in headers.items()
        if name.lower() not in _OURS
    }
    if sender:
        kept[SENDER] = sender
    credential = headers.get("Authorization")
    if credential is not None:
        kept[CREDENTIAL] = fingerprint(credential)
    return kept
