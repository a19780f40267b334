"""What is a reader's own: what is unread, who is here, and what happened since they came."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from access.roles import Role
from devices import clock
from devices.models import Device, Site
from shiftlog import here
from shiftlog.models import Entry, Kind
from shiftlog.record import record
from shiftlog.words import MAX_MENTIONS
from tests.granted import may

pytestmark = pytest.mark.django_db

NOBODY: dict[str, Any] = {
    "total": 0, "at_least": False, "mentions": 0, "sites": {}, "devices": {}, "threads": {},
}  # fmt: skip


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def write(user: User, text: str, **more: Any) -> int:
    body = {"text": text, "client_id": str(uuid4()), **more}
    answer = client_of(user).post("/api/v1/log/", body)
    assert answer.status_code == 201, answer.content
    return answer.json()["entry"]["id"]


def unread(user: User) -> dict[str, Any]:
    found = client_of(user).get("/api/v1/log/unread/").json()
    found.pop("now")
    return found


def read_to(user: User, entry: int, **of: Any) -> dict[str, Any]:
    answer = client_of(user).post("/api/v1/log/unread/", {"read_to": entry, **of})
    assert answer.status_code == 200, answer.content
    found = answer.json()
    found.pop("now")
    return found


@pytest.fixture
def olga() -> User:
    return User.objects.create_user("olga", date_joined=clock.now() - timedelta(days=400))


@pytest.fixture
def ben() -> User:
    return User.objects.create_user("ben", date_joined=clock.now() - timedelta(days=400))


@pytest.fixture
def freezer() -> Device:
    site = Site.objects.create(slug="hall", name="Hall")
    return Device.objects.create(uid="freezer-1", name="Freezer 1", site=site)


def test_what_others_wrote_is_unread_until_it_is_read(
    olga: User, ben: User, freezer: Device
) -> None:
    record(Kind.REPLAY, "The system's is never unread")
    write(olga, "My own neither")
    first = write(ben, "At no site")
    second = write(ben, "@olga come", device="freezer-1")
    third = write(ben, "Bring a torch", thread=second)
    gone = write(ben, "Nonsense")
    client_of(ben).delete(f"/api/v1/log/{gone}/")
    assert unread(olga) == {
        "total": 3,
        "at_least": False,
        "mentions": 1,
        "sites": {"": 1, "hall": 2},
        "devices": {"freezer-1": 2},
        "threads": {str(first): 1, str(second): 2},
    }
    assert read_to(olga, third, thread=second)["threads"] == {str(first): 1}
    assert read_to(olga, third) == NOBODY
    assert read_to(olga, first) == NOBODY  # it never goes back
    assert unread(olga) == NOBODY
    fourth = write(ben, "Once more", device="freezer-1")
    fifth = write(ben, "And here", site="hall")
    assert read_to(olga, fourth, device="freezer-1")["total"] == 1
    assert read_to(olga, fifth, site="hall") == NOBODY
    assert unread(ben)["total"] == 1  # olga's first


def test_what_became_visible_late_is_unread_though_its_id_is_lower(olga: User, ben: User) -> None:
    """Its transaction took an id, and ended after that of the one that was read."""
    late = Entry(kind=Kind.SAID, author=ben, text="late", id=0)
    newest = write(ben, "in time")
    read_to(olga, newest)
    late.save(force_insert=True)
    assert newest > late.pk
    assert unread(olga)["total"] == 1
    assert read_to(olga, late.pk) == NOBODY


def test_what_is_old_or_before_ones_time_is_not_unread(olga: User, ben: User) -> None:
    write(ben, "Hello")
    assert unread(User.objects.create_user("new"))["total"] == 0
    assert unread(olga)["total"] == 1
    Entry.objects.update(created_at=clock.now() - timedelta(days=32))
    assert unread(olga)["total"] == 0


def test_what_one_may_not_see_is_not_counted_and_names_nobody(olga: User, ben: User) -> None:
    may(olga)
    entry = write(ben, "@olga secret")
    assert unread(olga) == NOBODY
    assert client_of(ben).get(f"/api/v1/log/{entry}/").json()["entry"]["mentions"] == []
    assert client_of(olga).post("/api/v1/log/unread/", {"read_to": entry}).status_code == 400


def test_who_may_not_see_it_takes_nobodys_place_among_those_named(ben: User, freezer: Device):
    others = User.objects.bulk_create([User(username=f"a{n:02}") for n in range(MAX_MENTIONS)])
    zoe = User.objects.create_user("zoe")
    may(zoe, (Role.VIEWER, freezer.site))
    text = " ".join(f"@{user.username}" for user in [*others, zoe])
    entry = write(ben, text, device="freezer-1")
    named = client_of(ben).get(f"/api/v1/log/{entry}/").json()["entry"]["mentions"]
    assert named == ["zoe"]


def test_who_is_here_is_who_some_process_says() -> None:
    now = clock.now_ms()
    here.say("web-1", {"olga": now, "ben": now - 5})
    here.say("web-2", {"olga": now - 10})
    try:
        assert here.people() == {"olga": now - 10, "ben": now - 5}
        here.say("web-2", {})
        assert here.people() == {"ben": now - 5, "olga": now}
    finally:
        here.say("web-1", {})
        here.say("web-2", {})
    assert client_of(User(pk=1)).get("/api/v1/log/here/").json()["people"] == []


def test_who_is_here_is_told_to_those_who_share_a_site(olga: User, ben: User) -> None:
    hall, yard = (Site.objects.create(slug=name, name=name) for name in ("hall-2", "yard"))
    may(olga, (Role.VIEWER, hall))
    may(ben, (Role.OPERATOR, yard))
    now = clock.now_ms()
    here.say("web-1", {"olga": now, "ben": now})

    def seen_by(user: User, address: str) -> list[Any]:
        return client_of(user).get(f"/api/v1/{address}/").json()["people"]

    try:
        assert [each["name"] for each in seen_by(olga, "log/here")] == ["olga"]
        assert seen_by(olga, "log/people") == ["olga"]
        assert seen_by(olga, "alerts/people") == []
        ben.grants.create(role=Role.VIEWER, site=hall)
        assert {each["name"] for each in seen_by(olga, "log/here")} == {"olga", "ben"}
        assert seen_by(olga, "log/people") == ["ben", "olga"]
        assert seen_by(ben, "alerts/people") == ["ben"]  # who only looks is given no alert
        ben.is_active = False
        ben.save()
        assert seen_by(olga, "log/people") == ["olga"]
    finally:
        here.say("web-1", {})


def test_hand_over_says_what_happened_since_one_came(
    olga: User, ben: User, freezer: Device
) -> None:
    before = write(ben, "Before the shift")
    Entry.objects.filter(pk=before).update(created_at=clock.now() - timedelta(hours=9))
    kept = write(ben, "Spare key is in the drawer", site="hall")
    Entry.objects.filter(pk=kept).update(created_at=clock.now() - timedelta(days=9), pinned=True)
    olga.last_login = clock.now() - timedelta(hours=1)
    olga.save()
    began = clock.EPOCH + timedelta(days=20_000, hours=3)
    record(Kind.OFFLINE, "Freezer 1 went offline", device=freezer, at=began)
    write(ben, "Fuse\nreplaced", device="freezer-1")
    found = client_of(olga).get("/api/v1/log/since/?zone=Europe/Berlin").json()
    assert found["from"] == round(olga.last_login.timestamp() * 1000 - 0.5)
    assert found["counts"] == {"offline": 1, "said": 1}
    assert found["people"] == ["ben"]
    assert [each["text"] for each in found["entries"]] == [
        "Freezer 1 went offline", "Fuse\nreplaced",
    ]  # fmt: skip
    assert "2024-10-04 05:00 [Freezer 1] Freezer 1 went offline\n" in found["text"]
    assert "[Freezer 1] ben: Fuse replaced\n" in found["text"]
    assert "[Hall] ben: Spare key is in the drawer\n" in found["text"]
    assert "Before the shift" not in found["text"]
    wider = client_of(olga).get("/api/v1/log/since/?from=0").json()
    assert wider["counts"] == {"offline": 1, "said": 3}
    assert client_of(olga).get("/api/v1/log/since/?zone=Nowhere").status_code == 400
