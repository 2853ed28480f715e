"""Sets of engine programs on this machine: in a named folder, installed in the cache folder, or on PATH.

A program counts only if it answers `--version` here; why one was passed over is kept, because "not found"
would send its owner looking for the wrong thing.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from alertproof.engines.host import Program
from alertproof.engines.local import probe
from alertproof.engines.templates import templates_missing
from alertproof.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SET_FILE = "set.json"
REQUIRED = (Program.PROMETHEUS, Program.PROMTOOL, Program.ALERTMANAGER)

_NAMES: Mapping[Program, tuple[str, ...]] = {
    Program.PROMETHEUS: ("prometheus",),
    Program.PROMTOOL: ("promtool",),
    Program.ALERTMANAGER: ("alertmanager", "prometheus-alertmanager"),  # the second is Debian's name
    Program.AMTOOL: ("amtool",),
}
# A tool of another version than its server would judge by other rules, so it is no part of the set.
_TOOL_OF = {Program.PROMTOOL: Program.PROMETHEUS, Program.AMTOOL: Program.ALERTMANAGER}
# The last two are what the official release archives unpack to, side by side.
_BELOW = ("bin", "usr/bin", "prometheus-*", "alertmanager-*")


@dataclass(frozen=True, slots=True)
class EngineSet:
    """Programs that run on this machine and belong together, with the two versions a verdict names."""

    origin: str
    programs: Mapping[Program, Path]
    prometheus: str
    alertmanager: str | None
    release: str | None = None  # the Debian release an installed set came from
    problems: Mapping[Program, str] = field(default_factory=dict)

    def lacking(self) -> tuple[str, ...]:
        """Give what keeps the set from being used, in words; empty where it is complete."""
        return tuple(
            self.problems.get(program, f"no {program}") for program in REQUIRED if program not in self.programs
        )


@dataclass(frozen=True, slots=True)
class Rejected:
    """A program that lay somewhere and makes no set, and why."""

    origin: str
    reason: str

    def __str__(self) -> str:
        """Give both in one line."""
        return f"{self.origin}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Search:
    """The sets that were found, and what was passed over."""

    sets: tuple[EngineSet, ...] = ()
    rejected: tuple[Rejected, ...] = ()


def cache_folder() -> Path:
    """Give the folder that holds what this tool downloads; UsageError where the environment names none."""
    if own := os.environ.get("ALERTPROOF_CACHE"):
        return Path(own).absolute()
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    # Relative values are invalid by the XDG specification and must be ignored.
    base = xdg if Path(xdg).is_absolute() else os.path.expanduser("~/.cache")  # noqa: PTH111 Path.expanduser raises
    if base.startswith("~"):
        raise UsageError("there is no home folder to keep engines in", "name a folder with ALERTPROOF_CACHE")
    return Path(base) / "alertproof"


def assemble(origin: str, folders: Sequence[Path], release: str | None = None) -> EngineSet | tuple[str, ...]:
    """Give the set that the folders hold, earlier folders first; without a prometheus, why there is none."""
    candidates = {program: _candidates(program, folders) for program in Program}
    _probe_all(path for paths in candidates.values() for path in paths)
    programs: dict[Program, Path] = {}
    versions: dict[Program, str] = {}
    problems: dict[Program, str] = {}
    for program, paths in candidates.items():
        for path in paths:
            answer = probe(path)
            problem = answer.problem or _misfit(program, path, answer.version, versions)
            if answer.version is None or problem:
                problems.setdefault(program, problem or f"{path} prints no version")
                continue
            programs[program], versions[program] = path, answer.version
            problems.pop(program, None)
            break
    if Program.PROMETHEUS not in programs:
        return tuple(problems.values())
    return EngineSet(
        origin,
        programs,
        versions[Program.PROMETHEUS],
        versions.get(Program.ALERTMANAGER),
        release,
        problems,
    )


def _candidates(program: Program, folders: Sequence[Path]) -> list[Path]:
    paths = (folder / name for folder in folders for name in _NAMES[program])
    # Path.is_file raises where a folder may not be entered; to a search, that is a folder without programs.
    return [path for path in paths if os.path.isfile(path)]  # noqa: PTH113 Path.is_file raises where it may not look


def _probe_all(paths: Iterable[Path]) -> None:
    """Ask all programs at once: one answer takes up to 0.1 s, and the answers are kept."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(probe, paths))


def _misfit(program: Program, path: Path, version: str | None, versions: Mapping[Program, str]) -> str:
    """Give why a program that runs is still no part of the set, or nothing where it is."""
    if program is Program.ALERTMANAGER:
        return templates_missing(path)
    server = _TOOL_OF.get(program)
    if server is None or versions.get(server) == version:
        return ""
    if server not in versions:
        return f"{program} {version} has no {server} beside it"
    return f"{program} is {version}, but {server} is {versions[server]}"


def search_folder(folder: Path) -> EngineSet:
    """Give the set of a folder that the user named; UsageError where it holds no prometheus that runs."""
    root = folder.absolute()
    if not root.is_dir():
        raise UsageError(f"{folder} is not a folder", "name the folder that holds prometheus with --engine-dir")
    below = [path for pattern in _BELOW for path in sorted(root.glob(pattern), reverse=True) if path.is_dir()]
    found = assemble(str(root), [root, *below])
    if isinstance(found, EngineSet):
        return found
    names = ", ".join(" or ".join(names) for names in _NAMES.values())
    reasons = "".join(f"\n  | {reason}" for reason in found)
    raise UsageError(
        f"no prometheus that runs in {folder}{reasons}",
        f"looked for {names} in that folder and below it in {', '.join(_BELOW)}",
    )


def search_path() -> Search:
    """Give the set on PATH; its programs may lie in different folders."""
    entries = os.environ.get("PATH", "").split(os.pathsep)
    # Engines run in folders of their own, so a relative entry is fixed now.
    folders = list(dict.fromkeys(Path(entry).absolute() for entry in entries if entry))
    return _search([assemble("PATH", folders)], "PATH")


def installed_set(release: str) -> EngineSet | tuple[str, ...] | None:
    """Give the installed set of a release, why its programs do not run, or None where none is installed."""
    folder = cache_folder() / "engines" / release
    if not os.path.isfile(folder / SET_FILE):  # noqa: PTH113 Path.is_file raises where it may not look
        return None
    return assemble(f"installed {release}", [folder / "usr" / "bin"], release)


def search_installed() -> Search:
    """Give the sets in the cache folder."""
    try:
        marks = sorted((cache_folder() / "engines").glob(f"[!.]*/{SET_FILE}"))
    except (UsageError, OSError):
        return Search()  # no cache folder, or one of somebody else: nothing in it for us
    found = [installed_set(mark.parent.name) for mark in marks]
    return _search([item for item in found if item is not None], "installed")


def _search(found: Sequence[EngineSet | tuple[str, ...]], place: str) -> Search:
    sets = tuple(item for item in found if isinstance(item, EngineSet))
    reasons = (reason for item in found if not isinstance(item, EngineSet) for reason in item)
    return Search(sets, tuple(Rejected(place, reason) for reason in reasons))


def search(engine_dir: Path | None) -> Search:
    """Give every set of this machine, or only that of the folder named."""
    if engine_dir is not None:
        return Search((search_folder(engine_dir),))
    installed, path = search_installed(), search_path()
    return Search(installed.sets + path.sets, installed.rejected + path.rejected)


def local_sets(engine_dir: Path | None) -> tuple[EngineSet, ...]:
    """Give the sets alone, as `search` does: installed ones first, then PATH."""
    return search(engine_dir).sets
