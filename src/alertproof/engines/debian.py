"""Engine packages of Debian, downloaded and unpacked by apt's own tools without touching the system.

apt verifies signatures and checksums; a configuration of our own keeps its lists, cache and idea of what is
installed in one folder, so neither root nor a fresh /var/lib/apt/lists is needed and no daemon gets started.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from alertproof.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RELEASES = ("bookworm", "trixie", "sid")
DEFAULT_MIRROR = "http://deb.debian.org/debian"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
OTHER_WAYS = (
    "unpack the official release archives of Prometheus and Alertmanager into one folder and name it "
    "with --engine-dir, or use --engine container"
)
_NEEDED = ("prometheus", "prometheus-alertmanager")
_PACKAGES = (*_NEEDED, "promtool")  # promtool left the prometheus package with trixie
_TOOLS = ("apt-get", "apt-cache", "dpkg", "dpkg-deb")
# Indexes that desktop packages add to every update; together they are larger than what is needed here.
_UNNEEDED_INDEXES = (
    "DEP-11",
    "DEP-11-icons-small",
    "DEP-11-icons",
    "DEP-11-icons-hidpi",
    "DEP-11-icons-large",
    "DEP-11-icons-large-hidpi",
    "Contents-deb",
    "CNF",
)


def own_release() -> str:
    """Give the code name of this machine's release, or `system` where it has none."""
    try:
        facts = platform.freedesktop_os_release()
    except OSError:
        return "system"
    return facts.get("VERSION_CODENAME") or facts.get("ID") or "system"


def require_tools() -> None:
    """Stop with the other ways in where this machine has no apt."""
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        raise UsageError(f"engines are installed from Debian packages, but there is no {missing[0]}", OTHER_WAYS)


@dataclass(frozen=True, slots=True)
class Source:
    """Where packages come from: a release on a mirror, or (None) what the system's own sources offer."""

    release: str | None
    mirror: str


def unpack_packages(source: Source, work: Path, progress: Callable[[str], None]) -> dict[str, str]:
    """Download the engine packages and unpack them into `work/root`; gives their versions by name."""
    config = _configure(source, work)
    label = source.release or own_release()
    progress(f"reading the package lists of {label}")
    update = _call(["apt-get", "-c", str(config), "-q", "update"], work)
    known = _call(["apt-cache", "-c", str(config), "pkgnames", "prom"], work).stdout.split()
    if missing := [name for name in _NEEDED if name not in known]:
        raise _unavailable(missing[0], label, update)
    wanted = [name for name in _PACKAGES if name in known]
    progress(f"downloading {', '.join(wanted)}")
    downloads = work / "debs"
    downloads.mkdir()
    done = _call(["apt-get", "-c", str(config), "-q", "download", *wanted], downloads)
    if done.returncode != 0:
        raise EngineError(f"the packages of {label} could not be downloaded", _complaints(done), _NETWORK_REMEDY)
    progress("unpacking")
    return dict(_unpack(package, work / "root") for package in sorted(downloads.glob("*.deb")))


_NETWORK_REMEDY = "check the network and the proxy, or name a mirror that answers with --mirror URL"


def _unavailable(package: str, label: str, update: subprocess.CompletedProcess[str]) -> EngineError:
    """Tell a mirror that did not answer from a release that has no such package."""
    complaints = _complaints(update)
    if complaints:
        return EngineError(f"the package lists of {label} could not be read", complaints, _NETWORK_REMEDY)
    return EngineError(
        f"{label} has no package {package}",
        remedy=f"name a release that has it with --release {'|'.join(RELEASES)}, or {OTHER_WAYS}",
    )


def _unpack(package: Path, root: Path) -> tuple[str, str]:
    fields = _call(["dpkg-deb", "--show", "--showformat=${Package} ${Version}", str(package)], root.parent)
    unpacked = _call(["dpkg-deb", "-x", str(package), str(root)], root.parent)
    for done in (fields, unpacked):
        if done.returncode != 0:
            raise EngineError(f"{package.name} could not be unpacked", done.stderr, "is the disk full?")
    name, _, version = fields.stdout.strip().partition(" ")
    return name, version


def _call(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        env={**os.environ, "LC_ALL": "C"},
        check=False,
    )


def _complaints(done: subprocess.CompletedProcess[str]) -> str:
    """Give apt's errors and warnings about fetching; `apt-get update` exits 0 even when nothing answered."""
    lines = done.stderr.splitlines()
    return "\n".join(line for line in lines if line.startswith("E:") or "fetch" in line.lower())


def _configure(source: Source, work: Path) -> Path:
    """Write apt's configuration; it is read after the system's own, whose proxy settings stay in force."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    architecture = _call(["dpkg", "--print-architecture"], work).stdout.strip()
    settings = [
        f'Dir::State::Lists "{work}/lists";',
        # Nothing counts as installed, so what the system has does not outrank the release asked for.
        f'Dir::State::status "{work}/status";',
        f'Dir::Cache "{work}/cache";',
        'Acquire::Languages "none";',
        'Acquire::Retries "1";',
        'Acquire::http::Timeout "20";',
        'Acquire::https::Timeout "20";',
        # Hooks of the system (cleaning its cache, telling its desktop) are none of this run's business.
        "#clear APT::Update;",
        "#clear APT::Architectures;",
        f'APT::Architectures {{ "{architecture}"; }};',
        *(f"#clear Acquire::IndexTargets::deb::{index};" for index in _UNNEEDED_INDEXES),
    ]
    if source.release is not None:
        settings += _only_this_release(source, work)
    config = work / "apt.conf"
    config.write_text("\n".join(settings) + "\n")
    return config


def _only_this_release(source: Source, work: Path) -> list[str]:
    if not KEYRING.is_file():
        raise UsageError(
            f"the keys that sign Debian's releases are not on this machine: {KEYRING}",
            "install them with `apt-get install debian-archive-keyring`",
        )
    listing = work / "sources.list"
    listing.write_text(f"deb [signed-by={KEYRING}] {source.mirror} {source.release} main\n")
    return [
        f'Dir::Etc::SourceList "{listing}";',
        'Dir::Etc::SourceParts "/dev/null";',
        'Dir::Etc::Preferences "/dev/null";',
        'Dir::Etc::PreferencesParts "/dev/null";',
        "#clear APT::Default-Release;",
    ]
