"""The second way to replay: `promtool test rules`, the real rule manager on a logical clock.

promtool only compares, so it is asked to expect nothing at every evaluation, and what it says it got instead is the
observation: nothing of our prediction reaches it. It ignores a group's own `interval`, hence each alert has a test
file of its own, whose `evaluation_interval` is the group's.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from alertproof.engines.host import Host, Program
from alertproof.engines.promtool_output import KEY_LABEL, Got, read_output
from alertproof.errors import EngineRefused, InputError, Place
from alertproof.model.observation import AlertState, RenderedAlert, RuleTimeline
from alertproof.model.series import METRIC_NAME, Scenario, quote
from alertproof.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from alertproof.model.rules import RuleFile

_STATE = "alertstate"
_FAILED = re.compile(r"^(?=\s*FAILED:)", re.MULTILINE)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class RuleReplay:
    """A scenario for one alert of a rule file, evaluated every `interval_ms`, rendered at `render_ms`.

    `reads` are the recording rules that the alert reads, some of them perhaps in the files `beside`; `external_labels`
    are the server's, for templates.
    """

    key: str
    rules: RuleFile
    alert: str
    scenario: Scenario
    interval_ms: int
    render_ms: tuple[int, ...]
    reads: frozenset[str] = frozenset()
    beside: tuple[RuleFile, ...] = ()
    external_labels: Mapping[str, str] = field(default_factory=dict)


def replay_rules(
    host: Host, folder: Path, replays: Sequence[RuleReplay], evaluation_ms: int | None = None
) -> dict[str, RuleTimeline]:
    """Give each alert's timeline by its replay's key.

    Rules are evaluated at each replay's interval, or every `evaluation_ms` where states are wanted less often.
    Raises InputError where Prometheus does not load a rule file, EngineRefused where promtool will not take the series.
    """
    run = Path(tempfile.mkdtemp(prefix="promtool-", dir=folder))
    _check_files(host, run, {file.path: file for replay in replays for file in (replay.rules, *replay.beside)})
    tests = [_write_test(run, f"{number}", replay, evaluation_ms) for number, replay in enumerate(replays)]
    # One process a core, each with every n-th test: long ones stand beside short ones.
    shares = [share for n in range(os.cpu_count() or 1) if (share := tests[n :: os.cpu_count() or 1])]
    with ThreadPoolExecutor(max(len(shares), 1)) as pool:
        outputs = list(pool.map(partial(_run, host, run), shares))
    got: dict[str, list[Got]] = defaultdict(list)
    for item in (item for output in outputs for item in output):
        got[item.test].append(item)
    return {replay.key: _timeline(replay, got[replay.key]) for replay in replays}


def _run(host: Host, run: Path, tests: Sequence[Path]) -> list[Got]:
    done = host.run(Program.PROMTOOL, ["test", "rules", *map(str, tests)], run)
    output = done.output + done.errors
    # Test by test: one that says nothing beside others that do would pass for an alert that is never active.
    got = [item for part in _FAILED.split(output) for item in read_output(part)]
    if not got and "SUCCESS" not in output:
        raise EngineRefused("promtool could not evaluate the rules", output)
    return got


def _check_files(host: Host, run: Path, files: Mapping[Path, RuleFile]) -> None:
    """Raise InputError for a file that Prometheus does not load: as a whole or not at all."""
    for number, (path, file) in enumerate(files.items()):
        rules = run / f"whole-{number}.yml"
        rules.write_text(file.text, encoding="utf-8")
        # Not `test rules`: without a test it does not open the file.
        done = host.run(Program.PROMTOOL, ["check", "rules", str(rules)], run)
        lines = (done.output + done.errors).splitlines()
        if refused := [line for line in lines if f"{rules}: " in line]:
            # What is wrong is the user's to mend.
            said = "; ".join(dict.fromkeys(line.split(f"{rules}: ", 1)[1].strip() for line in refused))
            raise InputError(Place(path), f"Prometheus does not load this file: {said}", "correct the rule it names")


def _write_test(run: Path, name: str, replay: RuleReplay, evaluation_ms: int | None) -> Path:
    """Write a test, and beside it the groups it needs: the alert's rule as it stands, and what it reads.

    The other rules of the file would be evaluated at every step of every test, which takes ten times as long.
    """
    rules, test = run / f"rules-{name}.yml", run / f"test-{name}.yml"
    groups = [group for file in (*replay.beside, replay.rules) for group in _groups(file, replay)]
    names = [group["name"] for group in groups]
    if len(set(names)) < len(names):
        # Groups of one name may stand in several files, but not in this one.
        names = [f"{name}-{index}" for index, name in enumerate(names)]
        groups = [{**group, "name": own} for group, own in zip(groups, names, strict=True)]
    rules.write_text(yaml.dump({"groups": groups}, Dumper=_DUMPER, sort_keys=False), encoding="utf-8")
    document = {
        "rule_files": [rules.name],
        "evaluation_interval": format_duration(evaluation_ms or replay.interval_ms),
        # promtool's own order is random.
        **({"group_eval_order": names} if len(names) > 1 else {}),
        "tests": [_test(replay)],
    }
    test.write_text(yaml.dump(document, Dumper=_DUMPER, sort_keys=False), encoding="utf-8")
    return test


@lru_cache(maxsize=32)
def _parsed(text: str) -> Any:
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 a safe loader, in C where there is one


def _groups(file: RuleFile, replay: RuleReplay) -> Iterator[dict[str, Any]]:
    for group in _parsed(file.text)["groups"]:
        kept = [
            rule
            for rule in group.get("rules") or ()
            if (file is replay.rules and rule.get("alert") == replay.alert) or rule.get("record") in replay.reads
        ]
        if kept:
            yield {**group, "rules": kept}


def _test(replay: RuleReplay) -> dict[str, Any]:
    scenario = replay.scenario
    # promtool names the test only before rendered alerts; a matcher that no alert fails carries the key elsewhere.
    selector = f'ALERTS{{alertname={quote(replay.alert)},{KEY_LABEL}!="{replay.key}"}}'
    return {
        "name": replay.key,
        "interval": format_duration(scenario.step_ms),
        **({"external_labels": dict(replay.external_labels)} if replay.external_labels else {}),
        "input_series": [
            {"series": series.notation(), "values": _values(series.samples)}
            for series in scenario.series
            if any(sample is not None for sample in series.samples)
        ],
        "promql_expr_test": [
            {"expr": selector, "eval_time": format_duration(tick), "exp_samples": []} for tick in _ticks(replay)
        ],
        "alert_rule_test": [
            {"alertname": replay.alert, "eval_time": format_duration(at), "exp_alerts": []} for at in replay.render_ms
        ],
    }


def _ticks(replay: RuleReplay) -> range:
    return range(0, replay.scenario.length_ms + 1, replay.interval_ms)


def _values(samples: Sequence[float | None]) -> str:
    return " ".join(_runs(samples))


def _runs(samples: Sequence[float | None]) -> Iterator[str]:
    """Give values in promtool's notation; equal neighbours are folded, which keeps gauges short.

    A gap begins with a stale marker, as Prometheus writes one when a scrape fails or a target is gone.
    """
    index = 0
    while index < len(samples):
        end = index
        while end + 1 < len(samples) and samples[end + 1] == samples[index]:
            end += 1
        value, count = samples[index], end - index
        if value is None:
            yield "stale" if index else "_"
            if count:
                yield f"_x{count}"
        else:
            yield f"{value!r}x{count}" if count else repr(value)
        index = end + 1


def _timeline(replay: RuleReplay, got: Sequence[Got]) -> RuleTimeline:
    states = [
        AlertState(item.at_ms, labels.pop(_STATE), labels)
        for item in got
        for labels in (_without_name(element) for element in item.elements)
        if item.rendered is None
    ]
    rendered = [
        RenderedAlert(item.at_ms, labels, annotations) for item in got for labels, annotations in item.rendered or ()
    ]
    return RuleTimeline(tuple(_ticks(replay)), tuple(states), tuple(rendered))


def _without_name(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name != METRIC_NAME}
