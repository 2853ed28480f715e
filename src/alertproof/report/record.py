"""Writing a run into the ledger: a line per proof, with when and on which engines."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from alertproof import ledger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def record(root: Path, document: Mapping[str, Any]) -> Path:
    """Append a run's document to the ledger of the estate at `root`; give the ledger's path."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return ledger.append(root, [{"at": at, "engine": document["engine"], **alert} for alert in document["alerts"]])
