"""The two commands of the README are what CI runs."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", ["main-job", "tests"])
def test_the_readme_has_one_command_for_each_job(name: str) -> None:
    found = re.findall(rf"^<!-- {name} -->\n```sh\n(.+?)\n```$", README, re.DOTALL | re.MULTILINE)
    assert len(found) == 1
    assert found[0].count("\n\n") == 0
    assert name in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_readme_names_every_verb_that_exists() -> None:
    from alertproof.cli.main import cli

    assert {verb for verb in cli.commands if f"`alertproof {verb}" not in README} == set()
