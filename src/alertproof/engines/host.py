"""Where engine programs run: on this machine, or in containers. The replays are written against this alone.

Every path given to a program lies below the run's folder, which a container sees under the same name; so the
arguments are the same in both worlds. Servers listen on 127.0.0.1 only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path


class Program(StrEnum):
    """The four programs, by the names their authors gave them."""

    PROMETHEUS = "prometheus"
    PROMTOOL = "promtool"
    ALERTMANAGER = "alertmanager"
    AMTOOL = "amtool"


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program that runs to its end ended."""

    code: int
    output: str
    errors: str


class Service(Protocol):
    """A running server."""

    def alive(self) -> bool:
        """Give whether it still runs."""

    def log_tail(self) -> str:
        """Give its last log lines."""


class Host(Protocol):
    """Runs programs; made once for a run."""

    @property
    def kind(self) -> str:
        """Give `local` or `container`."""

    def version(self, program: Program) -> str:
        """Give the version a program says it has, such as `2.42.0`."""

    def run(self, program: Program, arguments: Sequence[str], folder: Path) -> Completed:
        """Run a program to its end in `folder`; a nonzero exit code is the caller's to judge."""

    def serve(
        self, program: Program, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> AbstractContextManager[Service]:
        """Start a server in `folder` and stop it on exit, whatever happened inside."""
