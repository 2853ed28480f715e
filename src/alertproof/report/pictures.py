"""Which proofs of a run get a picture, and where: every refuted one, or all of them when asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from alertproof.errors import UsageError
from alertproof.model.proof import Proof, Run, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

PICTURES = Path(".alertproof", "pictures")


def with_pictures(run: Run, folder: Path, *, every: bool) -> Run:
    """Give a run whose proofs name their pictures, after drawing them into `folder`.

    Without `every` only refuted proofs are drawn. An older picture of a proof that gets none now is removed. A folder
    that cannot be written to is a UsageError.
    """
    wanted = [proof.record is not None and (every or proof.verdict is Verdict.REFUTED) for proof in run.proofs]
    try:
        if any(wanted):
            folder.mkdir(parents=True, exist_ok=True)
        if not folder.is_dir():
            return run
        return replace(run, proofs=_drawn(run.proofs, wanted, folder.resolve()))
    except OSError as error:
        raise unusable(folder, error) from error


def unusable(folder: Path, error: OSError) -> UsageError:
    """Give the error for a folder that cannot take pictures."""
    return UsageError(f"{folder}: no picture can be written there: {error.strerror}", "name another folder")


def _drawn(proofs: Sequence[Proof], wanted: Sequence[bool], folder: Path) -> tuple[Proof, ...]:
    from alertproof.report.picture import picture_name, write_picture

    names = Counter(picture_name(proof.id) for proof in proofs)
    drawn = []
    for proof, draw in zip(proofs, wanted, strict=True):
        apart = names[picture_name(proof.id)] > 1
        if draw:
            drawn.append(replace(proof, picture=write_picture(proof, folder, apart=apart)))
        else:
            (folder / picture_name(proof.id, apart=apart)).unlink(missing_ok=True)
            drawn.append(proof)
    return tuple(drawn)
