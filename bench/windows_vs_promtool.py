"""How much faster the windows engine replays than `promtool test rules`, on the same scenarios in one run.

Peer: promtool of the same Prometheus. Scenarios: a histogram quantile over six buckets, 20 minutes at 15 s, evaluated
at each of 80 intervals. Both sides are timed from series in memory to verdicts, with every start of a program. The
verdicts are compared: a ratio of unequal work would mean nothing.

    python bench/windows_vs_promtool.py [--scenarios 1000] [--rounds 3] [--engine-version 3.5] [--at-least 10]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from alertproof.engines.choose import EngineOptions, choose_host
from alertproof.engines.host import Host, Program
from alertproof.engines.promtool import RuleReplay, replay_rules
from alertproof.engines.windows import Window, replay_windows
from alertproof.errors import Place
from alertproof.load.rules import load_rule_file
from alertproof.model.metrics import Metric
from alertproof.model.series import Scenario
from alertproof.model.signal import Quantile, Signal
from alertproof.witness import steady, synthesise

if TYPE_CHECKING:
    from alertproof.model.rules import RuleFile

EXPR = "histogram_quantile(0.95, rate(latency_bucket[5m])) > 500"
RULES = f"groups: [{{name: bench, rules: [{{alert: Slow, expr: '{EXPR}'}}]}}]\n"
STEP_MS, LENGTH_MS = 15_000, 1_200_000
BUCKETS = (50.0, 100.0, 200.0, 500.0, 1000.0)


def scenarios(count: int) -> list[Scenario]:
    """Give scenarios at levels from 250 to 750, so that about half fire."""
    metric = Metric("latency", "histogram", "", "", {}, BUCKETS, infinite=True, values=(), place=Place(Path("bench")))
    signal = Signal(Quantile("latency", 0.95, 300_000), {}, ())
    levels = [250.0 + 500.0 * (index + 0.5) / count for index in range(count)]
    return [
        Scenario(
            f"s{index}",
            synthesise(
                signal,
                {"latency": metric},
                [steady({"job": "b", "instance": "1"}, level)],
                STEP_MS,
                LENGTH_MS,
            ),
            STEP_MS,
            LENGTH_MS,
        )
        for index, level in enumerate(levels)
    ]


def by_windows(host: Host, folder: Path, todo: list[Scenario]) -> list[bool]:
    """Give whether each scenario fires at its end, by the windows engine."""
    windows = [Window(scenario, (EXPR,), 0, LENGTH_MS, STEP_MS, 300_000) for scenario in todo]
    return [bool(result.vectors[EXPR][-1]) for result in replay_windows(host, folder, windows)]


def by_promtool(host: Host, folder: Path, todo: list[Scenario], rules: RuleFile) -> list[bool]:
    """Give the same by promtool; one assertion at the end of each scenario, its least costly form."""
    replays = [RuleReplay(s.name, rules, "Slow", s, LENGTH_MS, (LENGTH_MS,)) for s in todo]
    # The rule is evaluated at every interval; only the last is asserted.
    found = replay_rules(host, folder, replays, evaluation_ms=STEP_MS)
    return [bool(found[scenario.name].rendered) for scenario in todo]


def main() -> int:
    """Run both in turn, print the ratio of the best times, and give 1 where verdicts differ or it is too small."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", type=int, default=1000)
    parser.add_argument(
        "--rounds", type=int, default=3, help="both run this often in turn; the best time of each counts"
    )
    parser.add_argument("--at-least", type=float, default=0.0, help="fail where the ratio is below this")
    parser.add_argument("--engine-version")
    options = parser.parse_args()
    windows_s, promtool_s = [], []
    with (
        tempfile.TemporaryDirectory() as name,
        choose_host(EngineOptions(kind="local", version=options.engine_version)) as host,
    ):
        folder = Path(name)
        (folder / "rules.yml").write_text(RULES)
        rules = load_rule_file(folder / "rules.yml")
        todo = scenarios(options.scenarios)
        for _ in range(options.rounds):
            started = time.perf_counter()
            one = by_windows(host, folder, todo)
            middle = time.perf_counter()
            other = by_promtool(host, folder, todo, rules)
            windows_s.append(middle - started)
            promtool_s.append(time.perf_counter() - middle)
            if one != other:
                print("the verdicts differ")
                return 1
        version = host.version(Program.PROMETHEUS)
    ratio = min(promtool_s) / min(windows_s)
    print(f"Prometheus {version}, {len(todo)} scenarios, {sum(one)} fire, best of {options.rounds}")
    for peer, times in (("windows", windows_s), ("promtool", promtool_s)):
        print(f"{peer:<9} {min(times) * 1000 / len(todo):.2f} ms per scenario")
    print(f"ratio     {ratio:.1f}")
    return 0 if ratio >= options.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
