"""How many changes of the estate's rules and routes the proofs notice: each kind of change, of every alert.

A mutant is an alert, or an Alertmanager file, with one change. It is noticed where a proof that held no longer does.
Those that say the same as the original, for a reason of algebra, are counted apart; random series watch that claim.

    python -m bench.mutants [-k EXPR] [--kind KIND]… [--no-routes] [--json FILE|-] [--engine-version 3.5] [-v]

Exit code 1 where fewer than 99 % of the mutants that are not equivalent are noticed, or a claim is contradicted.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from bench.mutants.report import Result, show
from bench.mutants.run import SEED, run_mutants

from alertproof.cli.select import select
from alertproof.engines.choose import EngineOptions, choose_host
from alertproof.errors import AlertproofError
from alertproof.load.estate import load_estate

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Run all that is asked for, and give the exit code."""
    options = _options()
    try:
        result = _run(options)
    except AlertproofError as error:
        print(f"mutants: {error}", file=sys.stderr)
        return error.exit_code
    if not result.fates:
        print("mutants: nothing matches", file=sys.stderr)
        return 2
    text = json.dumps(result.document(), indent=2, ensure_ascii=False)
    if options.json == "-":
        print(text)
    else:
        if options.json:
            Path(options.json).write_text(f"{text}\n", encoding="utf-8")
        show(result, verbose=options.verbose)
    return 0 if result.good else 1


def _run(options: argparse.Namespace) -> Result:
    estate = load_estate([options.estate])
    alerts = select(estate, options.keyword).alerts
    with (
        tempfile.TemporaryDirectory(prefix="alertproof-mutants-") as name,
        choose_host(EngineOptions(kind=options.engine, version=options.engine_version)) as host,
    ):
        return run_mutants(
            host, Path(name), estate, alerts, _progress, kinds=options.kind, routes=options.routes, seed=options.seed
        )


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        # One line that is written over.
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.mutants", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-k", dest="keyword", metavar="EXPR", help="only alerts whose id matches, as in pytest")
    parser.add_argument(
        "--kind", action="append", default=[], help="only mutants of this kind; more than once for more"
    )
    parser.add_argument("--no-routes", dest="routes", action="store_false", help="leave the Alertmanager files alone")
    parser.add_argument("--json", metavar="FILE|-", help="write the result as JSON; - is standard output")
    parser.add_argument("--estate", type=Path, default=ROOT, help="the folder with rules/ and fixtures/")
    parser.add_argument("--engine", choices=["auto", "local", "container"], default="local")
    parser.add_argument("--engine-version", metavar="X.Y")
    parser.add_argument("--seed", type=int, default=SEED, help="of the random series")
    parser.add_argument("-v", "--verbose", action="store_true", help="list the equivalent mutants, too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
