"""`alertproof check` and `alertproof prove`."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from alertproof.cli.options import engine_choice, engine_options, output_options, realtime_option
from alertproof.cli.output import write_json
from alertproof.cli.select import select
from alertproof.engines.choose import EngineOptions, choose_host
from alertproof.errors import EXIT_FINDING, EXIT_GOOD, UsageError
from alertproof.load.defects import load_defects
from alertproof.load.estate import find_root, load_estate
from alertproof.proof.run import run_proofs
from alertproof.proof.services import ALL_ASPECTS, SILENCE
from alertproof.report.document import run_document
from alertproof.report.pictures import PICTURES, unusable, with_pictures
from alertproof.report.record import record
from alertproof.report.table import print_run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from alertproof.model.defect import Defect
    from alertproof.model.estate import Estate
    from alertproof.model.proof import Run, ServiceAspect


_PIPE_WIDTH = 160


@click.command()
@realtime_option
@engine_options
@output_options
def check(**values: Any) -> int:
    """Prove and deliver every alert of this repository, and show its as-found defects.

    Looks for rules/prometheus/ here and above. The as-found defects are left out where -k narrows the alerts.
    """
    options = engine_choice(values)
    estate = load_estate()
    defects = () if values["keyword"] else load_defects(estate.root / "fixtures" / "defects")
    services = () if values["keyword"] else ALL_ASPECTS
    narrowed = select(estate, values["keyword"])
    return _run(narrowed, options, defects=defects, delivers=True, services=services, **_output(values))


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--deliver", is_flag=True, help="Also take each alert to its receivers.")
@realtime_option
@engine_options
@output_options
def prove(paths: tuple[Path, ...], *, deliver: bool, **values: Any) -> int:
    """Prove the alerts found in PATHS; without any, those of this repository."""
    if values["realtime"] and not deliver:
        raise UsageError("--realtime is about deliveries", "add --deliver")
    options = engine_choice(values)
    estate = select(load_estate(paths), values["keyword"])
    services = () if paths or values["keyword"] else ALL_ASPECTS if deliver else SILENCE
    return _run(estate, options, defects=(), delivers=deliver, services=services, **_output(values))


def _output(values: dict[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in ("json_target", "keep", "pictures", "quiet", "realtime", "verbose")}


def _run(  # noqa: PLR0913 one parameter an option
    estate: Estate,
    options: EngineOptions,
    *,
    defects: Sequence[Defect],
    delivers: bool,
    services: Collection[ServiceAspect],
    realtime: bool,
    json_target: str | None,
    keep: Path | None,
    pictures: Path | None,
    quiet: bool,
    verbose: bool,
) -> int:
    if pictures is not None:
        _make(pictures)
    with evidence(keep) as folder, choose_host(options) as host, _progress(quiet=quiet) as progress:
        run = run_proofs(
            host,
            folder,
            estate,
            delivers=delivers,
            defects=defects,
            services=services,
            realtime=realtime,
            progress=progress,
        )
    # A folder that is no estate of ours gets no ledger, and no pictures that nobody asked for.
    ours = find_root(estate.root) == estate.root
    run = _draw(run, estate.root if ours else None, keep, pictures)
    document = run_document(run, estate.root)
    if ours:
        record(estate.root, document)
    if json_target is not None:
        write_json(document, json_target)
    if not quiet and json_target != "-":
        print_run(_console(), run, estate.root, verbose=verbose)
        if keep is not None:
            click.echo(f"evidence kept in {keep}")
        if pictures is not None:
            click.echo(f"pictures of {sum(proof.picture is not None for proof in run.proofs)} proofs in {pictures}")
    return EXIT_GOOD if run.good else EXIT_FINDING


def _make(pictures: Path) -> None:
    """Make the folder for pictures before any engine runs, so that a bad one is known at once."""
    try:
        pictures.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unusable(pictures, error) from error


def _draw(run: Run, root: Path | None, keep: Path | None, pictures: Path | None) -> Run:
    """Draw every proof where that is asked for, else the refuted ones beside the evidence or beside the ledger."""
    if pictures is not None:
        return with_pictures(run, pictures, every=True)
    if keep is not None:
        return with_pictures(run, keep / "pictures", every=False)
    return run if root is None else with_pictures(run, root / PICTURES, every=False)


def _console() -> Console:
    """Give standard output; in a pipe the tables are as wide as they need to be."""
    console = Console()
    return console if console.is_terminal else Console(width=_PIPE_WIDTH, soft_wrap=True)


@contextmanager
def evidence(keep: Path | None) -> Iterator[Path]:
    """Give the run's folder: the one to keep, which must be new or empty, or one that is removed afterwards."""
    if keep is not None:
        if keep.exists() and any(keep.iterdir()):
            raise UsageError(f"{keep} is not empty", "name a new folder for the evidence")
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="alertproof-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Any]:
    """Give a function that shows the stage on a terminal, and says nothing in a pipe."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    started = time.monotonic()
    with console.status("starting engines") as status:
        yield lambda stage: status.update(f"{stage} · {time.monotonic() - started:.0f} s")
