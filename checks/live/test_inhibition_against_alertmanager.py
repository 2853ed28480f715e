"""Who inhibits whom, as worked out here, held against what a real Alertmanager says of the same alerts."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertproof.engines.alertmanager import Alertmanager, PostedAlert, serve_alertmanager
from alertproof.sinks.inhibition import inhibits, parse_matchers

if TYPE_CHECKING:
    from alertproof.engines.host import Host

TIMEOUT_S = 10.0
NAMES, VALUES = ("severity", "service"), ("a", "ab")
PATTERNS = ("a", "a|b", "a.*", ".+", ".*", "", "[ab]")

labels = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES))


@st.composite
def matcher(draw: st.DrawFn) -> str:
    operator = draw(st.sampled_from(["=", "!=", "=~", "!~"]))
    value = draw(st.sampled_from((*VALUES, "") if operator in {"=", "!="} else PATTERNS))
    space = draw(st.sampled_from(["", " "]))
    # An unquoted value may hold only what the new grammar takes as well.
    plain = value.isalnum() and draw(st.booleans())
    shown = value if plain else f'"{value}"'
    return f"{draw(st.sampled_from(NAMES))}{space}{operator}{space}{shown}"


@st.composite
def side(draw: st.DrawFn, name: str) -> dict[str, Any]:
    form = draw(st.sampled_from(["matchers", "match", "match_re", "braces"]))
    if form == "match":
        return {f"{name}_match": draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), min_size=1))}
    if form == "match_re":
        found = draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(PATTERNS), min_size=1))
        return {f"{name}_match_re": found}
    texts = draw(st.lists(matcher(), min_size=1, max_size=2))
    return {f"{name}_matchers": ["{" + ",".join(texts) + "}"] if form == "braces" else texts}


@st.composite
def rule(draw: st.DrawFn) -> dict[str, Any]:
    equal = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=1))
    return {**draw(side("source")), **draw(side("target")), "equal": equal}


def statuses(alertmanager: Alertmanager, count: int) -> list[dict[str, Any]]:
    """Give the alerts once all are there and the inhibitor, which learns of them a moment later, has settled."""
    deadline = time.monotonic() + TIMEOUT_S
    seen: list[dict[str, Any]] = []
    while time.monotonic() < deadline:
        found = sorted(alertmanager.alerts(), key=lambda alert: str(alert["fingerprint"]))
        if len(found) == count and found == seen:
            return found
        seen = found
        time.sleep(0.15)
    pytest.fail(f"Alertmanager holds {len(seen)} alerts, not {count}")


def is_source(entry: dict[str, Any], found: dict[str, str]) -> bool:
    """Give whether an alert fits the source side of a rule.

    One that fits both sides is inhibited by those that fit the source alone. Since it keeps one source alert for each
    set of equal labels, Alertmanager may have kept this very one, and lets it through. We say that it is inhibited.
    """
    probe = {**{key: value for key, value in entry.items() if key.startswith("source")}, "target_match": {"p": "x"}}
    return inhibits({"inhibit_rules": [probe]}, found, {"p": "x"})


@settings(max_examples=25, deadline=None)
@given(rules=st.lists(rule(), min_size=1, max_size=3), sets=st.lists(labels, min_size=4, max_size=8))
def test_alertmanager_inhibits_whom_we_say(host: Host, rules: list[dict[str, Any]], sets: list[dict[str, str]]) -> None:
    document = {
        "route": {"receiver": "nobody", "group_by": ["alertname"]},
        "receivers": [{"name": "nobody"}],
        "inhibit_rules": rules,
    }
    alerts = [PostedAlert({**found, "alertname": f"A{number}"}, {}) for number, found in enumerate(sets)]
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_alertmanager(host, Path(folder), document, {}) as alertmanager,
    ):
        alertmanager.post(alerts, dt.datetime.now(dt.UTC))
        found = statuses(alertmanager, len(alerts))
    by_fingerprint = {alert["fingerprint"]: alert["labels"] for alert in found}
    for alert in found:
        sources = [by_fingerprint[fingerprint] for fingerprint in alert["status"]["inhibitedBy"]]
        expected = any(inhibits(document, other, alert["labels"]) for other in by_fingerprint.values())
        assert bool(sources) is expected or any(is_source(entry, alert["labels"]) for entry in rules)
        assert all(inhibits(document, source, alert["labels"]) for source in sources)


def test_the_generated_matchers_can_be_read() -> None:
    (first, second) = parse_matchers('{a = "x, \\"y\\"", b=~c.*}')
    assert (first.name, first.operator, first.value) == ("a", "=", 'x, "y"')
    assert (second.name, second.operator, second.value) == ("b", "=~", "c.*")
