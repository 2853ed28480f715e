"""The estate as a whole: every alert has a contract and a runbook section, and the reverse."""

import re
from pathlib import Path

from alertproof.load.text import read_text
from alertproof.model.estate import Estate

RUNBOOKS = Path(__file__).parents[1] / "docs" / "runbooks"


def test_every_alert_has_a_contract_and_every_contract_an_alert(alertproof_estate: Estate) -> None:
    assert alertproof_estate.alerts
    assert [alert.id for alert in alertproof_estate.alerts if alert.contract is None] == []
    assert alertproof_estate.findings == ()


def test_the_loader_finds_as_many_alerts_as_a_scan_of_the_text(alertproof_estate: Estate) -> None:
    assert len(alertproof_estate.alerts) == alertproof_estate.raw_alerts > 0


def test_every_runbook_url_leads_to_a_section_and_every_section_has_an_alert(
    alertproof_estate: Estate,
) -> None:
    linked = {alert.rule.annotations["runbook_url"].rsplit("/", 1)[1] for alert in alertproof_estate.alerts}
    sections = {
        f"{page.stem}#{heading.lower()}"
        for page in RUNBOOKS.glob("*.md")
        for heading in re.findall(r"^## (\w+)$", read_text(page), re.MULTILINE)
    }
    assert linked == sections
