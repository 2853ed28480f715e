"""Reading what `promtool test rules` prints about the difference between expected and got.

The form is the same from 2.42 to 3.5:

    name: KEY,
    alertname: NAME, time: 5m,            expr: "ALERTS{…}", time: 5m,
        exp:[],                               exp: nil
        got:[                                 got: {alertname="…", …} 1E+00, {…} 1E+00
            0:
              Labels:{alertname="…"}
              Annotations:{summary="…"}
            ]
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.errors import EngineRefused
from alertproof.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

Labels = dict[str, str]

# The label of a matcher `alertproof_test!="KEY"` by which an expression says which test it belongs to.
KEY_LABEL = "alertproof_test"
_KEY = re.compile(KEY_LABEL + r'!=\\"(?P<key>[^"\\]*)\\"')

_NAME = re.compile(r"^\s*name: (?P<name>.*),\s*$")
_ALERT = re.compile(r"^\s*alertname: .*, time: (?P<time>[0-9a-z]+),\s*$")
_EXPR = re.compile(r"^\s*expr: (?P<expr>.*), time: (?P<time>[0-9a-z]+),\s*$")
_GOT = re.compile(r"^\s*got:\s*(?P<got>\{.*)$")
_LABELS = re.compile(r"^\s*Labels:(?P<set>\{.*\}),?\s*$")
_ANNOTATIONS = re.compile(r"^\s*Annotations:(?P<set>\{.*\}),?\s*$")
_PAIR = re.compile(r'(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)=(?P<value>"(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True)
class Got:
    """What one assertion got: series of an expression, or rendered alerts (then `rendered` is not None)."""

    test: str
    at_ms: int
    elements: tuple[Labels, ...]
    rendered: tuple[tuple[Labels, Labels], ...] | None = None


def read_output(output: str) -> list[Got]:
    """Give everything promtool got, in order of its output.

    Raises EngineRefused where a difference is announced in a form this does not know: silence would pass for an
    alert that never fired.
    """
    found: list[Got] = []
    test = ""
    announced = 0
    lines = iter(output.splitlines())
    for line in lines:
        if match := _NAME.match(line):
            test = match["name"]
        elif match := _ALERT.match(line):
            announced += 1
            found += _rendered(test, parse_duration(match["time"]), lines)
        elif match := _EXPR.match(line):
            announced += 1
            key = _KEY.search(match["expr"])
            found += _series(key["key"] if key else test, parse_duration(match["time"]), lines)
    if len(found) != announced or ("FAILED" in output and not found):
        raise EngineRefused("promtool's answer could not be read", output)
    return found


def label_set(text: str) -> Labels:
    """Give the labels of `{a="b", c="d"}`; values are quoted as Go quotes, mostly as JSON does."""
    return {pair["name"]: _unquote(pair["value"]) for pair in _PAIR.finditer(text)}


def _unquote(quoted: str) -> str:
    simple = re.sub(r"\\x([0-9a-fA-F]{2})", r"\\u00\1", quoted).replace("\\a", "\\u0007").replace("\\v", "\\u000b")
    text: str = json.loads(simple, strict=False)
    return text


def _rendered(test: str, at_ms: int, lines: Iterator[str]) -> Iterator[Got]:
    alerts: list[tuple[Labels, Labels]] = []
    labels: Labels | None = None
    for line in lines:
        if match := _LABELS.match(line):
            labels = label_set(match["set"])
        elif (match := _ANNOTATIONS.match(line)) and labels is not None:
            alerts.append((labels, label_set(match["set"])))
            labels = None
        elif line.strip() == "]":
            yield Got(test, at_ms, (), tuple(alerts))
            return


def _series(test: str, at_ms: int, lines: Iterator[str]) -> Iterator[Got]:
    for line in lines:
        if match := _GOT.match(line):
            yield Got(test, at_ms, tuple(_elements(match["got"])))
            return
        if not line.strip().startswith("exp"):
            return


def _elements(text: str) -> Iterator[Labels]:
    """Give the label sets of `{…} 1E+00, {…} 1E+00`; braces inside quoted values do not end a set."""
    for match in re.finditer(r'\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}', text):
        yield label_set(match.group())
