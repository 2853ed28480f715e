"""Pictures of real runs: a refuted rule leaves one and names it, and it goes when the rule is right again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

RULES = "rules/prometheus/video_chat/alerts.yml"
NAME = "video_chat-video_chat_alerts-{}.svg"
CHECK = "def test_alert(alert_outcome):\n    assert alert_outcome.verdict == 'proved', alert_outcome.reason\n"


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )


def change(estate: Path, old: str, new: str) -> None:
    text = (estate / RULES).read_text("utf-8")
    assert old in text
    (estate / RULES).write_text(text.replace(old, new, 1), encoding="utf-8")


def read(picture: Path) -> tuple[list[str], set[str]]:
    root = ET.fromstring(picture.read_text("utf-8"))  # noqa: S314 a file of our own making
    texts = ["".join(node.itertext()) for node in root.iter() if node.tag.endswith("}text")]
    return texts, {name for node in root.iter() if (name := node.get("id"))}


def test_a_refuted_rule_leaves_a_picture_names_it_and_takes_it_away_when_it_is_right(copied_estate: Path) -> None:
    change(copied_estate, "> 500", "> 505")
    done = run("alertproof", "prove", "--json", "run.json", cwd=copied_estate)
    pictures = copied_estate / ".alertproof" / "pictures"
    picture = pictures / NAME.format("HighSignalingLatency")
    assert done.returncode == 1, done.stderr
    assert done.stderr == ""
    assert f"  picture: {picture.relative_to(copied_estate)}\n" in done.stdout
    assert list(pictures.iterdir()) == [picture]
    alerts = json.loads((copied_estate / "run.json").read_text("utf-8"))["alerts"]
    assert [alert["picture"] for alert in alerts] == [str(picture.relative_to(copied_estate)), None, None]
    texts, ids = read(picture)
    assert "threshold: flips at 505 ms, the contract says > 500 ms" in texts
    assert "for 5m" in texts
    assert {"left-0", "threshold-0", "rule-number-0", "state-pending", "state-firing", "resolves"} <= ids
    change(copied_estate, "> 505", "> 500")
    done = run("alertproof", "prove", cwd=copied_estate)
    assert "3 alerts: 3 proved" in done.stdout, done.stderr
    assert "picture:" not in done.stdout
    assert list(pictures.iterdir()) == []


def test_every_proof_is_drawn_when_asked_with_its_notifications(copied_estate: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a new" / "folder"
    done = run("alertproof", "prove", "--deliver", "-k", "turn or ice", "--pictures", str(folder), cwd=copied_estate)
    assert "2 alerts: 2 proved" in done.stdout, done.stderr
    assert f"pictures of 2 proofs in {folder}" in done.stdout
    drawn = [NAME.format(alert) for alert in ("LowICESuccessRate", "TURNUnavailable")]
    assert sorted(path.name for path in folder.iterdir()) == drawn
    texts, ids = read(folder / drawn[1])
    assert {"pagerduty", "slack", "notifications", 'up{job="coturn"}'} <= set(texts)
    assert {"note-firing", "note-resolved", "state-pending"} <= ids
    assert not (copied_estate / ".alertproof" / "pictures").exists()


def test_with_evidence_kept_the_picture_lies_beside_it(copied_estate: Path) -> None:
    change(copied_estate, "for: 2m", "for: 2m15s")
    done = run("alertproof", "prove", "-k", "turn", "--keep", "evidence", cwd=copied_estate)
    picture = Path("evidence", "pictures", NAME.format("TURNUnavailable"))
    assert f"  picture: {picture}\n" in done.stdout
    assert "for 2m15s, claimed 2m" in read(copied_estate / picture)[0]


def test_a_folder_that_cannot_be_made_is_known_before_any_engine_runs(copied_estate: Path) -> None:
    done = run("alertproof", "prove", "--pictures", f"{RULES}/pictures", cwd=copied_estate)
    assert done.returncode == 2
    assert "no picture can be written there" in done.stderr
    assert not (copied_estate / ".alertproof").exists()


def test_pytest_names_the_picture_of_a_failing_alert(copied_estate: Path) -> None:
    change(copied_estate, "for: 2m", "for: 2m15s")
    (copied_estate / "test_alerts.py").write_text(CHECK)
    pytest = ("pytest", "-p", "no:cacheprovider", f"--rootdir={copied_estate}", "-k", "TURN and (for or labels)")
    done = run(*pytest, "--show-capture=no", "--junitxml=alerts.xml", "test_alerts.py", cwd=copied_estate)
    picture = copied_estate / ".alertproof" / "pictures" / NAME.format("TURNUnavailable")
    assert "1 failed, 1 passed" in done.stdout
    assert done.stdout.count(f"\n{picture}\n") == 1
    assert str(picture) in (copied_estate / "alerts.xml").read_text("utf-8")
    assert "for 2m15s, claimed 2m" in read(picture)[0]
    done = run(*pytest, "--alertproof-pictures=drawn", "test_alerts.py", cwd=copied_estate)
    drawn = copied_estate / "drawn" / picture.name
    assert f"\n{drawn}\n" in done.stdout
    assert drawn.is_file()
