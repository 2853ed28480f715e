from pathlib import Path

import pytest

from alertproof import ledger
from alertproof.errors import InputError


def test_records_are_appended_and_read_back(tmp_path: Path) -> None:
    assert ledger.read(tmp_path) == []
    ledger.append(tmp_path, [{"alert": "A"}, {"alert": "é"}])
    ledger.append(tmp_path, [{"alert": "C"}])
    assert [record["alert"] for record in ledger.read(tmp_path)] == ["A", "é", "C"]


def test_a_broken_line_names_its_place(tmp_path: Path) -> None:
    path = ledger.append(tmp_path, [{"alert": "A"}])
    with path.open("a") as sink:
        sink.write("{broken\n")
    with pytest.raises(InputError) as caught:
        ledger.read(tmp_path)
    assert caught.value.place.line == 2


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / ".alertproof").write_text("a file in the way")
    with pytest.raises(InputError, match="cannot be written"):
        ledger.append(tmp_path, [{}])
