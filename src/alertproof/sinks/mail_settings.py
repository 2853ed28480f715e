"""The overlay of mail: to our own mail server, in plain text and without a login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.sinks.addressee import Addressee
from alertproof.sinks.mail import MAIL_HOST

if TYPE_CHECKING:
    from alertproof.sinks.edits import Edits, Node

_NOT_OFFERED = "the mail server here offers no login"
_ENDS_HERE = "the mail server here offers no TLS"
_TLS = ("tls_config", "force_implicit_tls")


def redirect_common_mail(common: Node, smarthost: str, edits: Edits) -> None:
    """Change the global part; what it lacks stays lacking, so that Alertmanager refuses it as in production."""
    if common.get("smtp_smarthost") is not None:
        edits.put(common, "smtp_smarthost", smarthost, "global")
    _drop_login(common, "smtp_auth_", "global", edits)
    for key in _TLS:
        edits.drop(common, f"smtp_{key}", "global", _ENDS_HERE)


def redirect_mail(own: Node, smarthost: str, sender: str, place: str, edits: Edits) -> None:
    """Change one entry of `email_configs`."""
    if own.get("smarthost") is not None:
        edits.put(own, "smarthost", smarthost, place)
    _drop_login(own, "auth_", place, edits)
    for key in _TLS:
        edits.drop(own, key, place, _ENDS_HERE)
    edits.put(own, "require_tls", False, place, "the global one")  # noqa: FBT003 a value of the file
    # The name it greets with tells whose mail it is.
    edits.put(own, "hello", sender, place, "the global one")


def _drop_login(node: Node, prefix: str, place: str, edits: Edits) -> None:
    # Their values are not told: a password may be among them.
    for key in [key for key in node if key.startswith(prefix)]:
        del node[key]
        edits.tell(f"{place}.{key}: … → (removed: {_NOT_OFFERED})")


def mail_addressee(receiver: str, own: Node, sender: str, *, captured: bool) -> Addressee:
    """Give the addressee of one entry; who the mail is to is known unless a template makes it."""
    to = str(own.get("to") or "")
    path = None if "{{" in to else ", ".join(sorted(_address(part) for part in to.split(",")))
    host = MAIL_HOST if captured else None
    return Addressee(receiver, "email", host, path=path, sender=sender, captured=captured)


def _address(text: str) -> str:
    """Give `a@example.com` of `A <a@example.com>`."""
    return text.rpartition("<")[2].rstrip("> ").strip()
