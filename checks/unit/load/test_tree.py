from pathlib import Path

import pytest

from alertproof.errors import InputError
from alertproof.load.tree import MAX_DEPTH, parse_tree, plain, read_tree, scalar

FILE = Path("rules.yml")


def refused(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_tree(text, FILE)
    return caught.value


def test_nodes_know_their_place() -> None:
    root = parse_tree("groups:\n  - name: a\n    rules: []\n", FILE)
    assert isinstance(root.value, dict)
    groups = root.value["groups"].value
    assert isinstance(groups, list)
    assert (groups[0].key_places["rules"].line, groups[0].key_places["rules"].column) == (3, 5)


def test_broken_yaml_names_line_and_column() -> None:
    error = refused("groups:\n  - name: a\n   rules: [\n")
    assert (error.place.line, error.place.column) == (3, 4)
    assert "not valid YAML" in error.problem


def test_a_key_given_twice_names_both_places() -> None:
    error = refused("a: 1\nb: 2\na: 3\n")
    assert error.place.line == 3
    assert "twice (first at line 1)" in error.problem


def test_a_second_document_is_refused() -> None:
    assert "second YAML document" in refused("a: 1\n---\nb: 2\n").problem


@pytest.mark.parametrize("text", ["", "# only a comment\n"])
def test_an_empty_file_is_refused(text: str) -> None:
    assert "no YAML document" in refused(text).problem


def test_aliases_that_multiply_are_refused_at_once() -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12))
    assert "expand beyond" in refused(f"l0: &l0 [x]\n{levels}\n").problem


def test_depth_is_refused_also_when_aliases_build_it() -> None:
    assert "nested deeper" in refused("[" * (MAX_DEPTH + 1)).problem
    nest = "a: &a0 " + "[" * 60 + "x" + "]" * 60 + "\nb: " + "[" * 60 + "*a0" + "]" * 60
    assert "nested deeper" in refused(nest).problem


def test_an_alias_of_itself_is_refused() -> None:
    assert "has no anchor before it" in refused("a: &a [*a]\n").problem


def test_a_merge_key_adds_what_is_not_there() -> None:
    assert plain(parse_tree("base: &b {x: 1, y: 2}\nrule: {<<: *b, y: 3}\n", FILE)) == {
        "base": {"x": 1, "y": 2},
        "rule": {"x": 1, "y": 3},
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("1_000", "1_000"),
        ("true", True),
        ("~", None),
        ("5", 5),
        ("0.5", 0.5),
        ("5m", "5m"),
        ("nan", "nan"),
    ],
)
def test_scalars_follow_yaml_1_2_as_prometheus_does(text: str, value: object) -> None:
    assert scalar(text) == value


@pytest.mark.parametrize(
    ("content", "problem", "line"),
    [
        (b"a: 1\n\0", "binary", 2),
        (b"a: 1\nb: \xff\n", "not UTF-8", 2),
        (b"\xef\xbb\xbf", "no YAML document", 0),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, problem: str, line: int) -> None:
    file = tmp_path / "x.yml"
    file.write_bytes(content)
    with pytest.raises(InputError, match=problem) as caught:
        read_tree(file)
    assert caught.value.place.line == line


def test_a_missing_file_a_folder_and_a_huge_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_tree(tmp_path / "none.yml")
    with pytest.raises(InputError, match="folder"):
        read_tree(tmp_path)
    huge = tmp_path / "huge.yml"
    with huge.open("wb") as sink:
        sink.truncate(17 * 1024 * 1024)
    with pytest.raises(InputError, match="too large"):
        read_tree(huge)
