"""The second way to replay: `promtool test rules`, the real rule manager on a logical clock.

promtool only compares, so it is asked to expect nothing at every evaluation, and what it says it got instead is the
observation: nothing of our prediction reaches it. It ignores a group's own `interval`, hence each test file holds
groups of one interval, which is set as `evaluation_interval`.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
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
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(frozen=True, slots=True)
class RuleReplay:
    """A scenario for one alert of a rule file, evaluated every `interval_ms`, rendered at `render_ms`.

    `beside` are further files that the server loads, as their recording rules may be read; `external_labels` are the
    server's, for templates.
    """

    key: str
    rules: RuleFile
    alert: str
    scenario: Scenario
    interval_ms: int
    render_ms: tuple[int, ...]
    beside: tuple[RuleFile, ...] = ()
    external_labels: Mapping[str, str] = field(default_factory=dict)


def replay_rules(
    host: Host, folder: Path, replays: Sequence[RuleReplay], evaluation_ms: int | None = None
) -> dict[str, RuleTimeline]:
    """Give each alert's timeline by its replay's key.

    Rules are evaluated at each replay's interval, or every `evaluation_ms` where states are wanted less often.
    Raises EngineRefused where promtool will not take the rules or the series.
    """
    run = Path(tempfile.mkdtemp(prefix="promtool-", dir=folder))
    by_file: dict[tuple[Path, int], list[RuleReplay]] = defaultdict(list)
    for replay in replays:
        by_file[replay.rules.path, replay.interval_ms].append(replay)
    timelines: dict[str, RuleTimeline] = {}
    for number, group in enumerate(by_file.values()):
        timelines |= _replay_file(host, run, f"{number}", group, evaluation_ms)
    return timelines


def _replay_file(
    host: Host, run: Path, name: str, replays: Sequence[RuleReplay], evaluation_ms: int | None
) -> dict[str, RuleTimeline]:
    rules = run / f"rules-{name}.yml"
    rules.write_text(replays[0].rules.text, encoding="utf-8")
    # Recording rules come first, so that what an alert reads is of the same evaluation.
    files = [*_write_beside(run, name, replays[0]), rules.name]
    tests = run / f"tests-{name}.yml"
    document = {
        "rule_files": files,
        "evaluation_interval": format_duration(evaluation_ms or replays[0].interval_ms),
        **_order(replays[0]),
        "tests": [_test(replay) for replay in replays],
    }
    tests.write_text(yaml.dump(document, Dumper=_DUMPER, sort_keys=False), encoding="utf-8")
    done = host.run(Program.PROMTOOL, ["test", "rules", str(tests)], run)
    output = done.output + done.errors
    if refused := [line for line in output.splitlines() if f"{rules}: " in line]:
        # Prometheus loads a file as a whole or not at all; what is wrong is the user's to mend.
        said = "; ".join(dict.fromkeys(line.split(f"{rules}: ", 1)[1].strip() for line in refused))
        raise InputError(
            Place(replays[0].rules.path), f"Prometheus does not load this file: {said}", "correct the rule it names"
        )
    got = read_output(output)
    if not got and "SUCCESS" not in output:
        raise EngineRefused(f"promtool could not evaluate {replays[0].rules.path}", output)
    return {replay.key: _timeline(replay, [item for item in got if item.test == replay.key]) for replay in replays}


def _write_beside(run: Path, name: str, replay: RuleReplay) -> list[str]:
    names = []
    for number, file in enumerate(replay.beside):
        path = run / f"beside-{name}-{number}.yml"
        path.write_text(file.text, encoding="utf-8")
        names.append(path.name)
    return names


def _order(replay: RuleReplay) -> dict[str, list[str]]:
    """Give the order of the groups: that of the files, where their names tell them apart; promtool's own is random."""
    names = [group.name for file in (*replay.beside, replay.rules) for group in file.groups]
    return {"group_eval_order": names} if len(set(names)) == len(names) > 1 else {}


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
