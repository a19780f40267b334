"""The named SQL blocks: how they are read, and that Postgres accepts each of them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from telemetry import sql
from telemetry.history.buckets import LADDER, covering
from telemetry.tests.named_sql import assert_accepted, unused


def test_a_file_is_read_as_named_blocks() -> None:
    text = "-- name: one\n-- What one is.\nSELECT 1;\n\n-- name: two\n-- Two.\n-- more\nSELECT 2\n"
    assert sql.parse(text) == {"one": "SELECT 1", "two": "-- more\nSELECT 2"}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1\n",
        "SELECT 1\n-- name: one\n-- One.\nSELECT 1\n",
        "-- name: one\nSELECT 1\n",
        "-- name: one\n-- One.\nSELECT 1\n-- name: one\n-- One.\nSELECT 1\n",
    ],
    ids=["no name", "text before", "no description", "name twice"],
)
def test_a_file_with_a_mistake_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="block"):
        sql.parse(text)


SAMPLES = {
    "ahead": timedelta(seconds=5),
    "newest": 4,
    "online": [True],
    "at": [1],
    "retained": [False],
    "received_us": [1],
    "measured_us": [1],
    "replaced": [0],
    "agreement": 5000,
    "first_us": [1],
    "first_measured_us": [1],
    **dict.fromkeys(
        ("start_ms", "stop_ms", "now_ms", "since_ms", "before_ms", "until_ms", "known_ms"), 1
    ),
    "intervals": 5,
    "least": 10.0,
    "most": 10,
    "device": 1,
    "late_intervals": 2,
    "late_grace": 2.0,
    "series": [1, 2],
    "since": [1_772_323_200_000_000, 1_772_323_260_000_000],
    "until": [1_772_323_260_000_000, 1_772_323_320_000_000],
    "start": datetime(2026, 3, 1, tzinfo=UTC),
    "stop": datetime(2026, 3, 2, tzinfo=UTC),
    "floor": datetime(2026, 3, 1, tzinfo=UTC),
    "before": datetime(2026, 3, 2, tzinfo=UTC),
    "closed": datetime(2026, 3, 2, tzinfo=UTC),
    "width": timedelta(hours=1),
    "quarters": True,
    "series_ids": b"\0\0\0\1\0\0\0\3",
    "spans": "{[2026-03-01 00:00Z,2026-03-01 00:01Z)}",
    "imported": True,
    "minutes": [datetime(2026, 3, 1, tzinfo=UTC)],
    "marks": [1],
    "cutoff": datetime(2000, 1, 1, tzinfo=UTC),
    "changed_before": datetime(2000, 1, 1, tzinfo=UTC),
    "of_series": 1,
    "of_kind": "freezer",
    **dict.fromkeys(
        ("raw", "minutes_from", "hours", "days_from"), datetime(2000, 1, 1, tzinfo=UTC)
    ),
    "now": datetime(2026, 3, 2, tzinfo=UTC),
    "reader": "rollups",
    "xid": "0",
    "xids": [None, 4],
    "seq": 0,
    "relations": ["reading"],
    "name": "roll_up",
    "held": 60.0,
    "every": 2.0,
    "wait": 2.0,
    "did": "",
    "error": "no",
    "limit": 10,
    "near": 20,
    "rows": 1000,
    "gaps": [timedelta(seconds=10), timedelta(minutes=5)],
    "messages": 10,
    "bytes": 1000,
    "kept": 100,
    "key": 1,
    "timeout": "5s",
    "seconds": 60.0,
    "uids": ["pump-1"],
    "holder": "bridge-0",
    "now_us": 1,
    "until_us": 2,
    "given_us": 2,
    "lanes": [1],
    "highest": [1],
    "worker": "bridge-0",
    "client_id": "pulseboard-bridge-0-0123",
    "filters": ["devices/+/status"],
    "group": "plant",
    "covered": [1],
    "devices": [1],
    "metrics": ["t"],
    "kinds": ["gauge"],
    "units": ["K"],
    "quantities": ["temperature"],
    "after": "pump-1",
    "unit": ["K"],
    "kind": ["gauge"],
    "label": ["Supply"],
    "quantity": ["temperature"],
    "precision": [1],
    "strange_messages": 10,
    "strange_bytes": 1000,
    "times": [1_772_323_200_000_000, 1_772_323_260_000_000],
    "values": ["1", "2"],
    "received": [datetime(2026, 3, 1, tzinfo=UTC)],
    "first_xid": "0",
    "first_seq": 0,
    "file": 1,
    "owner": "machine",
    "process": "0123456789abcdef",
    "serial": 1,
    "deliveries": b"",
    "series_id": 1,
    "site": 1,
    "up_ms": 1,
    "finished": 1,
    "readings": 1,
    "rejected": 0,
    "lag_ms": 5,
    "spooled": 0,
    "day": date(2026, 3, 1),
    "days": [date(2026, 3, 1)],
    "wait_days": 3,
    "moments": [datetime(2026, 3, 1, tzinfo=UTC)],
}
# Utility statements, and what is of tables that are not there yet: test_partitions.py and
# test_timescale_move.py run each.
UTILITY = {"partition_changes", "moving", "moving_notes", "moving_rights"}
FILES = sorted(path.stem for path in sql.FOLDER.glob("*.sql") if path.stem not in UTILITY)
NAMED = [(file, name) for file in FILES for name in sql.load(file)]


# Those of timescale.sql: test_timescale_queries.py.
@pytest.mark.django_db
@pytest.mark.parametrize(("file", "name"), [one for one in NAMED if one[0] != "timescale"])
def test_postgres_accepts_each_named_query(file: str, name: str) -> None:
    assert_accepted(sql.load(file)[name], SAMPLES)


def test_each_named_query_is_used_by_its_name() -> None:
    by_level_or_table = ("reduce_from_", "keep_last_", "pieces_")
    found = unused(sql.FOLDER, NAMED)
    assert [name for name in found if not name.startswith(by_level_or_table)] == []
    levels = {covering(0, width, 1).level for width in LADDER}
    assert {name for _, name in NAMED if name.startswith("reduce_from_")} == {
        f"reduce_from_{level}" for level in levels - {"raw"}
    }
