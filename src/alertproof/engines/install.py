"""Engine programs in the cache folder: `engines/<release>/usr/bin`, with a note of their packages.

A set appears under its name only when it is whole and its programs have run; whatever interrupts the work
leaves the earlier set, or none.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alertproof.engines import debian
from alertproof.engines.find import SET_FILE, EngineSet, assemble, cache_folder, installed_set
from alertproof.engines.templates import relocate
from alertproof.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def install(
    release: str | None, *, mirror: str | None, progress: Callable[[str], None], force: bool = False
) -> EngineSet:
    """Give the installed set of a release (None: this machine's own), downloading it where there is none yet.

    `force` downloads anew. UsageError where this machine cannot unpack Debian packages, EngineError where the
    download fails or the programs do not run here; each says what to do.
    """
    name = release or debian.own_release()
    # Only our own list of sources can speak of another mirror.
    source = debian.Source(release or (name if mirror else None), mirror or debian.DEFAULT_MIRROR)
    if source.release not in (None, *debian.RELEASES):
        raise UsageError(
            f"there is no release {source.release} to install engines from",
            f"name one of {', '.join(debian.RELEASES)} with --release",
        )
    engines = _engines_folder()
    with _locked(engines / f"{name}.lock", progress):
        known = installed_set(name)
        if isinstance(known, EngineSet) and not known.lacking() and not force:
            return known
        debian.require_tools()
        _sweep(engines, name)
        return _install(source, engines / name, progress)


def _engines_folder() -> Path:
    folder = cache_folder() / "engines"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be made: {error.strerror}", "name another folder with ALERTPROOF_CACHE"
        ) from error
    return folder


@contextmanager
def _locked(lock: Path, progress: Callable[[str], None]) -> Iterator[None]:
    """Let one process at a time install a release; the others wait, and find it done."""
    try:
        handle = lock.open("a")
    except OSError as error:
        raise UsageError(
            f"{lock.parent} cannot be written: {error.strerror}", "name another folder with ALERTPROOF_CACHE"
        ) from error
    with handle:  # closing it gives the lock back
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"waiting for another process that installs {lock.stem}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _sweep(engines: Path, name: str) -> None:
    """Remove what a killed process left; we hold the lock, so nobody works there now."""
    for leftover in engines.glob(f".{name}.*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _install(source: debian.Source, final: Path, progress: Callable[[str], None]) -> EngineSet:
    work = Path(tempfile.mkdtemp(prefix=f".{final.name}.", dir=final.parent))
    try:
        packages = debian.unpack_packages(source, work, progress)
        staged = _stage(work, final.name, source, packages)
        progress("trying the programs")
        _require_complete(assemble(f"the packages of {final.name}", [staged / "usr" / "bin"]), final.name)
        _replace(final, staged, work / "earlier")
    except OSError as error:
        raise EngineError(f"{final} could not be written: {error.strerror}", remedy="is the disk full?") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    made = installed_set(final.name)
    return _require_complete(made or (), final.name)


def _stage(work: Path, name: str, source: debian.Source, packages: Mapping[str, str]) -> Path:
    """Keep the programs and their templates; the rest of a package serves only an installed service."""
    staged = work / "staged"
    packaged = work / "root" / "usr"
    if not (packaged / "bin").is_dir():
        raise EngineError(f"the packages of {name} hold no programs", remedy=debian.OTHER_WAYS)
    (staged / "usr" / "share" / "prometheus").mkdir(parents=True)
    for kept in ("bin", "share/prometheus/alertmanager"):
        if (packaged / kept).is_dir():
            (packaged / kept).rename(staged / "usr" / kept)
    relocate(staged / "usr")
    note = {
        "release": name,
        "source": source.mirror if source.release else "the system's own sources",
        "packages": dict(packages),
    }
    (staged / SET_FILE).write_text(json.dumps(note, indent=2) + "\n")
    return staged


def _require_complete(found: EngineSet | tuple[str, ...], name: str) -> EngineSet:
    reasons = found.lacking() if isinstance(found, EngineSet) else found or ("no prometheus",)
    if isinstance(found, EngineSet) and not reasons:
        return found
    raise EngineError(
        f"the programs of {name} do not run on this machine",
        "\n".join(reasons),
        f"name an older release with --release {debian.RELEASES[0]}, or {debian.OTHER_WAYS}",
    )


def _replace(final: Path, staged: Path, earlier: Path) -> None:
    """Put the new set in place of the earlier one, which comes back where that fails."""
    if not final.exists():
        staged.rename(final)
        return
    final.rename(earlier)
    try:
        staged.rename(final)
    except BaseException:
        earlier.rename(final)
        raise
