"""The states of a device through a window, from the facts that are kept of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from devices import presence
from devices.presence_past import Fact, Known, Span, reduced, stretches, totals

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
T = 1_790_000_000_000  # ms


def device(*facts: Fact, **how: object) -> Known:
    """Judged each 60 s: late after 122 s, silent after 300 s. Heard steadily, unless said."""
    stands = {"created": T - 90 * HOUR, "interval": 60.0, "enabled": True, "connection": "unknown",
              "connection_since": None, "last_seen": T + 24 * HOUR} | how  # fmt: skip
    return Known(facts, **stands)  # type: ignore[arg-type]


def told(known: Known, unknown: Sequence[Span] = (), start: int = T, stop: int = T + HOUR) -> list:
    """State, and from when to when in seconds of the window."""
    found = stretches(known, unknown, start, stop)
    assert all(a.stop == b.start for a, b in pairwise(found))
    return [(each.state, (each.start - T) / SECOND, (each.stop - T) / SECOND) for each in found]


def test_a_device_that_goes_on_speaking_needs_no_facts() -> None:
    assert told(device()) == [("online", 0, 3600)]


def test_a_silence_has_its_lateness_before_it_and_ends_when_the_device_was_heard() -> None:
    away = Fact(T + 30 * MINUTE, "heard", after=T + 10 * MINUTE)
    assert told(device(away)) == [
        ("online", 0, 722), ("late", 722, 900), ("silent", 900, 1800), ("online", 1800, 3600)
    ]  # fmt: skip
    late = Fact(T + 13 * MINUTE, "heard", after=T + 10 * MINUTE)
    assert told(device(late)) == [("online", 0, 722), ("late", 722, 780), ("online", 780, 3600)]


def test_a_silence_that_goes_on_rests_on_when_the_device_was_heard_last() -> None:
    assert told(device(last_seen=T - HOUR)) == [("silent", 0, 3600)]
    assert told(device(last_seen=T)) == [
        ("online", 0, 122), ("late", 122, 300), ("silent", 300, 3600)
    ]  # fmt: skip
    found = stretches(device(last_seen=T), [], T, T + HOUR)
    assert [each.heard for each in found] == [T, T, T]


def test_what_a_status_topic_said_holds_from_its_own_instant() -> None:
    facts = [
        Fact(T - HOUR, "online"),
        Fact(T + 60_000, "offline", after=T + 59_000),
        Fact(T + 90_000, "online"),
        Fact(T + 90_500, "heard", after=T + 59_000),
    ]
    assert told(device(*facts, connection="online", connection_since=T + 90_000)) == [
        ("online", 0, 60), ("offline", 60, 90), ("online", 90, 3600)
    ]  # fmt: skip


def test_telemetry_outweighs_an_offline_that_came_before_it() -> None:
    facts = [
        Fact(T + 60_000, "offline", after=T + 50_000),
        Fact(T + 95_000, "heard", after=T + 50_000),
    ]
    assert told(device(*facts, connection="offline", connection_since=T + 60_000)) == [
        ("online", 0, 60), ("offline", 60, 95), ("online", 95, 3600)
    ]  # fmt: skip


def test_an_offline_stays_however_long_and_over_a_span_in_which_nobody_listened() -> None:
    known = device(connection="offline", connection_since=T + MINUTE, last_seen=T)
    assert told(known, [(T + 10 * MINUTE, T + 20 * MINUTE)]) == [
        ("online", 0, 60), ("offline", 60, 600), ("unknown", 600, 1200), ("offline", 1200, 3600)
    ]  # fmt: skip


def test_silence_counts_from_where_somebody_listens_again() -> None:
    back = Fact(T + 20 * MINUTE + 130 * SECOND, "heard", after=T + 10 * MINUTE)
    assert told(device(back), [(T + 10 * MINUTE, T + 20 * MINUTE)]) == [
        ("online", 0, 600), ("unknown", 600, 1200), ("online", 1200, 1322), ("late", 1322, 1330),
        ("online", 1330, 3600),
    ]  # fmt: skip


def test_a_device_waits_until_it_is_heard_first_and_is_nothing_before_it_is_registered() -> None:
    first = Fact(T + 10 * MINUTE, "heard", after=None)
    assert told(device(first, created=T + 5 * MINUTE)) == [
        ("waiting", 300, 600), ("online", 600, 3600)
    ]  # fmt: skip
    assert told(device(created=T + 2 * HOUR)) == []


def test_the_interval_that_held_then_judges() -> None:
    """Ten minutes without a word were nothing while it was expected hourly."""
    absences = [Fact(T + at * MINUTE, "heard", after=T + (at - 10) * MINUTE) for at in (15, 45)]
    judged = [
        Fact(T - HOUR, "expected", interval=3600.0),
        Fact(T + 30 * MINUTE, "expected", interval=60.0),
    ]
    assert told(device(*absences, *judged, interval=60.0)) == [
        ("online", 0, 1800), ("online", 1800, 2222), ("late", 2222, 2400), ("silent", 2400, 2700),
        ("online", 2700, 3600),
    ]  # fmt: skip


def test_a_disabled_device_is_not_judged_and_has_its_time_when_it_is_enabled_again() -> None:
    judged = [
        Fact(T + 10 * MINUTE, "disabled", interval=60.0),
        Fact(T + 40 * MINUTE, "expected", interval=60.0),
    ]
    heard = Fact(T + 41 * MINUTE, "heard", after=T + 9 * MINUTE)
    assert told(device(*judged, heard)) == [
        ("online", 0, 600), ("disabled", 600, 2400), ("online", 2400, 3600)
    ]  # fmt: skip


def test_before_what_is_kept_nothing_is_known() -> None:
    assert told(device(Fact(T + MINUTE, "forgotten"))) == [("unknown", 0, 60), ("online", 60, 3600)]


def test_the_facts_of_any_order_say_the_same() -> None:
    facts = [
        Fact(T + 60_000, "offline", after=T + 50_000),
        Fact(T + 95_000, "heard", after=T + 50_000),
        Fact(T + 1_000_000, "heard", after=T + 500_000),
        Fact(T + 600_000, "expected", interval=10.0),
    ]
    expected = told(device(*facts))
    for seed in range(20):
        random.Random(seed).shuffle(facts)
        assert told(device(*facts)) == expected


@pytest.mark.parametrize("seed", range(40))
def test_at_every_instant_the_past_is_what_was_judged_then(seed: int) -> None:
    """A device's life, judged each second as a page would by what was stored then."""
    rng = random.Random(seed)
    interval = rng.choice([1.0, 10.0, 60.0])
    stored = {"connection": "unknown", "since": None, "seen": None}
    facts: list[Fact] = []
    judged: list[tuple[int, str]] = []
    speaks = True
    due = T + 5 * SECOND
    for now in range(T, T + HOUR, SECOND):
        if rng.random() < 0.004:
            speaks = not speaks
        if rng.random() < 0.003:
            word = rng.choice(["online", "offline"])
            if word != stored["connection"]:
                facts.append(Fact(now, word, after=stored["seen"]))
                stored |= {"connection": word, "since": now}
        elif speaks and now >= due:
            seen = stored["seen"]
            left = stored["since"] if stored["connection"] == "offline" else None
            if (
                seen is None
                or now - seen > presence.late_after(interval)
                or (left is not None and seen <= left)
            ):
                facts.append(Fact(now, "heard", after=seen))
            stored["seen"] = now
            due = now + round(interval * SECOND)
        state = presence.state(
            str(stored["connection"]), stored["since"], stored["seen"],
            expected_interval=interval, now=now + 1,
        )  # fmt: skip
        judged.append((now, state.name))
    known = Known(
        facts, T, interval, True, str(stored["connection"]), stored["since"], stored["seen"]
    )
    found = stretches(known, [], T, T + HOUR)
    for now, state in judged:
        (there,) = [each.state for each in found if each.start <= now < each.stop]
        assert there == state, f"{(now - T) / SECOND} s"


def test_too_many_stretches_keep_the_worst_of_each_part() -> None:
    facts = [
        Fact(T + n * 10 * MINUTE, "heard", after=T + (n * 10 - 6) * MINUTE) for n in range(1, 6)
    ]
    found = stretches(device(*facts), [], T, T + HOUR)
    less = reduced(found, T, T + HOUR, 6)
    assert [each.state for each in less] == ["silent", "online"]
    assert (less[0].start, less[-1].stop) == (T, T + HOUR)
    assert sum(totals(found).values()) == HOUR
    assert totals(found)["silent"] == 5 * MINUTE
