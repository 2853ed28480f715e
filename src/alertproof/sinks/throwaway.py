"""Throw-away secrets in the place of those a production file reads from other files.

Each is well-formed, so that no receiver refuses it for its looks, and differs from all others, so that a
request tells by it whose it is. None is a real one.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from pathlib import Path

    from alertproof.sinks.edits import Edits, Node

_SLACK_TOKEN = 24
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a secret is: an integration, the `index`-th of its kind in its receiver, or the global part."""

    receiver: str
    integration: str
    index: int


GLOBAL = Owner("global", "", 0)


class Throwaways:
    """Secrets written below a folder, readable by this user only."""

    def __init__(self, folder: Path, edits: Edits) -> None:
        # Alertmanager reads relative names from the folder of its own file.
        self._folder = folder.absolute() / "secrets"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._edits = edits
        self._values: dict[str, str] = {}

    def replace(self, node: Node, key: str, place: str, owner: Owner) -> None:
        """Point a `*_file` key at a throw-away of its own."""
        self._edits.put(node, key, self._write(key, place, owner), place)

    def replace_list(self, node: Node, key: str, place: str, owner: Owner) -> None:
        """Point every file of a list at a throw-away."""
        for index, name in enumerate(node[key]):
            node[key][index] = self._write(f"{key}[{index}]", place, owner)
            self._edits.tell(f"{place}.{key}[{index}]: {name} → {node[key][index]}")

    def value(self, node: Node, key: str) -> str | None:
        """Give the secret in the file that a key names."""
        name = node.get(key)
        return self._values.get(name) if isinstance(name, str) else None

    def _write(self, key: str, place: str, owner: Owner) -> str:
        value = value_for(key, owner, f"{place}.{key}")
        stem = re.sub(r"[^A-Za-z0-9]+", "-", f"{place}.{key}").strip("-")[:120]
        path = self._folder / f"{len(self._values):03d}-{stem}"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w") as file:
            file.write(value)
        self._values[str(path)] = value
        return str(path)


def value_for(key: str, owner: Owner, seed: str) -> str:
    """Give a well-formed secret for a `*_file` key; the same for the same seed, to compare runs."""
    digest = hashlib.sha256(seed.encode()).hexdigest()
    if key.endswith("url_file"):
        if owner.integration == "slack" or key.startswith("slack"):
            number = int(digest[:12], 16) % 10**9
            return f"https://hooks.slack.com/services/T00000000/B{number:09d}/{digest[-_SLACK_TOKEN:]}"
        return f"https://webhook.invalid/{quote(owner.receiver, safe='')}/{owner.integration}/{owner.index}"
    if owner.integration == "opsgenie" or key.startswith("opsgenie"):
        return str(uuid.UUID(digest[:32]))
    if key.endswith("chat_id_file"):
        return str(int(digest[:8], 16))
    return digest[:32]
