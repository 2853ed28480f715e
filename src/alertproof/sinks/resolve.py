"""Where each integration sends, as Alertmanager resolves it: its own setting, the global, the default."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.sinks.addressee import Addressee
from alertproof.sinks.identity import fingerprint
from alertproof.sinks.wire import split_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from alertproof.sinks.edits import Node
    from alertproof.sinks.throwaway import Throwaways

# The scheme and host of a URL in which only later parts are templated.
_BEFORE_TEMPLATE = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,4})?(?=[/?#])")
_SLACK_APP = "https://slack.com/api/chat.postMessage"
_PAGERDUTY_V1 = "https://events.pagerduty.com/generic/2010-04-15/create_event.json"
_PAGERDUTY_V2 = "https://events.pagerduty.com/v2/enqueue"
_OPSGENIE = "https://api.opsgenie.com/"


@dataclass(frozen=True, slots=True)
class Setting:
    """One integration as the overlay leaves it: its receiver, kind, own and global settings, and sender."""

    receiver: str
    integration: str
    own: Node
    common: Node
    sender: str
    secrets: Throwaways

    def secret(self, node: Node, key: str) -> str | None:
        """Give a setting, inline or from its throw-away file; None where there is neither."""
        value = node.get(key)
        return str(value) if value else self.secrets.value(node, f"{key}_file")


def resolve(setting: Setting) -> Addressee:
    """Give the addressee of an integration."""
    return _RESOLVERS.get(setting.integration, _other)(setting)


def _slack(setting: Setting) -> Addressee:
    own, common = setting.own, setting.common
    token = setting.secret(own, "app_token")
    url = setting.secret(own, "api_url")
    if url is None and token is None:
        url = setting.secret(common, "slack_api_url")
        token = setting.secret(common, "slack_app_token")
    if url is None:
        url = str(own.get("app_url") or common.get("slack_app_url") or _SLACK_APP)
    else:
        token = None
    host, path = _target(url)
    channel = _literal(str(own.get("channel") or ""))
    return Addressee(
        setting.receiver,
        "slack",
        host,
        # An app also updates what it posted, on a path beside the one for posting.
        path=path if token is None else None,
        fields=() if channel is None else (("channel", channel),),
        credential=_credential("Bearer", token),
        sender=setting.sender,
    )


def _pagerduty(setting: Setting) -> Addressee:
    own = setting.own
    service_key = setting.secret(own, "service_key")
    # A service key means the first version of the API, whose URL is fixed.
    url = str(own.get("url") or setting.common.get("pagerduty_url") or _PAGERDUTY_V2)
    host, path = _target(_PAGERDUTY_V1 if service_key else url)
    name = "service_key" if service_key else "routing_key"
    key = _literal(service_key or setting.secret(own, "routing_key") or "")
    fields = () if key is None else ((name, key),)
    return Addressee(setting.receiver, "pagerduty", host, path=path, fields=fields, sender=setting.sender)


def _opsgenie(setting: Setting) -> Addressee:
    own, common = setting.own, setting.common
    url = str(own.get("api_url") or common.get("opsgenie_api_url") or _OPSGENIE)
    host, path = _target(url)
    key = setting.secret(own, "api_key") or setting.secret(common, "opsgenie_api_key")
    return Addressee(
        setting.receiver,
        "opsgenie",
        host,
        prefix=None if path is None else path.rstrip("/") + "/v2/alerts",
        credential=_credential("GenieKey", key),
        sender=setting.sender,
    )


def _webhook(setting: Setting) -> Addressee:
    host, path = _target(setting.secret(setting.own, "url") or "")
    return Addressee(
        setting.receiver,
        "webhook",
        host,
        path=path,
        sender=setting.sender,
        templated=bool(setting.own.get("payload")),
    )


def _other(setting: Setting) -> Addressee:
    return Addressee(setting.receiver, setting.integration, None, sender=setting.sender)


_RESOLVERS: Mapping[str, Callable[[Setting], Addressee]] = {
    "slack": _slack,
    "pagerduty": _pagerduty,
    "opsgenie": _opsgenie,
    "webhook": _webhook,
}


def _literal(text: str) -> str | None:
    """Give a setting, None where a template makes it at the time of sending."""
    return None if "{{" in text else text


def _target(url: str) -> tuple[str | None, str | None]:
    """Give host and path of a URL as far as they are known before it is sent to."""
    if _literal(url) is None:
        known = _BEFORE_TEMPLATE.match(url)
        return (split_url(known.group())[0] if known else None), None
    try:
        return split_url(url)
    except ValueError:
        return None, None


def _credential(scheme: str, key: str | None) -> str | None:
    return None if key is None or _literal(key) is None else fingerprint(f"{scheme} {key}")
