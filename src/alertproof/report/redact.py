"""Keeping keys out of what is printed and kept.

An Alertmanager file may hold its secrets inline, and they are then in every payload. The evidence is judged with them;
people, JSON and the ledger see them blotted out.
"""

from __future__ import annotations

import re
from typing import Any

REDACTED = "<redacted>"
_SECRET_KEYS = frozenset({"routing_key", "service_key", "api_key", "token", "user_key", "password", "secret"})
# What stands behind these in a path is the secret: a Slack webhook, a Telegram bot, a Discord or Teams hook.
_SECRET_PATH = re.compile(r"(/services/|/bot|/webhooks?/|/webhookb2/|/hooks/)[^?]+")


def redact_path(path: str) -> str:
    """Give a request's path without the secret that some services put into it, and without a query."""
    plain, _, query = path.partition("?")
    return _SECRET_PATH.sub(rf"\g<1>{REDACTED}", plain) + (f"?{REDACTED}" if query else "")


def redact_body(body: Any) -> Any:
    """Give a payload with the values of keys that hold secrets replaced, at any depth."""
    if isinstance(body, dict):
        return {key: REDACTED if key in _SECRET_KEYS and value else redact_body(value) for key, value in body.items()}
    if isinstance(body, list):
        return [redact_body(item) for item in body]
    return body
