"""Which engine a run gets, for each thing that may be asked for and each thing that may be missing."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import docker
import pytest

from alertproof.engines import choose
from alertproof.engines.choose import EngineOptions, choose_host, choose_images, choose_local
from alertproof.engines.find import SET_FILE
from alertproof.engines.host import Program
from alertproof.engines.image import IMAGE_LABEL, PARTNER_LABEL
from alertproof.errors import EngineMissing, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = {IMAGE_LABEL: "1"}


@pytest.fixture(autouse=True)
def _bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("ALERTPROOF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")


def fill(folder: Path, prometheus: str, alertmanager: str | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    versions = {"prometheus": prometheus, "promtool": prometheus, "alertmanager": alertmanager}
    for name, version in versions.items():
        if version is not None:
            (folder / name).write_text(f"#!/bin/sh\necho '{name}, version {version}'\n")
            (folder / name).chmod(0o755)


def installed(tmp_path: Path, release: str, prometheus: str, alertmanager: str | None) -> None:
    folder = tmp_path / "cache" / "engines" / release
    fill(folder / "usr" / "bin", prometheus, alertmanager)
    (folder / SET_FILE).write_text("{}")


def images(monkeypatch: pytest.MonkeyPatch, here: dict[str, dict[str, str]]) -> None:
    """Stand in for a Docker engine that has these images, with their labels."""

    def get(name: str) -> Any:
        if name not in here:
            raise docker.errors.ImageNotFound(name)
        return SimpleNamespace(attrs={"Config": {"Labels": here[name]}})

    def listed(name: str) -> list[Any]:
        return [SimpleNamespace(tags=[image]) for image in here if image.startswith(name)]

    @contextmanager
    def client() -> Iterator[Any]:
        yield SimpleNamespace(images=SimpleNamespace(get=get, list=listed))

    monkeypatch.setattr(choose, "docker_client", client)


def test_a_complete_set_on_path_comes_first(tmp_path: Path) -> None:
    fill(tmp_path / "path", "2.42.0", "0.25.0")
    installed(tmp_path, "sid", "3.5.3", "0.33.1")
    assert choose_local(EngineOptions()).origin == "PATH"


def test_the_highest_installed_set_stands_in_for_an_incomplete_path(tmp_path: Path) -> None:
    fill(tmp_path / "path", "3.9.0", None)
    installed(tmp_path, "bookworm", "2.42.0", "0.25.0")
    installed(tmp_path, "sid", "3.5.3", "0.33.1")
    assert choose_local(EngineOptions()).origin == "installed sid"


@pytest.mark.parametrize(("wanted", "given"), [("2.42", "2.42.0"), ("3", "3.10.0"), ("3.5", "3.5.3")])
def test_a_version_prefix_gives_the_highest_that_matches(tmp_path: Path, wanted: str, given: str) -> None:
    fill(tmp_path / "path", "3.5.3", "0.33.1")
    installed(tmp_path, "bookworm", "2.42.0", "0.25.0")
    installed(tmp_path, "trixie", "3.10.0", "0.28.1")
    installed(tmp_path, "sid", "3.9.1", "0.33.1")
    assert choose_local(EngineOptions(version=wanted)).prometheus == given


def test_a_version_that_is_not_here_shows_what_is(tmp_path: Path) -> None:
    installed(tmp_path, "sid", "3.5.3", "0.33.1")
    with pytest.raises(EngineMissing, match="no complete set of programs with Prometheus 2 is here") as caught:
        choose_local(EngineOptions(version="2"))
    assert "installed sid: Prometheus 3.5.3, Alertmanager 0.33.1" in caught.value.log


def test_an_alertmanager_version_may_come_from_another_set(tmp_path: Path) -> None:
    installed(tmp_path, "bookworm", "2.42.0", "0.25.0")
    installed(tmp_path, "sid", "3.5.3", "0.33.1")
    mixed = choose_local(EngineOptions(version="3.5", alertmanager_version="0.25"))
    assert (mixed.prometheus, mixed.alertmanager) == ("3.5.3", "0.25.0")
    assert "bookworm" in str(mixed.programs[Program.ALERTMANAGER])
    assert "sid" in str(mixed.programs[Program.PROMTOOL])


def test_a_named_folder_is_the_only_one_looked_at(tmp_path: Path) -> None:
    fill(tmp_path / "path", "3.5.3", "0.33.1")
    fill(tmp_path / "given", "2.42.0", "0.25.0")
    with choose_host(EngineOptions(engine_dir=tmp_path / "given")) as host:
        assert (host.kind, host.version(Program.PROMETHEUS)) == ("local", "2.42.0")
    with pytest.raises(EngineMissing), choose_host(EngineOptions(engine_dir=tmp_path / "given", version="3")):
        pass


def test_the_message_says_which_program_a_set_lacks(tmp_path: Path) -> None:
    fill(tmp_path / "path", "3.5.3", None)
    with pytest.raises(EngineMissing) as caught:
        choose_local(EngineOptions())
    assert caught.value.log == "PATH: Prometheus 3.5.3, Alertmanager none (no alertmanager)"


def test_auto_without_anything_lists_the_ways_in_one_a_line() -> None:
    with pytest.raises(EngineMissing, match="no engine was found") as caught, choose_host(EngineOptions()):
        pass
    assert caught.value.exit_code == 3
    assert "no Docker engine answers" in caught.value.log
    ways = caught.value.remedy.splitlines()[1:]
    assert ["engines install" in ways[0], "--engine-dir" in ways[1], "Docker" in ways[2]] == [True] * 3


def test_local_never_falls_back_to_containers() -> None:
    with pytest.raises(EngineMissing, match="no programs that run"), choose_host(EngineOptions("local")):
        pass


@pytest.mark.parametrize(
    "options",
    [
        EngineOptions("podman"),
        EngineOptions("container", engine_dir=Path("x")),
        EngineOptions(engine_dir=Path("x"), prometheus_image="a/b:v1.0"),
        EngineOptions("local", alertmanager_image="a/b:v1.0"),
    ],
)
def test_options_that_contradict_one_another_are_usage_errors(options: EngineOptions) -> None:
    with pytest.raises(UsageError), choose_host(options):
        pass


def test_without_a_wish_the_default_images_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    images(monkeypatch, {})
    assert choose_images(EngineOptions()) == ("prom/prometheus:v3.5.3", "prom/alertmanager:v0.33.1")


def test_where_only_images_of_our_making_are_here_the_highest_is_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    partner = {PARTNER_LABEL: "prom/alertmanager:v0.40.0"}
    here = {
        "prom/prometheus:v2.42.0": OURS,
        "prom/prometheus:v3.10.0": OURS | partner,
        "prom/prometheus:v4.0.0": {},
    }
    images(monkeypatch, here)
    assert choose_images(EngineOptions()) == ("prom/prometheus:v3.10.0", "prom/alertmanager:v0.40.0")


def test_a_version_prefix_picks_the_highest_tag_that_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    tags = ("v2.42.0", "v2.42.1", "v3.5.3", "latest")
    images(monkeypatch, {f"prom/prometheus:{tag}": {} for tag in tags})
    assert choose_images(EngineOptions(version="2.42"))[0] == "prom/prometheus:v2.42.1"


def test_a_version_that_is_not_here_becomes_the_tag_to_pull(monkeypatch: pytest.MonkeyPatch) -> None:
    images(monkeypatch, {})
    chosen = choose_images(EngineOptions(version="2.42", alertmanager_version="0.25.0"))
    assert chosen == ("prom/prometheus:v2.42.0", "prom/alertmanager:v0.25.0")


def test_an_image_built_from_a_set_brings_the_alertmanager_of_that_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels = OURS | {PARTNER_LABEL: "prom/alertmanager:v0.25.0"}
    images(monkeypatch, {"prom/prometheus:v2.42.0": labels})
    assert choose_images(EngineOptions(version="2.42"))[1] == "prom/alertmanager:v0.25.0"
    asked = EngineOptions(version="2.42", alertmanager_image="a/am:v1.0")
    assert choose_images(asked)[1] == "a/am:v1.0"


@pytest.mark.parametrize("named", ["reg:5000/p/prom:v1.2", "prom@sha256:00", "prom:latest"])
def test_an_image_named_in_full_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    images(monkeypatch, {})
    assert choose_images(EngineOptions(prometheus_image=named, version="2.42"))[0] == named


def test_a_repository_of_ones_own_gets_the_tag_of_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    images(monkeypatch, {"reg:5000/prom:v3.5.1": {}, "reg:5000/prom-other:v3.5.9": {}})
    assert choose_images(EngineOptions(prometheus_image="reg:5000/prom", version="3.5"))[0] == "reg:5000/prom:v3.5.1"
    assert choose_images(EngineOptions(prometheus_image="reg:5000/prom", version="2.1"))[0] == "reg:5000/prom:v2.1.0"
