"""The tree keeps the shape that docs/architecture.md gives it."""

import ast
import re
import statistics
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "src").rglob("*.py"))
MAX_MODULE, MEDIAN_MODULE, MAX_FUNCTION = 450, 120, 60
FORBIDDEN = re.compile(
    r"\.\./shared(?!/corpora\b)|/wor[k]/|\.\./\.librar[y]|\bsession[s]? ago\b|\bissue #?\d", re.IGNORECASE
)


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_modules_are_small() -> None:
    sizes = {str(path.relative_to(ROOT)): lines(path) for path in MODULES}
    assert {name: size for name, size in sizes.items() if size > MAX_MODULE} == {}
    assert statistics.median(sizes.values()) <= MEDIAN_MODULE


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_functions_are_short(module: Path) -> None:
    tree = ast.parse(module.read_text("utf-8"))
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    long = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    assert {name: size for name, size in long.items() if size > MAX_FUNCTION} == {}


def test_the_project_speaks_of_itself_alone() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked()
        if path != Path(__file__) and path.suffix not in {".png", ".svg"}
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if FORBIDDEN.search(line)
    ]
    assert found == []


def test_every_page_of_the_documentation_can_be_reached() -> None:
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    linked = {target.split("#")[0] for target in re.findall(r"\]\(([^)]+\.md[^)]*)\)", index)}
    assert pages - {"README.md"} == linked
    assert "docs/README.md" in (ROOT / "README.md").read_text("utf-8")


def test_relative_links_lead_somewhere() -> None:
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert dead == []


def test_the_changelog_knows_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"\n## {version}\n" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_dependency_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    block = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    assert block is not None
    entries = block.group(1).splitlines()
    assert entries
    assert [line for line in entries if not re.match(r'\s+"[\w-]+>=[\d.]+",\s+# \w', line)] == []
