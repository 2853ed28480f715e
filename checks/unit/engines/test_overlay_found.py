"""What a found prometheus.yml is started with."""

from __future__ import annotations

from typing import Any

from alertproof.engines.servers import overlay_found

PODS = [{"__address__": "10.0.0.7:9090", "__meta_kubernetes_pod_label_app": "backend"}]


def started(document: dict[str, Any]) -> dict[str, Any]:
    return overlay_found(document, "http://127.0.0.1:1", PODS, "rules.yml")


def test_nothing_is_added_that_the_file_does_not_have() -> None:
    result = started({})
    assert result == {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}}


def test_rules_are_loaded_only_by_a_file_that_loads_some() -> None:
    assert started({"rule_files": ["/etc/prometheus/*.yml"]})["rule_files"] == ["rules.yml"]


def test_pods_take_the_place_of_discovery_and_targets_stay() -> None:
    document = {
        "scrape_configs": [
            {"job_name": "a", "scrape_interval": "5m", "static_configs": [{"targets": ["a:1"]}]},
            {"job_name": "pods", "kubernetes_sd_configs": [{"role": "pod"}], "relabel_configs": [{"action": "keep"}]},
        ]
    }
    first, second = started(document)["scrape_configs"]
    assert first == {
        "job_name": "a",
        "static_configs": [{"targets": ["a:1"]}],
        "proxy_url": "http://127.0.0.1:1",
    }
    assert second["static_configs"] == [
        {"targets": ["10.0.0.7:9090"], "labels": {"__meta_kubernetes_pod_label_app": "backend"}}
    ]
    assert "kubernetes_sd_configs" not in second
    assert second["relabel_configs"] == [{"action": "keep"}]
    assert "scrape_interval" in document["scrape_configs"][0]
