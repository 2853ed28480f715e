"""Where the condition of a course last begins and ends, for placing a live replay."""

import pytest

from alertproof.proof.prove import _last_stretch


@pytest.mark.parametrize(
    ("condition", "stretch"),
    [
        ("....", (None, None)),
        (".xx.", (1_000, 3_000)),
        ("xxxx", (0, 4_000)),
        ("x..x", (3_000, 4_000)),
        ("xx.xxx..", (3_000, 6_000)),
    ],
)
def test_the_last_stretch_begins_with_its_first_evaluation_and_ends_with_the_first_after_it(
    condition: str, stretch: tuple[int | None, int | None]
) -> None:
    assert _last_stretch([letter == "x" for letter in condition]) == stretch
