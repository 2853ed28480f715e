"""Installing sets with stand-ins for apt's tools: nothing half-made stays, each failure says what to do."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alertproof.engines import debian
from alertproof.engines.install import install
from alertproof.engines.templates import packaged
from alertproof.errors import EngineError, UsageError

if TYPE_CHECKING:
    from alertproof.engines.find import EngineSet

APT_GET = """#!/bin/sh
echo "$*" >> "$FAKE/calls"
case "$*" in
*update) printf "$UPDATE_SAYS" >&2; sleep "${UPDATE_TAKES:-0}";;
*download*) [ -z "$DOWNLOAD_SAYS" ] || { echo "$DOWNLOAD_SAYS" >&2; exit 100; }
  for name in $KNOWN; do echo "$name" > "$name.deb"; done;;
esac
"""
APT_CACHE = """#!/bin/sh
for name in $KNOWN; do echo "$name"; done
"""
DPKG = """#!/bin/sh
echo amd64
"""
DPKG_DEB = """#!/bin/sh
for file; do case "$file" in *.deb) name=$(cat "$file");; esac; root=$file; done
case "$1" in
--show) printf "$name 1-1";;
-x) mkdir -p "$root/usr/bin" "$root/usr/share/prometheus/alertmanager"
  case "$name" in prometheus) all="prometheus promtool amtool";; *) all=$name;; esac
  for program in $all; do
    printf '#!/bin/sh\\n%s\\necho "version 2.42.0"\\n' "$PROGRAM_DOES" > "$root/usr/bin/$program"
    chmod +x "$root/usr/bin/$program"
  done
  if [ -n "$TEMPLATES" ]; then
    echo "# /usr/share/prometheus/alertmanager" >> "$root/usr/bin/prometheus-alertmanager"
    touch "$root/usr/share/prometheus/alertmanager/default.tmpl"
  fi;;
esac
"""


def silent(_step: str) -> None:
    pass


@pytest.fixture(autouse=True)
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "fake"
    folder.mkdir()
    for name, text in {
        "apt-get": APT_GET,
        "apt-cache": APT_CACHE,
        "dpkg": DPKG,
        "dpkg-deb": DPKG_DEB,
    }.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    keyring = folder / "keyring.gpg"
    keyring.touch()
    monkeypatch.setattr(debian, "KEYRING", keyring)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("FAKE", str(folder))
    monkeypatch.setenv("KNOWN", "prometheus prometheus-alertmanager")
    monkeypatch.setenv("ALERTPROOF_CACHE", str(tmp_path / "cache"))
    return folder


def left_in(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "cache" / "engines").iterdir())


def calls(fake: Path) -> int:
    return len((fake / "calls").read_text().splitlines())


def test_a_set_is_installed_with_a_note_of_its_packages(tmp_path: Path) -> None:
    made = install("sid", mirror=None, progress=silent)
    assert (made.release, made.prometheus, made.lacking()) == ("sid", "2.42.0", ())
    note = json.loads((tmp_path / "cache" / "engines" / "sid" / "set.json").read_text())
    assert note["packages"] == {"prometheus": "1-1", "prometheus-alertmanager": "1-1"}
    assert left_in(tmp_path) == ["sid", "sid.lock"]


def test_a_set_that_is_there_is_not_downloaded_again_unless_forced(fake: Path) -> None:
    install("sid", mirror=None, progress=silent)
    once = calls(fake)
    install("sid", mirror=None, progress=silent)
    assert calls(fake) == once
    install("sid", mirror=None, progress=silent, force=True)
    assert calls(fake) == 2 * once


def test_the_machines_own_release_is_installed_from_its_own_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debian, "own_release", lambda: "bookworm")
    made = install(None, mirror=None, progress=silent)
    assert made.release == "bookworm"
    note = json.loads((tmp_path / "cache" / "engines" / "bookworm" / "set.json").read_text())
    assert note["source"] == "the system's own sources"


def test_a_mirror_is_used_for_the_release_that_was_asked_for(tmp_path: Path) -> None:
    install("trixie", mirror="http://mirror.example/debian", progress=silent)
    note = json.loads((tmp_path / "cache" / "engines" / "trixie" / "set.json").read_text())
    assert note["source"] == "http://mirror.example/debian"


def test_an_alertmanager_that_reads_a_fixed_folder_reads_its_sets_own_and_stays_as_packaged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TEMPLATES", "yes")
    made = install("sid", mirror=None, progress=silent)
    assert made.lacking() == ()
    starter = next(path for name, path in made.programs.items() if name == "alertmanager")
    kept = packaged(starter).read_bytes()
    moved = packaged(starter).with_name("relocated").read_bytes()
    assert b"/usr/share/prometheus/alertmanager" in kept
    assert b"/usr/share/prometheus/alertmanager" not in moved
    assert len(kept) == len(moved)


def test_an_unknown_release_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="no release buster") as caught:
        install("buster", mirror=None, progress=silent)
    assert "bookworm, trixie, sid" in caught.value.remedy


def test_a_machine_without_apt_is_told_the_other_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(UsageError, match="there is no apt-get") as caught:
        install("sid", mirror=None, progress=silent)
    assert "--engine-dir" in caught.value.remedy
    assert "--engine container" in caught.value.remedy


def test_missing_signing_keys_name_the_package_that_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "KEYRING", Path("/nowhere/keyring.gpg"))
    with pytest.raises(UsageError, match="keys") as caught:
        install("sid", mirror=None, progress=silent)
    assert "debian-archive-keyring" in caught.value.remedy


def test_a_mirror_that_does_not_answer_is_told_from_a_release_without_the_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KNOWN", "")
    with pytest.raises(EngineError, match="sid has no package prometheus"):
        install("sid", mirror=None, progress=silent)
    monkeypatch.setenv("UPDATE_SAYS", "W: Failed to fetch http://x/InRelease  Could not connect\n")
    with pytest.raises(EngineError, match="lists of sid could not be read") as caught:
        install("sid", mirror=None, progress=silent)
    assert "Could not connect" in caught.value.log
    assert "--mirror" in caught.value.remedy


def test_a_download_that_fails_shows_what_apt_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOWNLOAD_SAYS", "E: Failed to fetch http://x/p.deb  404")
    with pytest.raises(EngineError, match="could not be downloaded") as caught:
        install("sid", mirror=None, progress=silent)
    assert "404" in caught.value.log
    assert left_in(tmp_path) == ["sid.lock"]


def test_programs_that_do_not_run_here_are_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROGRAM_DOES", "echo 'GLIBC_2.99 not found' >&2; exit 1")
    with pytest.raises(EngineError, match="do not run on this machine") as caught:
        install("sid", mirror=None, progress=silent)
    assert "GLIBC_2.99" in caught.value.log
    assert "--release bookworm" in caught.value.remedy
    assert left_in(tmp_path) == ["sid.lock"]


@pytest.mark.parametrize("step", ["reading", "downloading", "unpacking", "trying"])
def test_an_interrupt_leaves_the_earlier_set_and_nothing_else(tmp_path: Path, step: str) -> None:
    before = install("sid", mirror=None, progress=silent)

    def interrupt(said: str) -> None:
        if said.startswith(step):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install("sid", mirror=None, progress=interrupt, force=True)
    assert left_in(tmp_path) == ["sid", "sid.lock"]
    assert install("sid", mirror=None, progress=silent) == before


def test_what_a_killed_process_left_is_swept_away(tmp_path: Path) -> None:
    (tmp_path / "cache" / "engines" / ".sid.killed" / "debs").mkdir(parents=True)
    install("sid", mirror=None, progress=silent)
    assert left_in(tmp_path) == ["sid", "sid.lock"]


def test_of_two_at_once_the_second_waits_and_finds_the_work_done(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPDATE_TAKES", "0.3")
    steps: list[str] = []

    def once(_number: int) -> EngineSet:
        return install("sid", mirror=None, progress=steps.append)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(once, range(2))
    assert first == second
    assert calls(fake) == 2  # one update, one download
    assert "waiting for another process that installs sid" in steps


def test_a_cache_folder_that_cannot_be_made_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTPROOF_CACHE", "/proc/nothing")
    with pytest.raises(UsageError, match="cannot be made") as caught:
        install("sid", mirror=None, progress=silent)
    assert "ALERTPROOF_CACHE" in caught.value.remedy


def test_the_stand_ins_are_what_runs(fake: Path) -> None:
    said = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout
    assert said == "amd64\n"
    assert fake.is_dir()
