"""What a service's files leave out: receivers, jobs that nobody scrapes, and jobs whose silence nobody watches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.model.proof import EstateFinding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alertproof.model.estate import Service


def gaps(service: Service) -> Iterator[EstateFinding]:
    """Give a finding per gap.

    A server that scrapes nothing at all, as a ruler does, has none, and neither has one whose jobs are not all told by
    its file.
    """
    yield from _unknown_receivers(service)
    if not service.jobs or _jobs_elsewhere(service):
        return
    file = service.prometheus.path
    for contract in service.contracts:
        for comparison in contract.comparisons:
            job = comparison.signal.select.get("job")
            if job is not None and job not in service.jobs:
                yield EstateFinding(
                    str(comparison.place),
                    f"{contract.alert} speaks of job {job!r}, which {file.name} does not scrape, so it reads nothing",
                    f"add the job to scrape_configs, or correct it; its jobs: {', '.join(service.jobs)}",
                )
    watched = {blackout.job for blackout in service.blackouts}
    for job in service.jobs:
        if service.contracts and job not in watched:
            yield EstateFinding(
                str(file),
                f"nothing says how soon anybody must hear that job {job!r} of {service.name} is down or gone",
                f"name it under 'blackouts' in rules/contracts/{service.name}.yml, with 'within: never' if nobody must",
            )


def _unknown_receivers(service: Service) -> Iterator[EstateFinding]:
    if service.alertmanager is None:
        return
    receivers = service.alertmanager.document.get("receivers")
    entries = receivers if isinstance(receivers, list) else []
    known = [str(entry.get("name")) for entry in entries if isinstance(entry, dict)]
    for contract in service.contracts:
        if unknown := [name for name in contract.receivers if name not in known]:
            yield EstateFinding(
                str(contract.place),
                f"{contract.alert} is to reach {', '.join(unknown)}, which {service.alertmanager.path.name} has not",
                f"correct the name; its receivers: {', '.join(known)}",
            )


def _jobs_elsewhere(service: Service) -> bool:
    """Give whether jobs come from other files, or get their name by relabelling."""
    document = service.prometheus.document
    if document.get("scrape_config_files"):
        return True
    configs = document.get("scrape_configs")
    entries = [entry for entry in configs if isinstance(entry, dict)] if isinstance(configs, list) else []
    steps = (step for entry in entries for step in entry.get("relabel_configs") or ())
    return any(isinstance(step, dict) and step.get("target_label") == "job" for step in steps)
