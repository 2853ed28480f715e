"""`-k EXPR` as in pytest: words that must occur in an alert's id, with and, or, not and parentheses."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from alertproof.errors import UsageError

if TYPE_CHECKING:
    from alertproof.model.estate import Estate

_TOKEN = re.compile(r"\s*(?:(?P<paren>[()])|(?P<word>[^\s()]+))")
_Matcher = Callable[[str], bool]


def select(estate: Estate, expression: str | None) -> Estate:
    """Give the estate with only the alerts whose id matches; UsageError where none does."""
    if not expression:
        return estate
    matches = matcher(expression)
    alerts = tuple(alert for alert in estate.alerts if matches(str(alert.id)))
    if not alerts:
        names = sorted({alert.id.alert for alert in estate.alerts})
        near = difflib.get_close_matches(expression, names, n=1, cutoff=0.3)
        hint = f"the closest name is {near[0]}" if near else f"there are: {', '.join(names[:10])}"
        raise UsageError(f"-k {expression!r} matches none of {len(estate.alerts)} alerts", hint)
    # Counts of the whole estate no longer apply to a part of it.
    return replace(estate, alerts=alerts, findings=(), raw_alerts=len(alerts))


def matcher(expression: str) -> _Matcher:
    """Give a function that says whether a text matches the expression, without regard to case."""
    tokens = [match["paren"] or match["word"] for match in _TOKEN.finditer(expression)]
    parser = _Parser(expression, tokens)
    found = parser.either()
    if parser.tokens:
        raise parser.wrong()
    return found


class _Parser:
    """Recursive descent over `or`, `and`, `not`, words and parentheses."""

    def __init__(self, expression: str, tokens: Sequence[str]) -> None:
        self.expression = expression
        self.tokens = list(tokens)

    def either(self) -> _Matcher:
        parts = [self.both()]
        while self._take("or"):
            parts.append(self.both())
        return lambda text: any(part(text) for part in parts)

    def both(self) -> _Matcher:
        parts = [self.single()]
        while self._take("and"):
            parts.append(self.single())
        return lambda text: all(part(text) for part in parts)

    def single(self) -> _Matcher:
        if self._take("not"):
            inner = self.single()
            return lambda text: not inner(text)
        if self._take("("):
            inner = self.either()
            if not self._take(")"):
                raise self.wrong()
            return inner
        if not self.tokens or self.tokens[0] in (")", "and", "or"):
            raise self.wrong()
        word = self.tokens.pop(0).lower()
        return lambda text: word in text.lower()

    def wrong(self) -> UsageError:
        return UsageError(
            f"-k {self.expression!r} is not an expression",
            "write words joined by and, or, not and parentheses",
        )

    def _take(self, token: str) -> bool:
        if self.tokens and self.tokens[0] == token:
            del self.tokens[0]
            return True
        return False
