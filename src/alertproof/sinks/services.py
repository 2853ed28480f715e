"""What the real services answer, so that Alertmanager goes on as it would in production."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from alertproof.sinks.payloads import SERVICES, problems, schema_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_JSON = "application/json"
_TEXT = "text/html; charset=utf-8"  # what hooks.slack.com says of its bare `ok`


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response: status, content type and body text."""

    status: int
    content_type: str
    text: str


def answer(method: str, host: str, path: str, body: Any, expected: Mapping[str, str]) -> Answer:
    """Give what the service at `host` answers; `expected` maps further hosts to their integration.

    A known service refuses what breaks its schema. A host of the file's own accepts anything: what it would
    refuse is not published. Any other host is answered 403.
    """
    service = SERVICES.get(host)
    if service is None:
        integration = expected.get(host)
        if integration is None:
            return _json(HTTPStatus.FORBIDDEN, {"message": f"the Alertmanager file names no host {host}"})
        return _ANSWERS.get(integration, _webhook)(path, body, ())
    schema = schema_of(host, path, method)
    if schema is None:
        return _json(HTTPStatus.NOT_FOUND, {"message": f"{host} has no {method} {path.partition('?')[0]}"})
    return _ANSWERS[service](path, body, problems(schema, body))


def _slack(path: str, body: Any, faults: tuple[str, ...]) -> Answer:
    if path.startswith("/api/"):
        channel = body.get("channel", "") if isinstance(body, dict) else ""
        good = {"ok": True, "channel": channel, "ts": "1700000000.000100"}
        return _json(HTTPStatus.OK, {"ok": False, "error": "invalid_arguments"} if faults else good)
    if faults:
        return Answer(HTTPStatus.BAD_REQUEST.value, _TEXT, "invalid_payload")
    return Answer(HTTPStatus.OK.value, _TEXT, "ok")


def _pagerduty(path: str, body: Any, faults: tuple[str, ...]) -> Answer:
    if faults:
        words = {"status": "invalid event", "message": "Event object is invalid", "errors": list(faults)}
        return _json(HTTPStatus.BAD_REQUEST, words)
    first = path.partition("?")[0].endswith("/create_event.json")
    status, field = (HTTPStatus.OK, "incident_key") if first else (HTTPStatus.ACCEPTED, "dedup_key")
    given = body.get(field) if isinstance(body, dict) else None
    words = {"status": "success", "message": "Event processed", field: given or _made_up(body)}
    return _json(status, words)


def _opsgenie(path: str, body: Any, faults: tuple[str, ...]) -> Answer:
    request_id = str(uuid.UUID(_made_up([path, body])))
    if faults:
        words = {"message": "Request body is not processable", "errors": list(faults)}
        return _json(HTTPStatus.UNPROCESSABLE_ENTITY, {**words, "took": 0.1, "requestId": request_id})
    good = {"result": "Request will be processed", "took": 0.1, "requestId": request_id}
    return _json(HTTPStatus.ACCEPTED, good)


def _webhook(_path: str, _body: Any, _faults: tuple[str, ...]) -> Answer:
    return _json(HTTPStatus.OK, {})


_ANSWERS: Mapping[str, Callable[[str, Any, tuple[str, ...]], Answer]] = {
    "slack": _slack,
    "pagerduty": _pagerduty,
    "opsgenie": _opsgenie,
}


def _json(status: HTTPStatus, words: Mapping[str, object]) -> Answer:
    return Answer(status.value, _JSON, json.dumps(words))


def _made_up(seed: Any) -> str:
    """Give 32 hex digits that the same request gets again."""
    return hashlib.sha256(json.dumps(seed, sort_keys=True).encode()).hexdigest()[:32]
