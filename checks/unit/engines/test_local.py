"""Programs of this machine: their output, their log, and that none of them outlives its use."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alertproof.engines import local
from alertproof.engines.host import Program, Service
from alertproof.engines.local import LocalHost, LocalService, program_version
from alertproof.errors import EngineDied, EngineMissing

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def host(folder: Path, script: str, program: Program = Program.PROMETHEUS) -> LocalHost:
    path = folder / f"fake-{program}"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return LocalHost({program: path})


def serving(folder: Path, script: str, **environment: str) -> AbstractContextManager[Service]:
    return host(folder, script).serve(Program.PROMETHEUS, [], folder, environment)


def pid_of(service: Service) -> int:
    assert isinstance(service, LocalService)
    return service.process.pid


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def wait_for_log(service: Service, text: str) -> None:
    deadline = time.monotonic() + 5
    while text not in service.log_tail():
        assert time.monotonic() < deadline, service.log_tail()
        time.sleep(0.01)


def test_a_run_gives_the_code_and_both_outputs_apart(tmp_path: Path) -> None:
    done = host(tmp_path, 'pwd; echo "no $1" >&2; exit 3').run(Program.PROMETHEUS, ["luck"], tmp_path)
    assert (done.code, done.output, done.errors) == (3, f"{tmp_path}\n", "no luck\n")


def test_a_run_that_never_ends_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "_RUN_SECONDS", 0.2)
    with pytest.raises(EngineDied, match="did not finish"):
        host(tmp_path, "exec sleep 60").run(Program.PROMETHEUS, [], tmp_path)


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineMissing, match="no promtool"):
        host(tmp_path, "").run(Program.PROMTOOL, [], tmp_path)


def test_a_program_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    broken = LocalHost({Program.PROMETHEUS: tmp_path})
    with pytest.raises(EngineDied, match="could not be started"):
        broken.run(Program.PROMETHEUS, [], tmp_path)
    with (
        pytest.raises(EngineDied, match="could not be started"),
        broken.serve(Program.PROMETHEUS, [], tmp_path, {}),
    ):
        pass


def test_a_server_gets_its_environment_beside_our_own(tmp_path: Path) -> None:
    with serving(tmp_path, 'echo "$WANTED in $PATH"; exec sleep 60', WANTED="here") as service:
        wait_for_log(service, f"here in {os.environ['PATH']}")


def test_a_server_that_dies_early_leaves_its_last_log_lines(tmp_path: Path) -> None:
    with serving(tmp_path, "seq 100; echo 'bad config' >&2; exit 1") as service:
        wait_for_log(service, "bad config")
        while service.alive():
            time.sleep(0.01)
        assert service.log_tail().splitlines()[-2:] == ["100", "bad config"]
        assert len(service.log_tail().splitlines()) == local.LOG_LINES
    assert (tmp_path / "prometheus.log").read_text().startswith("1\n")


def _note_and_raise(pids: list[int], pid: int, error: type[BaseException]) -> None:
    pids.append(pid)
    raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_server_is_stopped_whatever_happens_beside_it(tmp_path: Path, error: type[BaseException]) -> None:
    pids: list[int] = []
    with pytest.raises(error), serving(tmp_path, "exec sleep 60") as service:
        _note_and_raise(pids, pid_of(service), error)
    assert gone(pids[0])


def test_a_server_that_ignores_the_request_to_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "_STOP_SECONDS", 0.2)
    with serving(tmp_path, "trap '' TERM; echo ready; exec sleep 60") as service:
        wait_for_log(service, "ready")
        pid = pid_of(service)
    assert gone(pid)


def test_a_second_interrupt_while_stopping_kills_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(tmp_path, "trap '' TERM; echo ready; exec sleep 60") as service:
        wait_for_log(service, "ready")
        assert isinstance(service, LocalService)
        pid = pid_of(service)
        wait = service.process.wait

        def interrupted(timeout: float | None = None) -> int:
            if timeout is not None:
                raise KeyboardInterrupt
            return wait()

        with monkeypatch.context() as patch:
            patch.setattr(service.process, "wait", interrupted)
            with pytest.raises(KeyboardInterrupt):
                local.stop_process(service.process)
    assert gone(pid)


def test_the_version_of_a_program_is_asked_anew_when_its_file_changes(tmp_path: Path) -> None:
    first = host(tmp_path, "echo version 1.0.0").programs[Program.PROMETHEUS]
    assert program_version(first) == "1.0.0"
    first.unlink()
    assert program_version(host(tmp_path, "echo version 2.0.0").programs[Program.PROMETHEUS]) == "2.0.0"


def test_the_version_of_a_program_without_one_is_an_error_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(EngineDied, match="prints no version: who knows"):
        host(tmp_path, "echo who knows").version(Program.PROMETHEUS)


def test_a_real_program_answers_through_the_same_path(tmp_path: Path) -> None:
    done = LocalHost({Program.PROMTOOL: Path(sys.executable)}).run(Program.PROMTOOL, ["-c", "print(1)"], tmp_path)
    assert done.output == "1\n"
