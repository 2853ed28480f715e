"""Which engine a run gets: programs of this machine or containers, in the versions asked for."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from alertproof.engines.container import DEFAULT_ALERTMANAGER_IMAGE, DEFAULT_PROMETHEUS_IMAGE, ContainerHost
from alertproof.engines.docker_api import docker_client, has_tag, hub_prefix, image_labels, local_tags
from alertproof.engines.find import EngineSet, Search, search_folder, search_installed, search_path
from alertproof.engines.host import Host, Program
from alertproof.engines.image import IMAGE_LABEL, PARTNER_LABEL
from alertproof.engines.local import LocalHost
from alertproof.engines.versions import exact_tag, matches, sort_key
from alertproof.errors import EngineError, EngineMissing, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

KINDS = ("auto", "local", "container")
WAYS_IN = """one of:
    `alertproof engines install` fetches Debian's packages, `--release sid` the newest, without root
    put prometheus, promtool and alertmanager on PATH, or name their folder with --engine-dir
    start a Docker engine and use --engine container"""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What the user asked for; versions are prefixes such as `2.42` or `3`."""

    kind: str = "auto"
    version: str | None = None
    engine_dir: Path | None = None
    prometheus_image: str | None = None
    alertmanager_image: str | None = None
    alertmanager_version: str | None = None


@contextmanager
def choose_host(options: EngineOptions) -> Iterator[Host]:
    """Give the host that runs the engines, closed on exit.

    `auto` takes programs of this machine where a set fits, else containers. EngineMissing, with the ways in,
    where neither can be had; UsageError where the options contradict one another.
    """
    _require_consistent(options)
    if options.kind != "container" and not _names_image(options):
        try:
            engine_set = choose_local(options)
        except EngineMissing as missing:
            if options.kind == "local" or options.engine_dir is not None:
                raise
            with _containers_instead(options, missing) as host:
                yield host
            return
        yield LocalHost(engine_set.programs)
        return
    with ContainerHost(*choose_images(options)) as host:
        _require_version(host, options)
        yield host


def _names_image(options: EngineOptions) -> bool:
    return bool(options.prometheus_image or options.alertmanager_image)


def _require_consistent(options: EngineOptions) -> None:
    if options.kind not in KINDS:
        raise UsageError(f"there is no engine kind {options.kind}", f"use one of {', '.join(KINDS)}")
    if options.engine_dir is not None and (options.kind == "container" or _names_image(options)):
        raise UsageError("--engine-dir names programs of this machine, not containers", "leave one of the two out")
    if options.kind == "local" and _names_image(options):
        raise UsageError("an image is named, but --engine local uses none", "leave one of the two out")


@contextmanager
def _containers_instead(options: EngineOptions, missing: EngineMissing) -> Iterator[Host]:
    """Give containers where no local set fits; where they cannot be had either, say why both failed."""
    with ExitStack() as stack:
        try:
            host = stack.enter_context(ContainerHost(*choose_images(options)))
        except EngineError as error:
            reasons = [missing.problem, missing.log, error.problem, error.log]
            raise EngineMissing("no engine was found", "\n".join(filter(None, reasons)), WAYS_IN) from error
        yield host


def choose_local(options: EngineOptions) -> EngineSet:
    """Give the set of this machine that fits best; EngineMissing where none does.

    PATH comes first where no version is asked for: it is what its owner runs. Otherwise the highest wins.
    """
    if options.engine_dir is not None:
        return _fitting(Search((search_folder(options.engine_dir),)), options)
    path = search_path()
    if options.version is None and options.alertmanager_version is None and _complete(path.sets):
        return path.sets[0]
    installed = search_installed()
    # PATH last, so that it wins a tie in `max` only where nothing installed is as high.
    return _fitting(Search(installed.sets + path.sets, installed.rejected + path.rejected), options)


def _complete(sets: Sequence[EngineSet]) -> list[EngineSet]:
    return [found for found in sets if not found.lacking()]


def _fitting(search: Search, options: EngineOptions) -> EngineSet:
    """Give the highest complete set of the version asked for, with the Alertmanager asked for."""
    complete = _complete(search.sets)
    fitting = [found for found in complete if _fits(found.prometheus, options.version)]
    paired = [pair for found in fitting for pair in _with_alertmanager(found, complete, options)]
    if paired:
        return max(paired, key=lambda found: sort_key(found.prometheus))
    raise EngineMissing(_unfit(options), "\n".join([*map(_describe, search.sets), *map(str, search.rejected)]), WAYS_IN)


def _fits(version: str | None, wanted: str | None) -> bool:
    return wanted is None or (version is not None and matches(version, wanted))


def _with_alertmanager(found: EngineSet, others: Sequence[EngineSet], options: EngineOptions) -> Iterator[EngineSet]:
    """Give a set as it is, or with another set's Alertmanager where only that has the version asked for."""
    wanted = options.alertmanager_version
    partner = next((other for other in (found, *others) if _fits(other.alertmanager, wanted)), None)
    if partner is found:
        yield found
    elif partner is not None:
        theirs = {p: partner.programs[p] for p in (Program.ALERTMANAGER, Program.AMTOOL) if p in partner.programs}
        ours = {p: path for p, path in found.programs.items() if p in (Program.PROMETHEUS, Program.PROMTOOL)}
        yield replace(
            found,
            origin=f"{found.origin} and {partner.origin}",
            programs=ours | theirs,
            alertmanager=partner.alertmanager,
        )


def _unfit(options: EngineOptions) -> str:
    asked = [
        f"{name} {version}"
        for name, version in (("Prometheus", options.version), ("Alertmanager", options.alertmanager_version))
        if version
    ]
    return f"no complete set of programs with {' and '.join(asked)} is here" if asked else "no programs that run"


def _describe(found: EngineSet) -> str:
    """Give a set in one line, with what keeps it from being used."""
    lacking = found.lacking()
    parts = f"Prometheus {found.prometheus}, Alertmanager {found.alertmanager or 'none'}"
    return f"{found.origin}: {parts}" + (f" ({'; '.join(lacking)})" if lacking else "")


def choose_images(options: EngineOptions) -> tuple[str, str]:
    """Give the images for Prometheus and Alertmanager; EngineMissing where Docker does not answer."""
    with docker_client() as client:
        prometheus = _image(client, options.prometheus_image, DEFAULT_PROMETHEUS_IMAGE, options.version)
        wanted = options.alertmanager_version
        if options.alertmanager_image is None and wanted is None:
            partner = (image_labels(client, prometheus) or {}).get(PARTNER_LABEL)
            if partner is not None:  # built from one set, and verified as one
                return prometheus, partner
        return prometheus, _image(client, options.alertmanager_image, DEFAULT_ALERTMANAGER_IMAGE, wanted)


def _image(client: Any, named: str | None, default: str, wanted: str | None) -> str:
    """Give an image as named; else the highest local one that matches, else the one to be pulled."""
    if named is not None and has_tag(named):
        return named
    if named is None and wanted is None:
        return _default(client, hub_prefix() + default)
    repository = named or hub_prefix() + default.rpartition(":")[0]
    here = {version: image for version, image in local_tags(client, repository).items() if _fits(version, wanted)}
    if here:
        return here[max(here, key=sort_key)]
    return f"{repository}:{exact_tag(wanted) if wanted else 'latest'}"


def _default(client: Any, default: str) -> str:
    """Give the default image; where only others are here that we built, the highest of these."""
    if image_labels(client, default) is not None:
        return default
    tags = local_tags(client, default.rpartition(":")[0])
    built = [version for version, image in tags.items() if IMAGE_LABEL in (image_labels(client, image) or {})]
    return tags[max(built, key=sort_key)] if built else default


def _require_version(host: Host, options: EngineOptions) -> None:
    """Stop where an image named with its tag is not of the version asked for beside it."""
    for program, wanted, image in (
        (Program.PROMETHEUS, options.version, options.prometheus_image),
        (Program.ALERTMANAGER, options.alertmanager_version, options.alertmanager_image),
    ):
        if wanted and image and not matches(host.version(program), wanted):
            raise UsageError(
                f"{image} holds {program} {host.version(program)}, but {wanted} was asked for",
                "leave one of the two options out",
            )
