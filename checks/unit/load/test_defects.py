from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alertproof.errors import InputError
from alertproof.load.defects import load_defects
from alertproof.model.proof import Aspect

CORPUS = Path(__file__).parents[3] / "fixtures" / "defects"


def test_the_corpus_is_read_in_order_of_its_ids() -> None:
    defects = load_defects(CORPUS)
    assert [defect.id for defect in defects[:3]] == ["P1", "P2", "P3"]
    named = {defect.id: defect for defect in defects}
    assert named["P12"].shows[0].asks is Aspect.THRESHOLD
    assert named["P12"].found.metrics["signaling_latency_ms"].infinite is False
    assert named["P1"].found.rules is not None
    assert named["P1"].found.rules.text.startswith("groups:")


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("origin.yml", "id: P1\n", "id: P2\n", "in folder P1"),
        ("origin.yml", "aspect: delivery", "aspect: beauty", "is not one of"),
        ("found.yml", "rules:", "rulez:", "unknown key"),
        ("fixed.yml", "for: 5m", "for: soon", "not a duration"),
    ],
)
def test_a_mistake_in_an_entry_is_an_error(tmp_path: Path, name: str, old: str, new: str, says: str) -> None:
    shutil.copytree(CORPUS / "P1", tmp_path / "P1")
    file = tmp_path / "P1" / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError, match=says):
        load_defects(tmp_path)
