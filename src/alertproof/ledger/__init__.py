"""The ledger: one JSON line per proof, appended, never rewritten; what reports are drawn from later."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alertproof.errors import InputError, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LEDGER = Path(".alertproof", "ledger.jsonl")


def append(root: Path, records: Iterable[Mapping[str, Any]]) -> Path:
    """Append records to the ledger of an estate; give its path.

    All lines are written at once, so that two runs do not mix theirs. A folder that cannot be written to is an
    InputError.
    """
    path = root / LEDGER
    text = "".join(json.dumps(record, sort_keys=True, ensure_ascii=False) + "\n" for record in records)
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as sink:
            sink.write(text)
    except OSError as error:
        raise InputError(Place(path), f"cannot be written: {error.strerror}", "make the folder writable") from error
    return path


def read(root: Path) -> list[dict[str, Any]]:
    """Give all records of an estate's ledger, oldest first; none where there is no ledger."""
    path = root / LEDGER
    if not path.exists():
        return []
    records = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            records.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise InputError(Place(path, number), "not a line of JSON", "remove the line") from error
    return records
