"""Reading a version out of what `--version` prints, and matching it with the one asked for."""

from __future__ import annotations

import re

_VERSION = re.compile(r"version (\d+(?:\.\d+)+)")
_EXACT = re.compile(r"\d+(?:\.\d+)+")


def version_in(banner: str) -> str | None:
    """Give `3.5.3` from `prometheus, version 3.5.3+ds1 (branch: …)`; None where there is no version."""
    match = _VERSION.search(banner)
    return match.group(1) if match else None


def matches(version: str, wanted: str) -> bool:
    """Give whether a version is the one asked for, part by part: `2.42` matches `2.42.0`, not `2.4`."""
    parts = wanted.removeprefix("v").split(".")
    return version.split(".")[: len(parts)] == parts


def sort_key(version: str) -> tuple[int, ...]:
    """Give a key that orders versions by number, oldest first."""
    return tuple(int(part) for part in version.split("."))


def version_tag(tag: str) -> str | None:
    """Give `3.5.3` from an image's tag `v3.5.3`; None for a tag without one, such as `latest`."""
    version = tag.removeprefix("v")
    return version if _EXACT.fullmatch(version) else None


def exact_tag(wanted: str) -> str:
    """Give the tag of the first release that matches, as public images are tagged: `v2.42.0` for `2.42`."""
    parts = wanted.removeprefix("v").split(".")
    return "v" + ".".join([*parts, "0", "0"][: max(3, len(parts))])
