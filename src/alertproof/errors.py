"""What can go wrong, as classes with data.

AlertproofError
├── UsageError           the command or option cannot be used as given      exit 2
│   └── InputError       a file cannot be used: place, problem, remedy      exit 2
└── EngineError          a real program failed us                           exit 3
    ├── EngineMissing    none found that could run
    ├── EngineDied       it stopped, or never became ready; with its last log lines
    └── EngineRefused    it ran and would not take its input; with what it said
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

EXIT_GOOD = 0
EXIT_FINDING = 1
EXIT_USAGE = 2
EXIT_ENGINE = 3
EXIT_INTERRUPTED = 130


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: a file and, when known, a line and a column, both counted from 1."""

    file: Path
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Give `file:line:column`, as editors and terminals link it."""
        return ":".join([str(self.file), *(str(part) for part in (self.line, self.column) if part)])


class AlertproofError(Exception):
    """Anything this tool reports as one clear message instead of a traceback."""

    exit_code = EXIT_ENGINE


class UsageError(AlertproofError):
    """A command, option or selection that cannot be used; `remedy` says what to do."""

    exit_code = EXIT_USAGE

    def __init__(self, problem: str, remedy: str = "") -> None:
        self.problem = problem
        self.remedy = remedy
        super().__init__(problem)

    def __str__(self) -> str:
        """Give the problem, then what to do on a line of its own."""
        return f"{self.problem}\n  → {self.remedy}" if self.remedy else self.problem


class InputError(UsageError):
    """A file that cannot be used: where, what is wrong, what to do."""

    def __init__(self, place: Place, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.place = place

    def __str__(self) -> str:
        """Give `file:line:column: problem`, then what to do on a line of its own."""
        return f"{self.place}: {super().__str__()}"


class EngineError(AlertproofError):
    """A real program could not do its part; `log` holds its last lines."""

    def __init__(self, problem: str, log: str = "", remedy: str = "") -> None:
        self.problem = problem
        self.log = log.strip()
        self.remedy = remedy
        super().__init__(problem)

    def __str__(self) -> str:
        """Give the problem, the program's last words indented, and what to do."""
        parts = [self.problem]
        if self.log:
            parts.append("\n".join(f"  | {line}" for line in self.log.splitlines()))
        if self.remedy:
            parts.append(f"  → {self.remedy}")
        return "\n".join(parts)


class EngineMissing(EngineError):  # noqa: N818 the tree's names say what happened, not "Error" each time
    """No engine that could run was found."""


class EngineDied(EngineError):  # noqa: N818 as above
    """A program stopped early or never became ready."""


class EngineRefused(EngineError):  # noqa: N818 as above
    """A program ran and rejected what it was given."""
