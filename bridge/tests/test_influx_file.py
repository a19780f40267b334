"""A file of line protocol is imported as the same lines are taken over MQTT and HTTP."""

from __future__ import annotations

import gzip
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db(transaction=True)

FILE = r"""
# exported from Influx

weather,host=roof,side=north temperature=21.25,open=t,rain=3i 1767225600000000000
weather,host=roof,side=north state="a \"b\",
c=d" 1767225601000000000
weather,host=cellar temperature=-0.125 1767225600000000000
this is none
weather,host=cellar temperature=NaN,humidity=40 1767225602000000001
weather,host=cellar humidity=41
weather,host=cellar humidity=42 9999999999999999999
weather side=1 1767225600000000000
"""


def imported(path: Path, *words: str) -> str:
    said = StringIO()
    call_command("import", str(path), *words, stdout=said, stderr=StringIO())
    return said.getvalue()


def stored() -> set[tuple[str, str, int, float | str]]:
    found: set[tuple[str, str, int, float | str]] = set()
    with connection.cursor() as cursor:
        for table in ("reading", "text_reading"):
            cursor.execute(
                "SELECT uid, metric, extract(epoch FROM time)::bigint, value"
                f" FROM {table} JOIN telemetry_series AS s ON s.id = series_id"
                " JOIN devices_device AS d ON d.id = s.device_id"
            )
            found |= set(cursor.fetchall())
    return found


def test_each_point_is_stored_and_each_bad_line_told_by_its_number(tmp_path: Path):
    path = tmp_path / "out.lp.gz"
    path.write_bytes(gzip.compress(FILE.encode()))
    told = imported(path, "--dry-run")
    assert "2 devices: cellar, roof" in told
    rejects = tmp_path / "rejects.csv"
    said = imported(path, "--register", "--rejects", str(rejects))
    assert "6 readings of 6 series: 6 stored" in said
    assert stored() == {
        ("roof", "weather.side=north.temperature", 1767225600, 21.25),
        ("roof", "weather.side=north.open", 1767225600, 1.0),
        ("roof", "weather.side=north.rain", 1767225600, 3.0),
        ("roof", "weather.side=north.state", 1767225601, 'a "b",\nc=d'),
        ("cellar", "weather.temperature", 1767225600, -0.125),
        ("cellar", "weather.humidity", 1767225602, 40.0),
    }
    lines = [row.split(",")[1] for row in rejects.read_text().splitlines()[1:]]
    assert sorted(map(int, lines)) == [8, 9, 10, 11, 12]


def test_the_unit_of_times_and_whose_all_of_it_is_are_told(tmp_path: Path):
    path = tmp_path / "out.txt"
    path.write_text("t value=1.5 1767225600\nt,room=a value=2 1767225600\n")
    words = ("--format", "influx", "--time-unit", "s", "--device-name", "box", "--register")
    imported(path, *words)
    assert stored() == {("box", "t", 1767225600, 1.5), ("box", "t.room=a", 1767225600, 2.0)}


def test_rest_takes_it_too(admin_user: User):
    api = APIClient()
    api.force_authenticate(admin_user)
    done = api.post(
        "/api/v1/readings/import/?name=out.line&register=1",
        b"w,host=roof value=1 1767225600000000000\n",
        content_type="application/octet-stream",
    )
    assert (done.status_code, done.data["counts"]["stored"]) == (200, 1)
    assert stored() == {("roof", "w", 1767225600, 1.0)}
