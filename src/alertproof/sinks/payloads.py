"""Whether a payload meets the schema its receiver has published: a sentence and a path for each problem."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jsonschema.exceptions import ValidationError

# The hosts Alertmanager knows by itself, and their integration.
SERVICES: Mapping[str, str] = {
    "hooks.slack.com": "slack",
    "slack.com": "slack",
    "events.pagerduty.com": "pagerduty",
    "events.eu.pagerduty.com": "pagerduty",
    "api.opsgenie.com": "opsgenie",
    "api.eu.opsgenie.com": "opsgenie",
}

_OPSGENIE_ALERT = r"/v2/alerts/[^/]+"
# Integration, method, the end of the path, and the schema with the definition in it.
_ENDPOINTS: tuple[tuple[str, str, re.Pattern[str], str], ...] = (
    ("slack", "POST", re.compile(r"/services/.+|/api/chat\.(postMessage|update)"), "slack_webhook"),
    ("pagerduty", "POST", re.compile(r"/v2/enqueue"), "pagerduty_events_v2"),
    ("pagerduty", "POST", re.compile(r"/generic/2010-04-15/create_event\.json"), "pagerduty_events_v1"),
    ("opsgenie", "POST", re.compile(r"/v2/alerts"), "opsgenie_alert"),
    ("opsgenie", "POST", re.compile(_OPSGENIE_ALERT + "/close"), "opsgenie_alert#close"),
    ("opsgenie", "PUT", re.compile(_OPSGENIE_ALERT + "/message"), "opsgenie_alert#message"),
    ("opsgenie", "PUT", re.compile(_OPSGENIE_ALERT + "/description"), "opsgenie_alert#description"),
)
_VARIABLE = re.compile(r"\$\{?\w+\}?")
_SHOWN_CHARACTERS = 60


def schema_of(host: str, path: str, method: str) -> str | None:
    """Give the schema of what is sent to a known service, None for other hosts and paths."""
    plain = path.partition("?")[0]
    for integration, verb, form, schema in _ENDPOINTS:
        if SERVICES.get(host) == integration and verb == method and form.fullmatch(plain):
            return schema
    return None


def schema_below(integration: str, path: str, method: str) -> str | None:
    """Give the schema of what an integration sends to a host of the user's own, below whatever path."""
    plain = path.partition("?")[0]
    for name, verb, form, schema in _ENDPOINTS:
        if name == integration and verb == method and re.search(f"(?:{form.pattern})$", plain):
            return schema
    return {"slack": "slack_webhook", "webhook": "alertmanager_webhook"}.get(integration)


def problems(schema: str, body: Any) -> tuple[str, ...]:
    """Give what is wrong with a body, a sentence each, in the order of its paths; empty when it is good.

    `schema` is a file's name, with `#` and a definition where the file holds several.
    """
    if isinstance(body, str):
        return ("the body is not JSON",)
    errors = sorted(_validator(schema).iter_errors(body), key=lambda error: [str(p) for p in error.path])
    return tuple(dict.fromkeys(f"{error.json_path}: {_sentence(error)}" for error in errors))


@cache
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    name, _, definition = schema.partition("#")
    text = resources.files("alertproof.sinks").joinpath("schemas", f"{name}.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(document)
    if definition:
        document = {"$defs": document["$defs"], "$ref": f"#/$defs/{definition}"}
    return jsonschema.Draft202012Validator(document)


def _sentence(error: ValidationError) -> str:
    write = _SENTENCES.get(str(error.validator))
    return write(error.validator_value, error.instance) if write else error.message


def _length(word: str) -> Callable[[Any, Any], str]:
    def sentence(limit: int, value: str) -> str:
        # Only what is plainly the name of a variable is shown: a value that is too long may be a secret.
        hint = f"; {value} was not expanded" if _VARIABLE.fullmatch(value) else ""
        return f"has {len(value)} characters, must have {word} {limit}{hint}"

    return sentence


def _items(word: str) -> Callable[[Any, Any], str]:
    return lambda limit, value: f"has {len(value)} entries, must have {word} {limit}"


def _missing(wanted: list[str], value: Mapping[str, object]) -> str:
    return "lacks " + ", ".join(repr(key) for key in wanted if key not in value)


def _one_of(branches: list[dict[str, Any]], value: Any) -> str:
    keys = [key for branch in branches for key in branch.get("required", ())]
    return f"must have one of {', '.join(keys)}" if keys else f"{_shown(value)} fits no allowed form"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"


_SENTENCES: Mapping[str, Callable[[Any, Any], str]] = {
    "enum": lambda allowed, value: f"{_shown(value)} is not one of {', '.join(map(str, allowed))}",
    "const": lambda wanted, value: f"{_shown(value)} is not {_shown(wanted)}",
    "type": lambda wanted, value: f"{_shown(value)} is not of type {wanted}",
    "pattern": lambda form, value: f"{_shown(value)} does not have the form {form}",
    "maxLength": _length("at most"),
    "minLength": _length("at least"),
    "maxItems": _items("at most"),
    "minItems": _items("at least"),
    "required": _missing,
    "anyOf": _one_of,
}
