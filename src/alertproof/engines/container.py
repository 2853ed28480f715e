"""Programs in containers.

A container shares this machine's network, sees the run's folder under its own path and runs as the current
user, so a program cannot tell it from a local start and leaves no file that is not ours.
"""

from __future__ import annotations

import os
import uuid
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from alertproof.engines.docker_api import docker_client, image_labels, require_image, require_own_machine
from alertproof.engines.host import Completed, Program, Service
from alertproof.engines.local import LOG_LINES, last_lines
from alertproof.engines.versions import version_in
from alertproof.errors import EngineDied, EngineMissing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

DEFAULT_PROMETHEUS_IMAGE = "prom/prometheus:v3.5.3"
DEFAULT_ALERTMANAGER_IMAGE = "prom/alertmanager:v0.33.1"
RUN_LABEL = "org.alertproof.run"

_STOP_SECONDS = 5
_RUN_SECONDS = 300
_SHARE_REMEDY = "is the run's folder shared with the Docker engine? If not, use --engine local"


@dataclass(frozen=True, slots=True)
class ContainerService:
    """A container that serves, and the file its output is kept in once it is gone."""

    container: Any
    log: Path

    def alive(self) -> bool:
        """Give whether it still runs."""
        try:
            self.container.reload()
        except Exception:  # noqa: BLE001 gone, or no engine to ask: either way it does not run
            return False
        return bool(self.container.status == "running")

    def log_tail(self) -> str:
        """Give its last log lines."""
        try:
            return _text(self.container.logs(tail=LOG_LINES)).rstrip("\n")
        except Exception:  # noqa: BLE001 as above
            return last_lines(self.log.read_text(errors="replace")) if self.log.exists() else ""


class ContainerHost:
    """Runs programs from images; a context manager that leaves no container behind.

    Entering it pulls what is missing; EngineMissing where Docker does not answer or an image cannot be had.
    """

    kind = "container"

    def __init__(
        self,
        prometheus_image: str = DEFAULT_PROMETHEUS_IMAGE,
        alertmanager_image: str = DEFAULT_ALERTMANAGER_IMAGE,
    ) -> None:
        self.images = {
            Program.PROMETHEUS: prometheus_image,
            Program.PROMTOOL: prometheus_image,
            Program.ALERTMANAGER: alertmanager_image,
            Program.AMTOOL: alertmanager_image,
        }
        self.run_id = uuid.uuid4().hex
        self._versions: dict[Program, str] = {}
        self._client: Any = None
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Reach the engine and make sure of both images."""
        with ExitStack() as opening:
            self._client = opening.enter_context(docker_client())
            require_own_machine(self._client)
            for image in dict.fromkeys(self.images.values()):
                require_image(self._client, image)
            _do_without_ryuk(self._client)
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what is left and close the connection."""
        self.close()

    def close(self) -> None:
        """Remove every container of this run, also those that an interrupt kept from their own clean-up."""
        if self._client is None:
            return
        try:
            for container in self._client.containers.list(
                all=True, filters={"label": f"{RUN_LABEL}={self.run_id}"}, ignore_removed=True
            ):
                _remove(container)
        finally:
            self._client = None
            self._open.close()

    def version(self, program: Program) -> str:
        """Give the version a program prints."""
        if program not in self._versions:
            done = self._one_shot(program, ["--version"], None)
            version = version_in(done.output + done.errors)
            if version is None:
                raise EngineDied(f"{program} in {self.images[program]} prints no version", done.errors)
            self._versions[program] = version
        return self._versions[program]

    def run(self, program: Program, arguments: Sequence[str], folder: Path) -> Completed:
        """Run a program to its end in a container of its own."""
        return self._one_shot(program, arguments, folder)

    def _one_shot(self, program: Program, arguments: Sequence[str], folder: Path | None) -> Completed:
        with self._failures(program):
            container = self._engine().containers.create(
                self.images[program], command=list(arguments), **self._settings(program, folder)
            )
            try:
                container.start()
                code = container.wait(timeout=_RUN_SECONDS)["StatusCode"]
                output, errors = container.logs(stderr=False), container.logs(stdout=False)
            finally:
                _remove(container)
        return Completed(code, _text(output), _text(errors))

    @contextmanager
    def serve(
        self, program: Program, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> Iterator[Service]:
        """Start a server in a container; on exit stop it, keep its output in `<program>.log`, remove it."""
        from testcontainers.core.container import DockerContainer

        self._engine()
        image, log = self.images[program], folder / f"{program}.log"
        settings = self._settings(program, folder)
        server = DockerContainer(image).with_command(list(arguments)).with_envs(**environment)
        server.tmpfs = settings.pop("tmpfs")
        server.with_kwargs(**settings)
        server.image = image  # a prefix for images was applied when they were chosen
        try:
            with self._failures(program):
                server.start()
            container = server.get_wrapped_container()
            try:
                yield ContainerService(container, log)
            finally:
                with suppress(Exception):  # removing it, below, is what must not fail
                    container.stop(timeout=_STOP_SECONDS)
                    with log.open("ab") as sink:
                        sink.write(container.logs())
        finally:
            with suppress(Exception):  # removed already, or the engine is gone; close() looks once more
                server.stop()

    def _engine(self) -> Any:
        if self._client is None:
            raise EngineMissing("the container host is closed", remedy="use it inside its `with` block")
        return self._client

    def _settings(self, program: Program, folder: Path | None) -> dict[str, Any]:
        """Give what makes a container look like a local start; without a folder, only a version is wanted."""
        from docker.types import LogConfig, Mount

        settings: dict[str, Any] = {
            "entrypoint": [f"/bin/{program}"],
            "network": "host",  # not `network_mode`, which testcontainers overrides inside a container
            "user": f"{os.getuid()}:{os.getgid()}",
            "userns_mode": "host",  # the same user as outside, also where the engine maps users
            "security_opt": ["label=disable"],  # SELinux would deny the run's folder
            "tmpfs": {"/tmp": "mode=1777"},  # noqa: S108 images from scratch have none
            "log_config": LogConfig(type=LogConfig.types.JSON),  # readable whatever the engine's default is
            "use_config_proxy": False,  # nothing they talk to is beyond 127.0.0.1
            "labels": {RUN_LABEL: self.run_id},
        }
        if folder is not None:
            place = str(folder.absolute())
            # A mount, not a volume: a volume would make an empty folder where the engine does not see ours.
            settings |= {"mounts": [Mount(place, place, type="bind")], "working_dir": place}
        return settings

    @contextmanager
    def _failures(self, program: Program) -> Iterator[None]:
        """Turn what the engine says into our own errors."""
        import docker
        import requests

        try:
            yield
        except docker.errors.DockerException as error:  # first: some of them are RequestExceptions, too
            raise EngineDied(
                f"a container of {self.images[program]} could not run {program}", str(error), _SHARE_REMEDY
            ) from error
        except requests.exceptions.RequestException as error:
            raise EngineDied(
                f"{program} did not finish within {_RUN_SECONDS} s, or the Docker engine stopped", str(error)
            ) from error


def _remove(container: Any) -> None:
    with suppress(Exception):  # removed already, or the engine is gone
        container.remove(force=True, v=True)


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _do_without_ryuk(client: Any) -> None:
    """Switch testcontainers' reaper off where its image is missing and nobody asked for it.

    It would be pulled before the first server starts, and fail in a closed network; our containers carry a
    label of their own and are removed by it.
    """
    from testcontainers.core.config import testcontainers_config as config

    asked = "TESTCONTAINERS_RYUK_DISABLED" in os.environ or "ryuk.disabled" in config.tc_properties
    if not asked and image_labels(client, config.hub_image_name_prefix + config.ryuk_image) is None:
        config.ryuk_disabled = True
