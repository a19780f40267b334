"""What retention would remove at once is refused when it comes, and said."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from bridge.message import Message
from bridge.tests.test_transaction import Transaction, transaction
from devices.clock import now_us
from telemetry.models import QuarantinedMessage
from telemetry.moments import from_ms
from telemetry.storage import kept, retention

__all__ = ["transaction"]

DAY = 86_400_000  # ms


@pytest.fixture
def now(settings) -> int:
    settings.RETENTION_DAYS = 30
    return time.time_ns() // 1_000_000


def sent(*payloads: object) -> list:
    each = enumerate(payloads, 1)
    topic = b"devices/pump-1/telemetry"
    return [
        Message(topic, json.dumps(payload).encode(), mid, False, False, b"", now_us())
        for mid, payload in each
    ]


def stored() -> list[tuple[float | str, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT value::text, time FROM reading UNION ALL SELECT value, time FROM text_reading"
            " ORDER BY time"
        )
        return cursor.fetchall()


def test_old_readings_are_refused_and_the_others_kept(transaction: Transaction, now: int) -> None:
    plain = sent({"t": 0})
    transaction.commit(plain)  # from now on an ordinary message goes in columns
    young, old = now - 29 * DAY, now - 32 * DAY
    ended = transaction.commit(
        sent(
            {"ts": old, "values": {"t": 1}},
            {"ts": young, "values": {"t": 2}},
            [
                {"ts": old, "values": {"t": 3, "w": "no"}},
                {"ts": young + 1, "values": {"t": 4, "w": "yes"}},
            ],
            {"ts": old, "values": {"w": "never"}},
            {"ts": young + 2, "values": {"t": 5}},
        )
    )
    assert (ended.stored, ended.rejected, ended.duplicate) == (3, 2, 0)
    assert [value for value, _ in stored()] == ["2", "4", "yes", "5", "0"]
    kept = QuarantinedMessage.objects.order_by("id")
    assert [(each.reason, each.partial, each.uid) for each in kept] == [
        ("too_old", False, "pump-1"),
        ("too_old", True, "pump-1"),
        ("too_old", False, "pump-1"),
    ]
    midnight = datetime.now(UTC).date() - timedelta(days=30)
    assert kept[0].detail == (
        f"'t' has a reading older than {midnight} 00:00 UTC, the oldest that is kept"
    )
    assert kept[1].detail.endswith("; so have 1 more")


def test_what_is_taken_is_not_dropped_by_the_next_run(transaction: Transaction, now: int) -> None:
    """Up to the millisecond: what is a reading of the oldest day that is kept stays."""
    oldest = (now // DAY - 30) * DAY
    transaction.commit(
        sent({"ts": oldest, "values": {"t": 1}}, {"ts": oldest - 1, "values": {"t": 2}})
    )
    assert stored() == [("1", from_ms(oldest))]
    retention.drop_readings(datetime.now(UTC))
    assert stored() == [("1", from_ms(oldest))]
    retention.drop_readings(datetime.now(UTC) + timedelta(days=1))
    assert stored() == [("1", from_ms(oldest))]  # not before it is summarised


def test_the_limit_moves_with_the_clock_and_the_settings(settings, database) -> None:
    settings.RETENTION_DAYS = 30
    limit = kept.AcceptsFrom()
    first = limit.newest_us()
    settings.RETENTION_DAYS = 20
    assert limit.newest_us() == first  # asked once a minute
    limit._asked_at -= kept.LIMIT_HOLDS
    assert limit.newest_us() - first == 10 * DAY * 1_000
    assert retention.GRACE.total_seconds() > kept.LIMIT_HOLDS
