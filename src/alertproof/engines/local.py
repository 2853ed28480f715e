"""Programs of this machine, run as child processes."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from alertproof.engines.host import Completed, Program, Service
from alertproof.engines.versions import version_in
from alertproof.errors import EngineDied, EngineMissing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LOG_LINES = 12
_STOP_SECONDS = 5.0
_RUN_SECONDS = 300.0
_VERSION_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class LocalService:
    """A child process that serves, and the file its output goes to."""

    process: subprocess.Popen[bytes]
    log: Path

    def alive(self) -> bool:
        """Give whether it still runs."""
        return self.process.poll() is None

    def log_tail(self) -> str:
        """Give its last log lines."""
        return last_lines(self.log.read_text(errors="replace"))


def last_lines(text: str) -> str:
    """Give the last lines of a log, enough to see why a program stopped."""
    return "\n".join(text.splitlines()[-LOG_LINES:])


@dataclass(frozen=True, slots=True)
class Probe:
    """What a program answered to `--version`: its version, or why it is of no use on this machine."""

    version: str | None
    problem: str = ""


def probe(path: Path) -> Probe:
    """Give what a program answers to `--version`; asked once for each content of the file."""
    try:
        file = path.stat()
    except OSError as error:
        return Probe(None, f"{path}: {error.strerror}")
    return _ask(path, file.st_ino, file.st_mtime_ns)


@cache
def _ask(path: Path, inode: int, modified: int) -> Probe:  # noqa: ARG001 part of the key: a new file is asked anew
    try:
        done = subprocess.run(
            [str(path), "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_VERSION_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return Probe(None, f"{path} did not print a version within {_VERSION_SECONDS:.0f} s")
    except OSError as error:
        # Another architecture, no permission to execute, or a loader that this machine does not have.
        return Probe(None, f"{path} cannot be executed: {error.strerror}")
    version = version_in(done.stdout + done.stderr)
    if done.returncode == 0 and version is not None:
        return Probe(version)
    said = (done.stderr or done.stdout).strip().splitlines()
    return Probe(None, f"{path} prints no version" + (f": {said[-1]}" if said else ""))


def program_version(path: Path) -> str | None:
    """Give the version a program prints, or None where it does not run or prints none."""
    return probe(path).version


class LocalHost:
    """Runs programs from given paths."""

    kind = "local"

    def __init__(self, programs: Mapping[Program, Path]) -> None:
        self.programs = dict(programs)

    def _path(self, program: Program) -> str:
        if program not in self.programs:
            raise EngineMissing(
                f"no {program} beside the other programs",
                remedy="install the package that holds it, or name a complete folder with --engine-dir",
            )
        return str(self.programs[program])

    def version(self, program: Program) -> str:
        """Give the version a program prints."""
        path = Path(self._path(program))
        answer = probe(path)
        if answer.version is None:
            raise EngineDied(answer.problem)
        return answer.version

    def run(self, program: Program, arguments: Sequence[str], folder: Path) -> Completed:
        """Run a program to its end in `folder`."""
        try:
            done = subprocess.run(
                [self._path(program), *arguments],
                cwd=folder,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_RUN_SECONDS,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as late:
            raise EngineDied(f"{program} did not finish within {_RUN_SECONDS:.0f} s") from late
        except OSError as error:
            raise EngineDied(f"{program} could not be started: {error}") from error
        return Completed(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def serve(
        self, program: Program, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> Iterator[Service]:
        """Start a server with its output in `<program>.log`; stop it on exit."""
        log = folder / f"{program}.log"
        with log.open("ab") as sink:
            try:
                # A session of its own: Ctrl-C in the terminal reaches us first, and we stop it in order.
                process = subprocess.Popen(
                    [self._path(program), *arguments],
                    cwd=folder,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    stdin=subprocess.DEVNULL,
                    env={**os.environ, **environment},
                    start_new_session=True,
                )
            except OSError as error:
                raise EngineDied(f"{program} could not be started: {error}") from error
            try:
                yield LocalService(process, log)
            finally:
                stop_process(process)


def stop_process(process: subprocess.Popen[bytes], patience_s: float = _STOP_SECONDS) -> None:
    """Ask a process to end, and end it where it does not, or where a second Ctrl-C cuts the waiting short."""
    try:
        process.terminate()
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        pass
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
