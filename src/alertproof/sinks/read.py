"""Captured requests understood: which receiver, which alerts, firing or resolved, and the schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from alertproof.model.observation import Notification, Request
from alertproof.sinks.payloads import problems

if TYPE_CHECKING:
    from alertproof.sinks.addressee import Addressee

FIRING = "firing"
RESOLVED = "resolved"
OR = " or "
# What a template computes; the text around it is the same in every notification.
_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)

_SLACK_TEXTS = frozenset({"text", "title", "fallback", "pretext"})
_STATE_WORDS = re.compile(rf"\b({FIRING}|{RESOLVED})\b", re.IGNORECASE)
_OPSGENIE_CREATE = "/v2/alerts"
_EVENTS = {"trigger": FIRING, "resolve": RESOLVED}


@dataclass(frozen=True, slots=True)
class Reading:
    """Notifications in the order they were sent, and requests that no receiver of the file explains."""

    notifications: tuple[Notification, ...]
    strangers: tuple[Request, ...]


def mentions(texts: Iterable[tuple[str, str]], alert_names: Collection[str]) -> dict[str, str]:
    """Give what annotations say of other alerts, each fragment with what is left of it without their names.

    `texts` are pairs of an alert's name and one of its annotations, rendered or as a template. "HighDiskUsage is blind
    there" in the text of another alert is no news of HighDiskUsage.
    """
    found: dict[str, str] = {}
    for own, text in texts:
        others = _pattern([name for name in alert_names if name != own])
        if others is not None:
            found |= {part: others.sub("", part) for part in _ACTION.split(text) if others.search(part)}
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def read(
    requests: Sequence[Request],
    addressees: Sequence[Addressee],
    alert_names: Collection[str],
    mentioned: Mapping[str, str] = MappingProxyType({}),
) -> Reading:
    """Give what the requests say; every request is either a notification or a stranger.

    Where several addressees fit one request, its receiver is all their names joined by ` or `: the wire then
    does not tell which it was. `mentioned` are fragments of text, as `mentions` gives them, whose names do not count.
    """
    names = _Names(_pattern(alert_names), mentioned)
    notifications, strangers = [], []
    for request in requests:
        candidates = [addressee for addressee in addressees if addressee.matches(request)]
        if candidates:
            notifications.append(_notification(request, candidates, names))
        else:
            strangers.append(request)
    return Reading(tuple(notifications), tuple(strangers))


def _notification(request: Request, candidates: Sequence[Addressee], names: _Names) -> Notification:
    first = candidates[0]
    return Notification(
        receiver=OR.join(dict.fromkeys(addressee.receiver for addressee in candidates)),
        integration=first.integration,
        state=_STATES.get(first.integration, _unsaid)(request),
        alerts=names.of(request, first.integration),
        request=request,
        problems=_problems(request, first),
    )


class _Names:
    """The alerts that requests name.

    A call that closes or updates an Opsgenie alert names it by its alias alone; its alerts are those that the
    latest call to create that alias named.
    """

    def __init__(self, pattern: re.Pattern[str] | None, mentioned: Mapping[str, str]) -> None:
        self._pattern = pattern
        self._mentioned = mentioned
        self._by_alias: dict[tuple[str, str], tuple[str, ...]] = {}

    def of(self, request: Request, integration: str) -> tuple[str, ...]:
        text = "\n".join(_strings(request.body))
        for fragment, rest in self._mentioned.items():
            text = text.replace(fragment, rest)
        found = {match.group() for match in self._pattern.finditer(text)} if self._pattern else set()
        alerts = tuple(sorted(found))
        if integration != "opsgenie":
            return alerts
        path = request.path.partition("?")[0]
        if path.endswith(_OPSGENIE_CREATE):
            alias = request.body.get("alias") if isinstance(request.body, Mapping) else None
            self._by_alias[request.host, str(alias)] = alerts
            return alerts
        alias = unquote(path.rpartition("/")[0].rpartition("/")[2])
        return tuple(sorted({*alerts, *self._by_alias.get((request.host, alias), ())}))


def _problems(request: Request, addressee: Addressee) -> tuple[str, ...]:
    schema = addressee.schema(request)
    if schema is not None:
        return problems(schema, request.body)
    if addressee.templated:
        return ()
    # The path may hold a key, as a bot's does: it is not said.
    return (f"no schema is known for what {addressee.integration} sends to {request.host}",)


def _pattern(names: Collection[str]) -> re.Pattern[str] | None:
    """Give a pattern for the names as whole words, the longest first.

    So `HighLoad` is not found in `HighLoadTotal`, and not in `HighLoad-db` where that is a name as well.
    """
    if not names:
        return None
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def _slack_state(request: Request) -> str:
    """Give the state that the text people read speaks of; nothing where it speaks of both or of neither."""
    words = {word.lower() for text in _slack_texts(request.body) for word in _STATE_WORDS.findall(text)}
    return words.pop() if len(words) == 1 else ""


def _slack_texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key in _SLACK_TEXTS and isinstance(part, str):
                yield part
            else:
                yield from _slack_texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _slack_texts(part)


def _mail_state(request: Request) -> str:
    """Give the state that the subject speaks of, or where it speaks of none, the text below it."""
    body = request.body if isinstance(request.body, Mapping) else {}
    for keys in (("subject",), ("text", "html")):
        words = {word.lower() for key in keys for word in _STATE_WORDS.findall(str(body.get(key, "")))}
        if words:
            return words.pop() if len(words) == 1 else ""
    return ""


def _pagerduty_state(request: Request) -> str:
    body = request.body if isinstance(request.body, Mapping) else {}
    return _EVENTS.get(str(body.get("event_action") or body.get("event_type")), "")


def _opsgenie_state(request: Request) -> str:
    # Changing an alert's message or description is not in itself news of its state.
    path = request.path.partition("?")[0]
    if path.endswith("/close"):
        return RESOLVED
    return FIRING if path.endswith(_OPSGENIE_CREATE) else ""


def _webhook_state(request: Request) -> str:
    status = request.body.get("status") if isinstance(request.body, Mapping) else None
    return status if status in {FIRING, RESOLVED} else ""


def _unsaid(_request: Request) -> str:
    return ""


_STATES: Mapping[str, Callable[[Request], str]] = {
    "slack": _slack_state,
    "pagerduty": _pagerduty_state,
    "opsgenie": _opsgenie_state,
    "webhook": _webhook_state,
    "email": _mail_state,
}
