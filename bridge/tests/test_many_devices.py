"""A message may speak for many devices, each with its own verdict; what is raised is contained."""

from __future__ import annotations

import json
import logging
import zlib

import msgspec
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from bridge import decode
from bridge.commit.batch_rows import Committed
from bridge.commit.beside import load
from bridge.commit.spool_entry import decoded, encoded
from bridge.decode.items import (
    Described,
    Discovered,
    Ignored,
    Item,
    Presence,
    Problem,
    Reason,
    Rejected,
    Sample,
    Telemetry,
)
from bridge.decode.state import CERTAIN, State
from bridge.intake.batch import Batch
from bridge.message import Message
from bridge.models import ConventionState, IgnoredMessages
from bridge.publish.outcomes import Outcomes
from bridge.quarantine.replay import Replay
from bridge.quarantine.selection import Selection
from bridge.tests.test_transaction import Transaction, transaction
from devices.models import Device
from devices.models import Presence as DevicePresence
from telemetry.models import QuarantinedMessage, Series

__all__ = ["transaction"]  # a fixture

NOW = 1_700_000_000_000_000  # Unix microseconds
T = 1_699_999_999_000_000


class Gateway:
    """A dialect of many devices: `{"uid": value, …}`, and what its tests need beside."""

    NAME = "gateway"
    FILTERS = ("gw/#",)

    def matches(self, topic: str, payload: bytes) -> int:  # noqa: ARG002
        return CERTAIN if topic.startswith("gw/") else 0

    def decode(self, message: Message, state: State) -> list[Item]:
        said = json.loads(message.payload)
        items: list[Item] = []
        times = state.scope("uids")
        for uid, value in said.items():
            if value == "raise":
                raise KeyError("a mistake of the convention")
            if value == "bad":
                items.append(Rejected(uid, Problem(Reason.BAD_STATUS, "bad")))
            elif value == "online":
                items.append(Presence(uid, True))
            elif value == "noise":
                items.append(Ignored("noise", uid))
            elif isinstance(value, dict):
                items += [Described(uid, **value), Discovered(uid, "gw-1")]
            else:
                state.remember("uids", uid, times.get(uid, 0) + 1)
                items.append(Telemetry(uid, [Sample(T, {"t": value, "n": times.get(uid, 0)})]))
        return items


@pytest.fixture
def gateway(transaction: Transaction, monkeypatch: pytest.MonkeyPatch) -> Transaction:
    """With three devices, of which one is disabled."""
    conventions = (Gateway(), *decode.CONVENTIONS)
    monkeypatch.setattr(decode.Decoder.__init__, "__defaults__", (None, conventions))
    transaction.intake._decoder = decode.Decoder(transaction.intake._memory.facts)
    Device.objects.create(uid="pump-2", name="Pump 2", metadata={"floor": 2})
    Device.objects.create(uid="off-1", name="Off", enabled=False)
    return transaction


def message(said: dict) -> Message:
    return Message(b"gw/1", json.dumps(said).encode(), 1, False, False, b"", NOW)


def commit(gateway: Transaction, *said: dict) -> tuple[Batch, list[Committed]]:
    batch = gateway.intake.batch(1, [message(each) for each in said])
    done = gateway.committer.transaction.commit(batch, lambda work, *, divisible: work())  # noqa: ARG005
    return batch, list(done)


def stored() -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT device.uid, reading.value FROM reading"
            " JOIN telemetry_series AS series ON series.id = reading.series_id"
            " JOIN devices_device AS device ON device.id = series.device_id"
            " WHERE series.metric = 't'"
        )
        return dict(cursor.fetchall())


def test_each_device_of_a_message_has_its_own_verdict(gateway: Transaction) -> None:
    said = {"pump-1": 1, "stranger": 2, "off-1": 3, "pump-2": 4, "bad-1": "bad"}
    batch, (done,) = commit(gateway, said)
    assert stored() == {"pump-1": 1.0, "pump-2": 4.0}
    devices = {uid: (each.rejected, each.readings) for uid, each in done.rows.by_device[0].items()}
    assert devices == {
        "pump-1": (False, 2),
        "stranger": (True, 0),
        "off-1": (True, 0),
        "pump-2": (False, 2),
        "bad-1": (True, 0),
    }
    assert (done.result_counts().stored, done.rows.partial()) == (1, 1)
    kept = QuarantinedMessage.objects.order_by("id").values_list("uid", "reason", "partial")
    assert list(kept) == [
        ("stranger", "unknown_device", False),
        ("off-1", "disabled_device", False),
        ("bad-1", "bad_status", False),
    ]
    told: list[str] = []
    outcomes = Outcomes(lambda topic, _payload: told.append(topic))
    outcomes.add(batch, done.rows, done.duplicates)
    logged = {entry["uid"]: entry["verdict"] for entry in outcomes._entries}
    assert logged == {
        "pump-1": "stored",
        "stranger": "rejected",
        "off-1": "rejected",
        "pump-2": "stored",
        "bad-1": "rejected",
    }
    assert told == [f"devices/{uid}/errors" for uid in ("stranger", "off-1", "bad-1")]


def test_what_is_replayed_of_it_is_the_device_it_was_kept_for(gateway: Transaction) -> None:
    commit(gateway, {"pump-1": 1, "stranger": 2, "off-1": 3})
    Device.objects.create(uid="stranger", name="No stranger")
    done = Replay(Selection(uid="stranger")).run()
    assert (done.stored, done.readings) == (1, 2)
    assert stored() == {"pump-1": 1.0, "stranger": 2.0}
    assert [each.uid for each in QuarantinedMessage.objects.all()] == ["off-1"]


def test_a_message_all_of_whose_devices_are_refused_is_rejected(gateway: Transaction) -> None:
    _, (done,) = commit(gateway, {"stranger": 1, "off-1": 2})
    assert done.result_counts().rejected == 1


def test_two_values_of_one_instant_are_told_to_the_device_they_are_of(gateway: Transaction) -> None:
    commit(gateway, {"pump-1": 1, "pump-2": 2})
    _, (done,) = commit(gateway, {"pump-1": 1, "pump-2": 3})
    reasons = {
        uid: [each.reason.value for each in verdict.problems]
        for uid, verdict in done.rows.by_device[0].items()
    }
    assert reasons["pump-2"] == ["conflicting_values"]
    assert stored() == {"pump-1": 1.0, "pump-2": 2.0}


def test_what_a_convention_raises_costs_its_message_only(
    gateway: Transaction, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        _, (done,) = commit(gateway, {"pump-1": 1}, {"pump-1": "raise"}, {}, {"pump-2": 2})
    assert stored() == {"pump-1": 1.0, "pump-2": 2.0}
    assert done.rows.rejected == {1, 2}
    reasons = QuarantinedMessage.objects.order_by("id").values_list("reason", "detail")
    assert list(reasons) == [
        ("convention_failed", "KeyError: 'a mistake of the convention'"),
        ("convention_failed", "a convention said nothing of it"),
    ]
    assert "Traceback" in caplog.text


class Careless:
    """A dialect whose decoder says what it must not."""

    NAME = "careless"

    def __init__(self, item: Item) -> None:
        self.item = item

    def matches(self, topic: str, payload: bytes) -> int:  # noqa: ARG002
        return CERTAIN

    def decode(self, message: Message, state: State) -> list[Item]:  # noqa: ARG002
        return [self.item]


@pytest.mark.parametrize(
    ("uid", "values", "is_sound"),
    [
        ("pump-1", {"t": 1, "u": 2.5, "on": True, "s": "é"}, True),
        ("pump-1", {"t": float("nan")}, False),
        ("pump-1", {"t": 2**53 + 1}, False),
        ("pump-1", {"t": None}, False),
        ("pump-1", {"t": "\x00"}, False),
        ("pump-1", {"t": "x" * 1025}, False),
        ("pump-1", {"": 1}, False),
        ("pump-1", {"\ud800": 1}, False),
        ("pump 1", {"t": 1}, False),
    ],
)
def test_what_no_convention_may_say_is_refused_before_it_is_stored(uid, values, is_sound) -> None:
    said = Telemetry(uid, [Sample(T, values)])
    decoder = decode.Decoder(conventions=(Careless(said),))
    (item,) = decoder.decode(message({}))
    if is_sound:
        assert item == said
    else:
        assert isinstance(item, Rejected)
        assert item.problem.reason is Reason.CONVENTION_FAILED


def test_what_is_remembered_is_stored_with_the_message_and_known_after_a_restart(
    gateway: Transaction,
) -> None:
    commit(gateway, {"pump-1": 1}, {"pump-1": 1})
    assert ConventionState.objects.get(convention="gateway", key="pump-1").value == 2
    assert load().scope("gateway", "uids") == {"pump-1": 2}


def test_the_spool_keeps_what_was_decoded(gateway: Transaction) -> None:
    """With what the convention knew then: decoded again it would say something else."""
    batch = gateway.intake.batch(1, [message({"pump-1": 1})])
    content = encoded(batch)
    entry = decoded(content, zlib.crc32(content))
    assert entry is not None
    again = gateway.intake.batch(0, entry.messages, {}, entry.items)
    assert again.items == batch.items
    assert gateway.intake.batch(0, entry.messages, {}).items != batch.items


def test_noise_is_counted_and_neither_stored_nor_kept(gateway: Transaction) -> None:
    _, (done,) = commit(gateway, {"a": "noise", "b": "noise"}, {"a": "noise"})
    assert done.result_counts().stored == 2
    counted = IgnoredMessages.objects.values_list("reason", "subject", "messages")
    assert sorted(counted) == [("noise", "a", 2), ("noise", "b", 1)]
    assert not QuarantinedMessage.objects.exists()


def test_what_a_device_says_of_itself_is_kept_beside_what_an_operator_chose(
    gateway: Transaction,
) -> None:
    said = {"metric": "t", "unit": "K", "kind": "counter", "model": "P2", "firmware": "1.0"}
    commit(gateway, {"pump-2": said})
    series = Series.objects.get(metric="t")
    assert (series.unit, series.kind) == ("K", "counter")
    device = Device.objects.get(uid="pump-2")
    described = {"model": "P2", "firmware": "1.0", "gateway": "gw-1"}
    assert device.metadata == {"floor": 2, "described": described}
    Series.objects.update(unit="°C", chosen=["unit"])
    commit(gateway, {"pump-2": {**said, "kind": "gauge"}})
    series.refresh_from_db()
    assert (series.unit, series.kind) == ("°C", "gauge")


def test_a_series_has_the_name_quantity_and_decimals_its_device_says(gateway: Transaction) -> None:
    said = {"metric": "t", "label": "Flow", "quantity": "temperature", "precision": 1}
    commit(gateway, {"pump-2": {**said, "unit": "°C"}})
    commit(gateway, {"pump-2": {"metric": "u", "label": "x" * 500, "precision": 99}})
    t, u = Series.objects.order_by("metric")
    assert (t.label, t.quantity, t.precision, t.unit) == ("Flow", "temperature", 1, "°C")
    assert (u.label, u.quantity, u.precision) == ("x" * 120, "", None)
    Series.objects.filter(pk=t.pk).update(label="Vorlauf", chosen=["label", "precision"])
    commit(gateway, {"pump-2": {**said, "precision": 3, "label": "Return", "quantity": "power"}})
    t.refresh_from_db()
    assert (t.label, t.quantity, t.precision) == ("Vorlauf", "power", 1)


def test_what_a_name_tells_of_a_series_holds_until_its_device_says_otherwise(
    gateway: Transaction,
) -> None:
    """A gateway of ThingsBoard's has no words for units."""
    said = b'{"pump-2":{"humidity":40,"air_temperature":21.5,"door":true,"mode":"power","x":1}}'
    told = Message(b"v1/gateway/telemetry", said, 1, False, False, b"", NOW)
    batch = gateway.intake.batch(1, [told])
    list(gateway.committer.transaction.commit(batch, lambda work, *, divisible: work()))  # noqa: ARG005

    def series() -> dict[str, tuple[str, str]]:
        return {each.metric: (each.unit, each.quantity) for each in Series.objects.all()}

    assert series() == {
        "humidity": ("%", "humidity"),
        "air_temperature": ("", "temperature"),
        "door": ("", "contact"),
        "mode": ("", ""),
        "x": ("", ""),
    }
    commit(gateway, {"pump-2": {"metric": "humidity", "unit": "g/m³", "quantity": "moisture"}})
    assert series()["humidity"] == ("g/m³", "moisture")
    commit(gateway, {"pump-2": {"metric": "load_power", "unit": "%"}})
    assert series()["load_power"] == ("%", "")


def test_what_is_said_again_is_not_written_again(gateway: Transaction) -> None:
    said = {"pump-2": {"metric": "t", "label": "Flow", "model": "P2"}}
    commit(gateway, said)
    Series.objects.update(label="")  # as no operator can, to see whether it is written
    Device.objects.filter(uid="pump-2").update(metadata={})
    commit(gateway, said)
    assert Series.objects.get(metric="t").label == ""
    assert Device.objects.get(uid="pump-2").metadata == {}


def test_a_device_is_described_by_what_it_says_of_itself(gateway: Transaction) -> None:
    facts = {"manufacturer": "ACME", "area": "Cellar", "expires_after_s": 600.0}
    commit(gateway, {"pump-2": {**facts, "name": "Pump two", "aliases": ["00:11"]}})
    described = Device.objects.get(uid="pump-2").metadata["described"]
    assert described == {**facts, "name": "Pump two", "gateway": "gw-1"}


def test_what_an_earlier_version_put_into_the_spool_is_read() -> None:
    earlier = {"type": "Described", "uid": "a", "metric": "t", "unit": "K"}
    (item,) = msgspec.msgpack.decode(msgspec.msgpack.encode([earlier]), type=list[Item])
    assert item == Described("a", "t", "K")


def test_presence_of_several_devices_is_set(gateway: Transaction) -> None:
    commit(gateway, {"pump-1": "online", "pump-2": "online"})
    assert DevicePresence.objects.filter(connection="online").count() == 2


ITEMS = st.dictionaries(
    st.sampled_from(["pump-1", "pump-2", "off-1", "stranger"]),
    st.sampled_from([1, 2.5, "bad", "noise"]),
    min_size=1,
    max_size=4,
)


@given(ITEMS)
def test_items_lie_in_the_spool_as_they_are(said: dict) -> None:
    decoder = decode.Decoder(conventions=(Gateway(), *decode.CONVENTIONS))
    one = message(said)
    batch = Batch.of_items([one], [decoder.decode(one)])
    content = encoded(batch)
    entry = decoded(content, zlib.crc32(content))
    assert entry is not None
    assert entry.items == batch.items
