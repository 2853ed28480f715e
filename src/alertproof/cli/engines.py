"""`alertproof engines`: which Prometheus and Alertmanager can be used here, and how to get some."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alertproof.cli.output import write_json
from alertproof.engines.choose import WAYS_IN, EngineOptions, choose_images, choose_local
from alertproof.engines.container import DEFAULT_PROMETHEUS_IMAGE
from alertproof.engines.debian import DEFAULT_MIRROR, RELEASES
from alertproof.engines.docker_api import docker_client, image_labels, local_tags
from alertproof.engines.find import EngineSet, installed_set, local_sets, search
from alertproof.engines.image import build_images
from alertproof.engines.install import install
from alertproof.engines.versions import sort_key
from alertproof.errors import EngineMissing, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIPE_WIDTH = 240  # a line stays a line; a terminal's own width is used where there is one
_engine_dir = click.option(
    "--engine-dir", type=click.Path(path_type=Path), help="Look only in this folder of programs."
)


@dataclass(frozen=True, slots=True)
class _Engine:
    """A line of the list."""

    kind: str
    origin: str
    prometheus: str | None
    alertmanager: str | None
    usable: bool
    why: str


@click.group()
def engines() -> None:
    """List, install and package the Prometheus and Alertmanager that checks run on."""


@engines.command("list")
@_engine_dir
@click.option("--json", "target", metavar="FILE|-", help="Write the list as JSON.")
def list_engines(engine_dir: Path | None, target: str | None) -> None:
    """List the engines of this machine: programs, and images of its Docker engine."""
    found = [*_local(engine_dir), *([] if engine_dir else _containers())]
    if target is not None:
        write_json({"schema": "alertproof/1", "engines": [asdict(engine) for engine in found]}, target)
    if target != "-":
        _console().print(_table(found))
    if not any(engine.usable for engine in found):
        click.echo(f"no engine can be used yet\n  → {WAYS_IN}", err=True)


def _local(engine_dir: Path | None) -> Iterator[_Engine]:
    found = search(engine_dir)
    for item in found.sets:
        lacking = item.lacking()
        why = "; ".join(lacking)
        yield _Engine("local", item.origin, item.prometheus, item.alertmanager, not lacking, why)
    for rejected in found.rejected:
        yield _Engine("local", rejected.origin, None, None, usable=False, why=rejected.reason)


def _containers() -> Iterator[_Engine]:
    """Give the pairs of images that a run would choose, one for each Prometheus that is here."""
    repository = DEFAULT_PROMETHEUS_IMAGE.rpartition(":")[0]
    try:
        with docker_client() as client:
            tags = local_tags(client, repository)
            pairs = [choose_images(EngineOptions(prometheus_image=tags[version])) for version in _newest(tags)]
            here = {partner: image_labels(client, partner) is not None for _, partner in pairs}
    except EngineMissing as missing:
        yield _Engine("container", "Docker", None, None, usable=False, why=missing.problem)
        return
    for image, partner in pairs:
        why = "" if here[partner] else f"{partner} is not here and would be pulled"
        yield _Engine("container", image, _tag(image), _tag(partner), here[partner], why)
    if not pairs:
        why = f"no image {repository} is here; one would be pulled, or `alertproof engines image` builds one"
        yield _Engine("container", "Docker", None, None, usable=False, why=why)


def _newest(tags: dict[str, str]) -> list[str]:
    return sorted(tags, key=sort_key, reverse=True)


def _tag(image: str) -> str:
    return image.rpartition(":")[2].removeprefix("v")


def _table(found: list[_Engine]) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for column in ("origin", "Prometheus", "Alertmanager", "usable", "why"):
        table.add_column(column, overflow="fold")
    for engine in found:
        usable = Text("yes", "green") if engine.usable else Text("no", "red")
        # Text, because a bracket in a path or in a message is no markup.
        versions = (Text(engine.prometheus or ""), Text(engine.alertmanager or ""))
        table.add_row(Text(engine.origin), *versions, usable, Text(engine.why))
    return table


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=_PIPE_WIDTH)


@engines.command("install")
@click.option("--release", "releases", multiple=True, type=click.Choice(RELEASES), help="May be repeated.")
@click.option("--mirror", metavar="URL", help=f"Debian mirror; {DEFAULT_MIRROR} unless told.")
@click.option("--force", is_flag=True, help="Download anew what is installed already.")
@click.option("--missing", is_flag=True, help="Only where no engine can be used yet.")
def install_engines(releases: tuple[str, ...], mirror: str | None, *, force: bool, missing: bool) -> None:
    """Install Debian's engine packages into the cache folder; no root needed, nothing gets started.

    Without --release it is this machine's own release, from the sources the system is set up with.
    """
    if missing and (releases or force):
        raise UsageError("--missing goes with neither --release nor --force", "leave it out")
    if missing and (usable := next((found for found in local_sets(None) if not found.lacking()), None)):
        click.echo(f"{usable.origin}: Prometheus {usable.prometheus}, Alertmanager {usable.alertmanager}, usable")
        return
    for release in releases or (None,):
        _report(install(release, mirror=mirror, progress=_progress, force=force))


def _report(made: EngineSet) -> None:
    folder = next(iter(made.programs.values())).parent
    click.echo(f"{made.origin}: Prometheus {made.prometheus}, Alertmanager {made.alertmanager} in {folder}")


def _progress(step: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"{step} …", err=True)


@engines.command("image")
@click.option("--release", help="The installed release to build from.")
@_engine_dir
def image(release: str | None, engine_dir: Path | None) -> None:
    """Build Docker images from installed programs, for networks where no registry answers."""
    for name in build_images(_source(release, engine_dir)):
        click.echo(name)


def _source(release: str | None, engine_dir: Path | None) -> EngineSet:
    if release is None:
        return choose_local(EngineOptions(engine_dir=engine_dir))
    if engine_dir is not None:
        raise UsageError("--release and --engine-dir name two sets", "leave one of the two out")
    found = installed_set(release)
    if isinstance(found, EngineSet):
        return found
    raise UsageError(
        f"the release {release} is not installed",
        f"run `alertproof engines install --release {release}` first",
    )
