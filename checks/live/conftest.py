"""Real engines for the live checks; where none can run, they fail and say what to install."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alertproof.engines.choose import EngineOptions, choose_host
from alertproof.engines.docker_engine import start_docker_engine
from alertproof.load.estate import load_estate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alertproof.engines.host import Host
    from alertproof.model.estate import Estate

ROOT = Path(__file__).parents[2]
SAMPLE = Path(__file__).parents[1] / "sample"


@pytest.fixture(scope="session")
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    with choose_host(EngineOptions(kind="local", version=request.config.getoption("--engine-version"))) as found:
        yield found


@pytest.fixture(scope="session")
def docker_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with start_docker_engine(tmp_path_factory.mktemp("docker")):
        yield


@pytest.fixture
def copied_estate(tmp_path: Path) -> Path:
    """Give a copy of the sample estate to change: three alerts of one service, and two defects."""
    copy = tmp_path / "estate"
    shutil.copytree(SAMPLE, copy, ignore=shutil.ignore_patterns(".alertproof"))
    return copy


@pytest.fixture(scope="session")
def real_estate() -> Estate:
    return load_estate([ROOT])
