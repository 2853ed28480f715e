"""Versions as programs print them, as people ask for them and as images are tagged."""

from __future__ import annotations

import pytest

from alertproof.engines.versions import exact_tag, matches, sort_key, version_in, version_tag


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ("prometheus, version 3.5.3+ds1 (branch: debian/sid, revision: 3.5.3+ds1-6)", "3.5.3"),
        ("alertmanager, version 0.33.1 (branch: HEAD, revision: abc)", "0.33.1"),
        ("prometheus, version 3.6.0-rc.1 (branch: HEAD)", "3.6.0"),
        ("version `GLIBC_2.38' not found", None),
        ("", None),
    ],
)
def test_a_version_is_read_out_of_a_banner(banner: str, version: str | None) -> None:
    assert version_in(banner) == version


@pytest.mark.parametrize("wanted", ["2", "2.42", "2.42.0", "v2.42"])
def test_a_prefix_asks_for_every_version_that_starts_with_its_parts(wanted: str) -> None:
    assert matches("2.42.0", wanted)


@pytest.mark.parametrize("wanted", ["2.4", "2.42.1", "2.42.0.1", "3", ""])
def test_part_of_a_number_is_another_version(wanted: str) -> None:
    assert not matches("2.42.0", wanted)


def test_versions_are_ordered_by_number_not_by_letter() -> None:
    assert sorted(["2.9.0", "2.42.0", "3.5", "2.42"], key=sort_key) == ["2.9.0", "2.42", "2.42.0", "3.5"]


@pytest.mark.parametrize(("tag", "version"), [("v3.5.3", "3.5.3"), ("3.5", "3.5"), ("latest", None), ("v3", None)])
def test_only_a_tag_that_is_a_version_names_one(tag: str, version: str | None) -> None:
    assert version_tag(tag) == version


@pytest.mark.parametrize(("wanted", "tag"), [("2.42", "v2.42.0"), ("v3", "v3.0.0"), ("2.53.3", "v2.53.3")])
def test_a_prefix_becomes_the_tag_of_its_first_release(wanted: str, tag: str) -> None:
    assert exact_tag(wanted) == tag
