"""Reading a file as text, refusing what no rule file can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.errors import InputError, Place

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 16 * 1024 * 1024


def read_text(path: Path) -> str:
    """Give a file's text; InputError where it is missing, no file, too large, binary or not UTF-8."""
    try:
        if path.is_dir():
            raise InputError(Place(path), "this is a folder, not a file", "name a file in it")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(
                Place(path), f"{size} bytes is too large for a rule file", "split it, or name another file"
            )
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(Place(path), "no such file", "check the path, and where the command is run") from error
    except OSError as error:
        raise InputError(Place(path), f"cannot be read: {error.strerror}", "check its permissions") from error
    if b"\0" in raw:
        line = raw[: raw.index(b"\0")].count(b"\n") + 1
        raise InputError(Place(path, line), "this is a binary file", "name a YAML text file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(Place(path, line), "this is not UTF-8 text", "save the file as UTF-8") from error
