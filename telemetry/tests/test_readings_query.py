"""`readings/` as a query language: what is selected, on which grid, in which shape and page."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from devices.models import Device, Site
from telemetry.api import raw_readings, selection
from telemetry.api.moments_asked import asked_us
from telemetry.models import Series
from telemetry.moments import from_us, to_ms
from telemetry.tests.written import series, write

READINGS, LATEST = "/api/v1/readings/", "/api/v1/readings/latest/"
HOUR = 3_600_000
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> int:
    return to_ms(datetime.fromisoformat(text))


def answered(answer) -> dict:
    assert answer.status_code == 200, answer.json()
    if answer.streaming:
        import json  # noqa: PLC0415

        return json.loads(b"".join(answer.streaming_content))
    return answer.json()


@pytest.fixture
def fleet() -> dict[str, Series]:
    """Two freezers of one site and a motor of none."""
    north = Site.objects.create(slug="north", name="North")
    for uid, kind, site, tags in (
        ("f-1", "freezer", north, ["cold", "old"]),
        ("f-2", "freezer", north, ["cold"]),
        ("m-1", "motor", None, []),
    ):
        Device.objects.create(uid=uid, name=uid, kind=kind, site=site, tags=tags)
    return {
        f"{uid} {metric}": series(metric, uid=uid, **facts)
        for uid, metric, facts in (
            ("f-1", "temp", {"unit": "°C"}), ("f-1", "zone 1, in", {}), ("f-2", "temp", {}),
            ("m-1", "energy", {"kind": "counter", "unit": "Wh"}), ("m-1", "mode", {"kind": "text"}),
        )
    }  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"device": "f-2,f-1"}, ["f-2 temp", "f-1 temp", "f-1 zone 1, in"]),
        ({"device": "f-1,f-2", "metric": ["zone 1\\, in", "temp"]},
         ["f-1 zone 1, in", "f-1 temp", "f-2 temp"]),
        ({"metric": "temp"}, ["f-1 temp", "f-2 temp"]),
        ({"site": "north", "metric": "temp"}, ["f-1 temp", "f-2 temp"]),
        ({"site": "none"}, ["m-1 energy", "m-1 mode"]),
        ({"site": "north,none", "kind": "motor"}, ["m-1 energy", "m-1 mode"]),
        ({"tag": "Cold, old"}, ["f-1 temp", "f-1 zone 1, in"]),
        ({"kind": "nothing"}, []),
    ],
)  # fmt: skip
def test_series_are_selected_by_what_their_devices_are(
    api: APIClient, fleet: dict[str, Series], asked: dict, found: list[str]
) -> None:
    answer = answered(api.get(READINGS, asked))
    assert [f"{one['device']} {one['metric']}" for one in answer["series"]] == found


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("parameter", "asked", "message"),
    [
        ("device", {"device": "f-1,x,y"}, "No such device: x, y."),
        (
            "metric",
            {"device": "f-1,f-2", "metric": "humidity"},
            "None of the devices has humidity.",
        ),
        ("series", {"series": "1", "site": "north"}, "Ask for series or for site, not both."),
        ("tz", {"device": "f-1", "tz": "Mars/Olympus"}, "No such time zone: 'Mars/Olympus'."),
        ("agg", {"device": "f-1", "interval": "1d", "agg": "mean,mode"}, "'mode' is none of mean"),
        ("agg", {"device": "f-1", "agg": "mean"}, "It has no meaning with points"),
        (
            "points",
            {"device": "f-1", "interval": "1d", "points": 10},
            "It has no meaning with inter",
        ),
        ("limit", {"device": "f-1", "interval": "1d", "limit": 10}, "It has no meaning with inter"),
        ("interval", {"device": "f-1", "interval": "7m"}, "Write one of 1m, 2m"),
        (
            "interval",
            {"device": "f-1", "interval": "1s", "from": "-9y"},
            "more than 100000 buckets",
        ),
        ("fill", {"device": "f-1", "interval": "1d", "fill": "0"}, "Write one of null, none"),
        ("shape", {"device": "f-1", "interval": "raw", "shape": "wide"}, "Raw readings come long"),
        ("shape", {"device": "f-1", "shape": "series", "format": "csv"}, "A file is wide or long"),
        ("limit", {"device": "f-1", "interval": "raw", "limit": 100_001}, "from 1 to 100000"),
        ("cursor", {"device": "f-1", "interval": "raw", "cursor": "bm8"}, "It is none that"),
        ("from", {"device": "f-1", "from": "-7x"}, "or -6h, -7d, -1mo, now."),
    ],
)
def test_each_mistake_names_its_parameter_and_what_to_write(
    api: APIClient, fleet: dict[str, Series], parameter: str, asked: dict, message: str
) -> None:
    answer = api.get(READINGS, asked)
    assert answer.status_code == 400
    assert list(answer.json()) == [parameter]
    assert message in answer.json()[parameter][0]


@pytest.mark.django_db
def test_too_many_series_are_refused_with_the_limit(
    api: APIClient, fleet: dict[str, Series], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_readings, "MAX_SERIES", 2)
    answer = api.get(READINGS, {"site": "north", "interval": "raw"})
    monkeypatch.setattr(selection, "FEW", 1)  # of many devices none is read to be refused
    with CaptureQueriesContext(connection) as asked:
        assert api.get(READINGS, {"site": "north", "interval": "raw"}).json() == answer.json()
    read = [each["sql"] for each in asked if 'FROM "telemetry_series"' in each["sql"]]
    assert [each.startswith("SELECT COUNT(*)") for each in read] == [True]
    assert answer.json() == {
        "site": ["More than 2 series match, the most of one answer. Ask for fewer."]
    }
    assert selection.MAX_WORDS == 1000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-03-29T12:00:00+02:00"),
        ("-6h", "2026-03-29T06:00:00+02:00"),
        ("-12h", "2026-03-28T23:00:00+01:00"),  # real time, over the change
        ("-1d", "2026-03-28T12:00:00+01:00"),  # by the clock
        ("now-1w", "2026-03-22T12:00:00+01:00"),
        ("-1mo", "2026-02-28T12:00:00+01:00"),
        ("-2y", "2024-03-29T12:00:00+01:00"),
        ("+30m", "2026-03-29T12:30:00+02:00"),
        ("2026-03-29", "2026-03-29T00:00:00+01:00"),
        ("2026-03-30", "2026-03-30T00:00:00+02:00"),
        ("2026-03-29T02:30", "2026-03-29T03:00:00+02:00"),  # left out by the clock
        ("2026-03-29T08:00Z", "2026-03-29T10:00:00+02:00"),
        ("1774778400000", "2026-03-29T12:00:00+02:00"),
    ],
)
def test_a_moment_is_written_in_many_ways(text: str, expected: str) -> None:
    now = datetime(2026, 3, 29, 10, 0, tzinfo=UTC)
    found = from_us(asked_us(text, BERLIN, now))
    assert found.astimezone(BERLIN).isoformat() == expected


@pytest.mark.django_db
def test_days_of_berlin_with_a_day_of_23_hours(api: APIClient, fleet: dict[str, Series]) -> None:
    start = at("2026-03-27T23:00+00:00")
    write(fleet["f-1 temp"].id, [(start + n * HOUR, float(n)) for n in range(72)])
    asked = {"device": "f-1", "metric": "temp", "from": "2026-03-28", "to": "2026-03-31",
             "tz": "Europe/Berlin", "interval": "1d", "agg": "count,min,max"}  # fmt: skip
    answer = answered(api.get(READINGS, asked))
    assert (answer["from"], answer["to"]) == (start, start + 71 * HOUR)
    assert answer["columns"] == ["time", "count", "min", "max"]
    assert answer["series"][0]["points"] == [
        [start, 24, 0.0, 23.0], [start + 24 * HOUR, 23, 24.0, 46.0],
        [start + 47 * HOUR, 24, 47.0, 70.0],
    ]  # fmt: skip
    assert answer["read"] == {"from": "rollup_1h", "rows": 71, "fresh_tail": start}


@pytest.mark.django_db
def test_several_series_on_one_grid_are_one_table(api: APIClient, fleet: dict[str, Series]) -> None:
    start = at("2026-03-01T00:00+00:00")
    write(fleet["f-1 temp"].id, [(start, 1.0), (start + HOUR, 3.0), (start + 3 * HOUR, 5.0)])
    write(fleet["f-2 temp"].id, [(start + HOUR + 60_000, 7.0)])
    write(fleet["m-1 mode"].id, [(start - HOUR, "on"), (start + HOUR, "off")])
    asked = {"device": "f-1,f-2,m-1", "metric": "temp,mode", "interval": "1h", "agg": "last",
             "from": start, "to": start + 4 * HOUR}  # fmt: skip
    wide = answered(api.get(READINGS, {**asked, "shape": "wide"}))
    assert [(each["name"], each["kind"], each["unit"]) for each in wide["columns"]] == [
        ("time", "time", ""), ("f-1.temp", "number", "°C"), ("f-2.temp", "number", ""),
        ("m-1.mode", "text", ""),
    ]  # fmt: skip
    assert wide["rows"] == [
        [start, 1, None, None], [start + HOUR, 3, 7, "off"], [start + 2 * HOUR, None, None, None],
        [start + 3 * HOUR, 5, None, None],
    ]  # fmt: skip
    assert wide["interval"] == "1h"
    none = answered(api.get(READINGS, {**asked, "shape": "wide", "fill": "none"}))
    assert [row[0] for row in none["rows"]] == [start, start + HOUR, start + 3 * HOUR]
    long = answered(api.get(READINGS, {**asked, "shape": "long", "fill": "none"}))
    assert [each["name"] for each in long["columns"]] == [
        "time", "site", "device", "metric", "unit", "last", "last.text",
    ]  # fmt: skip
    assert long["rows"][-2:] == [
        [start + HOUR + 0, "north", "f-2", "temp", "", 7, None],
        [start + HOUR, "", "m-1", "mode", "", None, "off"],
    ]
    states = {**asked, "device": "m-1", "metric": "mode", "agg": "duration_in_state"}
    found = answered(api.get(READINGS, states))["series"][0]["points"]
    assert found == [
        [start, {"on": 3600.0}],
        *[[start + n * HOUR, {"off": 3600.0}] for n in (1, 2, 3)],
    ]
    found = answered(api.get(READINGS, {**states, "shape": "wide"}))
    assert [each["name"] for each in found["columns"]] == ["time", "m-1.mode.off", "m-1.mode.on"]
    assert found["rows"][:2] == [[start, 0, 3600], [start + HOUR, 3600, 0]]


@pytest.mark.django_db
@pytest.mark.parametrize("shape", ["series", "wide", "long"])
@pytest.mark.parametrize("asked", [{"kind": "nothing"}, {"device": "f-1"}], ids=["none", "empty"])
@pytest.mark.parametrize("agg", ["mean,first", "p95,duration_in_state"])
@pytest.mark.parametrize("fill", ["null", "none", "linear"])
def test_nothing_is_answered_in_every_shape(
    api: APIClient, fleet: dict[str, Series], shape: str, asked: dict, agg: str, fill: str
) -> None:
    more = {"interval": "1h", "agg": agg, "shape": shape, "fill": fill}
    answer = answered(api.get(READINGS, {**asked, **more}))
    rows = answer["rows"] if shape != "series" else [
        point for each in answer["series"] for point in each["points"]
    ]  # fmt: skip
    assert all(value is None for row in rows for value in row if not isinstance(value, (int, str)))


@pytest.mark.django_db
def test_pages_hold_every_reading_once_while_late_ones_come_in(
    api: APIClient, fleet: dict[str, Series]
) -> None:
    one, two, mode = (fleet[name] for name in ("f-1 temp", "f-2 temp", "m-1 mode"))
    start = at("2026-03-01T00:00+00:00")
    write(one.id, [(start + n * 1000, float(n)) for n in range(0, 10, 2)])
    write(two.id, [(start + n * 1000, 100.0 + n) for n in range(3)])
    write(mode.id, [(start, "on"), (start + 1000, "off")])
    asked = {"device": "f-1,f-2,m-1", "metric": "temp,mode", "interval": "raw", "limit": 3,
             "from": start, "to": start + 60_000}  # fmt: skip
    for shape in ("long", "series"):
        rows, pages = [], 0
        address: str | None = READINGS
        more: dict = {**asked, "shape": shape}
        while address:
            answer = answered(api.get(address, more))
            if shape == "long":
                page = [(row[2], row[0], row[5] if row[6] is None else row[6])
                        for row in answer["rows"]]  # fmt: skip
            else:
                page = [(each["device"], *point)
                        for each in answer["series"] for point in each["points"]]  # fmt: skip
            assert len(page) <= 3
            rows += page
            pages += 1
            if pages == 1 and shape == "long":
                # Behind the place reached, ahead of it, and a series that is new.
                write(one.id, [(start + 1000, 1.0), (start + 7000, 7.0)])
            address, more = answer["next"], {}
        expected = [("f-1", start + n * 1000, float(n)) for n in (0, 2, 4, 6, 7, 8)]
        if shape == "series":
            expected.insert(1, ("f-1", start + 1000, 1.0))
        expected += [("f-2", start + n * 1000, 100.0 + n) for n in range(3)]
        expected += [("m-1", start, "on"), ("m-1", start + 1000, "off")]
        assert rows == expected
        assert pages == 4


@pytest.mark.django_db
def test_a_page_goes_on_when_the_series_it_ended_in_is_deleted(
    api: APIClient, fleet: dict[str, Series]
) -> None:
    start = at("2026-03-01T00:00+00:00")
    for name in ("f-1 temp", "f-2 temp"):
        write(fleet[name].id, [(start, 1.0), (start + 1, 2.0)])
    asked = {"metric": "temp", "interval": "raw", "limit": 1, "from": start, "to": start + 9}
    first = answered(api.get(READINGS, asked))
    fleet["f-1 temp"].delete()
    second = answered(api.get(first["next"]))
    assert [row[2] for row in second["rows"]] == ["f-2"]


@pytest.mark.django_db
def test_the_latest_of_a_fleet_now_and_at_a_past_moment(
    api: APIClient, fleet: dict[str, Series], django_assert_max_num_queries
) -> None:
    start = at("2026-03-01T00:00+00:00")
    write(fleet["f-1 temp"].id, [(start, 1.0), (start + 2 * HOUR, 2.0)])
    write(fleet["m-1 mode"].id, [(start + HOUR, "on"), (start + 3 * HOUR, "off")])

    def found(**asked: object) -> dict:
        answer = answered(api.get(LATEST, asked))
        return {f"{one['device']} {one['metric']}": one["latest"] for one in answer["series"]}

    with django_assert_max_num_queries(8):  # one is for the texts
        assert found() == {
            "f-1 temp": [start + 2 * HOUR, 2.0], "f-1 zone 1, in": None, "f-2 temp": None,
            "m-1 energy": None, "m-1 mode": [start + 3 * HOUR, "off"],
        }  # fmt: skip
    assert found(site="north", metric="temp", at=start + 2 * HOUR - 1) == {
        "f-1 temp": [start, 1.0], "f-2 temp": None,
    }  # fmt: skip
    assert found(device="m-1", at="2026-03-01T02:00", tz="Europe/Berlin") == {
        "m-1 energy": None, "m-1 mode": [start + HOUR, "on"],
    }  # fmt: skip
    file = api.get(LATEST, {"format": "csv", "site": "north"})
    assert b"".join(file.streaming_content).decode().splitlines() == [
        "time,site,device,metric,unit,value,text",
        "2026-03-01T02:00:00.000000Z,north,f-1,temp,°C,2,",
    ]
    assert api.get(LATEST, {"at": "then"}).status_code == 400
