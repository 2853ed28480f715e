"""Single queries through `promtool test rules`: what an expression returns of given series, at one moment.

As in `promtool`, nothing is expected, and what it says it got is the answer. It does not say of which test, so each
test begins with an expression that returns its own number.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from alertproof.engines.host import Host, Program
from alertproof.engines.promtool_output import label_set
from alertproof.errors import EngineRefused
from alertproof.model.observation import Point, Vector
from alertproof.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_EVALUATION = "15s"
_ASKED = re.compile(r'^\s*expr: (?P<expr>"(?:[^"\\]|\\.)*"), time: \w+,(?: err: (?P<refusal>.*))?\s*$')
_GOT = re.compile(r"^\s*got:\s*(?P<got>\{.*)$")
_ELEMENT = re.compile(r'(?P<labels>\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}) (?P<value>[^\s,]+)')
_MARK = re.compile(r"vector\((?P<number>\d+)\)")


@dataclass(frozen=True, slots=True)
class Ask:
    """An expression at `at_ms`, over series in promtool's notation with a sample every `step_ms`.

    `rules` is the text of a rule file that is evaluated on the way there; empty for none.
    """

    expr: str
    series: tuple[tuple[str, str], ...]
    step_ms: int
    at_ms: int
    rules: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine returned, or the words with which it refused the expression."""

    vector: Vector = ()
    refusal: str = ""


def ask_queries(host: Host, folder: Path, asks: Sequence[Ask]) -> list[Answer]:
    """Give an answer to each, in order; EngineRefused where promtool does not take the rules or the series."""
    run = Path(tempfile.mkdtemp(prefix="queries-", dir=folder))
    by_rules: dict[str, list[int]] = defaultdict(list)
    for index, ask in enumerate(asks):
        by_rules[ask.rules].append(index)
    answers = [Answer()] * len(asks)
    for number, (rules, indexes) in enumerate(by_rules.items()):
        for index, answer in _run(host, run, number, rules, {index: asks[index] for index in indexes}):
            answers[index] = answer
    return answers


def _run(host: Host, run: Path, number: int, rules: str, asks: dict[int, Ask]) -> Iterator[tuple[int, Answer]]:
    tests = run / f"tests-{number}.yml"
    files = []
    if rules:
        files.append(f"rules-{number}.yml")
        (run / files[0]).write_text(rules, encoding="utf-8")
    document = {
        "rule_files": files,
        "evaluation_interval": _EVALUATION,
        "tests": [_test(index, ask) for index, ask in asks.items()],
    }
    tests.write_text(yaml.safe_dump(document, sort_keys=False, width=10_000), encoding="utf-8")
    done = host.run(Program.PROMTOOL, ["test", "rules", str(tests)], run)
    output = done.output + done.errors
    answers = list(_answers(output))
    if {index for index, _ in answers} != set(asks):
        raise EngineRefused("promtool could not evaluate the queries of the corpus", output)
    yield from answers


def _test(index: int, ask: Ask) -> dict[str, Any]:
    at = format_duration(ask.at_ms)
    return {
        "interval": format_duration(ask.step_ms),
        "input_series": [{"series": series, "values": values} for series, values in ask.series],
        "promql_expr_test": [
            {"expr": expr, "eval_time": at, "exp_samples": []} for expr in (f"vector({index})", ask.expr)
        ],
    }


def _answers(output: str) -> Iterator[tuple[int, Answer]]:
    """Give each test's number with its answer; one that got nothing, as expected, is not mentioned by promtool."""
    index, answer, marking = -1, Answer(), False
    for line in output.splitlines():
        if asked := _ASKED.match(line):
            mark = _MARK.fullmatch(json.loads(asked["expr"]))
            marking = mark is not None
            if mark is not None:
                if index >= 0:
                    yield index, answer
                index, answer = int(mark["number"]), Answer()
            elif asked["refusal"]:
                answer = Answer(refusal=asked["refusal"])
        elif (got := _GOT.match(line)) and not marking:
            answer = Answer(tuple(_points(got["got"])))
    if index >= 0:
        yield index, answer


def _points(text: str) -> Iterator[Point]:
    for element in _ELEMENT.finditer(text):
        yield Point(label_set(element["labels"]), float(element["value"]))
