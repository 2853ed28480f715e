"""Sets of programs: what makes one, where they are looked for, what is said of programs that make none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from alertproof.cli.engines import engines
from alertproof.engines.find import SET_FILE, cache_folder, local_sets, search
from alertproof.engines.host import Program
from alertproof.errors import UsageError

PAIR = {"prometheus": "3.5.3", "promtool": "3.5.3", "alertmanager": "0.33.1", "amtool": "0.33.1"}


def program(folder: Path, name: str, version: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{name}, version {version} (branch: HEAD)'\n")
    path.chmod(0o755)
    return path


def fill(folder: Path, programs: dict[str, str]) -> Path:
    for name, version in programs.items():
        program(folder, name, version)
    return folder


@pytest.fixture(autouse=True)
def _no_other_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("ALERTPROOF_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("below", [".", "bin", "usr/bin"])
def test_a_named_folder_is_searched_with_its_usual_folders_below(tmp_path: Path, below: str) -> None:
    fill(tmp_path / "given" / below, PAIR)
    (found,) = local_sets(tmp_path / "given")
    assert (found.prometheus, found.alertmanager, found.lacking()) == ("3.5.3", "0.33.1", ())
    assert set(found.programs) == set(Program)


def test_two_official_archives_unpacked_side_by_side_are_one_set(tmp_path: Path) -> None:
    for name, version in PAIR.items():
        archive = "alertmanager-0.33.1" if name in ("alertmanager", "amtool") else "prometheus-3.5.3"
        program(tmp_path / f"{archive}.linux-amd64", name, version)
    (found,) = local_sets(tmp_path)
    assert not found.lacking()


def test_a_relative_folder_gives_absolute_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "given", PAIR)
    monkeypatch.chdir(tmp_path)
    (found,) = local_sets(Path("given"))
    assert all(path.is_absolute() for path in found.programs.values())


def test_debians_name_of_alertmanager_is_known(tmp_path: Path) -> None:
    fill(tmp_path, {"prometheus": "3.5.3", "promtool": "3.5.3", "prometheus-alertmanager": "0.33.1"})
    (found,) = local_sets(tmp_path)
    assert found.programs[Program.ALERTMANAGER].name == "prometheus-alertmanager"


def test_a_named_folder_without_prometheus_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no prometheus that runs") as caught:
        local_sets(tmp_path)
    assert "alertmanager or prometheus-alertmanager" in caught.value.remedy
    assert "usr/bin" in caught.value.remedy


def test_a_named_folder_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        local_sets(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "mode", "reason"),
    [
        (b"\x7fELF of another machine", 0o755, "cannot be executed: Exec format error"),
        (b"#!/bin/sh\n", 0o644, "cannot be executed: Permission denied"),
        (b"#!/nowhere/loader\n", 0o755, "cannot be executed: No such file or directory"),
        (b"#!/bin/sh\n", 0o755, "prints no version"),
        (b"#!/bin/sh\necho 'libc.so.6: GLIBC_2.99 not found' >&2; exit 1\n", 0o755, "GLIBC_2.99 not found"),
    ],
)
def test_a_prometheus_that_does_not_run_is_rejected_with_the_reason(
    tmp_path: Path, content: bytes, mode: int, reason: str
) -> None:
    broken = program(tmp_path, "prometheus", "3.5.3")
    broken.write_bytes(content)
    broken.chmod(mode)
    with pytest.raises(UsageError, match=reason):
        local_sets(tmp_path)


def test_a_broken_alertmanager_leaves_a_set_that_says_so(tmp_path: Path) -> None:
    fill(tmp_path, PAIR)
    (tmp_path / "alertmanager").chmod(0o644)
    (found,) = local_sets(tmp_path)
    assert found.alertmanager is None
    assert found.lacking() == (f"{tmp_path}/alertmanager cannot be executed: Permission denied",)


def test_a_promtool_of_another_version_does_not_belong_to_the_set(tmp_path: Path) -> None:
    fill(tmp_path, PAIR | {"promtool": "2.42.0"})
    (found,) = local_sets(tmp_path)
    assert found.lacking() == ("promtool is 2.42.0, but prometheus is 3.5.3",)


def test_an_alertmanager_that_reads_templates_from_a_missing_folder_is_named_unusable(tmp_path: Path) -> None:
    fill(tmp_path, PAIR)
    with (tmp_path / "alertmanager").open("a") as script:
        script.write("# /usr/share/prometheus/alertmanager\n")
    (found,) = local_sets(tmp_path)
    assert "default.tmpl, which is not here" in found.lacking()[0]


def test_programs_on_path_may_lie_in_different_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "a", {"prometheus": "3.5.3", "promtool": "3.5.3"})
    fill(tmp_path / "b", {"alertmanager": "0.33.1", "promtool": "2.42.0"})
    monkeypatch.setenv("PATH", f"{tmp_path}/a:{tmp_path}/b")
    (found,) = local_sets(None)
    assert found.origin == "PATH"
    assert not found.lacking()


def test_a_working_program_further_down_path_replaces_a_broken_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "a", "promtool", "3.5.3").chmod(0o644)
    fill(tmp_path / "b", PAIR)
    monkeypatch.setenv("PATH", f"{tmp_path}/a:{tmp_path}/b")
    (found,) = local_sets(None)
    assert found.programs[Program.PROMTOOL] == tmp_path / "b" / "promtool"
    assert not found.problems


def test_installed_sets_come_before_path_and_know_their_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "cache" / "engines" / "sid"
    fill(installed / "usr" / "bin", PAIR)
    (installed / SET_FILE).write_text("{}")
    fill(tmp_path / "cache" / "engines" / "half" / "usr" / "bin", PAIR)  # without its note: not finished
    monkeypatch.setenv("PATH", str(fill(tmp_path / "path", PAIR)))
    assert [(found.origin, found.release) for found in local_sets(None)] == [
        ("installed sid", "sid"),
        ("PATH", None),
    ]


def test_a_broken_program_on_path_is_no_set_but_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "path", "prometheus", "3.5.3").chmod(0o644)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    found = search(None)
    assert found.sets == ()
    assert str(found.rejected[0]) == f"PATH: {tmp_path}/path/prometheus cannot be executed: Permission denied"


def test_the_cache_folder_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("ALERTPROOF_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "alertproof"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/invalid")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "alertproof"


def test_the_list_is_the_same_for_people_and_machines(tmp_path: Path) -> None:
    fill(tmp_path / "given", PAIR | {"promtool": "2.42.0"})
    listed = CliRunner().invoke(engines, ["list", "--engine-dir", str(tmp_path / "given")])
    assert "3.5.3" in listed.stdout
    assert "promtool is 2.42.0" in listed.stdout
    data = CliRunner().invoke(engines, ["list", "--engine-dir", str(tmp_path / "given"), "--json", "-"])
    (engine,) = json.loads(data.stdout)["engines"]
    assert (engine["prometheus"], engine["usable"]) == ("3.5.3", False)
