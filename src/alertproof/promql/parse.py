"""Parsing, with the parser's complaint turned into an error that has a place."""

from __future__ import annotations

import promql_parser

from alertproof.errors import InputError, Place


def parse(expr: str, place: Place) -> promql_parser.Expr:
    """Give the syntax tree of an expression; InputError at `place` where it is not PromQL."""
    try:
        return promql_parser.parse(expr)
    except ValueError as error:
        first = expr.strip().splitlines()[0] if expr.strip() else "(empty)"
        raise InputError(
            place,
            f"not valid PromQL: {error}\n  | {first}",
            "correct the expression; `promtool check rules` shows the character",
        ) from error
