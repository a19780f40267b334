"""What an operator deleted or replaced is not brought back by its device."""

from __future__ import annotations

import json
import time

import pytest
from django.db import connection

from bridge.message import Message
from bridge.tests.test_transaction import Transaction, transaction
from devices.clock import now_us
from telemetry.corrections import change
from telemetry.models import QuarantinedMessage, Series
from telemetry.moments import from_ms

__all__ = ["transaction"]

pytestmark = pytest.mark.django_db(transaction=True)


def sent(*payloads: object) -> list[Message]:
    topic = b"devices/pump-1/telemetry"
    return [
        Message(topic, json.dumps(payload).encode(), mid, False, False, b"", now_us())
        for mid, payload in enumerate(payloads, 1)
    ]


def stored() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value::text FROM reading ORDER BY time")
        return [value for (value,) in cursor.fetchall()]


def test_it_is_kept_in_quarantine_until_that_is_undone(transaction: Transaction) -> None:
    start = time.time_ns() // 1_000_000 - 60_000
    transaction.commit(sent(*({"ts": start + n, "values": {"t": n}} for n in range(4))))
    series = Series.objects.get(metric="t")
    wanted = change.Wanted(series, from_ms(start + 1), from_ms(start + 3), {})
    made = change.make(wanted, "delete", "unplugged", None)
    assert stored() == ["0", "3"]
    ended = transaction.commit(
        sent(
            {"ts": start + 1, "values": {"t": 1}},
            [{"ts": start + 2, "values": {"t": 2}}, {"ts": start + 4, "values": {"t": 4}}],
            {"ts": start + 3, "values": {"t": 33}},
        )
    )
    assert (ended.stored, ended.rejected) == (1, 2)
    assert stored() == ["0", "3", "4"]
    kept = QuarantinedMessage.objects.order_by("id")
    assert {(each.reason, each.partial) for each in kept} == {
        ("corrected", False), ("corrected", True), ("conflicting_values", False),
    }  # fmt: skip
    assert kept[0].detail == "'t' was deleted or replaced there by an operator"
    change.undo(made, None)
    assert stored() == ["0", "1", "2", "3", "4"]
