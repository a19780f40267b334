"""Readings as files over HTTP: asked for, named and refused."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rest_framework.test import APIClient

from devices.models import Device, Site
from telemetry.models import Series
from telemetry.moments import from_ms
from telemetry.tests.written import series, write

pytestmark = pytest.mark.django_db

READINGS = "/api/v1/readings/"
AT = 1_793_491_200_000  # 2026-11-01T00:00Z, ms
WINDOW = {"from": "2026-11-01", "to": "2026-11-08"}


@pytest.fixture
def one() -> Series:
    site = Site.objects.create(slug="harbour", name="Harbour")
    Device.objects.create(uid="freezer-1", name="F", site=site)
    one = series("temperature", uid="freezer-1", unit="°C")
    write(one.pk, [(AT, -21.5), (AT + 0.001, 0.1), (AT + 60_000, 3.0)])
    return one


def content(answer) -> bytes:
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def test_csv_in_the_long_form(api: APIClient, one: Series) -> None:
    answer = api.get(READINGS, {"series": one.pk, "format": "csv", **WINDOW})
    assert content(answer).decode() == (
        "time,site,device,metric,unit,value\r\n"
        "2026-11-01T00:00:00.000000Z,harbour,freezer-1,temperature,°C,-21.5\r\n"
        "2026-11-01T00:00:00.000001Z,harbour,freezer-1,temperature,°C,0.1\r\n"
        "2026-11-01T00:01:00.000000Z,harbour,freezer-1,temperature,°C,3\r\n"
    )
    assert answer["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer["Content-Disposition"] == (
        'attachment; filename="harbour-freezer-1-temperature-2026-11-01-to-2026-11-08.csv"'
    )


def test_a_zone_milliseconds_and_a_compressed_file(api: APIClient, one: Series) -> None:
    asked = {"series": one.pk, "format": "csv", **WINDOW}
    data = content(api.get(READINGS, {**asked, "tz": "Europe/Berlin"}))
    assert b"2026-11-01T01:00:00.000001+01:00," in data
    assert b"\r\n1793491200000.001," in content(api.get(READINGS, {**asked, "time": "ms"}))
    answer = api.get(READINGS, {**asked, "compress": "gzip"})
    assert answer["Content-Type"] == "application/gzip"
    assert answer["Content-Disposition"].endswith('.csv.gz"')
    assert "Content-Encoding" not in answer
    assert content(answer)[:2] == b"\x1f\x8b"


@pytest.mark.parametrize(
    ("accept", "begin"),
    [
        ("text/csv", b"time,"),
        ("application/x-ndjson", b'{"time":'),
        ("application/jsonl", b'{"time":'),
        ("application/vnd.apache.arrow.stream", b"\xff\xff\xff\xff"),
        ("application/vnd.apache.parquet", b"PAR1"),
        ("text/html;q=0.9, text/csv", b"time,"),
    ],
)
def test_accept_chooses_the_format(api: APIClient, one: Series, accept: str, begin: bytes) -> None:
    answer = api.get(READINGS, {"series": one.pk, **WINDOW}, headers={"Accept": accept})
    assert content(answer).startswith(begin)
    assert "Accept" in answer["Vary"]


def test_json_stays_what_it_was(api: APIClient, one: Series) -> None:
    asked = {"series": one.pk, **WINDOW}
    for more, headers in (
        ({}, {}),
        ({"format": "json"}, {"Accept": "text/csv"}),
        ({}, {"Accept": "*/*"}),
    ):
        answer = api.get(READINGS, {**asked, **more}, headers=headers)
        assert answer.json()["series"][0]["points"][0] == [AT, -21.5]


def test_encoded_on_its_way_as_the_client_takes_it(api: APIClient, one: Series) -> None:
    def encoding(format: str, taken: str) -> str:  # noqa: A002
        asked = {"series": one.pk, "format": format, **WINDOW}
        return api.get(READINGS, asked, headers={"Accept-Encoding": taken}).get(
            "Content-Encoding", ""
        )

    assert encoding("csv", "gzip, deflate, br, zstd") == "zstd"
    assert encoding("csv", "gzip, zstd;q=0") == "gzip"
    assert encoding("csv", "gzip;q=0.5, zstd;q=0.0") == "gzip"
    assert encoding("csv", "identity") == ""
    assert encoding("arrow", "gzip, deflate") == ""
    assert encoding("parquet", "gzip, zstd") == ""


@pytest.mark.parametrize("wish", ["csv", "parquet", "arrow", "ndjson"])
def test_errors_are_json_whatever_was_asked_for(api: APIClient, one: Series, wish: str) -> None:
    for query, name in (
        ({"series": "x"}, "series"),
        ({"device": "none"}, "device"),
        ({"series": one.pk, "time": "s"}, "time"),
        ({"series": one.pk, "tz": "Nowhere"}, "tz"),
        ({"series": one.pk, "tz": "../etc/passwd"}, "tz"),
        ({"series": one.pk, "compress": "lzma"}, "compress"),
    ):
        answer = api.get(READINGS, {"format": wish, **query})
        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/json"
        assert name in answer.json()
    stranger = APIClient().get(READINGS, {"format": wish, "series": one.pk})
    assert stranger.status_code == 401
    assert "detail" in stranger.json()


def test_a_format_that_there_is_not_is_told_with_those_there_are(api: APIClient) -> None:
    answer = api.get(READINGS, {"format": "xlsx"})
    assert answer.status_code == 400
    assert answer.json() == {"format": ["Write one of json, csv, ndjson, arrow, parquet."]}
    answer = api.get(READINGS, headers={"Accept": "text/html"})
    assert answer.status_code == 406
    assert "text/csv" in answer.json()["detail"]


def test_several_series_with_texts_have_one_more_column(api: APIClient, one: Series) -> None:
    other = series("door", uid="freezer-2", kind="text", texts_since=from_ms(AT))
    write(other.pk, [(AT + 5, "=open"), (AT + 6, 1.0)])
    asked = {"series": f"{other.pk},{one.pk}", **WINDOW}
    rows = list(csv.DictReader(io.StringIO(content(
        api.get(READINGS, {**asked, "format": "csv"})
    ).decode())))  # fmt: skip
    assert [(row["site"], row["device"], row["value"], row["text"]) for row in rows] == [
        ("", "freezer-2", "1", ""),
        ("harbour", "freezer-1", "-21.5", ""),
        ("harbour", "freezer-1", "0.1", ""),
        ("harbour", "freezer-1", "3", ""),
        ("", "freezer-2", "", "'=open"),
    ]
    answer = api.get(READINGS, {**asked, "format": "ndjson"})
    assert "harbour-2-devices-2-metrics-" in answer["Content-Disposition"]
    assert json.loads(content(answer).splitlines()[-1])["text"] == "=open"
    arrow = content(api.get(READINGS, {**asked, "format": "arrow"}))
    parquet = content(api.get(READINGS, {**asked, "format": "parquet"}))
    for table in (pa.ipc.open_stream(arrow).read_all(), pq.read_table(io.BytesIO(parquet))):
        assert table["value"].to_pylist() == [1.0, -21.5, 0.1, 3.0, None]
        assert table["text"].to_pylist()[-1] == "=open"
        assert table["unit"].to_pylist() == ["", "°C", "°C", "°C", ""]


def test_head_reads_no_more_than_it_must(api: APIClient, one: Series) -> None:
    answer = api.head(READINGS, {"series": one.pk, "format": "parquet", **WINDOW})
    assert answer["Content-Type"] == "application/vnd.apache.parquet"
    assert answer.content == b""
