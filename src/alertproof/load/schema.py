"""Checking a YAML tree against a JSON Schema, with the place of the first mistake and a word of what to do."""

from __future__ import annotations

import difflib
import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema

from alertproof.errors import InputError, Place
from alertproof.load.tree import Node, plain
from alertproof.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jsonschema.exceptions import ValidationError

_FORMATS = jsonschema.FormatChecker(formats=())


@_FORMATS.checks("prometheus-duration", raises=ValueError)
def _is_duration(value: object) -> bool:
    if isinstance(value, str | int):
        parse_duration(str(value))
    return True


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    """Give the validator of a schema shipped beside this module, such as `rule_file`."""
    text = resources.files("alertproof.load").joinpath("schemas", f"{name}.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=_FORMATS)


def check(node: Node, schema: str) -> Any:
    """Give a tree as plain data that fits the schema; InputError at the first place that does not."""
    data = plain(node)
    errors = [leaf for error in validator(schema).iter_errors(data) for leaf in _leaves(error)]
    # A misspelled key also leaves the right one missing: say what stands there, not what does not.
    misspelled = [list(error.absolute_path) for error in errors if _extra_keys(error)]
    errors = [e for e in errors if e.validator != "required" or list(e.absolute_path) not in misspelled]
    if errors:
        places = [_place(node, error) for error in errors]
        first = min(range(len(errors)), key=lambda index: (places[index].line, places[index].column))
        problem, remedy = _explain(errors[first], validator(schema).schema)
        raise InputError(places[first], problem, remedy)
    return data


def _leaves(error: ValidationError) -> list[ValidationError]:
    """Give the errors that say most: of an anyOf or oneOf, those of the branch that fits best."""
    if not error.context:
        return [error]
    best = jsonschema.exceptions.best_match(error.context)
    return _leaves(best) if best is not None else [error]


def _place(root: Node, error: ValidationError) -> Place:
    node = descend(root, list(error.absolute_path))
    extra = _extra_keys(error)
    return node.key_places.get(extra[0], node.place) if extra else node.place


def descend(root: Node, path: Sequence[str | int]) -> Node:
    """Give the node at a path of keys and indexes."""
    node = root
    for step in path:
        # A path from a validator or a loader fits the tree it was made from.
        children: Any = node.value
        node = children[step]
    return node


def _extra_keys(error: ValidationError) -> list[str]:
    if error.validator != "additionalProperties" or not isinstance(error.instance, dict):
        return []
    return [key for key in error.instance if key not in _schema(error).get("properties", {})]


def _schema(error: ValidationError) -> dict[str, Any]:
    return error.schema if isinstance(error.schema, dict) else {}


def _explain(error: ValidationError, root: Any) -> tuple[str, str]:
    where = _where(error)
    extra = _extra_keys(error)
    wanted: Any = error.validator_value
    instance: Any = error.instance
    if extra:
        known = sorted(_schema(error).get("properties", {}))
        near = difflib.get_close_matches(extra[0], known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return f"unknown key {extra[0]!r}", f"{hint}known here: {', '.join(known)}"
    if error.validator == "required":
        missing = [key for key in wanted if key not in instance]
        return f"key {missing[0]!r} is missing from {where}", f"add {missing[0]!r}"
    if error.validator == "format":
        cause = f"{error.cause}" if error.cause else error.message
        return f"{where}: {cause}", "write a Prometheus duration such as 15s, 5m or 1h30m"
    if error.validator in ("maxItems", "minItems"):
        most = error.validator == "maxItems"
        said = f"{where} has {len(instance)} entries, {'at most' if most else 'at least'} {wanted} can be read"
        return said, _description(error, root)
    if error.validator == "type":
        kinds = " or ".join(wanted) if isinstance(wanted, list) else wanted
        return f"{where} must be {_article(kinds)}, not {_kind(error.instance)}", _description(error, root)
    return f"{where}: {error.message}", _description(error, root)


def _where(error: ValidationError) -> str:
    """Give what the error is about: the nearest key, and the position below it in a list."""
    path = list(error.absolute_path)
    if not path:
        return "the file"
    if isinstance(path[-1], int):
        return f"entry {path[-1] + 1} of {path[-2]!r}" if len(path) > 1 else f"entry {path[-1] + 1}"
    return repr(path[-1])


def _description(error: ValidationError, root: Any) -> str:
    return str(_schema(error).get("description") or root.get("description") or "see the schema of this file")


def _article(kind: str) -> str:
    names = {"object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number"}
    return " or ".join(names.get(part, f"a {part}") for part in kind.split(" or "))


def _kind(value: object) -> str:
    names = ((type(None), "empty"), (bool, "a boolean"), (dict, "a mapping"), (list, "a list"), (str, "text"))
    return next((name for kind, name in names if isinstance(value, kind)), f"the number {value}")
