from alertproof.report.redact import redact_body, redact_path


def test_keys_are_blotted_out_at_any_depth() -> None:
    body = {"routing_key": "k", "payload": {"api_key": "x", "summary": "Down"}, "list": [{"token": "t"}]}
    assert redact_body(body) == {
        "routing_key": "<redacted>",
        "payload": {"api_key": "<redacted>", "summary": "Down"},
        "list": [{"token": "<redacted>"}],
    }


def test_paths_keep_their_form_and_lose_their_secret() -> None:
    assert redact_path("/services/T0/B0/secret") == "/services/<redacted>"
    assert redact_path("/bot123:secret/sendMessage") == "/bot<redacted>"
    assert redact_path("/v2/enqueue?key=secret") == "/v2/enqueue?<redacted>"
    assert redact_path("/v2/alerts") == "/v2/alerts"
