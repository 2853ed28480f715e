"""What every verb writes for machines."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from alertproof.errors import UsageError


def write_json(data: object, target: str) -> None:
    """Write data as JSON to a file, or to standard output where the target is `-`."""
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from error
