"""What the files of a service leave out, each told with its place and what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alertproof.load.estate import load_estate

SAMPLE = Path(__file__).parents[2] / "sample"
SERVER = "rules/prometheus/video_chat/prometheus.yml"
CONTRACTS = "rules/contracts/video_chat.yml"
JOB = '  - job_name: coturn\n    static_configs:\n      - targets: ["coturn:9641"]\n'
RELABELLED = "  - job_name: turn\n    relabel_configs: [{target_label: job, replacement: coturn}]\n"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "estate"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns(".alertproof"))
    return folder


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def without_blackout(copy: Path, job: str) -> None:
    file = copy / CONTRACTS
    head, _, rest = file.read_text("utf-8").partition(f"  - job: {job}\n")
    _, _, tail = rest.partition("}\n")
    file.write_text(head + tail, encoding="utf-8")


def test_a_job_that_nobody_watches(copy: Path) -> None:
    without_blackout(copy, "coturn")
    (finding,) = load_estate([copy]).findings
    assert "job 'coturn' of video_chat is down or gone" in finding.problem
    assert "within: never" in finding.remedy


def test_a_contract_on_a_job_that_is_not_scraped(copy: Path) -> None:
    change(copy / SERVER, JOB, "")
    without_blackout(copy, "coturn")
    (finding,) = load_estate([copy]).findings
    assert "TURNUnavailable speaks of job 'coturn'" in finding.problem
    assert f"{CONTRACTS}:" in finding.place


@pytest.mark.parametrize("more", [RELABELLED, "scrape_config_files: [more.yml]\n"], ids=["relabelled", "other files"])
def test_jobs_that_the_file_does_not_tell_by_name_are_no_finding(copy: Path, more: str) -> None:
    change(copy / SERVER, JOB, more)
    without_blackout(copy, "coturn")
    assert load_estate([copy]).findings == ()


def test_a_receiver_that_the_alertmanager_file_has_not(copy: Path) -> None:
    change(copy / CONTRACTS, "receivers: [slack]", "receivers: [slak]")
    (finding,) = load_estate([copy]).findings
    assert finding.problem == "LowICESuccessRate is to reach slak, which video_chat.yml has not"
    assert finding.remedy == "correct the name; its receivers: slack, pagerduty"
