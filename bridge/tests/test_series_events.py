"""A series the bridge makes is announced once, whatever became of the batch that made it."""

from __future__ import annotations

import pytest
from django.db import DatabaseError

from bridge.commit.batch_rows import Committed
from bridge.commit.transaction import BatchTransaction
from bridge.intake.columns import Intake
from bridge.intake.memory import Memory
from bridge.message import Message
from bridge.publish import events
from bridge.publish.after_commit import CommitCounters
from bridge.tests.conftest import holding
from devices.models import Device, Site
from telemetry.models import Series
from telemetry.storage import store

pytestmark = pytest.mark.usefixtures("database")

NOW = 1_700_000_000_000_000  # Unix us


class Way:
    """One way in: from messages to what is announced of them."""

    def __init__(self) -> None:
        self.memory = Memory.nothing(holding())
        self.memory.registry.refresh(NOW / 1e6)
        self._intake = Intake(self.memory)
        self._transaction = BatchTransaction("w", self.memory, CommitCounters())

    def commit(self, *payloads: bytes, uid: str = "pump-1") -> list[Committed]:
        topic = f"devices/{uid}/telemetry".encode()
        messages = [
            Message(topic, payload, mid, False, False, b"", NOW)
            for mid, payload in enumerate(payloads, 1)
        ]
        batch = self._intake.batch(1, messages)
        return list(self._transaction.commit(batch, lambda work, **_: work()))

    def announced(self, done: list[Committed]) -> list[dict]:
        registry = self.memory.registry
        return [event for each in done for event in events.of_committed(each, registry)]


@pytest.fixture
def site(database) -> Site:
    return Site.objects.create(slug="roof", name="Roof")


@pytest.fixture
def pump(site: Site) -> Device:
    return Device.objects.create(uid="pump-1", name="Pump 1", site=site)


def failing(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store takes no batch so many times."""
    write, left = store.write, [times]

    def maybe(*given: object) -> store.Written:
        if left[0]:
            left[0] -= 1
            raise DatabaseError("no")
        return write(*given)

    monkeypatch.setattr(store, "write", maybe)


def test_events_say_at_which_site(pump: Device, site: Site) -> None:
    way = Way()
    (event,) = way.announced(way.commit(b'{"t":1}'))
    assert (event["event"], event["uid"], event["site"]) == ("series", "pump-1", site.pk)
    strange = way.announced(way.commit(b'{"t":1}', uid="stranger"))
    assert {(each["event"], each["site"]) for each in strange} == {
        ("quarantine", None),
        ("inbox", None),
    }
    (refused,) = way.announced(way.commit(b"nonsense"))
    assert (refused["event"], refused["site"]) == ("quarantine", site.pk)


def test_a_batch_that_is_halved_announces_its_series_once(
    pump: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = Way()
    failing(1, monkeypatch)
    announced = way.announced(way.commit(b'{"t":1}', b'{"u":1}'))
    metrics = [form["metric"] for event in announced for form in event["series"]]
    assert metrics == ["t", "u"]


def test_a_batch_given_up_leaves_its_series_to_the_next(
    pump: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = Way()
    failing(2, monkeypatch)  # the message, and its way into quarantine
    with pytest.raises(DatabaseError):
        way.commit(b'{"t":1}')
    assert Series.objects.filter(metric="t").exists()
    (event,) = way.announced(way.commit(b'{"t":2}'))
    assert [form["metric"] for form in event["series"]] == ["t"]
    assert way.announced(way.commit(b'{"t":3}')) == []


def test_a_device_removed_meanwhile_has_no_events(pump: Device) -> None:
    way = Way()
    done = way.commit(b'{"t":1}')
    pump.delete()
    way.memory.registry.refresh(NOW / 1e6 + 100)
    assert way.announced(done) == []
