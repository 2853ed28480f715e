import pytest

from alertproof.engines.promtool_output import label_set, read_output
from alertproof.errors import EngineRefused

OUTPUT = r"""  FAILED:
    name: alert-0,
    alertname: Down, time: 1m,
        exp:[],
        got:[
            0:
              Labels:{alertname="Down", instance="a\"{}:1"}
              Annotations:{summary="it is \"down\", {really}"},
            1:
              Labels:{alertname="Down", instance="b"}
              Annotations:{}
            ]
    expr: "ALERTS{alertname=\"Down\",alertproof_test!=\"alert-7\"}", time: 30s,
        exp: nil
        got: {__name__="ALERTS", alertstate="pending", instance="a\"{}:1"} 1E+00, {alertstate="firing"} 1E+00
"""


def test_rendered_alerts_and_states_are_read_back() -> None:
    rendered, states = read_output(OUTPUT)
    assert rendered.test == "alert-0"
    assert rendered.at_ms == 60_000
    assert rendered.rendered is not None
    assert [labels["instance"] for labels, _ in rendered.rendered] == ['a"{}:1', "b"]
    assert rendered.rendered[0][1] == {"summary": 'it is "down", {really}'}
    assert (states.test, states.at_ms) == ("alert-7", 30_000)
    assert [element["alertstate"] for element in states.elements] == ["pending", "firing"]


def test_an_answer_in_another_form_is_an_error_and_not_silence() -> None:
    with pytest.raises(EngineRefused, match="could not be read"):
        read_output("  FAILED:\n    something new\n")
    with pytest.raises(EngineRefused, match="could not be read"):
        read_output('    expr: "x", time: 1m,\n        nonsense\n')


def test_success_gives_nothing() -> None:
    assert read_output("  SUCCESS\n") == []


def test_escapes_of_go_are_understood() -> None:
    assert label_set(r'{a="tab\t", b="bell\a", c="hex\x41", d="é"}') == {
        "a": "tab\t",
        "b": "bell\a",
        "c": "hexA",
        "d": "é",
    }
