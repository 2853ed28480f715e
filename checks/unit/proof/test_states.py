"""Our state machine by itself; checks/live holds it against the real rule manager."""

from hypothesis import given
from hypothesis import strategies as st

from alertproof.proof.states import FIRING, INACTIVE, PENDING, predict_states

TICKS = tuple(range(0, 150_000, 15_000))
_CONDITIONS = st.lists(st.booleans(), min_size=1, max_size=40)


def states(condition: str, for_ms: int, keep_ms: int = 0) -> str:
    ticks = tuple(15_000 * index for index in range(len(condition)))
    found = predict_states(ticks, [letter == "x" for letter in condition], for_ms, keep_ms)
    return "".join({INACTIVE: ".", PENDING: "p", FIRING: "F"}[state] for state in found)


def test_it_fires_exactly_when_for_has_passed() -> None:
    assert states(".xxxx.", 30_000) == ".ppFF."
    assert states(".xxxx.", 31_000) == ".pppF."
    assert states(".x.", 0) == ".F."


def test_a_gap_of_one_evaluation_starts_over() -> None:
    assert states("xx.xxx", 30_000) == "pp.ppF"


def test_keep_firing_for_extends_and_does_not_start() -> None:
    assert states("xxx......", 30_000, 30_000) == "ppFFF...."
    assert states("xx.......", 30_000, 30_000) == "pp......."
    assert states("xxx.x....", 30_000, 30_000) == "ppFFFFF.."


@given(_CONDITIONS, st.integers(0, 10), st.integers(1, 10))
def test_a_longer_for_never_fires_earlier(condition: list[bool], short: int, more: int) -> None:
    ticks = tuple(15_000 * index for index in range(len(condition)))
    first = predict_states(ticks, condition, short * 15_000)
    second = predict_states(ticks, condition, (short + more) * 15_000)
    assert all(one == FIRING for one, other in zip(first, second, strict=True) if other == FIRING)


@given(_CONDITIONS, st.integers(0, 10))
def test_without_keep_firing_for_the_state_follows_the_condition(condition: list[bool], count: int) -> None:
    ticks = tuple(15_000 * index for index in range(len(condition)))
    found = predict_states(ticks, condition, count * 15_000)
    assert [state != INACTIVE for state in found] == condition
