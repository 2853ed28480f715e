"""The whole product: a command line, and what it prints, returns and leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

RULES = "rules/prometheus/video_chat/alerts.yml"
CONTRACTS = "rules/contracts/video_chat.yml"


def alertproof(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alertproof", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_prove_prints_a_table_and_returns_0(copied_estate: Path) -> None:
    done = alertproof("prove", cwd=copied_estate)
    assert done.returncode == 0
    assert done.stderr == ""
    assert "3 alerts: 3 proved, 0 refuted, 0 undecided" in done.stdout
    assert "\x1b" not in done.stdout


def test_the_json_twin_fits_its_schema_and_the_ledger_has_a_line_per_proof(copied_estate: Path) -> None:
    done = alertproof("prove", "--deliver", "--json", "-", cwd=copied_estate)
    assert done.returncode == 0
    document = json.loads(done.stdout)
    schema = json.loads(resources.files("alertproof.report").joinpath("schemas", "run.json").read_text("utf-8"))
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    assert [alert["verdict"] for alert in document["alerts"]] == ["proved"] * 3
    assert document["alerts"][0]["for_s"] == {"contract": 300, "measured": 300}
    assert document["alerts"][0]["receivers"]["measured"] == ["pagerduty", "slack"]
    states = {(note["receiver"], note["state"]) for note in document["alerts"][0]["notifications"]}
    assert states == {(receiver, state) for receiver in ("pagerduty", "slack") for state in ("firing", "resolved")}
    lines = (copied_estate / ".alertproof" / "ledger.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["alert"] for line in lines] == [alert["alert"] for alert in document["alerts"]]


def test_check_delivers_and_shows_the_defects(copied_estate: Path) -> None:
    done = alertproof("check", "--json", "-", cwd=copied_estate)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert {alert["alert"]: alert["receivers"]["measured"] for alert in document["alerts"]} == {
        "HighSignalingLatency": ["pagerduty", "slack"],
        "LowICESuccessRate": ["slack"],
        "TURNUnavailable": ["pagerduty", "slack"],
    }
    shown = {(defect["id"], defect["of"]): defect["shown"] for defect in document["defects"]}
    assert shown == {
        ("P1", "HighSignalingLatency"): True,
        ("P1", "TURNUnavailable"): True,
        ("P12", "HighSignalingLatency"): True,
    }


def test_a_refuted_alert_returns_1_and_names_file_line_contract_and_measurement(copied_estate: Path) -> None:
    replace(copied_estate / RULES, "> 500", "> 505")
    done = alertproof("prove", RULES, cwd=copied_estate)
    assert done.returncode == 1
    assert f"{RULES}:6: HighSignalingLatency refuted" in done.stdout
    assert "flips at 505 ms, the contract says > 500 ms" in done.stdout


def test_a_keyword_narrows_and_one_that_matches_nothing_is_an_error(copied_estate: Path) -> None:
    done = alertproof("prove", "-k", "turn or ice", cwd=copied_estate)
    assert "2 alerts: 2 proved" in done.stdout
    done = alertproof("prove", "-k", "TURNUnavailble", cwd=copied_estate)
    assert done.returncode == 2
    assert "the closest name is TURNUnavailable" in done.stderr


def test_quiet_prints_nothing_and_keep_keeps_the_evidence(copied_estate: Path, tmp_path: Path) -> None:
    done = alertproof("prove", "-q", "--keep", str(tmp_path / "evidence"), cwd=copied_estate)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    kept = {path.name for path in (tmp_path / "evidence").rglob("*")}
    assert {"prometheus.log", "test-0.yml", "rules-0.yml", "whole-0.yml"} <= kept
    again = alertproof("prove", "--keep", str(tmp_path / "evidence"), cwd=copied_estate)
    assert again.returncode == 2
    assert "is not empty" in again.stderr


def test_a_single_rule_file_outside_any_estate_is_undecided_for_want_of_a_contract(tmp_path: Path) -> None:
    (tmp_path / "r.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]\n")
    done = alertproof("prove", "r.yml", cwd=tmp_path)
    assert done.returncode == 1
    assert "no contract says what" in done.stdout


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
BAD_FILES = {
    "no alerts": (b"groups: []\n", "", "no alerts in"),
    "broken YAML": (b"groups:\n  - name: g\n   rules: [\n", ":3:", "not valid YAML"),
    "unknown key": (b"groups:\n  - name: g\n    rulez: []\n", ":3:", "did you mean 'rules'?"),
    "wrong type": (b"groups:\n  - name: g\n    rules: 5\n", ":3:", "'rules' must be a list"),
    "another kind of file": (b"route: {receiver: a}\nreceivers: [{name: a}]\n", ":1:", "this is no rule file"),
    "bad duration": (
        b"groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    for: 5x\n",
        ":6:",
        "'5x' is not a duration",
    ),
    "bad expr": (b"groups:\n- name: g\n  rules:\n  - alert: A\n    expr: sum(up\n", ":5:", "not valid PromQL"),
    "binary": (b"groups:\n\0\x01", ":2", "binary file"),
    "not UTF-8": (b"groups: \xff\n", ":1", "not UTF-8"),
    "YAML bomb": (BOMB.encode(), ":", "expand beyond"),
    "the same alert twice": (
        b"groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n  - alert: A\n    expr: up == 0\n",
        ":6:",
        "alert A stands twice",
    ),
    "a list at the top": (b"- alert: A\n  expr: up\n", ":1:", "must be a mapping"),
    "nothing in it": (b"", "", "no YAML document"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_one_clear_error(tmp_path: Path, case: str) -> None:
    content, place, says = BAD_FILES[case]
    (tmp_path / "bad.yml").write_bytes(content)
    done = alertproof("prove", "bad.yml", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "→" in done.stderr
    assert says in done.stderr
    if place:
        assert f"bad.yml{place}" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.yml"]


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "says"),
    [
        (CONTRACTS, "threshold: 500", "threshold: high", f"{CONTRACTS}:24:", "must be a number"),
        (CONTRACTS, "for: 5m", "for: five", f"{CONTRACTS}:28:", "not a duration"),
        (CONTRACTS, "usual: 80", "usual: 800", f"{CONTRACTS}:26:", "already fires"),
        (CONTRACTS, "metric: up", "metric: upp", f"{CONTRACTS}:78:", "reads metric 'upp'"),
        (
            "rules/prometheus/video_chat/prometheus.yml",
            "- alerts.yml",
            "- alert.yml",
            "prometheus.yml:10:",
            "matches no file",
        ),
        ("rules/prometheus/video_chat/prometheus.yml", "15s", "15 s", "prometheus.yml:3:", "not a duration"),
        ("fixtures/metrics/video_chat.yml", "[50, 100,", "[100, 50,", "video_chat.yml:4:", "do not ascend"),
        ("rules/alertmanager/video_chat.yml", "  receiver: slack\n", "", "video_chat.yml:7:", "'receiver' is missing"),
    ],
)
def test_a_bad_part_of_the_estate_is_one_clear_error(  # noqa: PLR0913, PLR0917 the parameters of its table
    copied_estate: Path, file: str, old: str, new: str, place: str, says: str
) -> None:
    replace(copied_estate / file, old, new)
    done = alertproof("prove", cwd=copied_estate)
    assert done.returncode == 2, done.stderr + done.stdout
    assert place in done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (copied_estate / ".alertproof").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["prove", "nowhere.yml"], "no such file"),
        (["check"], "no estate here"),
        (["prove", "--nonsense"], "No such option"),
        (["prove", "--engine", "cloud"], "'cloud' is not one of"),
        (["nonsense"], "No such command"),
    ],
)
def test_bad_usage_returns_2(tmp_path: Path, arguments: list[str], says: str) -> None:
    done = alertproof(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_where_no_engine_can_run_it_is_3_and_never_a_pass(copied_estate: Path, tmp_path: Path) -> None:
    nothing = {"PATH": str(tmp_path), "ALERTPROOF_CACHE": str(tmp_path), "DOCKER_HOST": "unix:///nowhere.sock"}
    done = alertproof("prove", cwd=copied_estate, **nothing)
    assert done.returncode == 3, done.stderr
    assert "alertproof engines install" in done.stderr
    assert "proved" not in done.stdout


def test_an_engine_that_dies_early_gives_its_last_words(copied_estate: Path, tmp_path: Path) -> None:
    for name, version in (
        ("prometheus", "3.5.0"),
        ("promtool", "3.5.0"),
        ("alertmanager", "0.33.0"),
        ("amtool", "0.33.0"),
    ):
        program = tmp_path / name
        program.write_text(
            f'#!/bin/sh\n[ "$1" = --version ] && echo "{name}, version {version} (x)" && exit 0\n'
            f'[ {name} = promtool ] && exit 0\necho "panic: no luck today" >&2\nexit 1\n'
        )
        program.chmod(0o755)
    done = alertproof("prove", "--engine-dir", str(tmp_path), cwd=copied_estate)
    assert done.returncode == 3, done.stderr
    assert "stopped before it was ready" in done.stderr
    assert "| panic: no luck today" in done.stderr


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_an_interrupted_run_stops_everything_and_returns_130(
    copied_estate: Path, tmp_path: Path, stop: signal.Signals
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "alertproof", "prove", "--deliver"],
        cwd=copied_estate,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 30
        while running(tmp_path) != {"prometheus", "alertmanager"}:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(1)
        process.send_signal(stop)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "everything is stopped" in errors
    assert "Traceback" not in errors
    assert running(tmp_path) == set()
    assert list(tmp_path.glob("alertproof-*")) == []
    assert not (copied_estate / ".alertproof").exists()


def test_a_second_ctrl_c_does_not_leave_servers_behind(copied_estate: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "alertproof", "prove", "--deliver"],
        cwd=copied_estate,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 30
        while running(tmp_path) != {"prometheus", "alertmanager"}:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.05)
        process.wait(timeout=20)
    assert process.returncode == 130
    assert running(tmp_path) == set()


def test_a_full_disk_under_the_output_is_one_message(copied_estate: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "alertproof", "prove", "--json", "-"],
            cwd=copied_estate,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "cannot be written" in done.stderr


def test_a_template_that_prometheus_refuses_is_bad_input_and_names_the_rule(copied_estate: Path) -> None:
    replace(copied_estate / RULES, "{{ $labels.instance }} is down", "{{ $labels.instance is down")
    done = alertproof("prove", cwd=copied_estate)
    assert done.returncode == 2
    assert "Prometheus does not load this file" in done.stderr
    assert "TURNUnavailable" in done.stderr
    assert "alerts.yml" in done.stderr


def running(folder: Path) -> set[str]:
    """Give the engines that work below a folder."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if any(str(folder) in part and part.startswith("--config.file") for part in command):
                found.add("alertmanager" if "alertmanager.yml" in " ".join(command) else "prometheus")
    return found
