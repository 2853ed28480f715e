"""Every alert of the estate, aspect by aspect, on real engines."""

from alertproof.model.proof import Outcome, Verdict


def test_alert(alert_outcome: Outcome) -> None:
    assert alert_outcome.verdict is Verdict.PROVED, alert_outcome.reason
