"""What a device's page says of a message follows what becomes of it in quarantine."""

from __future__ import annotations

from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from bridge.message import Message
from bridge.quarantine.replay import Replay
from bridge.quarantine.selection import Selection
from bridge.tests.test_transaction import Transaction, transaction
from devices.clock import now_us
from devices.models import Device
from telemetry.live import message_log
from telemetry.models import QuarantinedMessage

__all__ = ["transaction"]


@pytest.fixture(autouse=True)
def own_log(settings) -> None:
    settings.PULSEBOARD_PREFIX = f"recent-{uuid4().hex}"


@pytest.fixture
def api(database, django_user_model) -> APIClient:
    client = APIClient()
    client.force_authenticate(django_user_model.objects.create_user("operator"))
    return client


def send(transaction: Transaction, *payloads: bytes, uid: str = "fan-1") -> None:
    """In one batch, in one instant: stamps without a time run on from there."""
    now, topic = now_us(), f"devices/{uid}/telemetry".encode()
    batch = [Message(topic, payload, 1, False, False, b"", now) for payload in payloads]
    transaction.commit(batch)


def log(transaction: Transaction) -> None:
    transaction.committer._after_commit._outcomes._flush()


def said(uid: str = "fan-1") -> list[tuple[str, str, int]]:
    """Oldest first."""
    found = [(each["verdict"], each["reason"], each["values"]) for each in message_log.recent(uid)]
    return found[::-1]


def test_what_was_replayed_is_no_longer_rejected(transaction) -> None:
    send(transaction, *(b'{"t":%d}' % number for number in range(20)))
    send(transaction, b'{"t":1}', b'{"t":2,"u":NaN}', b"{nope")
    log(transaction)
    rejected, bad = ("rejected", "unknown_device", 0), ("rejected", "malformed_json", 0)
    assert said() == [rejected] * 22 + [bad]
    Device.objects.create(uid="fan-1", name="Fan")
    newest_but_two = QuarantinedMessage.objects.order_by("-id")[2]
    Replay(Selection(id=newest_but_two.pk)).run()
    stored = ("stored", "", 1)
    assert said() == [rejected] * 20 + [stored, rejected, bad]
    Replay(Selection(), dry_run=True).run()
    assert said() == [rejected] * 20 + [stored, rejected, bad]
    Replay(Selection()).run()
    assert said() == [stored] * 21 + [("partial", "not_finite", 1), bad]


def test_what_is_logged_after_its_replay_is_not_rejected_either(transaction) -> None:
    send(transaction, b'{"t":1}')
    Device.objects.create(uid="fan-1", name="Fan")
    Replay(Selection(), reason="late_registration").run()
    assert said() == []
    log(transaction)
    assert said() == [("stored", "", 1)]


def test_what_was_discarded_says_so(transaction, api) -> None:
    Device.objects.create(uid="fan-1", name="Fan")
    send(transaction, b"{nope", b"{no", b'{"t":1,"u":NaN}')
    log(transaction)
    one = QuarantinedMessage.objects.order_by("id")[0]
    assert api.delete(f"/api/v1/quarantine/{one.pk}/").status_code == 204
    discarded, partial = ("discarded", "malformed_json", 0), ("partial", "not_finite", 1)
    assert said() == [discarded, ("rejected", "malformed_json", 0), partial]
    for reason in ("malformed_json", "not_finite"):
        path = f"/api/v1/quarantine/groups/?uid=fan-1&reason={reason}&to=4000000000000"
        assert api.delete(path).json()["discarded"] == 1
    # Of the good values of a partly bad one nothing was discarded.
    assert said() == [discarded, discarded, partial]
