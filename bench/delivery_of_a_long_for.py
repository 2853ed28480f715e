"""How soon the notifications of three alerts arrive although one of them has `for: 10m`.

There is no peer: the alternative is to wait out the `for`. The sample estate is copied, HighSignalingLatency and its
contract get `for: 10m`, and all three are delivered through a real Alertmanager. Fired and resolved payloads must all
arrive within 25 s of the start of the replay.

    python bench/delivery_of_a_long_for.py [--engine-version 3.5] [--engine local]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from alertproof.engines.choose import EngineOptions, choose_host
from alertproof.load.estate import load_estate
from alertproof.model.proof import Verdict
from alertproof.proof.run import run_proofs

ROOT = Path(__file__).parents[1]
LIMIT_S = 25.0
LONG_MIN = 10


def lengthen(estate: Path) -> None:
    """Give HighSignalingLatency, the first alert of its files, a `for` of ten minutes."""
    for name in ("rules/prometheus/video_chat/alerts.yml", "rules/contracts/video_chat.yml"):
        file = estate / name
        text = file.read_text("utf-8")
        file.write_text(text.replace("for: 5m", f"for: {LONG_MIN}m", 1), encoding="utf-8")


def main() -> int:
    """Deliver, print when each notification came, and give 1 where one is late or missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--engine-version")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        copy, runs = Path(name, "estate"), Path(name, "runs")
        runs.mkdir()
        shutil.copytree(ROOT / "checks" / "sample", copy, ignore=shutil.ignore_patterns(".alertproof", "defects"))
        lengthen(copy)
        with choose_host(EngineOptions(kind=options.engine, version=options.engine_version)) as host:
            run = run_proofs(host, runs, load_estate([copy]), delivers=True)
    times = []
    for proof in run.proofs:
        for note in proof.notifications:
            times.append(note.request.at_s)
            print(f"{note.request.at_s:5.1f} s  {proof.id.alert:<22} {note.receiver:<10} {note.state}")
    long_for = max(proof.for_measured_ms or 0 for proof in run.proofs) // 60_000
    print(f"{run.count(Verdict.PROVED)} of {len(run.proofs)} proved, longest for {long_for} min")
    print(f"last notification after {max(times, default=0.0):.1f} s (at most {LIMIT_S:.0f} s is wanted)")
    good = bool(times) and run.good and long_for == LONG_MIN and max(times) <= LIMIT_S
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
