"""The named SQL blocks: Postgres accepts each, and what is asked each half second uses an index."""

from __future__ import annotations

import pytest
from django.db import connection

from devices import clock
from notifications.models import Channel, Notification
from notifications.sql import FOLDER, load

SAMPLES = {
    "ids": [1],
    "full": ["a lane"],
    "doubtful": True,
    "limit": 5,
    "owner": "me",
    "seconds": 5.0,
    "failed": True,
    "taken": False,
    "ends": False,
    "gone": False,
    "rest": 1.0,
    "postpone": 0.0,
    "trouble": "",
    "channel": 1,
    "notification": 1,
}
BLOCKS = [(path.stem, name) for path in FOLDER.glob("*.sql") for name in load(path.stem)]


@pytest.mark.django_db
@pytest.mark.parametrize(("file", "name"), BLOCKS)
def test_postgres_accepts_it(file: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {load(file)[name]}", SAMPLES)


@pytest.mark.django_db
def test_what_is_to_be_sent_is_found_without_reading_what_was() -> None:
    # Much that was sent: of an empty table every index is as good as another.
    channel = Channel.objects.create(name="room", kind="ntfy")
    sent = Notification.State.SENT
    Notification.objects.bulk_create(
        Notification(
            key=f"k{n}", channel=channel, channel_name="room", kind="fired", severity="info",
            content={}, state=sent, due_at=clock.now(), try_at=clock.now(), ended_at=clock.now(),
        )
        for n in range(2_000)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_notification, notifications_channel")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {load('sender')['claim']}", SAMPLES)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "notification_waiting" in plan
