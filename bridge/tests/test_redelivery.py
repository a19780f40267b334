"""A delivery is recognised as long as the broker may send it again, and no longer."""

from __future__ import annotations

import time

import pytest

from bridge.commit.rows import RowBuilder
from bridge.intake import redelivery
from bridge.intake.batch import FROM_SPOOL
from bridge.intake.columns import Intake
from bridge.intake.memory import Memory
from bridge.intake.redelivery import INHERITED, delivery
from bridge.message import Message
from bridge.mqtt.confirmation import RESENT_WITHIN, Confirmation
from bridge.tests.conftest import holding
from devices.clock import now_us
from devices.models import Device
from telemetry.storage import store
from telemetry.workers import worker_state

TOPIC = b"devices/pump-1/telemetry"


@pytest.fixture
def intake(database: object) -> Intake:
    return Intake(Memory.nothing(holding()))


def messages(*, dup: bool, count: int = 200, first: int = 1) -> list[Message]:
    """All say the same, as a device that reports a state does."""
    return [
        Message(TOPIC, b'{"on":true}', mid, dup, False, b"", now_us())
        for mid in range(first, first + count)
    ]


def stamps(intake: Intake, sent: list[Message]) -> list[int]:
    batch = intake.batch(1, sent)
    return [batch.stamps[index] for index in range(len(sent))]


def test_a_message_that_comes_again_has_the_stamp_it_had(intake: Intake) -> None:
    first = stamps(intake, messages(dup=False))
    assert stamps(intake, messages(dup=True)) == first
    assert stamps(intake, messages(dup=True)) == first


def test_what_the_broker_cannot_send_again_is_a_new_message(intake: Intake) -> None:
    """200 of 200 such messages took the old stamps, and were lost as duplicates."""
    first = intake.batch(1, messages(dup=False))
    intake.deliveries.confirm(first.serial)
    later = stamps(intake, messages(dup=True))
    assert set(later).isdisjoint(first.stamps.values())
    assert len(intake.deliveries) == 200


def test_what_comes_again_is_remembered_until_it_is_acknowledged_anew(intake: Intake) -> None:
    first = stamps(intake, messages(dup=False))
    other = intake.batch(2, messages(dup=False, count=10, first=1_000))
    assert stamps(intake, messages(dup=True)) == first
    intake.deliveries.confirm(other.serial)
    assert stamps(intake, messages(dup=True)) == first


def test_draining_the_spool_replaces_nothing_newer(intake: Intake) -> None:
    old = messages(dup=False)
    spooled = intake.batch(1, old)
    kept = dict(spooled.stamps)
    newer = stamps(intake, messages(dup=False))
    drained = intake.batch(FROM_SPOOL, old, kept)
    noted = [delivery(message, kept[index]) for index, message in enumerate(drained.messages)]
    assert [intake.deliveries.serial_of(each) for each in noted] == [None] * len(noted)
    assert stamps(intake, messages(dup=True)) == newer


def test_what_an_earlier_process_noted_ends_as_well(intake: Intake) -> None:
    (message,) = messages(dup=True, count=1)
    intake.deliveries.remember([delivery(message, 17)], INHERITED)
    assert stamps(intake, [message]) == [17]
    intake.deliveries.confirm(intake.deliveries.serial)
    assert stamps(intake, [message]) != [17]
    assert len(intake.deliveries) == 1


def test_without_any_confirmation_no_more_is_kept_than_there_are_packet_identifiers(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redelivery, "MAX_NOTES", 50)
    for _ in range(20):
        batch = intake.batch(1, messages(dup=False, count=10))
        assert len(intake.deliveries._order) <= 50
    intake.deliveries.confirm(batch.serial)
    assert len(intake.deliveries) == len(intake.deliveries._order) == 0


WORKER = "bridge-0"


class Life:
    """One process of a worker, from what its predecessors left in the database."""

    def __init__(self) -> None:
        self.memory = Memory.nothing(holding())
        self.memory.registry.refresh(now_us() / 1e6)
        self.memory.deliveries.load(worker_state.load_deliveries(WORKER))
        self.intake = Intake(self.memory)
        self.confirmation = Confirmation(self.memory.deliveries)

    def commits(self, sent: list[Message]) -> list[int]:
        """The stamps of these messages, which are in the database now."""
        batch = self.intake.batch(1, sent)
        store.write(RowBuilder(self.memory).build(batch, 0, len(sent)).batch, WORKER)
        self.newest = batch.serial
        return [batch.stamps[index] for index in range(len(sent))]

    def acknowledges(self) -> None:
        """All it has committed on this connection."""
        self.confirmation.acknowledged(self.newest)

    def is_answered(self, *, all_taken: bool = True) -> None:
        """A ping, later than what comes again takes to be sent; the database follows."""
        self.confirmation.ask(time.monotonic() - 2 * RESENT_WITHIN, lambda: True)
        self.confirmation._due = 0.0
        self.confirmation.answered(all_taken=all_taken)
        deliveries = self.memory.deliveries
        if deliveries.confirmed >= INHERITED:
            worker_state.forget_deliveries(WORKER, deliveries.process, deliveries.confirmed)


@pytest.fixture
def pump_1(database: object) -> None:
    Device.objects.create(uid="pump-1", name="Pump 1")


@pytest.mark.usefixtures("pump_1")
def test_what_is_drained_is_not_what_the_next_process_takes_newer_messages_for() -> None:
    """Their packet identifiers had gone round: 200 of 200 took the old stamps and were lost."""
    life, old = Life(), messages(dup=False)
    kept = dict(life.intake.batch(1, old).stamps)  # and into the spool, and acknowledged
    life.memory.deliveries.confirm(life.memory.deliveries.serial)
    newer = life.commits(messages(dup=False))
    drained = life.intake.batch(FROM_SPOOL, old, kept)
    store.write(RowBuilder(life.memory).build(drained, 0, len(old)).batch, WORKER)
    assert stamps(life.intake, messages(dup=True)) == newer
    assert Life().commits(messages(dup=True)) == newer


@pytest.mark.usefixtures("pump_1")
def test_a_process_that_died_while_all_came_again_leaves_what_the_next_one_needs() -> None:
    """36 000 readings were stored twice: committed on one connection, sent again on the next, and
    forgotten there with the first acknowledgement, before they were committed once more."""
    life = Life()
    life.confirmation.begin()
    first = life.commits(messages(dup=False))
    life.confirmation.begin()  # the connection was cut before anything was acknowledged
    again = messages(dup=True)
    assert life.commits(again[:50]) == first[:50]
    life.intake.batch(2, again[50:])  # taken in, and committed by nobody yet
    life.acknowledges()
    life.is_answered()
    assert Life().commits(again[50:]) == first[50:]


@pytest.mark.usefixtures("pump_1")
def test_what_a_predecessor_committed_is_kept_until_all_that_came_again_is_acknowledged() -> None:
    first = Life().commits(messages(dup=False))
    life = Life()
    life.confirmation.begin()
    again = messages(dup=True)
    life.intake.batch(1, again)
    life.is_answered()
    assert Life().commits(again) == first
    assert life.commits(again) == first
    life.acknowledges()
    life.is_answered()
    assert worker_state.load_deliveries(WORKER) == []


@pytest.mark.usefixtures("pump_1")
def test_what_waits_for_a_time_is_not_taken_for_read() -> None:
    first = Life().commits(messages(dup=False))
    life = Life()
    life.confirmation.begin()
    life.is_answered(all_taken=False)
    assert life.commits(messages(dup=True)) == first


@pytest.mark.usefixtures("pump_1")
def test_what_did_not_come_again_is_forgotten_with_the_first_answer() -> None:
    Life().commits(messages(dup=False))
    life = Life()
    life.confirmation.begin()
    life.is_answered()
    assert worker_state.load_deliveries(WORKER) == []
    assert len(life.memory.deliveries) == 0
