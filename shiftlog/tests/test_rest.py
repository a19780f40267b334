"""The log over REST, as a page uses it."""

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
from shiftlog import writing
from shiftlog.models import Entry, Former, Kind, Mention
from shiftlog.record import record
from tests.granted import may

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga() -> User:
    return User.objects.create_user("olga")


@pytest.fixture
def ben() -> User:
    return User.objects.create_user("ben")


@pytest.fixture
def freezer() -> Device:
    site = Site.objects.create(slug="hall", name="Hall")
    return Device.objects.create(uid="freezer-1", name="Freezer 1", site=site)


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def write(user: User, text: str, **more: Any) -> dict[str, Any]:
    body = {"text": text, "client_id": str(uuid4()), **more}
    answer = client_of(user).post("/api/v1/log/", body)
    assert answer.status_code == 201, answer.content
    return answer.json()["entry"]


def read(user: User, query: str = "") -> list[dict[str, Any]]:
    answer = client_of(user).get(f"/api/v1/log/?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()["entries"]


def texts(user: User, query: str = "") -> list[str]:
    return [each["text"] for each in read(user, query)]


def test_an_entry_has_the_form_that_pages_read(olga: User, ben: User, freezer: Device) -> None:
    client_id = str(uuid4())
    answer = client_of(olga).post(
        "/api/v1/log/",
        {
            "text": "Door left open, @ben closed it. #door",
            "device": "freezer-1",
            "starts_at": 1_700_000_000_000,
            "ends_at": 1_700_000_060_000,
            "view": "/devices/freezer-1/?window=24h",
            "tags": ["Cold"],
            "client_id": client_id,
        },
    )
    assert answer.status_code == 201
    entry = answer.json()["entry"]
    at, entry_id, number = entry["at"], entry["id"], entry["version"]
    assert abs(at - clock.now_ms()) < 60_000
    assert entry == {
        "id": entry_id,
        "version": number,
        "place": number,
        "at": at,
        "kind": "said",
        "text": "Door left open, @ben closed it. #door",
        "said": None,
        "author": {"name": "olga"},
        "site": {"slug": "hall", "name": "Hall"},
        "device": {"uid": "freezer-1", "name": "Freezer 1"},
        "thread": None,
        "replies": 0,
        "starts": 1_700_000_000_000,
        "ends": 1_700_000_060_000,
        "view": "/devices/freezer-1/?window=24h",
        "tags": ["cold", "door"],
        "mentions": ["ben"],
        "reactions": [],
        "pinned": False,
        "edited": None,
        "deleted": False,
        "client_id": client_id,
        "facts": {},
        "mine": True,
    }
    assert read(ben) == [{**entry, "mine": False}]
    answer = client_of(ben).get(f"/api/v1/log/{entry_id}/").json()
    assert (answer["entry"]["id"], answer["formers"]) == (entry_id, [])


def test_what_is_sent_twice_or_late_is_one_entry(olga: User, ben: User) -> None:
    body = {"text": "Compressor runs again.", "client_id": str(uuid4())}
    client = client_of(olga)
    first = client.post("/api/v1/log/", body)
    again = client.post("/api/v1/log/", body)
    late = client.post("/api/v1/log/", {**body, "text": "another"})
    assert [each.status_code for each in (first, again, late)] == [201, 200, 200]
    assert first.json()["entry"] == again.json()["entry"] == late.json()["entry"]
    client.delete(f"/api/v1/log/{first.json()['entry']['id']}/")
    assert client.post("/api/v1/log/", body).json()["entry"]["deleted"] is True
    assert Entry.objects.count() == 1
    # Another's id is another's: it hides nothing.
    assert client_of(ben).post("/api/v1/log/", body).status_code == 201


def test_an_edit_keeps_what_was_said_and_ends_with_its_time(
    olga: User, ben: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = write(olga, "Freezer 2 is @ben's", tags=["cold"])
    path = f"/api/v1/log/{entry['id']}/"
    assert client_of(ben).patch(path, {"text": "mine"}).status_code == 403
    edited = client_of(olga).patch(path, {"text": "Freezer 3 is out #now"}).json()["entry"]
    assert (edited["text"], edited["tags"]) == ("Freezer 3 is out #now", ["cold", "now"])
    assert edited["mentions"] == []
    assert edited["edited"] is not None
    assert edited["version"] > entry["version"]
    assert edited["place"] == entry["place"]
    formers = client_of(ben).get(path).json()["formers"]
    assert [each["text"] for each in formers] == ["Freezer 2 is @ben's"]
    late = clock.now() + writing.EDIT_WITHIN + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: late)
    refused = client_of(olga).patch(path, {"text": "too late"})
    assert (refused.status_code, refused.json()["detail"]) == (
        403, "It may be edited for 15 minutes; write a reply.",
    )  # fmt: skip
    # What it is already is no edit.
    assert client_of(olga).patch(path, {"text": "Freezer 3 is out #now"}).status_code == 200


def test_a_deleted_entry_keeps_its_place_and_who_deleted_it(olga: User, ben: User) -> None:
    entry = write(olga, "@ben the password is hunter2 #oops")
    path = f"/api/v1/log/{entry['id']}/"
    client_of(olga).patch(path, {"text": "@ben hm"})
    may(ben, (Role.OPERATOR, None))
    assert client_of(ben).delete(path).status_code == 403
    for _ in range(2):
        gone = client_of(olga).delete(path).json()["entry"]
    assert gone["deleted"] is True
    assert gone["facts"] == {"deleted_by": "olga"}
    shown = client_of(ben).get(path).content + client_of(ben).get("/api/v1/log/").content
    assert b"hunter2" not in shown
    assert b"oops" not in shown
    assert client_of(ben).get("/api/v1/log/?search=hunter2").json()["entries"] == []
    assert client_of(olga).patch(path, {"text": "again"}).status_code == 403
    # It is not lost.
    assert Former.objects.get().text == "@ben the password is hunter2 #oops"
    assert Mention.objects.count() == 0


def test_what_the_system_noted_is_not_edited_or_deleted(olga: User) -> None:
    record(Kind.REPLAY, "12 messages were replayed.")
    (entry,) = read(olga)
    path = f"/api/v1/log/{entry['id']}/"
    assert client_of(User.objects.get()).delete(path).status_code == 403
    assert client_of(olga).patch(path, {"text": "never"}).status_code == 403


def test_reactions_and_pins(olga: User, ben: User) -> None:
    entry = write(olga, "Done")
    path = f"/api/v1/log/{entry['id']}/"
    for user in (olga, ben, ben):
        reacted = client_of(user).post(f"{path}reactions/", {"word": "👍"}).json()["entry"]
    assert reacted["reactions"] == [{"word": "👍", "by": ["olga", "ben"]}]
    back = client_of(olga).delete(f"{path}reactions/?word=👍").json()["entry"]
    assert back["reactions"] == [{"word": "👍", "by": ["ben"]}]
    assert client_of(ben).post(f"{path}pin/", {}).json()["entry"]["pinned"] is True
    write(ben, "Other")
    assert texts(olga, "pinned=1") == ["Done"]
    assert client_of(ben).post(f"{path}pin/", {"pinned": False}).json()["entry"]["pinned"] is False
    assert texts(olga, "pinned=1") == []


def test_replies_stand_with_what_they_answer(olga: User, ben: User, freezer: Device) -> None:
    root = write(olga, "It is warm", device="freezer-1")
    reply = write(ben, "I go", thread=root["id"])
    again = write(olga, "Thanks", thread=reply["id"])  # one level
    assert (reply["thread"], again["thread"]) == (root["id"], root["id"])
    assert reply["device"] == root["device"]
    assert reply["site"] == root["site"]
    assert texts(ben, f"thread={root['id']}") == ["Thanks", "I go"]
    (now,) = [each for each in read(ben) if each["id"] == root["id"]]
    assert now["replies"] == 2
    assert now["version"] > root["version"]


def test_narrowing(olga: User, ben: User, freezer: Device) -> None:
    write(olga, "Compressor is loud", device="freezer-1", tags=["noise"])
    write(ben, "All quiet", site="hall")
    write(ben, "Pizza?")
    record(Kind.OFFLINE, "Freezer 1 went offline", device=freezer)
    everything = ["Freezer 1 went offline", "Pizza?", "All quiet", "Compressor is loud"]
    assert texts(olga) == everything
    assert texts(olga, "site=hall") == [everything[0], everything[2], everything[3]]
    assert texts(olga, "device=freezer-1") == [everything[0], everything[3]]
    assert texts(olga, "kind=people") == everything[1:]
    assert texts(olga, "kind=system") == everything[:1]
    assert texts(olga, "tag=NOISE") == everything[3:]
    assert texts(olga, "author=ben") == everything[1:3]
    assert texts(olga, "search=compr") == everything[3:]
    assert texts(olga, "search=freezer+off") == everything[:1]
    assert texts(olga, "search='%3A*+%26+!") == []
    assert texts(olga, f"from={clock.now_ms() + 60_000}") == []
    assert texts(olga, f"to={clock.now_ms() + 60_000}") == everything
    page = client_of(olga).get("/api/v1/log/?limit=2").json()
    assert page["more"] is True
    rest = client_of(olga).get(f"/api/v1/log/?before={page['entries'][-1]['id']}").json()
    assert [each["text"] for each in page["entries"] + rest["entries"]] == everything
    assert rest["more"] is False


def test_marks_of_a_chart_are_what_touches_its_window(olga: User, freezer: Device) -> None:
    hour = 3_600_000
    other = Site.objects.create(slug="other", name="Other")
    write(olga, "said, no time", device="freezer-1")
    write(olga, "before", device="freezer-1", starts_at=hour)
    write(olga, "into", device="freezer-1", starts_at=hour, ends_at=3 * hour)
    write(olga, "within", device="freezer-1", starts_at=3 * hour)
    write(olga, "of its site", site="hall", starts_at=3 * hour + 1)
    write(olga, "of all", starts_at=3 * hour + 2)
    write(olga, "of another site", site=other.slug, starts_at=3 * hour)
    write(olga, "after", device="freezer-1", starts_at=4 * hour)
    record(Kind.OFFLINE, "system", device=freezer, at=clock.EPOCH + timedelta(hours=3, seconds=1))
    record(Kind.POLICY_CHANGED, "nobody's", at=clock.EPOCH + timedelta(hours=3, seconds=1))
    window = f"marks=1&from={2 * hour}&to={4 * hour}"
    on_device = ["system", "of all", "of its site", "within", "into"]
    assert texts(olga, f"{window}&device=freezer-1") == on_device
    assert texts(olga, f"{window}&site=hall") == on_device
    assert client_of(olga).get(f"/api/v1/log/?{window}&before=1").status_code == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"view": "https://elsewhere.example/"}, "view"),
        ({"view": "//elsewhere.example/"}, "view"),
        ({"view": "/\\elsewhere.example/"}, "view"),
        ({"view": "javascript:alert(1)"}, "view"),
        ({"ends_at": 5}, "ends_at"),
        ({"starts_at": 5, "ends_at": 5}, "ends_at"),
        ({"device": "freezer-1", "site": "other"}, "site"),
        ({"device": "nobody"}, "device"),
        ({"thread": 4711}, "thread"),
        ({"tags": ["a b"]}, "tags"),
        ({"tags": ["a"] * 17}, "tags"),
        ({"client_id": "7"}, "client_id"),
        ({"typo": 1}, "typo"),
    ],
)
def test_what_is_refused_names_its_field(
    olga: User, freezer: Device, body: dict[str, Any], field: str
) -> None:
    Site.objects.create(slug="other", name="Other")
    whole = {"text": "hello", "client_id": str(uuid4()), **body}
    answer = client_of(olga).post("/api/v1/log/", whole)
    assert answer.status_code == 400
    assert set(answer.json()) == {field}
    assert Entry.objects.count() == 0


def test_an_entry_outlives_what_it_is_about_and_who_wrote_it(olga: User, freezer: Device) -> None:
    write(olga, "Odd noise", device="freezer-1")
    freezer.delete()
    olga.delete()
    (entry,) = read(User.objects.create_user("ben"))
    assert entry["device"] == {"uid": "freezer-1", "name": "Freezer 1"}
    assert entry["author"] == {"name": "olga"}


def test_what_the_system_notes_is_written_once_for_a_key(olga: User) -> None:
    for _ in range(2):
        record(Kind.ALERT_FIRED, "Too warm", key="alert-7")
        record(Kind.ALERT_CLEARED, "Over", key="alert-7-cleared", thread_key="alert-7")
    cleared, fired = read(olga)
    assert (cleared["thread"], fired["replies"]) == (fired["id"], 1)
    with pytest.raises(ValueError, match="no kind"):
        record(Kind.SAID, "somebody")


def test_the_log_of_a_device_that_is_gone_is_for_who_saw_it(olga: User, freezer: Device) -> None:
    nan, eve = User.objects.create_user("nan"), User.objects.create_user("eve")
    may(nan, (Role.VIEWER, freezer.site))
    may(eve, (Role.VIEWER, Site.objects.create(slug="yard", name="Yard")))
    write(olga, "Compressor is loud", device="freezer-1")
    write(olga, "Note", device="freezer-1", starts_at=1_795_327_200_000)
    freezer.removed_at = clock.now()
    freezer.save()
    for _ in range(2):  # removed, then deleted for good
        assert texts(olga, "device=freezer-1&kind=people") == ["Note", "Compressor is loud"]
        assert texts(olga, "device=freezer-1&marks=1&kind=people") == ["Note"]
        assert texts(nan, "device=freezer-1&kind=people") == ["Note", "Compressor is loud"]
        for user, uid in ((eve, "freezer-1"), (olga, "freezer-2")):
            answer = client_of(user).get(f"/api/v1/log/?device={uid}")
            assert answer.status_code == 400
            assert answer.json() == {"device": [f"There is no device '{uid}'."]}
        Device.with_removed.filter(uid="freezer-1").delete()
    # Another that is called so begins anew.
    Device.objects.create(uid="freezer-1", name="Freezer 1", site=freezer.site)
    assert texts(olga, "device=freezer-1&kind=people") == []
