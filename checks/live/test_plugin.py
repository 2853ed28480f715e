"""The pytest plugin in somebody else's repository."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CHECK = "def test_alert(alert_outcome):\n    assert alert_outcome.verdict == 'proved', alert_outcome.reason\n"


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_alerts.py").write_text(CHECK)
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            f"--rootdir={folder}",
            *arguments,
            str(folder / "test_alerts.py"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_an_item_per_alert_and_aspect_and_only_what_is_selected_runs(copied_estate: Path) -> None:
    done = run_pytest(copied_estate, "-v", "-k", "TURN and (for or threshold)")
    assert done.returncode == 0, done.stdout
    assert "test_alert[video_chat/video_chat_alerts/TURNUnavailable/threshold] PASSED" in done.stdout
    assert "2 passed, 27 deselected" in done.stdout
    ledger = (copied_estate / ".alertproof" / "ledger.jsonl").read_text("utf-8").splitlines()
    assert len(ledger) == 1


def test_a_refuted_aspect_fails_with_its_reason(copied_estate: Path) -> None:
    rules = copied_estate / "rules/prometheus/video_chat/alerts.yml"
    rules.write_text(rules.read_text("utf-8").replace("> 500", "> 505"), encoding="utf-8")
    done = run_pytest(copied_estate, "-k", "Signaling and threshold")
    assert done.returncode == 1
    assert "flips at 505 ms, the contract says > 500 ms" in done.stdout


def test_a_bad_file_is_one_message_and_not_a_traceback(copied_estate: Path) -> None:
    rules = copied_estate / "rules/prometheus/video_chat/alerts.yml"
    rules.write_text(rules.read_text("utf-8").replace("for: 2m", "for: soon"), encoding="utf-8")
    done = run_pytest(copied_estate)
    assert done.returncode == 2
    assert "'soon' is not a duration" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_where_no_engine_can_run_the_items_fail_and_say_what_to_do(copied_estate: Path, tmp_path: Path) -> None:
    done = run_pytest(copied_estate, "-k", "TURN and for", f"--engine-dir={tmp_path}")
    assert done.returncode == 1
    assert "passed" not in done.stdout
    assert "Traceback" not in done.stdout
