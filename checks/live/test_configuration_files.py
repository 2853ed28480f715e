"""Everything in `rules/` as the programs themselves read it, in both generations."""

from __future__ import annotations

from pathlib import Path

import pytest

from alertproof.engines.choose import EngineOptions, choose_host
from alertproof.engines.host import Program

RULES = Path(__file__).parents[2] / "rules"
GENERATIONS = ["2.42", "3.5"]
FILES = [
    *(("check config", Program.PROMTOOL, file) for file in sorted(RULES.glob("prometheus/*/prometheus.yml"))),
    *(
        ("check rules", Program.PROMTOOL, file)
        for file in sorted(RULES.glob("prometheus/*/*.yml"))
        if file.name != "prometheus.yml"
    ),
    *(("check-config", Program.AMTOOL, file) for file in sorted(RULES.glob("alertmanager/*.yml"))),
]


@pytest.mark.slow
@pytest.mark.parametrize("version", GENERATIONS)
def test_every_file_is_accepted(version: str) -> None:
    assert {program for _, program, _ in FILES} == {Program.PROMTOOL, Program.AMTOOL}
    with choose_host(EngineOptions(kind="local", version=version)) as host:
        for verb, program, file in FILES:
            done = host.run(program, [*verb.split(), str(file)], file.parent)
            assert done.code == 0, f"{verb} {file}: {done.output}{done.errors}"
            assert "SUCCESS" in done.output, f"{verb} {file}: {done.output}"
