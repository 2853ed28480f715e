"""Finding the estate, pairing alerts with contracts, and refusing what cannot be meant."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alertproof.errors import InputError, UsageError
from alertproof.load.estate import find_root, load_estate

SAMPLE = Path(__file__).parents[2] / "sample"
RULES = "rules/prometheus/video_chat/alerts.yml"
CONTRACTS = "rules/contracts/video_chat.yml"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLE, tmp_path, dirs_exist_ok=True)
    return tmp_path


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_root_is_found_from_below(copy: Path) -> None:
    assert find_root(copy / "rules" / "prometheus" / "video_chat") == copy.resolve()
    assert find_root(Path("/")) is None


def test_a_path_narrows_the_estate(copy: Path) -> None:
    estate = load_estate([copy / RULES])
    assert (len(estate.alerts), estate.raw_alerts) == (3, 3)
    assert all(alert.contract is not None for alert in estate.alerts)


def test_a_folder_without_alerts_is_an_error(copy: Path) -> None:
    with pytest.raises(UsageError, match="no alerts in"):
        load_estate([copy / "rules" / "alertmanager"])


def test_two_estates_at_once_are_refused(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    shutil.copytree(copy / "rules", other / "rules")
    with pytest.raises(UsageError, match="several estates"):
        load_estate([copy, other])


def test_a_dropped_label_does_not_part_an_alert_from_its_contract(copy: Path) -> None:
    change(copy / RULES, "          severity: critical\n", "")
    estate = load_estate([copy])
    assert estate.alerts[0].contract is not None
    assert estate.findings == ()


def test_namesakes_are_told_apart_by_their_labels(copy: Path) -> None:
    rules = copy / RULES
    text = rules.read_text("utf-8")
    start, end = text.index("      # SLO: ICE"), text.index("      # SLO: TURN")
    twin = text[start:end].replace("service: video-chat", "service: video-chat\n          tier: eu")
    rules.write_text(text + twin, encoding="utf-8")
    contracts = copy / CONTRACTS
    text = contracts.read_text("utf-8")
    entry = next(part for part in text.split("\n\n") if "alert: LowICESuccessRate" in part)
    contracts.write_text(
        f"{text}\n{entry.replace('{service: video-chat}', '{service: video-chat, tier: eu}')}", encoding="utf-8"
    )
    estate = load_estate([copy])
    paired = {alert.id.labels: alert.contract for alert in estate.alerts if alert.id.alert == "LowICESuccessRate"}
    assert len(paired) == 2
    for labels, contract in paired.items():
        assert contract is not None
        assert ("tier" in contract.labels) is ("tier" in dict(labels))


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (CONTRACTS, "metric: signaling_latency_ms", "metric: signaling", "does not declare"),
        (CONTRACTS, "metric: signaling_latency_ms", "metric: ice_connected_total", "needs a histogram"),
        (CONTRACTS, "unit: ratio", "unit: percent", "measured in 'ratio'"),
        (CONTRACTS, "unit: ms", "unit: s", "measured in 'ms'"),
        (CONTRACTS, "service: video_chat", "service: video", "in the file of 'video_chat'"),
        (CONTRACTS, "example: 750", "example: 400", "does not fire"),
        (CONTRACTS, 'operator: ">"', 'operator: "=>"', "is not one of"),
        (CONTRACTS, "      - signal:\n          quantile_of", "      - signal:\n          median_of", "unknown key"),
        ("fixtures/metrics/video_chat.yml", "type: histogram", "type: gauge", "belong to a histogram"),
    ],
)
def test_a_contract_that_cannot_be_meant_is_an_error(copy: Path, file: str, old: str, new: str, says: str) -> None:
    change(copy / file, old, new)
    with pytest.raises(InputError, match=says) as caught:
        load_estate([copy])
    assert caught.value.place.line > 0
