"""An alert that goes to people by mail, from its rule to the mail, with real engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from alertproof.load.estate import load_estate
from alertproof.model.proof import Aspect, Outcome
from alertproof.proof.run import run_proofs

if TYPE_CHECKING:
    from pathlib import Path

    from alertproof.engines.host import Host

ICE = "LowICESuccessRate"
MAIL = """
receivers:
  - name: slack
    email_configs:
      - to: team@example.com
        from: alerts@example.com
        smarthost: mail.example.com:587
        auth_username: alerts
        auth_password_file: /etc/alertmanager/secrets/smtp
        send_resolved: true
"""


def delivered(host: Host, estate: Path, folder: Path, mail: str, hosts: str) -> Outcome:
    file = estate / "rules/alertmanager/video_chat.yml"
    file.write_text(file.read_text("utf-8").replace("\nreceivers:\n  - name: slack\n", mail), encoding="utf-8")
    contracts = estate / "rules/contracts/video_chat.yml"
    contracts.write_text(contracts.read_text("utf-8") + hosts, encoding="utf-8")
    folder.mkdir()
    run = run_proofs(host, folder, load_estate([estate]), delivers=True)
    proof = next(proof for proof in run.proofs if proof.id.alert == ICE)
    return next(outcome for outcome in proof.outcomes if outcome.aspect is Aspect.DELIVERY)


def test_a_mail_beside_slack_is_proved(host: Host, copied_estate: Path, tmp_path: Path) -> None:
    outcome = delivered(host, copied_estate, tmp_path / "run", MAIL, "\nhosts: [example.com]\n")
    assert outcome.reason == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mail", "hosts", "says"),
    [
        (MAIL.replace("resolved: true", "resolved: false"), "[example.com]", "slack (email 1) never heard that it res"),
        (MAIL, "[]", "went to example.com, which is not email's own"),
        (
            MAIL + "        headers: {Subject: FIRING or RESOLVED}\n",
            "[example.com]",
            "a notification to slack does not say whether",
        ),
    ],
)
def test_a_bad_mail_is_refuted(  # noqa: PLR0913, PLR0917 fixtures and parameters
    host: Host, copied_estate: Path, tmp_path: Path, mail: str, hosts: str, says: str
) -> None:
    assert says in delivered(host, copied_estate, tmp_path / "run", mail, f"\nhosts: {hosts}\n").reason
