"""Images made of installed programs, for networks where no registry answers.

They carry the public names and paths, so whatever runs the official images runs these. An image holds the
programs, the shared libraries and loader they name, time zones and CA certificates, as the official ones do.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from alertproof.engines.docker_api import docker_client, image_labels
from alertproof.engines.host import Program
from alertproof.engines.templates import PACKAGED_FOLDER, packaged, templates_of
from alertproof.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alertproof.engines.find import EngineSet

IMAGE_LABEL = "org.alertproof.image"
SET_LABEL = "org.alertproof.set"  # the release or folder the programs came from
PARTNER_LABEL = "org.alertproof.alertmanager"  # on the Prometheus image: the Alertmanager image of the same set

_NOBODY = 65534
_USERS = f"root:x:0:0:root:/root:/bin/false\nnobody:x:{_NOBODY}:{_NOBODY}:nobody:/:/bin/false\n"
_GROUPS = f"root:x:0:\nnogroup:x:{_NOBODY}:\n"
_ZONES = Path("/usr/share/zoneinfo")  # Alertmanager's time intervals name zones
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_LIBRARY = re.compile(r"^\s*(?:\S+ => )?(/\S+) \(0x", re.MULTILINE)
_PORTS = {Program.PROMETHEUS: 9090, Program.ALERTMANAGER: 9093}


def build_images(engine_set: EngineSet) -> tuple[str, str]:
    """Build `prom/prometheus:v…` and `prom/alertmanager:v…` out of a set; gives their names.

    UsageError where the set is incomplete or an image of that name is not of our making.
    """
    if lacking := engine_set.lacking():
        raise UsageError(f"no images can be built from {engine_set.origin}: {'; '.join(lacking)}")
    prometheus = f"prom/prometheus:v{engine_set.prometheus}"
    alertmanager = f"prom/alertmanager:v{engine_set.alertmanager}"
    labels = {IMAGE_LABEL: "1", SET_LABEL: engine_set.release or engine_set.origin}
    with docker_client() as client:
        for image in (prometheus, alertmanager):
            _require_ours(client, image)
        # The partner first: a Prometheus image never names one that is not there.
        _build(client, alertmanager, engine_set, (Program.ALERTMANAGER, Program.AMTOOL), labels)
        labels[PARTNER_LABEL] = alertmanager
        _build(client, prometheus, engine_set, (Program.PROMETHEUS, Program.PROMTOOL), labels)
    return prometheus, alertmanager


def _require_ours(client: Any, image: str) -> None:
    labels = image_labels(client, image)
    if labels is not None and IMAGE_LABEL not in labels:
        raise UsageError(
            f"the image {image} was not built by alertproof and is left as it is",
            f"use it with --engine container, or remove it first with `docker image rm {image}`",
        )


def _build(
    client: Any, image: str, engine_set: EngineSet, programs: tuple[Program, Program], labels: dict[str, str]
) -> None:
    """Import one image, whose first program is its entrypoint, in place of an earlier one of that name."""
    import docker

    server = programs[0]
    repository, _, tag = image.rpartition(":")
    changes = [
        f"ENTRYPOINT {json.dumps([f'/bin/{server}'])}",
        "USER nobody",
        f"WORKDIR /{server}",
        f"EXPOSE {_PORTS[server]}",
        *(f"LABEL {name}={json.dumps(value)}" for name, value in labels.items()),
    ]
    before = _image_id(client, image)
    with tempfile.TemporaryFile() as archive:
        _write_root(archive, server, {p: engine_set.programs[p] for p in programs if p in engine_set.programs})
        archive.seek(0)
        try:
            client.api.import_image_from_data(archive, repository=repository, tag=tag, changes=changes)
        except docker.errors.DockerException as error:
            raise EngineError(f"the image {image} could not be built", str(error), "is the disk full?") from error
    if before not in (None, _image_id(client, image)):
        with suppress(docker.errors.DockerException):  # a container still uses it
            client.images.remove(before)


def _image_id(client: Any, image: str) -> str | None:
    import docker

    try:
        return str(client.images.get(image).id)
    except docker.errors.ImageNotFound:
        return None


def _write_root(archive: IO[bytes], server: Program, programs: dict[Program, Path]) -> None:
    """Write the image's whole file system as one archive."""
    with tarfile.open(fileobj=archive, mode="w", dereference=True) as root:
        _folder(root, "tmp", 0o1777)
        _folder(root, str(server), 0o755, _NOBODY)
        _text_file(root, "etc/passwd", _USERS)
        _text_file(root, "etc/group", _GROUPS)
        for program, path in programs.items():
            root.add(packaged(path), f"bin/{program}", filter=_by_root)
        for template in templates_of(programs[server]):
            root.add(template, _inside(PACKAGED_FOLDER / template.name), filter=_by_root)
        for file in [*_libraries(packaged(path) for path in programs.values()), *_zones(), _CERTIFICATES]:
            if file.exists():
                root.add(file, _inside(file), filter=_by_root)


def _zones() -> list[Path]:
    """Give what names time zones, without the two folders that hold the same zones once more."""
    return [path for path in sorted(_ZONES.glob("*")) if path.name not in ("posix", "right")]


def _inside(path: Path) -> str:
    return str(path).lstrip("/")


def _by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _folder(root: tarfile.TarFile, name: str, mode: int, owner: int = 0) -> None:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.uid, entry.gid = tarfile.DIRTYPE, mode, owner, owner
    root.addfile(entry)


def _text_file(root: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    root.addfile(entry, io.BytesIO(content))


def _libraries(programs: Iterable[Path]) -> list[Path]:
    """Give the shared libraries and the loader that programs name, under the paths they are looked for.

    The programs have run on this machine, so ldd runs nothing that has not run before. The official programs
    are linked statically and need none.
    """
    found: dict[str, None] = {}
    for program in programs:
        try:
            done = subprocess.run(
                ["ldd", str(program)], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
            )
        except OSError as error:
            raise UsageError("images are built with ldd, which is not here", "install libc-bin") from error
        found.update(dict.fromkeys(_LIBRARY.findall(done.stdout)))
    return [Path(name) for name in found]
