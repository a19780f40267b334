"""Devices that were lost and are back are in the log: each once, many as one, one that flaps not
for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from devices.models import Device, Site
from devices.signals import PresenceChange, presence_changed
from shiftlog.models import Entry
from shiftlog.noted.presence import MAX_AN_HOUR, MAX_EACH

pytestmark = pytest.mark.django_db

BEGAN = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def make(count: int, site: Site | None = None, name: str = "d") -> list[Device]:
    return [
        Device.objects.create(uid=f"{name}-{number}", name=f"{name.title()} {number}", site=site)
        for number in range(count)
    ]


def say(state: str, *devices: Device, after: int = 0) -> None:
    at = BEGAN + timedelta(minutes=after)
    changes = [PresenceChange(each.pk, state, at, BEGAN) for each in devices]  # type: ignore[arg-type]
    presence_changed.send(None, changes=changes)


def test_what_was_lost_and_is_back_is_noted_once_with_its_instant() -> None:
    site = Site.objects.create(slug="hall", name="Hall")
    (device,) = make(1, site)
    for _ in range(2):
        say("silent", device)
    say("disabled", device)
    say("back", device, after=5)
    found = Entry.objects.order_by("id").values_list("kind", "text", "starts_at", "site", "device")
    assert list(found) == [
        ("silent", "D 0 is silent.", BEGAN, site.pk, device.pk),
        ("back", "D 0 is back.", BEGAN + timedelta(minutes=5), site.pk, device.pk),
    ]


def test_many_of_a_site_are_one_entry_and_others_stand_apart() -> None:
    hall = Site.objects.create(slug="hall", name="Hall")
    there, others = make(MAX_EACH + 1, hall), make(1, name="e")
    say("offline", *there, *others)
    found = Entry.objects.order_by("text").values_list("text", "site__slug", "uid")
    assert list(found) == [
        (f"{MAX_EACH + 1} devices are offline.", "hall", ""),
        ("E 0 is offline.", None, "e-0"),
    ]
    assert Entry.objects.get(site=hall).facts["uids"] == [each.uid for each in there]


def test_one_that_comes_and_goes_is_not_noted_for_ever() -> None:
    flapping, other = make(2)
    for number in range(MAX_AN_HOUR + 3):
        say("silent" if number % 2 == 0 else "back", flapping, after=number)
    assert Entry.objects.count() == MAX_AN_HOUR
    last = Entry.objects.latest("id")
    assert last.text.endswith("It comes and goes: for an hour no more is noted of it.")
    say("silent", other)
    assert Entry.objects.latest("id").text == "D 1 is silent."


def test_a_device_that_is_gone_is_not_noted() -> None:
    (device,) = make(1)
    Device.objects.all().delete()
    say("silent", device)
    assert not Entry.objects.exists()
