"""A delivery is recognised as long as the broker may send it again, and no longer."""

from __future__ import annotations

import pytest

from bridge.intake import redelivery
from bridge.intake.batch import FROM_SPOOL
from bridge.intake.columns import Intake
from bridge.intake.memory import Memory
from bridge.intake.redelivery import INHERITED, delivery
from bridge.message import Message
from bridge.tests.conftest import holding
from devices.clock import now_us

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
