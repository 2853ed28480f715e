"""The whole proof and delivery in containers, for both generations of engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alertproof.engines.choose import EngineOptions, choose_host, choose_local
from alertproof.engines.image import build_images
from alertproof.proof.run import run_proofs

if TYPE_CHECKING:
    from pathlib import Path

    from alertproof.model.estate import Estate

GENERATIONS = ["2.42", "3.5"]


@pytest.mark.container
@pytest.mark.usefixtures("docker_engine")
@pytest.mark.parametrize("version", GENERATIONS)
def test_the_estate_is_proved_and_delivered_in_containers(version: str, real_estate: Estate, tmp_path: Path) -> None:
    prometheus, alertmanager = build_images(choose_local(EngineOptions(version=version)))
    options = EngineOptions(kind="container", prometheus_image=prometheus, alertmanager_image=alertmanager)
    with choose_host(options) as host:
        run = run_proofs(host, tmp_path, real_estate, delivers=True)
    assert run.engine.kind == "container"
    assert run.engine.prometheus.startswith(version)
    assert run.good, [proof.reason for proof in run.proofs]


@pytest.mark.slow
@pytest.mark.parametrize("version", GENERATIONS)
def test_the_estate_is_proved_and_delivered_locally(version: str, real_estate: Estate, tmp_path: Path) -> None:
    with choose_host(EngineOptions(kind="local", version=version)) as host:
        run = run_proofs(host, tmp_path, real_estate, delivers=True)
    assert run.engine.prometheus.startswith(version)
    assert run.good, [proof.reason for proof in run.proofs]
