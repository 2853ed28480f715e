"""A Docker engine for as long as it is needed, where there is the program but no service: CI jobs, tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from alertproof.engines.docker_api import docker_answers
from alertproof.engines.local import last_lines, stop_process
from alertproof.errors import EngineDied, EngineMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT_SOCKET = Path("/var/run/docker.sock")
_READY_SECONDS = 30.0
_POLL_SECONDS = 0.1
_STOP_SECONDS = 15.0


@contextmanager
def start_docker_engine(folder: Path, socket: Path = DEFAULT_SOCKET) -> Iterator[None]:
    """Make sure that a Docker engine answers; one that had to be started keeps its data below `folder`.

    EngineMissing where none answers and none can be started, EngineDied where it was started in vain.
    """
    if docker_answers():
        yield
        return
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        raise EngineMissing(
            "no Docker engine answers, and none can be started here",
            remedy="as root, install one with `apt-get install -y docker.io`",
        )
    process = _start(folder, socket)
    try:
        yield
    finally:
        stop_process(process, _STOP_SECONDS)
        _unmount(folder)


def _start(folder: Path, socket: Path) -> subprocess.Popen[bytes]:
    """Start dockerd as it chooses to be, then with the storage that works everywhere and is merely slow."""
    log = folder / "dockerd.log"
    for storage in ([], ["--storage-driver=vfs"]):
        process = _launch(folder, socket, log, storage)
        try:
            if _answers(process):
                return process
        except BaseException:
            stop_process(process, _STOP_SECONDS)
            raise
        stop_process(process, _STOP_SECONDS)
    raise EngineDied("dockerd did not become ready", last_lines(log.read_text(errors="replace")))


def _launch(folder: Path, socket: Path, log: Path, storage: list[str]) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True, exist_ok=True)
    options = {"data-root": folder / "data", "exec-root": folder / "exec", "pidfile": folder / "docker.pid"}
    with log.open("ab") as sink:
        return subprocess.Popen(
            [
                "dockerd",
                f"--host=unix://{socket}",
                *(f"--{name}={path.absolute()}" for name, path in options.items()),
                # Our containers use the machine's own network; its bridges and firewall are left alone.
                "--bridge=none",
                "--iptables=false",
                *storage,
            ],
            stdout=sink,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def _answers(process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if docker_answers():
            return True
        time.sleep(_POLL_SECONDS)
    return False


def _unmount(folder: Path) -> None:
    """Release what dockerd leaves mounted, such as its network namespace; the folder could not be removed."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for place in reversed(mounts):
        if Path(place).is_relative_to(folder.absolute()):
            subprocess.run(["umount", "--lazy", place], capture_output=True, check=False)
