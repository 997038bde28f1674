from hypothesis import given, settings
from hypothesis import strategies as st

from topology.flows.timeline import MOST_BINS, Timeline, TimelineTally
from topology.flows.times import NANOSECONDS

START = 1_764_300_000 * NANOSECONDS


def tally(*seconds: float, kind: str = "a") -> TimelineTally:
    made = TimelineTally()
    for second in seconds:
        made.add(START + round(second * NANOSECONDS), kind)
    return made


def test_events_of_some_minutes_stand_in_stretches_that_people_can_read() -> None:
    line = tally(0, 61, 62, 1199).finish()
    assert line.width == 30 * NANOSECONDS
    assert [one.get("a", 0) for one in line.bins][:4] == [1, 0, 2, 0]
    assert line.totals == {"a": 4}


def test_the_window_is_shown_even_where_nothing_happened() -> None:
    line = tally(100).finish(START, START + 200 * NANOSECONDS)
    assert line.start == START
    assert len(line.bins) == 41
    assert line.bins[20] == {"a": 1}


def test_what_has_no_time_is_counted_apart() -> None:
    made = TimelineTally()
    made.add(0, "a", 3)
    assert made.finish(START, START) == Timeline(0, 10**6, (), 3)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 10**8), st.sampled_from("ab")), min_size=1, max_size=700))
def test_nothing_is_lost_whatever_the_order_and_the_span(events: list[tuple[float, str]]) -> None:
    made, other = TimelineTally(), TimelineTally()
    for second, kind in events:
        made.add(START + round(second * NANOSECONDS), kind)
    for second, kind in reversed(events):
        other.add(START + round(second * NANOSECONDS), kind)
    line = made.finish()
    assert line == other.finish()
    assert sum(line.totals.values()) == len(events)
    assert len(line.bins) <= max(MOST_BINS, 10**8 // (7 * 86_400) + 2)
