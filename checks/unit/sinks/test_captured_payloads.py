"""Notifications as real Alertmanagers sent them: they meet the schemas, and say which alert and in which state."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alertproof.model.observation import Request
from alertproof.report.table import headline
from alertproof.sinks.payloads import problems, schema_of

PAYLOADS = sorted((Path(__file__).parents[3] / "fixtures" / "payloads").rglob("*.json"))


def test_there_are_payloads_of_both_generations() -> None:
    assert {path.parent.name.rsplit(".", 1)[0] for path in PAYLOADS} == {"0.25", "0.33"}
    assert len(PAYLOADS) == 8


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_captured_payload_meets_its_schema_and_names_its_alert(path: Path) -> None:
    captured = json.loads(path.read_text("utf-8"))
    request = Request(0.0, captured["host"], "POST", captured["path"], {}, captured["body"], 200)
    schema = schema_of(request.host, request.path, request.method)
    assert schema is not None
    assert problems(schema, request.body) == ()
    assert "HighSignalingLatency" in headline(request.body)
    # An annotation with ": " in it is torn into a mapping by Alertmanager 0.33; ours must arrive whole.
    assert "Signaling latency is high, p95 528 ms" in json.dumps(request.body)
