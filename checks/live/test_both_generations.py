"""The whole check — proofs, deliveries, services, defects — locally and in containers, for both generations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alertproof.engines.choose import EngineOptions, choose_host, choose_local
from alertproof.engines.image import build_images
from alertproof.load.defects import load_defects
from alertproof.proof.run import run_proofs
from alertproof.proof.services import ALL_ASPECTS

if TYPE_CHECKING:
    from pathlib import Path

    from alertproof.engines.host import Host
    from alertproof.model.estate import Estate
    from alertproof.model.proof import Run

GENERATIONS = ["2.42", "3.5"]


def check(host: Host, folder: Path, estate: Estate) -> Run:
    defects = load_defects(estate.root / "fixtures" / "defects")
    return run_proofs(host, folder, estate, delivers=True, defects=defects, services=ALL_ASPECTS)


def faults(run: Run) -> list[str]:
    """Give everything that is not good about a run, in words."""
    return [
        *(f"{proof.id}: {proof.reason}" for proof in run.proofs if proof.reason),
        *(f"{proof}: {proof.reason}" for proof in run.services if proof.reason),
        *(f"{proof.id} {proof.of}: {proof.found.measured}" for proof in run.defects if not proof.shown),
        *(finding.problem for finding in run.findings),
    ]


@pytest.mark.container
@pytest.mark.usefixtures("docker_engine")
@pytest.mark.parametrize("version", GENERATIONS)
def test_the_whole_check_is_good_in_containers(version: str, real_estate: Estate, tmp_path: Path) -> None:
    prometheus, alertmanager = build_images(choose_local(EngineOptions(version=version)))
    options = EngineOptions(kind="container", prometheus_image=prometheus, alertmanager_image=alertmanager)
    with choose_host(options) as host:
        run = check(host, tmp_path, real_estate)
    assert run.engine.kind == "container"
    assert run.engine.prometheus.startswith(version)
    assert run.good, faults(run)


@pytest.mark.slow
@pytest.mark.parametrize("version", GENERATIONS)
def test_the_whole_check_is_good_locally(version: str, real_estate: Estate, tmp_path: Path) -> None:
    with choose_host(EngineOptions(kind="local", version=version)) as host:
        run = check(host, tmp_path, real_estate)
    assert run.engine.prometheus.startswith(version)
    assert run.good, faults(run)
