"""Series on one grid: the same answer from summaries and from readings, whatever is rolled up."""

from datetime import UTC, datetime, timedelta
from math import isnan
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.db import connection

from telemetry.history import blocks, every_reading, grid, resample
from telemetry.history.aggregates import SUMMED
from telemetry.history.refusal import CannotAnswer
from telemetry.models import Series
from telemetry.moments import to_ms, to_us
from telemetry.storage import rollups
from telemetry.tests.written import series, write

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 30, 12, 0, tzinfo=UTC)
START = datetime(2026, 3, 27, 23, 0, tzinfo=UTC)  # the 28th in Berlin; on the 29th it loses an hour
HOUR = 3_600_000


def edges(interval: str = "1d", zone: ZoneInfo = BERLIN, stop: datetime = NOW) -> np.ndarray:
    return grid.edges(grid.parse(interval), to_us(START), to_us(stop), zone)


def asked(of: list[Series], names: list[str], fill: str = "null", **on: object) -> resample.Answer:
    return resample.resample(of, names, edges(**on), fill, now=NOW)


def fill_days(one: Series) -> dict[int, list[float]]:
    """A reading each 10 minutes; the values of each of the days in Berlin."""
    days: dict[int, list[float]] = {}
    rows = []
    at = START
    while at < NOW:
        value = float(len(rows) % 97)
        rows.append((to_ms(at), value))
        days.setdefault(at.astimezone(BERLIN).day, []).append(value)
        at += timedelta(minutes=10)
    write(one.id, rows)
    return days


def test_days_of_berlin_come_from_hours_and_are_as_those_from_every_reading() -> None:
    one = series()
    days = fill_days(one)
    expected = [[len(day), sum(day), min(day), max(day), day[0], day[-1], sum(day) / len(day)]
                for day in days.values()]  # fmt: skip
    assert [len(day) for day in days.values()] == [144, 138, 84]
    names = ["count", "sum", "min", "max", "first", "last", "mean"]

    def found(*more: str) -> list[list[float]]:
        answer = asked([one], [*names, *more])
        values = answer.of[one.id].values
        source.append((answer.read["from"], answer.read["fresh_tail"]))
        return np.stack([values[name] for name in names]).T.tolist()

    source: list[tuple] = []
    assert found() == [pytest.approx(day) for day in expected]
    rollups.run(NOW - timedelta(hours=20))
    assert found() == [pytest.approx(day) for day in expected]
    rollups.run(NOW)
    assert found() == [pytest.approx(day) for day in expected]
    assert found("p95") == [pytest.approx(day) for day in expected]
    late = to_ms(START) + 90_000
    write(one.id, [(late, 1000.0)])
    expected[0][:4] = [145, expected[0][1] + 1000, 0, 1000]
    expected[0][6] = expected[0][1] / 145
    assert found() == [pytest.approx(day) for day in expected]
    tail = to_ms(NOW - timedelta(hours=20))
    assert source == [
        ("rollup_1h", to_ms(START)), ("rollup_1h", tail), ("rollup_1h", None),
        ("readings", None), ("rollup_1h", late),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("interval", "zone", "source"),
    [
        ("1d", "UTC", "rollup_1d"),
        ("1h", "Europe/Berlin", "rollup_1h"),
        ("1d", "Asia/Kolkata", "rollup_1m"),
        ("5m", "UTC", "rollup_1m"),
        ("30s", "UTC", "readings"),
    ],
)
def test_the_coarsest_source_with_the_exact_answer_is_read(
    interval: str, zone: str, source: str
) -> None:
    one = series()
    days = fill_days(one)
    rollups.run(NOW)
    stop = START + timedelta(hours=2)
    answer = asked([one], ["count"], interval=interval, zone=ZoneInfo(zone), stop=stop)
    assert answer.read["from"] == source
    begin, end = answer.edges[0] // 1000, answer.edges[-1] // 1000
    first = to_ms(START)
    every = sum(begin <= first + n * 600_000 < end for n in range(sum(map(len, days.values()))))
    assert answer.of[one.id].values["count"].sum() == every


def test_a_bucket_at_a_time_gives_what_all_at_once_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    one = series(kind="counter")
    fill_days(one)
    names = ["p95", "increase", "rate", "time_weighted_mean", "stddev", "duration_in_state"]
    monkeypatch.setattr(every_reading, "MAX_STATES", 100)
    whole = asked([one], names, interval="6h").of[one.id]
    read = blocks.read
    monkeypatch.setattr(blocks, "read", lambda *asked: read(*asked, rows=7))
    small = asked([one], names, interval="6h").of[one.id]
    for name in names[:-1]:
        assert small.values[name] == pytest.approx(whole.values[name], nan_ok=True)
    assert small.states.keys() == whole.states.keys()
    assert sum(each.sum() for each in small.states.values()) == pytest.approx(
        (to_us(NOW) - to_us(START)) / 1e6
    )


def test_an_increase_and_a_mean_over_time_begin_with_the_reading_before_the_window() -> None:
    one = series(kind="counter")
    first = to_ms(START)
    write(one.id, [(first - HOUR, 90.0), (first + HOUR, 100.0), (first + 2 * HOUR, 4.0)])
    write(one.id, [(first + 25 * HOUR, 6.0)])
    values = asked([one], ["increase", "time_weighted_mean"]).of[one.id].values
    assert values["increase"].tolist()[:2] == [14.0, 2.0]
    assert values["time_weighted_mean"][:2].tolist() == [
        pytest.approx((90 + 100 + 22 * 4) / 24), pytest.approx((4 + 22 * 6) / 23),
    ]  # fmt: skip
    assert values["time_weighted_mean"][2] == 6.0


def test_a_state_holds_from_before_the_window_until_now() -> None:
    word, flag = series("mode", kind="text"), series("door", kind="boolean")
    first = to_ms(START)
    write(word.id, [(first - 9 * HOUR, "idle"), (first + 6 * HOUR, "run")])
    write(flag.id, [(first - 9 * HOUR, 1.0), (first + 25 * HOUR, 0.0)])
    answer = asked([word, flag], ["duration_in_state", "count", "last"])
    states = {key: each.tolist() for key, each in answer.of[word.id].states.items()}
    today = (NOW - START).total_seconds() - 47 * 3600
    assert states == {"idle": [6 * 3600, 0, 0], "run": [18 * 3600, 23 * 3600, today]}
    states = {key: each.tolist() for key, each in answer.of[flag.id].states.items()}
    assert states == {"true": [24 * 3600, 3600, 0], "false": [0, 22 * 3600, today]}
    assert answer.of[word.id].values["count"].tolist() == [1, 0, 0]
    assert answer.of[word.id].values["last"].tolist() == ["run", None, None]


def test_a_gap_is_shown_by_the_interval_of_the_device_and_can_be_filled() -> None:
    one = series()
    one.device.expected_interval = 600  # seconds: silent after 50 minutes
    one.device.save()
    first = to_ms(START)
    write(one.id, [(first + n * 600_000, float(n)) for n in (0, 1, 3, 12)])
    stop = START + timedelta(hours=3)

    def found(fill: str) -> tuple[list, list]:
        one_answer = asked([one], ["mean"], fill, interval="10m", stop=stop).of[one.id]
        values = one_answer.values["mean"][one_answer.shown]
        return np.flatnonzero(one_answer.shown).tolist(), values.tolist()

    places, values = found("null")
    assert places == [0, 1, 3, *range(4, 13)]
    assert [n for n, value in zip(places, values, strict=True) if not isnan(value)] == [0, 1, 3, 12]
    assert found("none") == ([0, 1, 3, 12], [0.0, 1.0, 3.0, 12.0])
    assert found("previous")[1] == [0, 1, 1, *[3] * 9, *[12] * 6]
    assert found("linear")[1][:13] == list(range(13))


def test_what_cannot_be_answered_says_the_limit_and_what_to_ask(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = series()
    fill_days(one)

    def refused(names: list[str], **on: object) -> tuple[str, str]:
        with pytest.raises(CannotAnswer) as found:
            asked([one], names, **on)
        return found.value.parameter, str(found.value)

    monkeypatch.setattr(resample, "MAX_CELLS", 5)
    parameter, message = refused(["mean", "max"])
    assert parameter == "interval"
    assert message.startswith("3 buckets of 1 series and 2 aggregates are more than 5 values")
    monkeypatch.undo()
    monkeypatch.setattr(resample, "MAX_SUMMARIES", 70)
    parameter, message = refused(["mean"])
    assert parameter == "from"
    assert "up to 71 summaries (1h); one answer goes through at most 70." in message
    monkeypatch.undo()
    monkeypatch.setattr(every_reading, "MAX_READINGS", 100)
    monkeypatch.setattr(resample, "MAX_READINGS", 100)
    assert refused(["median"])[0] == "agg"
    rollups.run(NOW)
    assert "about 366; one answer goes through at most 100." in refused(["median"])[1]
    monkeypatch.undo()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE retention_state SET raw_floor = '2026-03-28', minute_floor = '2026-03-28'"
        )
    parameter, message = refused(["p95", "mean"])
    assert parameter == "agg"
    assert "p95: needs every reading; readings before 2026-03-28T00:00Z are gone" in message
    assert refused(["mean"], interval="30s", stop=START + timedelta(hours=1))[0] == "interval"
    assert refused(["mean"], interval="5m", stop=START + timedelta(hours=1))[0] == "interval"
    assert list(asked([one], list(SUMMED)).of) == [one.id]
