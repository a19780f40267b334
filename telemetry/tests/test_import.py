"""`manage.py import`: what is in a file is in the store, once, and nothing else."""

from __future__ import annotations

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

import pandas
import pyarrow as pa
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pyarrow import parquet as pq
from rest_framework.test import APIClient

from devices.models import Device, Site
from telemetry.imports import csv_file, parquet_file, row_block, sources, uploaded, writing
from telemetry.imports.errors import NotImported
from telemetry.imports.layout import Options
from telemetry.imports.places import Places
from telemetry.models import ReadingImport, Series
from telemetry.storage import packed_batch, partitions, rollups, store
from tests.waiting import eventually

LONG = """\
time,site,device,metric,unit,value
2026-01-01T00:00:00Z,hall,a,temp,°C,1.5
2026-01-01T00:00:01Z,hall,a,temp,°C,2.5
2026-01-02T00:00:00Z,hall,b,temp,°C,3
2026-01-02T00:00:00Z,hall,b,on,,true
"""


@pytest.fixture
def database(transactional_db: None) -> Callable[[str], list[Any]]:
    def ask(query: str) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    return ask


@pytest.fixture
def run(database: Any, tmp_path: Path):
    def run(name: str, content: str | bytes, *args: str, **options: Any) -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        out = StringIO()
        call_command("import", str(path), *args, stdout=out, stderr=StringIO(), **options)
        return out.getvalue()

    return run


def stored(database: Any) -> list[tuple[str, str, str, float]]:
    return database(
        "SELECT d.uid, s.metric, to_char(r.time AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),"
        " r.value FROM reading r JOIN telemetry_series s ON s.id = r.series_id"
        " JOIN devices_device d ON d.id = s.device_id ORDER BY 1, 2, 3"
    )


def test_our_long_export_comes_back_and_once_only(run, database) -> None:
    Site.objects.create(slug="hall", name="Hall")
    with pytest.raises(CommandError, match="No such device: a, b"):
        run("x.csv", LONG)
    assert "Not registered: 2 devices: a, b" in run("x.csv", LONG, "--dry-run")
    assert not Device.objects.exists()
    said = run("x.csv", LONG, "--register", "--site", "hall")
    assert "4 readings of 3 series: 4 stored" in said
    expected = [
        ("a", "temp", "2026-01-01 00:00:00.000000", 1.5),
        ("a", "temp", "2026-01-01 00:00:01.000000", 2.5),
        ("b", "on", "2026-01-02 00:00:00.000000", 1.0),
        ("b", "temp", "2026-01-02 00:00:00.000000", 3.0),
    ]
    assert stored(database) == expected
    kinds = Series.objects.order_by("device__uid", "metric").values_list("metric", "kind", "unit")
    assert list(kinds) == [("temp", "gauge", "°C"), ("on", "boolean", ""), ("temp", "gauge", "°C")]
    assert {device.site.slug for device in Device.objects.all() if device.site} == {"hall"}
    with pytest.raises(CommandError, match="It was imported before"):
        run("y.csv", LONG)
    assert "0 stored, 4 there before" in run("y.csv", LONG, "--again")
    assert stored(database) == expected
    assert database("SELECT DISTINCT imported FROM commit_log") == [(True,)]


def test_many_devices_are_registered_with_few_statements(
    db, django_assert_max_num_queries, django_capture_on_commit_callbacks
) -> None:
    uids = {f"new-{n}" for n in range(40)}
    with django_assert_max_num_queries(15), django_capture_on_commit_callbacks(execute=True):
        Places(Options(register=True)).register(uids)
    assert set(Device.objects.values_list("uid", "name")) == {(uid, uid) for uid in uids}


def test_wide_tables_are_told_by_their_columns_or_by_options(run, database) -> None:
    run("a.csv", "time;a.temp;b.motor.rms\n2026-01-01;1.5;\n1767312000;;2\n", "--register")
    run("b.tsv", "when\tnote\tT\n2026/01/03 10:00\tx\t3\n", "--register", "--device-name", "c",
        "--time", "when", "--columns", "T=temp", "--tz", "Europe/Berlin")  # fmt: skip
    run("c.ndjson", '{"ts":1767312000123,"device":"a","temp":4,"door":"open"}\n\n{"ts":1,"x":2\n')
    assert stored(database) == [
        ("a", "temp", "2026-01-01 00:00:00.000000", 1.5),
        ("a", "temp", "2026-01-02 00:00:00.123000", 4.0),
        ("b", "motor.rms", "2026-01-02 00:00:00.000000", 2.0),
        ("c", "temp", "2026-01-03 09:00:00.000000", 3.0),
    ]
    assert database("SELECT value FROM text_reading") == [("open",)]
    with pytest.raises(CommandError, match="Which device is it"):
        run("d.csv", "time,temp\n2026-01-01,1\n")
    with pytest.raises(CommandError, match="Which column is the time"):
        run("d.csv", "a,b\n2026-01-01,1\n")
    with pytest.raises(CommandError, match="Which format"):
        run("d.xlsx", "a,b\n2026-01-01,1\n")
    with pytest.raises(CommandError, match="is no parquet"):
        run("d.parquet", "a,b\n2026-01-01,1\n")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("time,device,metric,value\n" + "a\n" * (csv_file.MAX_LEFT_OUT + 1), "Expected 4 columns"),
        ("a" * 200_000, "is no line of CSV"),
    ],
)
def test_a_packed_file_that_unpacks_to_nothing_is_not_kept(body: str, said: str, tmp_path: Path):
    packed = tmp_path / "x.csv.gz"
    packed.write_bytes(gzip.compress(body.encode()))
    with pytest.raises(NotImported, match=said):
        list(sources.blocks(packed, packed.name, Options()))


def test_what_is_wrong_is_told_by_its_line_and_the_rest_is_stored(
    run, database, tmp_path: Path
) -> None:
    body = (
        "\ufefftime,device,metric,value\n"
        "2026-01-01T00:00Z,a,t,1\n"
        "\n"
        "yesterday,a,t,2\n"
        "2026-01-01T00:01Z,a,t,x1\n"
        "2026-01-01T00:02Z,a,t,inf\n"
        "2026-01-01T00:03Z,a,t\n"
        "2026-01-01T00:04Z,a,,5\n"
        '2026-01-01T00:05Z,"a","the\nmetric",6\n'
        "2026-01-01T00:00Z,a,t,1\n"
        "2026-01-01T00:00Z,a,t,9\n"
        "2026-01-01T00:06Z,a,t,9007199254740993\n"
        "2226-01-01T00:06Z,a,t,7\n"
    )
    rejects = tmp_path / "rejects.csv"
    said = run("x.csv", body, "--register", "--rejects", str(rejects))
    assert "1 stored, 1 there before, 1 in conflict, 8 rejected, 0 too old" in said
    assert [(metric, value) for _, metric, _, value in stored(database)] == [("t", 1.0)]
    assert r"its metric 'the\nmetric' has a character that nobody can see" in said
    told = {
        (line.split(",")[1], line.split(",")[2]) for line in rejects.read_text().splitlines()[1:]
    }
    assert told == {
        ("4", "rejected"), ("5", "rejected"), ("6", "rejected"), ("7", "rejected"),
        ("8", "rejected"), ("9", "rejected"), ("11", "repeated"), ("12", "conflict"),
        ("13", "rejected"), ("14", "rejected"),
    }  # fmt: skip
    assert "line 5: rejected: no number: 'x1'" in said
    assert "line 12: conflict: 9.0 at 2026-01-01T00:00:00+00:00, where line 2 says 1.0" in said
    row = ReadingImport.objects.get()
    counts = row.counts
    assert counts["readings"] == counts["stored"] + counts["repeated"] + counts["conflicts"]


def test_a_block_of_ndjson_may_lack_what_the_others_have(
    run, database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_block, "BLOCK_BYTES", 100)
    rows = (
        '"device":"a","metric":"t","value":1,"unit":"C","text":null', '"metric":"t","value":2',
        '"device":"a","metric":"t"', '"device":"a","value":4',
        '"device":"a","metric":"t","value":5',
    )  # fmt: skip
    lines = [f'{{"time":"2026-01-01T00:0{n}:00Z",{row}}}\n' for n, row in enumerate(rows)]
    said = run("x.ndjson", "".join(lines), "--register")
    assert "2 stored, 0 there before, 0 in conflict, 2 rejected" in said
    assert [value for *_, value in stored(database)] == [1.0, 5.0]


def test_a_number_that_nothing_holds_is_told_by_its_line(run, database) -> None:
    lines = [f'{{"time":"2026-01-01T00:0{n}:00Z","device":"a","t":{each}}}\n'
             for n, each in enumerate(["1", "9" * 400, "2"])]  # fmt: skip
    said = run("x.ndjson", "".join(lines), "--register")
    assert "2 stored, 0 there before, 0 in conflict, 1 rejected" in said
    assert [value for *_, value in stored(database)] == [1.0, 2.0]


@pytest.mark.parametrize("separator", ["ab", "ä"])
def test_a_separator_that_no_file_has_is_refused(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text("time,t\n")
    with pytest.raises(NotImported, match="one character"):
        next(sources.blocks(path, path.name, Options(separator=separator)))


@pytest.mark.parametrize("kind", ["csv", "ndjson", "parquet"])
def test_more_columns_than_there_is_room_for_are_refused(tmp_path: Path, kind: str) -> None:
    """A row of NDJSON may bring each a column of its own, which has a place for every other row."""
    names = [f"c{number}" for number in range(row_block.MAX_COLUMNS + 1)]
    path = tmp_path / f"wide.{kind}"
    if kind == "csv":
        path.write_text(",".join(names) + "\n")
    elif kind == "ndjson":
        path.write_text("".join(f'{{"{name}":1}}\n' for name in names))
    else:
        pq.write_table(pa.table({name: [1] for name in names}), path)
    with pytest.raises(NotImported, match="more than 2000 columns"):
        next(sources.blocks(path, path.name, Options()))


@pytest.mark.parametrize("kept_as", ["dictionary", "string", "large_string"])
def test_a_small_file_that_becomes_gigabytes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept_as: str
) -> None:
    monkeypatch.setattr(parquet_file, "MAX_TEXT_BYTES", 1_000_000)
    once = pa.DictionaryArray.from_arrays(
        pa.array([0] * 1_001, pa.int32()), pa.array(["a" * 1_000])
    )
    path = tmp_path / "small.parquet"
    column = once if kept_as == "dictionary" else once.cast(getattr(pa, kept_as)())
    pq.write_table(pa.table({"time": column}), path)
    with pytest.raises(NotImported, match="too long"):
        next(sources.blocks(path, path.name, Options()))
    monkeypatch.setattr(parquet_file, "MAX_TEXT_BYTES", 1_001_000)
    (block,) = sources.blocks(path, path.name, Options())
    assert len(block.table) == 1_001
    monkeypatch.setattr(parquet_file, "MAX_CHUNK_BYTES", 100)
    with pytest.raises(NotImported, match="too large"):
        next(sources.blocks(path, path.name, Options()))


def test_a_parquet_file_whose_footer_lies_is_known_by_its_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lying.parquet"
    pq.write_table(
        pa.table({"time": pa.array(["a" * 3_000_000])}), path,
        use_dictionary=False, compression="zstd", write_statistics=False,
    )  # fmt: skip
    size = pq.ParquetFile(path).metadata.row_group(0).column(0).total_uncompressed_size
    written, small = bytearray(), 2 * 1_000
    for shift in range(0, 28, 7):  # as Thrift writes it, and another number that takes as long
        written.append((size * 2 >> shift) & 127 | (128 if shift < 21 else 0))
    lie = bytes((small >> shift) & 127 | (128 if shift < 21 else 0) for shift in range(0, 28, 7))
    whole = path.read_bytes()
    assert bytes(written) in whole
    path.write_bytes(whole.replace(written, lie))
    assert pq.ParquetFile(path).metadata.row_group(0).column(0).total_uncompressed_size == 1_000
    monkeypatch.setattr(parquet_file, "MAX_PAGE_BYTES", 2_000_000)
    with pytest.raises(NotImported, match="smaller pages"):
        next(sources.blocks(path, path.name, Options()))


def test_pages_of_every_kind_are_found_and_broken_ones_told(tmp_path: Path) -> None:
    path = tmp_path / "any.parquet"
    table = pa.table({"time": list(range(5_000)), "on": [True, None] * 2_500, "s": ["é"] * 5_000})
    for version, codec in (("1.0", "snappy"), ("2.0", "gzip"), ("2.0", "none")):
        pq.write_table(
            table, path, data_page_version=version, compression=codec, data_page_size=1_000,
            write_page_checksum=True,
        )  # fmt: skip
        assert sum(len(b.table) for b in sources.blocks(path, path.name, Options())) == 5_000
    whole = path.read_bytes()
    for at in range(4, 64):  # the first page's header, and a bit of the page
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with suppress(NotImported):
            list(sources.blocks(path, path.name, Options()))
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(NotImported, match="is no parquet"):
        list(sources.blocks(path, path.name, Options()))


def test_a_column_of_lists_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "nested.parquet"
    pq.write_table(pa.table({"time": [1], "tags": [["a"]]}), path)
    with pytest.raises(NotImported, match="'tags' has lists or structs"):
        next(sources.blocks(path, path.name, Options()))


def test_an_hour_that_comes_twice_has_its_readings_and_one_that_is_left_out_none(
    run, database
) -> None:
    body = (
        "time,a.t\n2025-10-26 02:30:00,1\n2025-10-26 02:30:00,2\n"
        "2026-03-29 02:30:00,3\n2026-03-29 03:30:00,4\n"
    )
    said = run("x.csv", body, "--register", "--tz", "Europe/Berlin")
    assert [(at[:16], value) for _, _, at, value in stored(database)] == [
        ("2025-10-26 00:30", 1.0), ("2025-10-26 01:30", 2.0), ("2026-03-29 01:30", 4.0),
    ]  # fmt: skip
    assert "line 4: rejected: its time '2026-03-29 02:30:00' cannot be read" in said


def test_what_retention_would_remove_is_told_before_anything_is_written(
    run, database, settings
) -> None:
    settings.RETENTION_DAYS = settings.ROLLUP_RETENTION_DAYS = 30
    now = datetime.now(UTC)
    body = f"time,a.t\n1958-03-29,1\n{now - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ},2\n"
    with pytest.raises(CommandError, match="1 readings are older than what is kept"):
        run("x.csv", body, "--register")
    assert stored(database) == []
    assert not Device.objects.exists()
    said = run("x.csv", body, "--register", "--keep-what-fits")
    assert "1 stored, 0 there before, 0 in conflict, 0 rejected, 1 too old" in said
    assert [value for *_, value in stored(database)] == [2.0]


@pytest.mark.parametrize("goes_into", ["rows", "packs"])
def test_a_killed_import_goes_on_where_it_was_and_counts_all_of_it(
    run, database, goes_into: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before, within and after each of its transactions."""
    monkeypatch.setattr(writing, "MAX_DAYS", 2)
    monkeypatch.setattr(writing, "PACKED_DAYS", 2)
    monkeypatch.setattr(writing, "GATHERED_READINGS", 15)  # of two blocks
    if goes_into == "packs":
        monkeypatch.setattr(writing, "EACH_PACKED", 1)
    monkeypatch.setattr(row_block, "BLOCK_BYTES", 200)
    rows = [f"2026-01-{n % 7 + 1:02} 00:00:{n:02},{n}\n" for n in range(50)]
    body = "time,a.t\n" + "".join(rows)
    of = store if goes_into == "rows" else packed_batch
    real, calls, at = of.write, 0, 0  # `at`: the call that dies; negative, after it is done

    def dying(*args: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at:
            raise KeyboardInterrupt
        written = real(*args, **options)
        if calls == -at:
            raise KeyboardInterrupt
        return written

    monkeypatch.setattr(of, "write", dying)
    for each in (3, -2, 1, -3, 2, -4):
        at, calls = each, 0
        with pytest.raises(CommandError, match="the same command goes on"):
            run("x.csv", body, "--register")
        assert ReadingImport.objects.get().state == "failed"
    at = 0
    run("x.csv", body, "--register")
    found = database("SELECT value FROM readings ORDER BY value")
    assert found == [(float(n),) for n in range(50)]
    assert len(stored(database)) == (50 if goes_into == "rows" else 0)
    row = ReadingImport.objects.get()
    assert (row.state, row.rows_done) == ("done", 50)
    assert "0 stored, 50 there before" in run("x.csv", body, "--again")
    # Summaries follow, and what comes late for these days finds its place.
    assert "1 stored, 0 there before, 1 in conflict" in run(
        "y.csv", "time,a.t\n2026-01-01 00:00:00,7\n2026-01-01 12:00:00,8\n"
    )
    rollups.run(datetime.now(UTC))
    assert database("SELECT sum(count)::int, sum(sum) FROM rollup_1d") == [(51, 1233.0)]


def test_parquet_of_any_types_is_read_exactly(run, database, tmp_path: Path) -> None:
    at = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=n) for n in range(3)]
    table = pa.table(
        {
            "time": pa.array(at, pa.timestamp("ns", "UTC")),
            "device": pa.array(["a", "a", "b"]).dictionary_encode(),
            "temp": pa.array([0.1, None, -0.0]),
            "n": pa.array([2**53, 2**53 + 1, 3], pa.int64()),
            "on": pa.array([True, None, False]),
            "state": pa.array(["x", None, "=y"]),
        }
    )
    path = tmp_path / "made.parquet"
    pq.write_table(table, path)
    said = run("x.parquet", path.read_bytes(), "--register")
    assert "8 stored, 0 there before, 0 in conflict, 1 rejected" in said
    assert {(uid, metric, value) for uid, metric, _, value in stored(database)} == {
        ("a", "temp", 0.1), ("b", "temp", -0.0), ("a", "n", 2.0**53), ("b", "n", 3.0),
        ("a", "on", 1.0), ("b", "on", 0.0),
    }  # fmt: skip
    assert set(database("SELECT value FROM text_reading")) == {("x",), ("=y",)}


def test_several_years_of_public_data_give_what_plain_python_and_pandas_give(
    run, database, api: APIClient
) -> None:
    """Seattle's weather, 2012 to 2015, which vega-datasets ships (looked up, not imported)."""
    package = find_spec("vega_datasets")
    assert package is not None
    assert package.origin is not None
    path = Path(package.origin).parent / "_data" / "seattle-weather.csv"
    header, *lines = path.read_text().splitlines(keepends=True)
    chosen = lines[::12]  # every day would do, but each makes partitions: 37 s in all
    body = "".join([header, *chosen])
    run("weather.csv", body, "--register", "--device-name", "sea")
    while rollups.run(datetime.now(UTC)):
        pass
    days: dict[str, list[float]] = defaultdict(list)
    months: dict[str, list[float]] = defaultdict(list)
    words: Counter[str] = Counter()
    for row in csv.DictReader(StringIO(body)):
        days[row["date"].replace("/", "-")].append(float(row["temp_max"]))
        months[row["date"].replace("/", "-")[:7]].append(float(row["temp_max"]))
        words[row["weather"]] += 1
    found = {
        day: (count, total)
        for day, count, total in database(
            "SELECT to_char(bucket AT TIME ZONE 'UTC', 'YYYY-MM-DD'), count, sum FROM rollup_1d"
            " JOIN telemetry_series s ON s.id = series_id WHERE metric = 'temp_max'"
        )
    }
    assert found == {day: (len(each), sum(each)) for day, each in days.items()}
    assert len(found) == 122
    by_month: dict[str, list[float]] = defaultdict(lambda: [0, 0.0])
    for day, (count, total) in found.items():
        by_month[day[:7]][0] += count
        by_month[day[:7]][1] += total
    for month, each in months.items():
        assert by_month[month] == [len(each), pytest.approx(sum(each))]
    said = database("SELECT value, count(*) FROM late_text_reading GROUP BY 1")  # of packed days
    assert Counter(dict(said)) == words
    frame = pandas.read_csv(StringIO(body), parse_dates=["date"])
    local = frame.set_index(frame["date"].dt.tz_localize("UTC").dt.tz_convert("Europe/Berlin"))
    of_months = local["temp_max"].resample("MS")
    expected = of_months.agg(["count", "mean", "min", "max", "median", "std"])
    expected.insert(5, "p95", of_months.quantile(0.95))
    asked = {
        "device": "sea", "metric": "temp_max", "from": "2012-01-01", "to": "2016-01-01",
        "tz": "Europe/Berlin", "interval": "1mo", "agg": "count,mean,min,max,median,p95,stddev",
    }  # fmt: skip
    (series,) = api.get("/api/v1/readings/", asked).data["series"]
    assert [at for at, *_ in series["points"]] == [
        at.timestamp() * 1000 for at in expected.index.to_pydatetime()
    ]
    for (_, *answered), wanted in zip(series["points"], expected.to_numpy(), strict=True):
        assert answered == pytest.approx(wanted.tolist(), rel=1e-12)


def test_ten_years_of_days_make_their_partitions_in_few_transactions(database) -> None:
    """One by one, each after a look at all there are, 1 300 days took five minutes."""
    days = [date(2016, 1, 1) + timedelta(days=n) for n in range(40)]
    with CaptureQueriesContext(connection) as asked:
        made = partitions.make(days)
    assert len(made) == 80
    listed = [each for each in asked if "pg_inherits" in each["sql"]]
    assert len(listed) == 1 + -(-len(made) // partitions.MADE_AT_ONCE)
    assert partitions.make(days) == []


def test_rest_says_what_would_be_done_does_it_and_says_how_far_it_is(
    api: APIClient, database, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, octets = "/api/v1/readings/import/", "application/octet-stream"
    dry = api.post(f"{address}?format=csv&dry_run=1", LONG.encode(), content_type=octets)
    assert (dry.status_code, dry.data["state"], dry.data["counts"]["readings"]) == (
        200, "dry_run", 4,
    )  # fmt: skip
    assert dry.data["error"].startswith("No such device: a, b")
    assert dry.data["report"]["missing_devices"] == ["a", "b"]
    refused = api.post(f"{address}?format=csv", LONG.encode(), content_type=octets)
    assert (refused.status_code, ReadingImport.objects.count()) == (400, 0)
    assert api.post(f"{address}?form=csv", b"x", content_type=octets).status_code == 400
    packed = gzip.compress(LONG.encode())
    done = api.post(f"{address}?name=x.csv.gz&register=1", packed, content_type=octets)
    assert (done.status_code, done.data["state"], done.data["counts"]["stored"]) == (200, "done", 4)
    monkeypatch.setattr(uploaded, "AT_ONCE", 0)
    more = LONG.replace("2026", "2025").encode()
    begun = api.post(f"{address}?format=csv", more, content_type=octets)
    assert (begun.status_code, begun.data["state"]) == (202, "running")
    one = f"/api/v1/readings/imports/{begun.data['id']}/"
    eventually(lambda: api.get(one).data["state"] == "done", what="it is imported")
    assert api.get(one).data["counts"]["stored"] == 4
    assert len(stored(database)) == 8
