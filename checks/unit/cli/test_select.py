import pytest

from alertproof.cli.select import matcher
from alertproof.errors import UsageError

ID = "video_chat/video_chat_alerts/HighSignalingLatency"


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ("HighSignalingLatency", True),
        ("signaling", True),
        ("turn", False),
        ("not turn", True),
        ("turn or signaling", True),
        ("turn and signaling", False),
        ("(turn or high) and not ice", True),
        ("not (high and signaling)", False),
    ],
)
def test_an_expression_matches_as_in_pytest(expression: str, *, matches: bool) -> None:
    assert matcher(expression)(ID) is matches


@pytest.mark.parametrize("expression", ["and", "high and", "(high", "high low", ")", "not"])
def test_what_is_no_expression_is_an_error(expression: str) -> None:
    with pytest.raises(UsageError, match="is not an expression"):
        matcher(expression)
