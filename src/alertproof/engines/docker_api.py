"""The Docker engine of this machine: whether it answers, its images, and clients that are always closed.

testcontainers and docker are imported inside functions: `alertproof --help` need not wait 0.2 s for them.
"""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from alertproof.engines.versions import version_tag
from alertproof.errors import EngineMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER_SECONDS = 0.8
_CALL_SECONDS = 600  # one-shot programs are waited for, and a pull may be slow
_LOCAL_URLS = ("http+docker://localhost", "http://127.0.0.1", "http://localhost", "https://127.0.0.1")
_OWN_REMEDY = "use --engine local, or a Docker engine of this machine's own"
_START_REMEDY = "start a Docker engine that this user may use (`apt-get install -y docker.io`), or --engine local"


@contextmanager
def docker_client(timeout: float = _CALL_SECONDS) -> Iterator[Any]:
    """Give a client of the Docker engine, closed on exit; EngineMissing where none answers."""
    import docker
    from testcontainers.core.docker_client import get_docker_host

    # The same engine as testcontainers finds: by its own settings, DOCKER_HOST, or the current context.
    host = get_docker_host() or "unix:///var/run/docker.sock"
    environment = {**os.environ, "DOCKER_HOST": host}
    _knock(host)
    try:
        client = docker.from_env(timeout=timeout, environment=environment)
    except docker.errors.DockerException as error:
        raise EngineMissing("no Docker engine answers", str(error), _START_REMEDY) from error
    try:
        yield client
    finally:
        client.close()


def _knock(host: str) -> None:
    """Stop where nobody listens; docker's own client would leave its socket open when that fails."""
    scheme, _, path = host.partition("://")
    if scheme == "ssh":
        raise EngineMissing(f"the Docker engine is not on this machine: {host}", remedy=_OWN_REMEDY)
    if scheme != "unix":
        return
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(ANSWER_SECONDS)
            probe.connect(path)
    except OSError as error:
        raise EngineMissing("no Docker engine answers", f"{path}: {error}", _START_REMEDY) from error


def docker_answers() -> bool:
    """Give whether a Docker engine answers, in less than a second."""
    with suppress(Exception), docker_client(ANSWER_SECONDS) as client:
        return bool(client.ping())
    return False


def require_own_machine(client: Any) -> None:
    """Stop where containers would listen on another 127.0.0.1 than ours; they would never become ready."""
    problem = ""
    if not client.api.base_url.startswith(_LOCAL_URLS):
        problem = f"the Docker engine is not on this machine: {client.api.base_url}"
    elif any("rootless" in option for option in client.info().get("SecurityOptions") or []):
        problem = "the Docker engine is rootless: its containers cannot listen on this machine's 127.0.0.1"
    if problem:
        raise EngineMissing(problem, remedy=_OWN_REMEDY)


def image_labels(client: Any, image: str) -> dict[str, str] | None:
    """Give the labels of a local image, or None where it is not here."""
    import docker

    try:
        config = client.images.get(image).attrs.get("Config") or {}
    except docker.errors.ImageNotFound:
        return None
    return dict(config.get("Labels") or {})


def require_image(client: Any, image: str) -> None:
    """Pull an image that is not here; EngineMissing where that fails."""
    import docker

    if image_labels(client, image) is not None:
        return
    try:
        client.images.pull(*_split(image))
    except (docker.errors.DockerException, OSError) as error:
        raise EngineMissing(
            f"the image {image} is not on this machine and could not be pulled",
            str(error),
            "name an image that is here with --prometheus-image and --alertmanager-image, "
            "or build images from installed programs with `alertproof engines image`",
        ) from error


def local_tags(client: Any, repository: str) -> dict[str, str]:
    """Give the local images of a repository that are tagged with a version: version to image name."""
    found = {}
    for image in client.images.list(name=repository):
        for name in image.tags:
            version = version_tag(_split(name)[1])
            if version is not None and _split(name)[0] == repository:
                found[version] = name
    return found


def has_tag(image: str) -> bool:
    """Give whether an image's name says which one of a repository it is."""
    return "@" in image or bool(_split(image)[1])


def _split(image: str) -> tuple[str, str]:
    """Give repository and tag; a colon before the last slash is a registry's port; a digest stays whole."""
    if "@" in image:
        return image, ""
    repository, colon, tag = image.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (image, "")


def hub_prefix() -> str:
    """Give what testcontainers' settings put before the names of public images: a registry of one's own."""
    from testcontainers.core.config import testcontainers_config

    return str(testcontainers_config.hub_image_name_prefix)
