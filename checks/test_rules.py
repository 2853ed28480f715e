"""The estate as a whole: every service has all its files, every alert a contract, labels and a runbook section."""

import re
from pathlib import Path

from alertproof.load.text import read_text
from alertproof.model.estate import Estate

ROOT = Path(__file__).parents[1]
RUNBOOKS = ROOT / "docs" / "runbooks"
SEVERITIES = {"critical", "warning", "info"}
TEXTS = {"summary", "description", "runbook_url"}


def test_every_alert_has_a_contract_and_every_contract_an_alert(alertproof_estate: Estate) -> None:
    assert alertproof_estate.alerts
    assert [alert.id for alert in alertproof_estate.alerts if alert.contract is None] == []
    assert alertproof_estate.findings == ()


def test_the_loader_finds_as_many_alerts_as_a_scan_of_the_text(alertproof_estate: Estate) -> None:
    assert len(alertproof_estate.alerts) == alertproof_estate.raw_alerts > 0


def test_every_service_has_rules_routes_contracts_metrics_and_a_runbook(alertproof_estate: Estate) -> None:
    services = {alert.service.name for alert in alertproof_estate.alerts}
    assert len(services) > 1
    for folder in ("rules/alertmanager", "rules/contracts", "fixtures/metrics"):
        assert {page.stem for page in (ROOT / folder).glob("*.yml")} == services, folder
    assert {page.stem for page in RUNBOOKS.glob("*.md")} == services


def test_every_alert_says_how_bad_it_is_whose_it_is_and_what_to_do(alertproof_estate: Estate) -> None:
    for alert in alertproof_estate.alerts:
        rule = alert.rule
        assert rule.labels["severity"] in SEVERITIES, rule.alert
        assert rule.labels.keys() - {"symptom_of"} == {"severity", "service"}, rule.alert
        assert rule.annotations.keys() == TEXTS, rule.alert
        # Alertmanager 0.33 reads PagerDuty's details as YAML, and would tear such a text apart.
        assert [text for text in rule.annotations.values() if ": " in text] == [], rule.alert


def test_all_alerts_of_a_service_say_the_same_service_and_symptoms_are_those_of_a_job(
    alertproof_estate: Estate,
) -> None:
    names: dict[str, set[str]] = {}
    for alert in alertproof_estate.alerts:
        names.setdefault(alert.service.name, set()).add(alert.rule.labels["service"])
        jobs = set(re.findall(r"^  - job_name: (\S+)$", read_text(alert.service.prometheus.path), re.MULTILINE))
        assert {alert.rule.labels.get("symptom_of")} <= {None, *jobs}, alert.rule.alert
    assert {service: len(labels) for service, labels in names.items()} == dict.fromkeys(names, 1)


def test_every_runbook_url_leads_to_a_section_and_every_section_has_an_alert(
    alertproof_estate: Estate,
) -> None:
    linked = {
        (alert.service.name, alert.rule.alert): alert.rule.annotations["runbook_url"].rsplit("/", 1)[1]
        for alert in alertproof_estate.alerts
    }
    assert linked == {(service, name): f"{service}#{name.lower()}" for service, name in linked}
    sections = {
        (page.stem, heading)
        for page in RUNBOOKS.glob("*.md")
        for heading in re.findall(r"^## (\w+)$", read_text(page), re.MULTILINE)
    }
    assert linked.keys() == sections
