"""`readings/`, `devices/{uid}/latest/` and `fleet/` over HTTP."""

import gc
import time
import weakref

import pytest
from django.urls import resolve
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate

from devices.models import Device, Presence, Site
from telemetry.history.reader import MAX_SPAN
from telemetry.models import Series
from telemetry.moments import from_ms
from telemetry.storage import upkeep
from telemetry.tests.written import series, write

pytestmark = pytest.mark.django_db

READINGS, FLEET = "/api/v1/readings/", "/api/v1/fleet/"


def now_ms() -> int:
    return int(time.time() * 1000)


@pytest.mark.parametrize(
    "path", [READINGS, FLEET, "/api/v1/devices/boiler/latest/"], ids=["readings", "fleet", "latest"]
)
def test_a_stranger_reads_nothing(path: str) -> None:
    assert APIClient().get(path).status_code in (401, 403)


def test_readings_of_series_in_the_last_hour_by_default(api: APIClient) -> None:
    one, now = series(), now_ms()
    write(one.id, [(now - 4_000_000, 1.0), (now - 1000, 2.5)])
    answer = api.get(READINGS, {"series": one.id}).json()
    assert answer["to"] - answer["from"] == 3_600_000
    assert answer["to"] == answer["now"]
    assert answer["series"][0]["points"] == [[now - 1000, 2.5]]
    assert answer["series"][0]["before"] == [now - 4_000_000, 1.0]


def test_the_last_ten_years_are_those_before_the_answer_though_it_takes_a_moment(
    api: APIClient,
) -> None:
    one, asked = series(), now_ms() - 5_000
    answer = api.get(READINGS, {"series": one.id, "from": asked - MAX_SPAN}).json()
    assert answer["to"] == answer["now"] > asked
    assert answer["to"] - answer["from"] == MAX_SPAN
    longer = {"series": one.id, "from": asked - MAX_SPAN - 86_400_000}
    assert api.get(READINGS, longer).status_code == 400


def test_readings_of_one_millisecond_are_points_of_their_own_and_a_window_tells_them_apart(
    api: APIClient,
) -> None:
    one, at = series(), now_ms() - 60_000
    write(one.id, [(at + 0.123, 1.0), (at + 0.124, 2.0), (at + 0.124, "ERR"), (at + 1, 3.0)])

    def points(start: str, end: str, field: str = "points") -> list:
        answer = api.get(READINGS, {"series": one.id, "from": start, "to": end}).json()
        return answer["series"][0][field]

    every = [[at + 0.123, 1.0], [at + 0.124, 2.0], [at + 1, 3.0]]
    assert points(str(at), str(at + 2)) == every
    said = [[at + 0.124, at + 0.124, "ERR", 1]]
    assert points(str(at), str(at + 2), "texts") == said
    assert points(f"{at}.124", f"{at + 1}") == every[1:2]
    iso = [(from_ms(at + ms)).isoformat() for ms in (0.123, 0.124)]
    assert points(*iso) == every[:1]
    latest = api.get("/api/v1/devices/boiler/latest/").json()["series"][0]
    assert latest["latest"] == [at + 1, 3.0]


@pytest.mark.parametrize("name", ["zone 1, supply", "a\\b", " led", "tail ", ",", "\\,", "ünï"])
def test_every_name_a_metric_may_have_can_be_asked_for(api: APIClient, name: str) -> None:
    series("plain"), series(name)
    escaped = name.replace("\\", "\\\\").replace(",", "\\,").replace(" ", "\\ ")
    for query in (
        {"device": "boiler", "metric": ["plain", escaped]},
        {"device": "boiler", "metric": f"plain, {escaped}"},
    ):
        answer = api.get(READINGS, query)
        assert answer.status_code == 200, answer.json()
        assert [one["metric"] for one in answer.json()["series"]] == ["plain", name]


def test_only_a_list_may_be_given_twice(api: APIClient) -> None:
    ids = [series("a").id, series("b").id]
    found = api.get(READINGS, {"series": ids}).json()["series"]
    assert [one["id"] for one in found] == ids
    answer = api.get(READINGS, {"series": ids[0], "from": ["0", "1"]})
    assert (answer.status_code, answer.json()) == (400, {"from": ["Give it once."]})


def test_readings_by_device_and_metric_with_iso_times(api: APIClient) -> None:
    a, b = series("a"), series("b")
    at = now_ms() // 1000 * 1000 - 60_000
    write(a.id, [(at, 1.0)])
    start = from_ms(at).isoformat()
    answer = api.get(READINGS, {"device": "boiler", "from": start, "to": at + 1}).json()
    assert answer["from"] == at
    assert [(s["id"], s["points"]) for s in answer["series"]] == [(a.id, [[at, 1.0]]), (b.id, [])]
    unescaped = f"{READINGS}?device=boiler&metric=b&from={start}"
    assert [s["metric"] for s in api.get(unescaped).json()["series"]] == ["b"]


@pytest.mark.parametrize(
    ("parameter", "query"),
    [
        ("series", ""),
        ("series", "series=x"),
        ("series", "series=-1"),
        ("series", "series=99999999999"),
        ("series", "series=12345"),
        ("series", "series=" + ",".join(map(str, range(1, 202)))),
        ("series", "series=1&device=boiler"),
        ("device", "device=nobody"),
        ("metric", "device=boiler&metric=nothing"),
        ("metric", "metric=nothing"),
        ("from", "device=boiler&from=yesterday"),
        ("from", "device=boiler&from=2000&to=1000"),
        ("from", "device=boiler&from=1000&to=1000"),
        ("from", "device=boiler&from=0&to=1900000000000"),
        ("to", "device=boiler&to=999999999999999"),
        ("to", "device=boiler&to=0001-01-01T00:00:00%2B10:00"),
        ("points", "device=boiler&points=9"),
        ("points", "device=boiler&points=5001"),
        ("points", "device=boiler&points=many"),
        ("point", "device=boiler&point=800"),
    ],
)
def test_a_mistake_names_its_parameter(api: APIClient, parameter: str, query: str) -> None:
    series()
    answer = api.get(f"{READINGS}?{query}")
    assert answer.status_code == 400
    assert list(answer.json()) == [parameter]


def test_latest_of_a_device(api: APIClient) -> None:
    a, b = series("a"), series("b", kind="text")
    now = now_ms()
    write(a.id, [(now - 10, 1.0), (now, 2.0)])
    answer = api.get("/api/v1/devices/boiler/latest/").json()
    assert answer["device"] == "boiler"
    assert [(s["id"], s["kind"], s["latest"]) for s in answer["series"]] == [
        (a.id, "gauge", [now, 2.0]),
        (b.id, "text", None),
    ]
    assert api.get("/api/v1/devices/nobody/latest/").status_code == 404


def test_a_live_gateway_does_not_hide_a_dead_sensor(api: APIClient) -> None:
    live, dead, seldom = series("live"), series("dead"), series("seldom", kind="boolean")
    now = now_ms()
    write(live.id, [(now, 1.0)])
    write(dead.id, [(now - 900_000, 1.0)])
    write(seldom.id, [(now - 900_000, 1.0)])
    Device.objects.update(expected_interval=60)
    Presence.objects.create(device=live.device, last_seen_at=from_ms(now))
    dead_since = now - 900_000 + 5 * 60_000
    expected = {
        "live": {"name": "online", "since": None, "evidence": "reading"},
        "dead": {"name": "silent", "since": dead_since, "evidence": "reading"},
        "seldom": None,
    }
    latest = api.get("/api/v1/devices/boiler/latest/").json()
    assert {s["metric"]: s["state"] for s in latest["series"]} == expected
    assert latest["presence"]["last_seen"] == now
    fleet = api.get(FLEET).json()["devices"][0]
    assert {s["metric"]: s["state"] for s in fleet["series"]} == expected


def test_the_fleet_shows_presence_site_and_newest_readings(api: APIClient) -> None:
    one, now = series(), now_ms()
    site = Site.objects.create(slug="north", name="North")
    Device.objects.filter(uid="boiler").update(site=site)
    Presence.objects.create(device=one.device, connection="online", last_seen_at=from_ms(now))
    Device.objects.create(uid="new", name="New")
    write(one.id, [(now, 21.5)])
    answer = api.get(FLEET).json()
    boiler, new = answer["devices"]
    assert answer["total"] == 2
    assert boiler["site"] == {"slug": "north", "name": "North"}
    assert boiler["presence"]["last_seen"] == now
    assert boiler["series"][0]["latest"] == [now, 21.5]
    assert (new["site"], new["series"], new["presence"]["connection"]) == (None, [], "unknown")


def test_the_fleet_says_on_which_side_of_a_line_a_value_is_a_problem(api: APIClient) -> None:
    cold = series("cold", uid="f-1")
    series("new", uid="f-1")
    lines = {"cold": [{"value": -15}, {"value": -30, "op": "above"}], "new": [{"value": 1}]}
    Device.objects.filter(uid="f-1").update(metadata={"thresholds": lines})
    past_the_forms = {"thresholds": {"cold": 7}}
    Device.objects.create(uid="f-2", name="G", metadata=past_the_forms)
    write(cold.id, [(now_ms() - 300_000, -18.0)])
    told = {each["uid"]: each["thresholds"] for each in api.get(FLEET).json()["devices"]}
    assert told["f-2"] == {}
    assert told["f-1"] == {
        "cold": [
            {"value": -15, "label": "", "op": "above"},
            {"value": -30, "label": "", "op": "above"},
        ],
        "new": [{"value": 1, "label": "", "op": None}],
    }


def test_the_fleet_is_searched_and_filtered(api: APIClient) -> None:
    site = Site.objects.create(slug="north", name="North")
    Device.objects.create(uid="f-1", name="Freezer", kind="freezer", site=site, tags=["cold"])
    Device.objects.create(uid="m-1", name="Motor", kind="motor", location="Roof")

    def found(**query: str) -> list[str]:
        return [device["uid"] for device in api.get(FLEET, query).json()["devices"]]

    assert found() == ["f-1", "m-1"]
    assert found(search="roof mot") == ["m-1"]
    assert found(search="Cold") == ["f-1"]
    assert found(search="100%") == []
    assert found(site="north") == ["f-1"]
    assert found(site="none") == ["m-1"]
    assert found(kind="motor") == ["m-1"]
    assert api.get(FLEET, {"sight": "north"}).status_code == 400
    assert api.get(FLEET, {"search": "x" * 201}).status_code == 400


def test_a_large_fleet_takes_few_queries(api: APIClient, django_assert_max_num_queries) -> None:
    now = now_ms()
    upkeep.make_days(from_ms(now), days_back=30)
    devices = Device.objects.bulk_create(
        Device(uid=f"d{n}", name=f"Device {n}") for n in range(500)
    )
    every = Series.objects.bulk_create(
        Series(device=device, metric=f"m{n}") for device in devices for n in range(6)
    )
    write(every[-1].id, [(now, 7.0)])
    for one in every[:600]:
        write(one.id, [(now - 1000, 1.0)])
    with django_assert_max_num_queries(6):
        answer = api.get(FLEET).json()
    assert answer["total"] == 500
    assert sum(s["latest"] is not None for d in answer["devices"] for s in d["series"]) == 601


@pytest.mark.parametrize("path", [READINGS, FLEET])
def test_an_answer_is_gone_once_it_is_sent_and_waits_for_no_collection(
    path: str, admin_user
) -> None:
    request = APIRequestFactory().get(path, {"series": series().id} if path == READINGS else {})
    force_authenticate(request, admin_user)
    gc.disable()
    try:
        answer = resolve(path).func(request).render()
        assert answer.status_code == 200
        gone = weakref.ref(answer)
        del answer
        assert gone() is None
    finally:
        gc.enable()
