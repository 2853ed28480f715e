"""The default templates of Debian's Alertmanager, read from a fixed folder; others carry them inside.

Unpacked without root, that folder does not exist and the program stops at once. So an installed set holds the
templates, and beside the packaged program a copy in which the folder's name, and nothing else, is replaced by
one of the same length; a starter script opens the set's own folder under it.
"""

from __future__ import annotations

import mmap
import shutil
from functools import cache
from pathlib import Path

from alertproof.errors import EngineError

PACKAGED_FOLDER = Path("/usr/share/prometheus/alertmanager")
_FOLDER = str(PACKAGED_FOLDER).encode()
_DESCRIPTOR = 9  # any number does that a shell can open
_OPENED = f"/proc/self/fd/{_DESCRIPTOR}".encode()
# The kernel and Go both read `/x/./.` as `/x`; a string in the program must keep its length.
_REPLACEMENT = _OPENED + b"/" * ((len(_FOLDER) - len(_OPENED)) % 2) + b"/." * ((len(_FOLDER) - len(_OPENED)) // 2)
_DEBIAN_NAME = "prometheus-alertmanager"
_BESIDE = Path("lib/alertproof")
_STARTER = f"""#!/bin/sh
# The Alertmanager of this set reads its default templates from the set, not from a folder of the system.
usr=$(dirname "$(dirname "$(readlink -f "$0")")")
exec {_DESCRIPTOR}<"$usr/share/prometheus/alertmanager"
exec "$usr/{_BESIDE}/relocated" "$@"
"""


def relocate(usr: Path) -> None:
    """Make the Alertmanager unpacked below `usr` read its templates from there; EngineError without them."""
    program = usr / "bin" / _DEBIAN_NAME
    content = program.read_bytes()
    if _FOLDER not in content:
        return  # it carries its templates
    if not templates_of(program):
        raise EngineError("the Alertmanager package lacks the default templates that its program reads")
    beside = usr / _BESIDE
    beside.mkdir(parents=True)
    relocated = beside / "relocated"
    relocated.write_bytes(content.replace(_FOLDER, _REPLACEMENT))
    shutil.copymode(program, relocated)
    program.rename(beside / "packaged")
    program.write_text(_STARTER)
    shutil.copymode(relocated, program)


def packaged(program: Path) -> Path:
    """Give the program as its package holds it, for where the fixed folder can be had: in an image."""
    original = program.parent.parent / _BESIDE / "packaged"
    return original if program.name == _DEBIAN_NAME and original.is_file() else program


def templates_of(program: Path) -> list[Path]:
    """Give the template files that lie where a package puts them relative to its program."""
    return sorted((program.parent.parent / "share" / "prometheus" / "alertmanager").glob("*.tmpl"))


def templates_missing(program: Path) -> str:
    """Give why an Alertmanager that prints its version will not start here, or nothing where it will."""
    file = program.stat()
    if (PACKAGED_FOLDER / "default.tmpl").is_file() or not _names_folder(program, file.st_ino, file.st_mtime_ns):
        return ""
    return (
        f"Debian's {program} reads {PACKAGED_FOLDER}/default.tmpl, which is not here; "
        "`alertproof engines install` makes a set that needs no such file"
    )


@cache
def _names_folder(program: Path, inode: int, modified: int) -> bool:  # noqa: ARG001 part of the key: a new file is asked anew
    with program.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(_FOLDER) >= 0
