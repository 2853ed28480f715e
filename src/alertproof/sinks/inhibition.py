"""Which alert an Alertmanager file lets inhibit which, worked out from its `inhibit_rules`.

It serves to keep alerts apart that would silence one another in a shared replay. What is proved of inhibition,
Alertmanager itself says; a live check holds this module against it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_NAME = r'"(?:[^"\\]|\\.)*"|[^\s!=~,"{}]+'
_MATCHER = re.compile(
    rf'\s*(?P<name>{_NAME})\s*(?P<operator>=~|!~|!=|=)\s*(?P<value>"(?:[^"\\]|\\.)*"|[^,"]*?)\s*(?:,|$)', re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label; a label that is missing is empty."""

    name: str
    operator: str
    value: str

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Give whether labels fulfil it; a pattern must match the whole value."""
        found = labels.get(self.name, "")
        if self.operator in {"=", "!="}:
            return (found == self.value) is (self.operator == "=")
        return (_pattern(self.value).fullmatch(found) is not None) is (self.operator == "=~")


def inhibits(document: Mapping[str, object], source: Mapping[str, str], target: Mapping[str, str]) -> bool:
    """Give whether, under the file's rules, an alert with the labels `source` inhibits one with the labels `target`.

    An alert that fits both sides of a rule is not inhibited by one that fits both sides, itself among them. That one
    which fits the source alone inhibits it is said here always; newer Alertmanagers at times overlook it. Raises
    ValueError for a matcher that cannot be read.
    """
    rules = document.get("inhibit_rules")
    return isinstance(rules, list) and any(
        _rule_inhibits(rule, source, target) for rule in rules if isinstance(rule, dict)
    )


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """Give the matchers of one text, such as `severity="critical"` or `{a=b, c=~"d.*"}`."""
    inner = text.strip()
    if inner.startswith("{") and inner.endswith("}"):
        inner = inner[1:-1].strip()
    found, position = [], 0
    while position < len(inner):
        match = _MATCHER.match(inner, position)
        if match is None:
            raise ValueError(f"{text!r} is no matcher")
        found.append(Matcher(_plain(match["name"]), match["operator"], _plain(match["value"])))
        position = match.end()
    return tuple(found)


def _rule_inhibits(rule: Mapping[str, object], source: Mapping[str, str], target: Mapping[str, str]) -> bool:
    sources, targets = tuple(_side(rule, "source")), tuple(_side(rule, "target"))
    equal = rule.get("equal")
    return (
        _all(sources, source)
        and _all(targets, target)
        and all(source.get(str(name), "") == target.get(str(name), "") for name in _list(equal))
        and not (_all(sources, target) and _all(targets, source))
    )


def _all(matchers: Iterable[Matcher], labels: Mapping[str, str]) -> bool:
    return all(matcher.matches(labels) for matcher in matchers)


def _side(rule: Mapping[str, object], side: str) -> Iterator[Matcher]:
    """Give the matchers of a rule's side, in the old keys and the new one together."""
    for key, operator in ((f"{side}_match", "="), (f"{side}_match_re", "=~")):
        section = rule.get(key)
        if isinstance(section, dict):
            yield from (Matcher(str(name), operator, str(value)) for name, value in section.items())
    for text in _list(rule.get(f"{side}_matchers")):
        yield from parse_matchers(str(text))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


@cache
def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no pattern: {error}") from error


def _plain(text: str) -> str:
    if len(text) > 1 and text.startswith('"') and text.endswith('"'):
        return _ESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], text[1:-1])
    return text
