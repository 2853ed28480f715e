"""The stated overlay: what is changed in a production Alertmanager file so that it runs, and only runs, here.

Routes, matchers, grouping, templates, inhibition and payloads stay as they are. What changes is where
requests and mails go (a capture proxy, and a mail server beside it), whose secrets they carry (throw-aways),
and how long groups wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alertproof.sinks.alterations import routes
from alertproof.sinks.edits import Edits, Node, entries, mapping, plain_copy
from alertproof.sinks.http_settings import Redirection
from alertproof.sinks.mail_settings import mail_addressee, redirect_common_mail, redirect_mail
from alertproof.sinks.payloads import SERVICES
from alertproof.sinks.resolve import Setting, resolve
from alertproof.sinks.throwaway import GLOBAL, Owner, Throwaways
from alertproof.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alertproof.sinks.addressee import Addressee
    from alertproof.sinks.alterations import Alteration

# Nothing listens on port 1 of this machine, so a mail is never sent.
NO_SMARTHOST = "127.0.0.1:1"

# Alertmanager's own, where the root route says nothing.
_ROOT_DEFAULTS = {"group_wait": "30s", "group_interval": "5m"}
_SECTION = "_configs"
_MAIL = "email_configs"
# The sections that take an `http_config`; a name that is new here keeps to the global one.
_HTTP_SECTIONS = frozenset(
    f"{name}{_SECTION}"
    for name in (
        *("slack", "pagerduty", "opsgenie", "webhook", "victorops", "pushover", "sns", "telegram", "webex"),
        *("wechat", "discord", "msteams", "msteamsv2", "jira", "rocketchat", "mattermost", "incidentio"),
    )
)


@dataclass(frozen=True, slots=True)
class Overlay:
    """An Alertmanager file as it will run: the changed copy, its changes, and whom it can address."""

    document: Mapping[str, object]
    changes: tuple[str, ...]
    addressees: tuple[Addressee, ...]

    @property
    def hosts(self) -> Mapping[str, str]:
        """Give the hosts the file itself names, each with its integration, for the proxy to expect."""
        return {
            addressee.host: addressee.integration
            for addressee in self.addressees
            if addressee.host is not None and addressee.host not in SERVICES
        }


@dataclass(frozen=True, slots=True)
class _Integration:
    """The `index`-th entry of a section of the `number`-th receiver."""

    receiver: str
    number: int
    section: str
    index: int
    own: Node

    @property
    def kind(self) -> str:
        return self.section.removesuffix(_SECTION)

    @property
    def place(self) -> str:
        return f"receivers[{self.receiver}].{self.section}[{self.index}]"

    @property
    def sender(self) -> str:
        return f"r{self.number}.{self.kind}.{self.index}"

    @property
    def owner(self) -> Owner:
        return Owner(self.receiver, self.kind, self.index)


def overlay(  # noqa: PLR0913 all by name, and each a plain fact of the run
    document: Mapping[str, object],
    *,
    proxy_url: str,
    folder: Path,
    base: Path,
    group_wait: str = "1s",
    group_interval: str = "1s",
    smarthost: str | None = NO_SMARTHOST,
    also: Sequence[Alteration] = (),
) -> Overlay:
    """Give the overlay of an Alertmanager file that stands in the folder `base`.

    Throw-away secrets are written below `folder`. `smarthost` is the mail server that captures mail; unless one is
    given, mail goes nowhere and is not captured. None leaves mail as it is, and it is then really sent. `also` are
    further changes, made before all others.
    """
    changed: Node = plain_copy(document)
    edits = Edits()
    for alter in also:
        alter(changed, edits)
    redirection = Redirection(edits, Throwaways(folder, edits))
    common = _redirect_common(changed, proxy_url, redirection)
    _shorten(changed, {"group_wait": group_wait, "group_interval": group_interval}, edits)
    integrations = list(_integrations(changed))
    mails = [integration for integration in integrations if integration.section == _MAIL]
    if smarthost is not None and mails:
        redirect_common_mail(common, smarthost, edits)
        for mail in mails:
            redirect_mail(mail.own, smarthost, mail.sender, mail.place, edits)
    addressees = []
    for integration in integrations:
        _redirect(integration, proxy_url, common, redirection)
        addressees.append(_addressee(integration, common, redirection, smarthost))
    _find_templates(changed, base.absolute(), edits)
    return Overlay(changed, edits.lines, tuple(addressees))


def _redirect_common(document: Node, proxy_url: str, redirection: Redirection) -> Node:
    """Change the global part, made where there is none."""
    if not isinstance(document.get("global"), dict):
        document["global"] = {}
    common: Node = document["global"]
    if not isinstance(common.get("http_config"), dict):
        common["http_config"] = {}
    redirection.replace_files(common, "global", GLOBAL)
    redirection.apply(common["http_config"], "global.http_config", proxy_url, GLOBAL)
    return common


def _shorten(document: Node, limits: Mapping[str, str], edits: Edits) -> None:
    root = mapping(document, "route")
    for key, limit in limits.items():
        default = _ROOT_DEFAULTS[key]
        if root.get(key) is None and _longer(default, limit):
            edits.put(root, key, limit, "route", f"{default} (default)")
    for route, place in routes(root, "route"):
        for key, limit in limits.items():
            if _longer(route.get(key), limit):
                edits.put(route, key, limit, place)


def _longer(value: object, limit: str) -> bool:
    try:
        return value is not None and parse_duration(str(value)) > parse_duration(limit)
    except ValueError:
        return False  # Alertmanager itself will refuse it, in its own words


def _integrations(document: Node) -> Iterator[_Integration]:
    for number, receiver in entries(document, "receivers"):
        name = str(receiver.get("name", ""))
        for section in [key for key in receiver if key.endswith(_SECTION)]:
            for index, own in entries(receiver, section):
                yield _Integration(name, number, section, index, own)


def _redirect(integration: _Integration, proxy_url: str, common: Node, redirection: Redirection) -> None:
    own, place = integration.own, integration.place
    if integration.section == _MAIL:
        return
    redirection.replace_files(own, place, integration.owner)
    url = proxy_url.replace("://", f"://{integration.sender}@", 1)
    if isinstance(own.get("http_config"), dict):
        redirection.apply(own["http_config"], f"{place}.http_config", url, integration.owner)
    elif integration.section in _HTTP_SECTIONS:
        # Alertmanager would use the global one, so this is a copy of it but for the name of the sender.
        own["http_config"] = plain_copy(common["http_config"])
        redirection.edits.put(own["http_config"], "proxy_url", url, f"{place}.http_config")


def _addressee(integration: _Integration, common: Node, redirection: Redirection, smarthost: str | None) -> Addressee:
    if integration.section == _MAIL:
        captured = smarthost not in {None, NO_SMARTHOST}
        return mail_addressee(integration.receiver, integration.own, integration.sender, captured=captured)
    return resolve(
        Setting(
            receiver=integration.receiver,
            integration=integration.kind,
            own=integration.own,
            common=common,
            sender=integration.sender,
            secrets=redirection.secrets,
        )
    )


def _find_templates(document: Node, base: Path, edits: Edits) -> None:
    globs = document.get("templates")
    if not isinstance(globs, list):
        return
    for index, glob in enumerate(globs):
        if isinstance(glob, str) and not Path(glob).is_absolute():
            globs[index] = str(base / glob)
            edits.tell(f"templates[{index}]: {glob} → {globs[index]}")
