"""Engines in containers, on a real Docker engine, with images built from the programs of this machine."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from alertproof.engines.choose import EngineOptions, choose_host, choose_local
from alertproof.engines.container import RUN_LABEL, ContainerHost
from alertproof.engines.docker_api import docker_answers, docker_client
from alertproof.engines.docker_engine import start_docker_engine
from alertproof.engines.host import Program
from alertproof.engines.http import LOOPBACK, call, free_port, wait_until_ready
from alertproof.engines.image import PARTNER_LABEL, build_images
from alertproof.errors import EngineDied, EngineMissing, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alertproof.engines.find import EngineSet

pytestmark = pytest.mark.container


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineSet]:
    with start_docker_engine(tmp_path_factory.mktemp("docker")):
        yield choose_local(EngineOptions())


@pytest.fixture(scope="module")
def images(programs: EngineSet) -> tuple[str, str]:
    return build_images(programs)


@pytest.fixture
def host(images: tuple[str, str]) -> Iterator[ContainerHost]:
    with ContainerHost(*images) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "prometheus.yml").write_text("global: {scrape_interval: 1s}\n")
    (tmp_path / "alertmanager.yml").write_text("route: {receiver: a}\nreceivers: [{name: a}]\n")
    return tmp_path


def prometheus_arguments(folder: Path, port: int) -> list[str]:
    return [
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address={LOOPBACK}:{port}",
    ]


def leftovers(host: ContainerHost) -> list[Any]:
    with docker_client() as client:
        return list(client.containers.list(all=True, filters={"label": f"{RUN_LABEL}={host.run_id}"}))


def test_every_program_of_the_images_is_of_the_version_it_was_built_from(
    host: ContainerHost, programs: EngineSet
) -> None:
    assert host.version(Program.PROMETHEUS) == host.version(Program.PROMTOOL) == programs.prometheus
    assert host.version(Program.ALERTMANAGER) == host.version(Program.AMTOOL) == programs.alertmanager


def test_a_run_gives_the_code_and_both_outputs_apart_and_leaves_no_container(host: ContainerHost, folder: Path) -> None:
    good = host.run(Program.PROMTOOL, ["check", "config", str(folder / "prometheus.yml")], folder)
    assert (good.code, good.errors) == (0, "")
    assert "SUCCESS" in good.output
    bad = host.run(Program.PROMTOOL, ["check", "config", "nowhere.yml"], folder)
    assert (bad.code, bad.output) == (1, "")
    assert "nowhere.yml" in bad.errors
    assert leftovers(host) == []


def test_a_server_is_reached_on_loopback_writes_as_us_and_is_gone_afterwards(host: ContainerHost, folder: Path) -> None:
    port = free_port()
    with host.serve(Program.PROMETHEUS, prometheus_arguments(folder, port), folder, {}) as service:
        wait_until_ready(service, "Prometheus", f"http://{LOOPBACK}:{port}/-/ready")
        answer = call(f"http://{LOOPBACK}:{port}/api/v1/query?query=1%2B1")
        assert answer["data"]["result"][1] == "2"
        assert service.alive()
        assert "ready to receive" in service.log_tail()
    assert not service.alive()
    assert leftovers(host) == []
    assert "ready to receive" in (folder / "prometheus.log").read_text()
    assert "ready to receive" in service.log_tail() or "See you next time" in service.log_tail()
    assert (folder / "data").stat().st_uid == os.getuid()


def test_an_alertmanager_finds_its_default_templates(host: ContainerHost, folder: Path) -> None:
    port = free_port()
    arguments = [
        f"--config.file={folder}/alertmanager.yml",
        f"--storage.path={folder}/alertmanager",
        f"--web.listen-address={LOOPBACK}:{port}",
        "--cluster.listen-address=",
    ]
    with host.serve(Program.ALERTMANAGER, arguments, folder, {}) as service:
        wait_until_ready(service, "Alertmanager", f"http://{LOOPBACK}:{port}/-/ready")
        assert call(f"http://{LOOPBACK}:{port}/api/v2/status")["config"]["original"]


def test_a_server_that_dies_early_gives_its_last_log_lines(host: ContainerHost, folder: Path) -> None:
    (folder / "prometheus.yml").write_text("global: {no_such_field: 1}\n")
    port = free_port()
    with (
        pytest.raises(EngineDied, match="stopped before it was ready") as caught,
        host.serve(Program.PROMETHEUS, prometheus_arguments(folder, port), folder, {}) as service,
    ):
        wait_until_ready(service, "Prometheus", f"http://{LOOPBACK}:{port}/-/ready")
    assert "no_such_field" in caught.value.log
    assert leftovers(host) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_server_is_removed_whatever_happens_beside_it(
    host: ContainerHost, folder: Path, error: type[BaseException]
) -> None:
    with (
        pytest.raises(error),
        host.serve(Program.PROMETHEUS, prometheus_arguments(folder, free_port()), folder, {}),
    ):
        raise error
    assert leftovers(host) == []


def test_closing_the_host_removes_what_an_interrupt_left(images: tuple[str, str], folder: Path) -> None:
    with ContainerHost(*images) as host:
        serving = host.serve(Program.PROMETHEUS, prometheus_arguments(folder, free_port()), folder, {})
        serving.__enter__()
        assert len(leftovers(host)) == 1
    assert leftovers(host) == []
    serving.__exit__(None, None, None)  # as the interpreter would, much later


def test_a_folder_that_the_engine_does_not_see_is_an_error_not_an_empty_folder(
    host: ContainerHost, tmp_path: Path
) -> None:
    with pytest.raises(EngineDied, match="could not run promtool") as caught:
        host.run(Program.PROMTOOL, ["--version"], tmp_path / "nowhere")
    assert "shared with the Docker engine" in caught.value.remedy


@pytest.mark.usefixtures("programs")
def test_an_image_that_cannot_be_had_names_the_remedies() -> None:
    missing = "localhost:9/no/such/image:v1.0"
    with pytest.raises(EngineMissing, match="could not be pulled") as caught, ContainerHost(missing):
        pass
    assert "--prometheus-image" in caught.value.remedy
    assert "alertproof engines image" in caught.value.remedy


@pytest.mark.usefixtures("images")
def test_a_version_picks_both_images_of_the_set_they_were_built_from(programs: EngineSet) -> None:
    with choose_host(EngineOptions("container", version=programs.prometheus)) as host:
        assert host.kind == "container"
        assert host.version(Program.ALERTMANAGER) == programs.alertmanager


def test_building_again_replaces_the_image_and_leaves_no_nameless_one(
    images: tuple[str, str], programs: EngineSet
) -> None:
    with docker_client() as client:
        before = client.images.get(images[0]).id
        assert build_images(programs) == images
        after = client.images.get(images[0])
        assert after.id != before
        assert after.labels[PARTNER_LABEL] == images[1]
        assert before not in {image.id for image in client.images.list(all=True)}


def test_an_image_of_somebody_else_is_never_overwritten(programs: EngineSet) -> None:
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w").close()
    with docker_client() as client:
        client.api.import_image_from_data(empty.getvalue(), repository="prom/prometheus", tag="v0.0.0")
        try:
            with pytest.raises(UsageError, match="was not built by alertproof"):
                build_images(replace(programs, prometheus="0.0.0"))
        finally:
            client.images.remove("prom/prometheus:v0.0.0")


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("dockerd") is None, reason="only root can start dockerd")
def test_an_engine_is_started_where_none_answers_and_is_gone_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A short path: the name of a socket has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="docker") as name:
        socket = Path(name) / "docker.sock"
        monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
        assert not docker_answers()
        with start_docker_engine(Path(name), socket):
            assert docker_answers()
        assert not docker_answers()
    assert not Path(name).exists()
