"""What one transaction announces goes out together, once it has committed, and only then."""

import pytest
from django.db import transaction

from devices import events
from devices.events import announce_after_commit
from devices.models import Device


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[list[dict]]:
    """Each time something was sent, what it was."""
    batches: list[list[dict]] = []
    monkeypatch.setattr(events, "announce_all", lambda messages: batches.append(list(messages)))
    return batches


def say(name: str) -> None:
    announce_after_commit(lambda: [{"event": name}])


@pytest.mark.django_db(transaction=True)
def test_what_one_transaction_deletes_is_told_in_one_go(sent):
    Device.objects.bulk_create([Device(uid=f"d-{n}", name="d") for n in range(20)])
    with transaction.atomic():
        for device in Device.objects.all():
            device.delete()
        assert sent == []
    assert [len(batch) for batch in sent] == [20]


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_to_a_savepoint_is_not_told(sent):
    with transaction.atomic():
        say("before")
        with transaction.atomic():
            say("kept")
        with transaction.atomic():
            say("dropped")
            transaction.set_rollback(True)
        say("after")
    assert [each["event"] for batch in sent for each in batch] == ["before", "kept", "after"]


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_it_is_told_at_once(sent):
    say("now")
    assert sent == [[{"event": "now"}]]


def test_many_travel_in_bundles_and_in_their_order(monkeypatch):
    sent = []
    monkeypatch.setattr(events, "send_all", sent.extend)
    few = [{"type": "live.event", "n": n} for n in range(events.BUNDLED_FROM - 1)]
    events.announce_all(few)
    assert [message for _, message in sent] == few
    sent.clear()
    many = [{"type": "live.event", "n": n} for n in range(events.BUNDLE + 1)]
    refill = {"type": "live.refill"}
    events.announce_all([*many, refill, *few])
    assert {group for group, _ in sent} == {events.EVENTS_GROUP}
    first, second, third, fourth = (message for _, message in sent)
    assert len(first["events"]) == events.BUNDLE
    assert first["events"] + second["events"] == many
    assert (third, fourth) == (refill, {"type": "live.events", "events": few})
