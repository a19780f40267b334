"""What programs written for ThingsBoard and Grafana ask for, as they ask it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from knox.models import AuthToken
from rest_framework.test import APIClient

from devices import clock
from devices.search import MAX_SEARCH
from telemetry.api.grafana import MAX_ANNOTATION
from telemetry.models import Series
from telemetry.moments import from_ms, to_ms
from telemetry.tests.written import series, write

pytestmark = pytest.mark.django_db

THINGSBOARD = "/api/plugins/telemetry/DEVICE/boiler/values/timeseries"
GRAFANA = "/api/v1/grafana"
HOUR = 3_600_000


@pytest.fixture
def start() -> int:
    """An hour of yesterday: ms."""
    return (to_ms(clock.now()) // HOUR - 24) * HOUR


@pytest.fixture
def one(start: int) -> Series:
    one = series("temperature", unit="°C", texts_since=from_ms(start))
    write(one.pk, [(start + n * 60_000, float(n)) for n in range(6)])
    write(one.pk, [(start + 90_000, "ERR"), (start + 150_000, 2.25)])
    return one


@pytest.fixture
def thingsboard() -> APIClient:
    _, token = AuthToken.objects.create(User.objects.create(username="ana"))
    client = APIClient()
    client.credentials(HTTP_X_AUTHORIZATION=f"Bearer {token}")
    return client


def test_thingsboard_gives_the_newest_first_as_texts(
    thingsboard: APIClient, one: Series, start: int
) -> None:
    # As ThingsBoard's own client writes it.
    asked = {
        "keys": "temperature,none", "interval": "0", "agg": "NONE", "limit": "3",
        "orderBy": "DESC", "useStrictDataTypes": "false",
        "startTs": str(start), "endTs": str(start + 240_000),
    }  # fmt: skip
    answer = thingsboard.get(THINGSBOARD, asked)
    assert answer.json() == {
        "temperature": [
            {"ts": start + 180_000, "value": "3"},
            {"ts": start + 150_000, "value": "2.25"},
            {"ts": start + 120_000, "value": "2"},
        ]
    }
    asked |= {"orderBy": "ASC", "useStrictDataTypes": "true"}
    assert thingsboard.get(THINGSBOARD, asked).json()["temperature"] == [
        {"ts": start, "value": 0.0},
        {"ts": start + 60_000, "value": 1.0},
        {"ts": start + 90_000, "value": "ERR"},
    ]


@pytest.mark.parametrize(
    ("agg", "values"),
    [
        ("AVG", ["0.5", "2.4166666666666665", "4"]),
        ("MIN", ["0", "2", "4"]),
        ("MAX", ["1", "3", "4"]),
        ("SUM", ["1", "7.25", "4"]),
        ("COUNT", ["2", "3", "1"]),
    ],
)
def test_thingsboard_aggregates_from_its_start_and_names_the_middle(
    thingsboard: APIClient, one: Series, start: int, agg: str, values: list[str]
) -> None:
    asked = {
        "keys": "temperature", "startTs": start, "endTs": start + 300_000, "interval": 120_000,
        "agg": agg,
    }  # fmt: skip
    answer = thingsboard.get(THINGSBOARD, asked)
    middles = [start + 60_000, start + 180_000, start + 270_000]
    assert answer.json() == {
        "temperature": [
            {"ts": ms, "value": value} for ms, value in zip(middles, values, strict=True)
        ]
    }


def test_thingsboard_without_a_window_gives_the_newest(
    thingsboard: APIClient, one: Series, start: int
) -> None:
    found = thingsboard.get(THINGSBOARD, {"keys": "temperature,none"}).json()
    assert found["temperature"] == [{"ts": start + 300_000, "value": "5"}]
    assert found["none"][0]["value"] is None


def test_thingsboard_refuses_who_has_no_token_and_what_it_cannot_read(
    thingsboard: APIClient, one: Series
) -> None:
    for headers in ({}, {"X-Authorization": "Bearer pb_none"}):
        assert APIClient().get(THINGSBOARD, headers=headers).status_code == 401
    for asked in (
        {"startTs": "5"},
        {"startTs": "5", "endTs": "5"},
        {"agg": "P95", "startTs": "1", "endTs": "2"},
        {"intervalType": "MONTH"},
        {"limit": "0", "startTs": "1", "endTs": "2"},
        # Each bucket had eight bytes before anybody counted them: all the memory there is.
        {"agg": "AVG", "interval": "1", "startTs": "0", "endTs": "200000000000000"},
        {"agg": "AVG", "interval": "1", "startTs": "0", "endTs": "100001"},
    ):
        assert thingsboard.get(THINGSBOARD, asked).status_code == 400, asked


def panel(start: int, *targets: dict) -> dict:
    """As simpod-json-datasource asks for one."""
    span = {"from": from_ms(start).isoformat(), "to": from_ms(start + HOUR).isoformat()}
    return {
        "app": "dashboard", "requestId": "Q102", "timezone": "browser", "panelId": 1,
        "range": {**span, "raw": {"from": "now-1h", "to": "now"}},
        "rangeRaw": {"from": "now-1h", "to": "now"},
        "interval": "30s", "intervalMs": 30000, "maxDataPoints": 550, "targets": list(targets),
        "scopedVars": {"__interval": {"text": "30s", "value": "30s"}}, "adhocFilters": [],
    }  # fmt: skip


def test_grafana_finds_series_and_draws_them(api: APIClient, one: Series, start: int) -> None:
    assert api.get(f"{GRAFANA}/").status_code == 200
    series("pressure")
    assert api.post(f"{GRAFANA}/search", {"target": ""}).json() == [
        "boiler pressure", "boiler temperature",
    ]  # fmt: skip
    assert api.post(f"{GRAFANA}/search", {"type": "timeseries", "target": "BOIL temp"}).json() == [
        "boiler temperature"
    ]
    metrics = api.post(f"{GRAFANA}/metrics", {}).json()
    assert metrics[1]["value"] == "boiler temperature"
    assert metrics[1]["payloads"][0]["options"][0] == {"label": "mean", "value": "mean"}
    asked = {"payload": {"target": "temp"}, "range": panel(start)["range"]}
    assert api.post(f"{GRAFANA}/variable", asked).json() == [
        {"__text": "boiler temperature", "__value": "boiler temperature"}
    ]

    target = {"refId": "A", "datasource": "Pulseboard", "target": "boiler temperature"}
    answer = api.post(f"{GRAFANA}/query", panel(start, target, {"refId": "B", "target": ""}))
    found = answer.json()
    assert [each["target"] for each in found] == ["boiler temperature"]
    assert found[0]["datapoints"][:3] == [
        [0.0, start],
        [1.0, start + 60_000],
        [2.0, start + 120_000],
    ]
    table = {**target, "type": "table"}
    found = api.post(f"{GRAFANA}/query", panel(start, table)).json()
    assert found[0]["columns"][0] == {"text": "Time", "type": "time"}
    assert found[0]["rows"][1] == [start + 60_000, 1.0]


def test_grafana_draws_the_highest_of_each_bucket_when_asked(api: APIClient, start: int) -> None:
    one = series()
    write(one.pk, [(start + n * 1000, float(n % 60)) for n in range(3600)])
    target = {"target": "boiler temperature", "payload": {"agg": "max"}}
    body = {**panel(start, target), "maxDataPoints": 60}
    (found,) = api.post(f"{GRAFANA}/query", body).json()
    assert {value for value, _ in found["datapoints"]} == {59.0}
    assert len(found["datapoints"]) == 60


def test_grafana_is_told_what_it_asked_wrong(api: APIClient, one: Series, start: int) -> None:
    for body in (
        [],
        {"targets": []},
        {**panel(start), "range": {"from": "now-1h", "to": "now"}},
        panel(start, {"target": "boiler none"}),
        panel(start, {"target": "boiler temperature", "payload": {"agg": "p95"}}),
        panel(start, {"target": "boiler temperature", "payload": {"agg": ["mean"]}}),
        {**panel(start), "targets": "boiler"},
    ):
        assert api.post(f"{GRAFANA}/query", body).status_code == 400, body
    asked = {**panel(start), "annotation": {"query": "nobody"}}
    assert api.post(f"{GRAFANA}/annotations", asked).status_code == 400
    for body in ({"target": "a " * MAX_SEARCH}, {"payload": "a " * MAX_SEARCH}):
        name = "search" if "target" in body else "variable"
        assert api.post(f"{GRAFANA}/{name}", body).status_code == 400  # a condition a word
    asked["annotation"] = {"query": "boiler", "name": "x" * MAX_ANNOTATION}  # told with each region
    assert api.post(f"{GRAFANA}/annotations", asked).status_code == 400
    assert APIClient().post(f"{GRAFANA}/query", panel(start)).status_code == 401


def test_grafana_marks_when_a_device_was_away(api: APIClient, one: Series, start: int) -> None:
    asked = {**panel(start), "annotation": {"name": "Away", "enable": True, "query": "boiler"}}
    assert api.post(f"{GRAFANA}/annotations", asked).json() == []
