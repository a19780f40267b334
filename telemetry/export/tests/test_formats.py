"""Every format says what the table holds, exactly, and a spreadsheet runs none of it."""

import csv
import gzip
import io
import json
import math
import random
import struct
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from telemetry.export import lines, times
from telemetry.export.compression import compressed
from telemetry.export.csv import safe
from telemetry.export.formats import FORMATS, render
from telemetry.export.guard import bare
from telemetry.export.options import Options
from telemetry.history.table import Column, Table, Words
from telemetry.moments import from_us, to_us

AT = to_us(datetime(2026, 10, 25, 0, 59, 59, 999_999, tzinfo=UTC))  # a microsecond before +01:00
ODD = ['say "hi", she', "=1+1", "line\r\nbreak", "°C", "", "\t-x", "'=1", "NUL-free \x01", "名"]
COLUMNS = [
    Column("time", "time"),
    Column("device", "text"),
    Column("value", "number", "°C", {"agg": "mean"}),
    Column("count", "integer"),
    Column("on", "boolean"),
    Column("text", "text"),
]


def doubles(count: int) -> list[float]:
    """Of any bits, and those that are easily told wrong."""
    chance = random.Random(8)
    some = [0.0, -0.0, 0.1, 1e22, 5e-324, -1.7976931348623157e308, 2.0**53, 1 / 3, -21.5, math.nan]
    while len(some) < count:
        (number,) = struct.unpack("<d", chance.randbytes(8))
        if math.isfinite(number):
            some.append(number)
    return some


def made(rows: int = 3 * lines.ROWS // 2) -> tuple[Table, list[list]]:
    """A table in two blocks, and its rows."""
    us = [AT + place * 7_200_000_001 for place in range(rows)]
    devices = [ODD[place % 3] for place in range(rows)]
    numbers = doubles(rows)
    counts = [None if place % 5 == 0 else place - 9 for place in range(rows)]
    ons = [None if place % 7 == 0 else place % 2 == 0 for place in range(rows)]
    texts = [None if place % 4 == 0 else ODD[place % len(ODD)] for place in range(rows)]

    def block(part: slice) -> list:
        return [
            np.array(us[part]),
            Words(np.array([ODD.index(each) for each in devices[part]], np.int32), ODD),
            np.array(numbers[part]),
            np.ma.masked_array([n or 0 for n in counts[part]], [n is None for n in counts[part]]),
            np.ma.masked_array([bool(n) for n in ons[part]], [n is None for n in ons[part]]),
            texts[part],
        ]

    blocks = iter([block(slice(0, rows // 3)), block(slice(rows // 3, rows))])
    numbers_or_none = [None if math.isnan(number) else number for number in numbers]
    every = [us, devices, numbers_or_none, counts, ons, texts]
    return Table(COLUMNS, blocks, {"window": [1, 2]}), list(map(list, zip(*every, strict=True)))


def file_of(name: str, zone: ZoneInfo | None = None) -> tuple[bytes, list[list]]:
    table, rows = made()
    return b"".join(render(table, name, Options(zone=zone))), rows


def same(found: object, wanted: object) -> bool:
    """Floats to the bit."""
    if isinstance(wanted, float):
        return struct.pack("<d", float(found)) == struct.pack("<d", wanted)  # type: ignore[arg-type]
    return found == wanted


def test_csv_is_read_back_to_the_bit() -> None:
    data, rows = file_of("csv")
    assert data.count(b"\r\n") >= len(rows)
    header, *found = csv.reader(io.StringIO(data.decode(), newline=""))
    assert header == [column.name for column in COLUMNS]
    assert len(found) == len(rows)
    for (time, device, value, count, on, text), row in zip(found, rows, strict=True):
        assert to_us(datetime.fromisoformat(time)) == row[0]
        assert time.endswith("Z")
        assert device == csv_text(row[1])
        assert same(float(value), row[2]) if value else row[2] is None
        assert (int(count) if count else None) == row[3]
        assert on == {None: "", True: "true", False: "false"}[row[4]]
        assert text == csv_text(row[5] or "")


def csv_text(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "\t")) else text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", " =", "\u00a0 +"])
def test_no_text_begins_as_a_formula_does(start: str) -> None:
    ((field,),) = csv.reader(io.StringIO(safe(start + 'cmd|" /C calc",!A0'), newline=""))
    assert field == "'" + start + 'cmd|" /C calc",!A0'
    assert bare(field) == start + 'cmd|" /C calc",!A0'
    assert bare("'tis") == "'tis"


def test_a_name_is_defused_as_a_text_is_and_a_number_never_is() -> None:
    table = Table([Column("@SUM(1)", "number")], iter([[np.array([-1.5, 1e300, -1e-7])]]))
    assert b"".join(render(table, "csv", Options())) == b"'@SUM(1)\r\n-1.5\r\n1e+300\r\n-1e-7\r\n"


def test_a_mark_of_order_and_milliseconds_on_request() -> None:
    table = Table([Column("time", "time")], iter([[np.array([1_500, 2_000, 2_001, 3_120])]]))
    data = b"".join(render(table, "csv", Options(bom=True, time="ms")))
    assert data == b"\xef\xbb\xbftime\r\n1.5\r\n2\r\n2.001\r\n3.12\r\n"


def test_ndjson_and_the_json_table_are_read_back_to_the_bit() -> None:
    data, rows = file_of("ndjson")
    objects = data.decode().split("\n")
    assert objects.pop() == ""
    for line, (us, *rest) in zip(objects, rows, strict=True):
        time, *found = json.loads(line).values()
        assert to_us(datetime.fromisoformat(time)) == us
        assert all(map(same, found, rest))
    data, rows = file_of("json")
    answer = json.loads(data)
    assert answer["columns"][2] == {"name": "value", "kind": "number", "unit": "°C", "agg": "mean"}
    assert answer["window"] == [1, 2]
    for (ms, *found), (us, *rest) in zip(answer["rows"], rows, strict=True):
        assert round(ms * 1000) == us
        assert all(map(same, found, rest))


def test_a_table_of_no_rows_is_one_in_every_format() -> None:
    for name in FORMATS:
        data = b"".join(render(Table(COLUMNS, iter([])), name, Options()))
        if name == "json":
            assert json.loads(data)["rows"] == []
        elif name == "arrow":
            assert pa.ipc.open_stream(data).read_all().num_rows == 0
        elif name == "parquet":
            assert pq.read_table(io.BytesIO(data)).column_names[0] == "time"
        else:
            assert data == (b"" if name == "ndjson" else b"time,device,value,count,on,text\r\n")


@pytest.mark.parametrize("name", ["arrow", "parquet"])
def test_arrow_and_parquet_are_read_back_to_the_bit(name: str) -> None:
    data, rows = file_of(name, ZoneInfo("Europe/Berlin"))
    if name == "arrow":
        found = pa.ipc.open_stream(data).read_all()
        assert found.schema.field("value").metadata == {b"unit": "°C".encode(), b"agg": b"mean"}
        assert found.schema.field("time").type == pa.timestamp("us", tz="Europe/Berlin")
    else:
        found = pq.read_table(io.BytesIO(data))
        assert found.schema.field("device").type == pa.string()
    assert found["time"].cast(pa.int64()).to_pylist() == [row[0] for row in rows]
    for place, column in list(enumerate(COLUMNS))[1:]:
        wanted = [row[place] for row in rows]
        assert all(map(same, found[column.name].to_pylist(), wanted)), column.name


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]
)
def test_the_offset_is_the_zones_at_each_instant(zone: str) -> None:
    here = ZoneInfo(zone)
    begin = to_us(datetime(2026, 1, 1, tzinfo=UTC))
    us = np.arange(begin, begin + 400 * times.DAY, 7 * times.MINUTE + 1)
    for text, each in zip(times.iso(us, here).to_pylist(), us.tolist(), strict=True):
        moment = from_us(each).astimezone(here)
        assert text == moment.isoformat(timespec="microseconds")


def test_an_offset_of_seconds_leaves_the_instant_right() -> None:
    early = np.array([to_us(datetime(1971, 1, 1, tzinfo=UTC))])  # Liberia then: -00:44:30
    (text,) = times.iso(early, ZoneInfo("Africa/Monrovia")).to_pylist()
    assert abs(to_us(datetime.fromisoformat(text)) - early[0]) < timedelta(minutes=1).seconds * 1e6
    assert to_us(datetime.fromisoformat(text)) == early[0]


def test_compressed_on_its_way_it_is_the_same() -> None:
    whole, _ = file_of("csv")
    for how in ("gzip", "zstd"):
        packed = b"".join(compressed(render(made()[0], "csv", Options()), how))
        assert len(packed) < len(whole) / 2
        if how == "gzip":
            assert gzip.decompress(packed) == whole
        else:
            assert pa.input_stream(io.BytesIO(packed), compression="zstd").read() == whole


@pytest.mark.process
def test_no_process_loads_pyarrow_before_somebody_wants_a_file() -> None:
    program = (
        "import django, sys; django.setup(); import config.asgi, config.urls; "
        "sys.exit('pyarrow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
