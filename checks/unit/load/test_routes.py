"""The routes of a contract file, and mistakes in them with their place."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from alertproof.errors import InputError
from alertproof.load.estate import load_estate

if TYPE_CHECKING:
    from alertproof.model.routes import Routes

SAMPLE = Path(__file__).parents[2] / "sample"
CONTRACTS = "rules/contracts/video_chat.yml"
INTERVALS = """
{section}:
  - name: maintenance
    time_intervals: [{{weekdays: [sunday]}}]
"""
ROUTES = """
routes:
  burst: {alert: TURNUnavailable, notifications: 1}
  inhibits:
    - {source: TURNUnavailable, targets: [LowICESuccessRate]}
  mutes:
    - {interval: maintenance, alerts: [LowICESuccessRate]}
  repeat: {alert: TURNUnavailable, every: 4h}
"""


def routes_of(folder: Path, text: str, section: str = "time_intervals") -> Routes | None:
    shutil.copytree(SAMPLE / "rules", folder / "rules")
    shutil.copytree(SAMPLE / "fixtures" / "metrics", folder / "fixtures" / "metrics")
    contracts = folder / CONTRACTS
    contracts.write_text(contracts.read_text("utf-8").partition("\nroutes:")[0] + text, encoding="utf-8")
    file = folder / "rules/alertmanager/video_chat.yml"
    intervals = INTERVALS.format(section=section)
    file.write_text(file.read_text("utf-8").partition("\ntime_intervals:")[0] + intervals, encoding="utf-8")
    return load_estate([folder]).alerts[0].service.routes


@pytest.mark.parametrize("section", ["time_intervals", "mute_time_intervals"])
def test_all_claims_are_read(tmp_path: Path, section: str) -> None:
    routes = routes_of(tmp_path, ROUTES, section)
    assert routes is not None
    assert routes.burst is not None
    assert (routes.burst.alert, routes.burst.notifications) == ("TURNUnavailable", 1)
    assert [(entry.source, entry.targets) for entry in routes.inhibits] == [("TURNUnavailable", ("LowICESuccessRate",))]
    assert [(entry.interval, entry.alerts) for entry in routes.mutes] == [("maintenance", ("LowICESuccessRate",))]
    assert routes.repeat is not None
    assert routes.repeat.every_ms == 4 * 3_600_000


def test_a_file_without_routes_makes_no_claims(tmp_path: Path) -> None:
    assert routes_of(tmp_path, "\n") is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "burst: {alert: TURNUnavailable",
            "burst: {alert: TURNGone",
            "alert 'TURNGone': no contract of video_chat.yml",
        ),
        ("source: TURNUnavailable", "source: X", "alert 'X': no contract"),
        ("targets: [LowICESuccessRate]", "targets: [LowICESuccess]", "did you mean 'LowICESuccessRate'?"),
        ("alerts: [LowICESuccessRate]", "alerts: [LowICE]", "alert 'LowICE': no contract"),
        ("repeat: {alert: TURNUnavailable", "repeat: {alert: Y", "alert 'Y': no contract"),
        ("interval: maintenance", "interval: weekend", "time interval 'weekend': video_chat.yml has no such one"),
        ("every: 4h", "every: often", "write a Prometheus duration"),
        ("every: 4h", "evry: 4h", "did you mean 'every'?"),
        ("notifications: 1", "notifications: 0", "a whole number"),
    ],
)
def test_a_mistake_is_one_error_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in ROUTES
    with pytest.raises(InputError) as caught:
        routes_of(tmp_path, ROUTES.replace(old, new))
    assert caught.value.place.file.name == "video_chat.yml"
    assert caught.value.place.line > 0
    assert caught.value.exit_code == 2
    assert says in str(caught.value)
