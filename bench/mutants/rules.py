"""Every mutant of an alerting rule: its expression, those of the recording rules it reads, and all its other keys."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import yaml
from bench.mutants.edits import Edit, edits
from bench.mutants.tree import read

from alertproof.model.rules import AlertingRule, RecordingRule
from alertproof.proof.subject import active_labels, subject_of
from alertproof.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alertproof.model.estate import Alert
    from alertproof.model.rules import RuleFile

_KEEP_MS = 60_000
_OTHER_SEVERITY = {"critical": "warning", "warning": "critical", "info": "warning"}
# What shows a number, and what would show it in another unit or with other digits.
_UNITS = (
    ("humanizePercentage", "humanize"),
    ("humanizeDuration", "humanize"),
    ("humanize1024", "humanize"),
    ('printf "%.0f"', 'printf "%.3f"'),
    ('printf "%.1f"', 'printf "%.0f"'),
    (" %", " ratio"),
    (" ms", " s"),
    (" s ", " ms "),
    (" minutes", " seconds"),
)
_LABEL = re.compile(r"\$labels\.(\w+)")
_VALUE = re.compile(r"\$value\b")
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Mutant:
    """An alert with one change; `edit` is the change of an expression, `record` the recording rule it is in."""

    kind: str
    words: str
    original: Alert
    alert: Alert
    edit: Edit | None = None
    record: str = ""

    @property
    def name(self) -> str:
        """Give the alert and the change."""
        return f"{self.alert.id.service}/{self.alert.rule.alert}: {self.change}"

    @property
    def change(self) -> str:
        """Give the change, and where it is if not in the alert itself."""
        return f"{self.words} in {self.record}" if self.record else self.words


def rule_mutants(alert: Alert) -> Iterator[Mutant]:
    """Give all mutants of an alert's rule and of the recording rules it reads."""
    rule = alert.rule
    for edit in edits(read(rule.expr)):
        yield Mutant(edit.kind, edit.words, alert, _with_rule(alert, replace(rule, expr=edit.expr)), edit)
    for recording in _read_recordings(alert):
        for edit in edits(read(recording.expr)):
            changed = _with_recording(alert, recording, edit.expr)
            yield Mutant(edit.kind, edit.words, alert, changed, edit, recording.record)
    for kind, words, new in _of_keys(alert):
        if new != rule:
            yield Mutant(kind, words, alert, _with_rule(alert, new))


def _read_recordings(alert: Alert) -> list[RecordingRule]:
    read_names = {recording.record for recording in subject_of(alert).recordings}
    return [rule for rule in alert.service.recordings if rule.record in read_names]


def _of_keys(alert: Alert) -> Iterator[tuple[str, str, AlertingRule]]:
    rule = alert.rule
    for for_ms in dict.fromkeys((0, rule.for_ms - alert.interval_ms, rule.for_ms + alert.interval_ms)):
        if for_ms >= 0:
            words = f"for {format_duration(rule.for_ms)} → {format_duration(for_ms)}"
            yield "for", words, replace(rule, for_ms=for_ms)
    keep = rule.keep_firing_for_ms + _KEEP_MS
    yield "keep_firing_for", f"keep_firing_for {format_duration(keep)}", replace(rule, keep_firing_for_ms=keep)
    yield from _of_labels(alert)
    for name in rule.annotations:
        yield from _of_annotation(rule, name)


def _of_labels(alert: Alert) -> Iterator[tuple[str, str, AlertingRule]]:
    rule = alert.rule
    for name, value in rule.labels.items():
        kind = "severity" if name == "severity" else "label"
        yield kind, f"label {name} removed", replace(rule, labels=_without(rule.labels, name))
        other = _OTHER_SEVERITY.get(value, "warning") if name == "severity" else f"{value}-2"
        yield kind, f"label {name}: {value} → {other}", replace(rule, labels={**rule.labels, name: other})
    yield "label", "label tier: eu added", replace(rule, labels={**rule.labels, "tier": "eu"})
    # What one target is called, fixed for all of them.
    contract = alert.contract
    own = active_labels(contract.comparisons[0], alert.service.metrics, 1) if contract is not None else {}
    for name, value in own.items():
        yield "label", f"label {name}: {value} added", replace(rule, labels={**rule.labels, name: value})


def _of_annotation(rule: AlertingRule, name: str) -> Iterator[tuple[str, str, AlertingRule]]:
    text = rule.annotations[name]

    def annotated(new: str) -> AlertingRule:
        return replace(rule, annotations={**rule.annotations, name: new})

    yield "annotation removed", f"{name} removed", replace(rule, annotations=_without(rule.annotations, name))
    yield "annotation text", f"{name}: a word more", annotated(f"{text}.")
    for old, new in _UNITS:
        if old in text:
            yield "annotation unit", f"{name}: {old.strip()} → {new.strip()}", annotated(text.replace(old, new))
    for label in dict.fromkeys(_LABEL.findall(text)):
        misspelt = annotated(text.replace(f"$labels.{label}", f"$labels.{label}s"))
        yield "template label", f"{name}: $labels.{label} → $labels.{label}s", misspelt
    if _VALUE.search(text):
        other = annotated(_VALUE.sub("100", text))
        yield "template value", f"{name}: $value → 100", other


def _without(items: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in items.items() if key != name}


def _with_rule(alert: Alert, rule: AlertingRule) -> Alert:
    return _in_place(alert, rule, {})


def _with_recording(alert: Alert, recording: RecordingRule, expr: str) -> Alert:
    return _in_place(alert, alert.rule, {id(recording): replace(recording, expr=expr)})


def _in_place(alert: Alert, rule: AlertingRule, recordings: Mapping[int, RecordingRule]) -> Alert:
    """Give the alert with its rule, or recording rules, exchanged: in its group, file and service alike."""
    exchanged: dict[int, AlertingRule | RecordingRule] = {id(alert.rule): rule, **recordings}
    config, files = alert.service.prometheus, {}
    for file in config.rule_files:
        groups = tuple(
            replace(group, rules=tuple(exchanged.get(id(item), item) for item in group.rules)) for group in file.groups
        )
        changed = any(id(item) in exchanged for group in file.groups for item in group.rules)
        new = replace(file, groups=groups)
        files[file.path] = replace(new, text=_text(new, alert)) if changed else file
    service = replace(alert.service, prometheus=replace(config, rule_files=tuple(files.values())))
    file = files[alert.file.path]
    group = next(item for item in file.groups if item.name == alert.group.name)
    return replace(alert, service=service, file=file, group=group, rule=rule)


def _text(file: RuleFile, alert: Alert) -> str:
    """Give a rule file's text with what this alert needs of it: its namesakes, and all recording rules."""
    groups: list[dict[str, Any]] = []
    for group in file.groups:
        rules = [
            _entry(rule) for rule in group.rules if isinstance(rule, RecordingRule) or rule.alert == alert.rule.alert
        ]
        interval = {"interval": format_duration(group.interval_ms)} if group.interval_ms is not None else {}
        groups.append({"name": group.name, **interval, "rules": rules})
    return yaml.dump({"groups": groups}, Dumper=_DUMPER, sort_keys=False)


def _entry(rule: AlertingRule | RecordingRule) -> dict[str, Any]:
    if isinstance(rule, RecordingRule):
        return {"record": rule.record, "expr": rule.expr, "labels": dict(rule.labels)}
    entry = {"alert": rule.alert, "expr": rule.expr, "for": format_duration(rule.for_ms)}
    if rule.keep_firing_for_ms:
        entry["keep_firing_for"] = format_duration(rule.keep_firing_for_ms)
    return {**entry, "labels": dict(rule.labels), "annotations": dict(rule.annotations)}
