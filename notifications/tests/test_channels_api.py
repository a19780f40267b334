"""Channels, the test button, the delivery log and Web Push over REST."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from access.roles import Role
from access.scope import Scope
from devices import clock
from devices.models import Site
from notifications import change, in_sight, outbox
from notifications.models import Channel, Decision, Delivery, Notification, Occasion
from notifications.tests import made
from notifications.tests.receiver import Receiver
from notifications.tests.test_web_push import Browser
from tests.granted import may

pytestmark = pytest.mark.django_db
KEY = "a-key-of-twenty-four-characters"
CHANNELS = "/api/v1/channels/"


def signed_in(name: str) -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_user(name))
    return client


@pytest.fixture
def api() -> APIClient:
    return signed_in("ana")


def ntfy(**more: Any) -> dict[str, Any]:
    return {
        "name": "Phone", "kind": "ntfy", "settings": {"topic": "cold-room"},
        "secrets": {"token": "tk_secret"}, **more,
    }  # fmt: skip


def test_secrets_go_in_and_never_come_out(api: APIClient) -> None:
    answer = api.post(CHANNELS, ntfy())
    assert answer.status_code == 201
    new = answer.json()
    assert (new["settings"], new["secrets"]) == ({"topic": "cold-room"}, ["token"])
    assert (new["server"], new["owner"], new["shared"]) == ("ntfy.sh", "ana", False)
    one = f"{CHANNELS}{new['id']}/"
    listed = api.get(CHANNELS).content + api.get(one).content
    assert b"tk_secret" not in answer.content + listed
    api.patch(one, {"settings": {"topic": "other"}})
    kept = Channel.objects.get()
    assert (kept.secrets(), kept.settings) == ({"token": "tk_secret"}, {"topic": "other"})
    api.patch(one, {"secrets": {"token": "tk_2"}})
    assert Channel.objects.get().secrets() == {"token": "tk_2"}
    api.patch(one, {"secrets": {"token": ""}})
    assert Channel.objects.get().secrets() == {}
    assert api.get(one).json()["secrets"] == []


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({"kind": "pigeon"}, {"kind"}),
        ({"name": ""}, {"name"}),
        ({"colour": "red"}, {"colour"}),
        ({"settings": {}}, {"settings"}),
        ({"settings": {"topic": "a b"}}, {"settings"}),
        ({"settings": {"topic": "a", "token": "tk"}}, {"settings"}),
        ({"secrets": {"topic": "a"}}, {"secrets"}),
        ({"settings": {"topic": "a", "server": "ftp://x"}}, {"settings"}),
        ({"secrets": {"token": "two\r\nX: y"}}, {"secrets"}),
        ({"settings": {"topic": {"a": 1}}}, {"settings"}),
        ({"settings": ["topic"]}, {"settings"}),
        ({"kind": "webhook", "settings": {}, "secrets": {"key": KEY}}, {"secrets"}),
        ({"kind": "sms", "settings": {}, "secrets": {"url": "json://10.0.0.1/"}}, {"secrets"}),
        ({"kind": "email", "settings": {"to": "nobody"}, "secrets": {}}, {"settings"}),
    ],
)
def test_what_is_wrong_is_said_by_field(
    api: APIClient, sent: dict[str, Any], wrong: set[str]
) -> None:
    answer = api.post(CHANNELS, ntfy(**sent))
    assert (answer.status_code, set(answer.json())) == (400, wrong), answer.content
    assert not Channel.objects.exists()


def test_kind_and_owner_stay_and_names_are_taken_once(api: APIClient) -> None:
    new = api.post(CHANNELS, ntfy()).json()
    other = api.post(CHANNELS, ntfy(name="Tablet")).json()
    api.post(CHANNELS, ntfy(shared=True))  # another name space
    assert Channel.objects.count() == 3
    assert api.post(CHANNELS, ntfy()).json() == {"name": ["Another channel has this name."]}
    for changed in ({"kind": "slack"}, {"shared": True}, {"name": "Tablet"}):
        answer = api.patch(f"{CHANNELS}{new['id']}/", changed)
        assert (answer.status_code, set(answer.json())) == (400, set(changed)), changed
    assert api.patch(f"{CHANNELS}{other['id']}/", {"kind": "ntfy"}).status_code == 200


def test_a_person_has_so_many_channels(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change, "MAX_OWN", 1)
    assert api.post(CHANNELS, ntfy()).status_code == 201
    assert api.post(CHANNELS, ntfy(name="Tablet")).status_code == 400
    assert api.post(CHANNELS, ntfy(name="Room", shared=True)).status_code == 201


def test_nobody_finds_the_channels_of_others(api: APIClient) -> None:
    mine = api.post(CHANNELS, ntfy()).json()["id"]
    room = api.post(CHANNELS, ntfy(name="Room", shared=True)).json()["id"]
    other = signed_in("ben")
    assert [each["id"] for each in other.get(CHANNELS).json()["channels"]] == [room]
    for method in ("get", "patch", "delete"):
        assert getattr(other, method)(f"{CHANNELS}{mine}/").status_code == 404
    assert other.post(f"{CHANNELS}{mine}/test/").status_code == 404
    assert other.delete(f"{CHANNELS}{room}/").status_code == 204


def test_who_sees_some_sites_only_has_channels_of_their_own(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.channel(name="Room")
    near = Site.objects.create(slug="near", name="Near")
    narrow = Scope(frozenset({near.pk}))
    monkeypatch.setattr(Scope, "of", classmethod(lambda _cls, _who: narrow))
    assert api.post(CHANNELS, ntfy(shared=True)).status_code == 403
    new = api.post(CHANNELS, ntfy()).json()
    assert [each["id"] for each in api.get(CHANNELS).json()["channels"]] == [new["id"]]


def test_the_test_button_says_what_the_other_side_said(api: APIClient, receiver: Receiver) -> None:
    secrets = {"url": receiver.url("/hook"), "key": KEY}
    hook = {"name": "Hook", "kind": "webhook", "secrets": secrets}
    test = f"{CHANNELS}{api.post(CHANNELS, hook).json()['id']}/test/"
    said = api.post(test).json()
    assert (said["outcome"], said["status"], said["answer"]) == ("taken", 200, "taken")
    assert receiver.received[0].json["type"] == "alert.test"
    receiver.answer("/hook", 503, "later")
    said = api.post(test).json()
    assert (said["outcome"], said["answer"], said["retry_at"]) == ("failed", "later", None)
    states = Notification.objects.order_by("id").values_list("state", "attempts", "key")
    assert [(state, attempts) for state, attempts, _ in states] == [("sent", 1), ("failed", 1)]
    listed = api.get("/api/v1/deliveries/").json()["deliveries"]
    assert [(each["what"], each["last"]["answer"]) for each in listed] == [
        ("test", "later"), ("test", "taken"),
    ]  # fmt: skip
    assert api.get(CHANNELS).json()["channels"][0]["trouble"] == "later"


def test_what_waits_for_a_channel_that_is_disabled_or_deleted_is_withdrawn(
    api: APIClient,
) -> None:
    one, other = (api.post(CHANNELS, ntfy(name=name)).json()["id"] for name in ("a", "b"))
    for channel in (one, other):
        outbox.put("k", made.content(), channel)
    api.patch(f"{CHANNELS}{one}/", {"enabled": False})
    api.delete(f"{CHANNELS}{other}/")
    assert set(Notification.objects.values_list("state")) == {("withdrawn",)}


def test_a_changed_secret_ends_the_rest_of_a_channel_and_the_sender_keeps_its_columns(
    api: APIClient,
) -> None:
    new = api.post(CHANNELS, ntfy()).json()["id"]
    now = clock.now()
    Channel.objects.update(
        failures=3, resting_until=now, trouble="no", leased_by="x", leased_until=now
    )
    api.patch(f"{CHANNELS}{new}/", {"name": "Renamed"})
    channel = Channel.objects.get()
    assert (channel.failures, channel.trouble, channel.leased_by) == (3, "no", "x")
    api.patch(f"{CHANNELS}{new}/", {"secrets": {"token": "right"}})
    channel = Channel.objects.get()
    assert (channel.failures, channel.resting_until, channel.trouble) == (0, None, "")
    assert (channel.leased_by, channel.leased_until) == ("x", now)


def test_secrets_under_another_key_have_to_be_entered_again(api: APIClient, settings: Any) -> None:
    new = api.post(CHANNELS, ntfy()).json()["id"]
    settings.SECRET_KEY = "another" * 10
    shown = api.get(f"{CHANNELS}{new}/").json()
    assert shown["secrets"] == []
    assert "PULSEBOARD_SECRET_KEY" in shown["trouble"]
    said = api.post(f"{CHANNELS}{new}/test/").json()
    assert (said["outcome"], "PULSEBOARD_SECRET_KEY" in said["answer"]) == ("refused", True)
    assert api.patch(f"{CHANNELS}{new}/", {"secrets": {"token": "tk"}}).json()["trouble"] == ""


def test_the_kinds_say_what_each_has_to_be_told(api: APIClient) -> None:
    kinds = {each["kind"]: each for each in api.get(f"{CHANNELS}kinds/").json()["kinds"]}
    assert list(kinds) == [
        "webhook", "email", "ntfy", "telegram", "slack", "teams", "matrix", "sms", "web_push",
    ]  # fmt: skip
    server, topic, token = kinds["ntfy"]["fields"]
    assert (server["default"], server["required"]) == ("https://ntfy.sh", False)
    assert (topic["required"], topic["secret"]) == (True, False)
    assert (token["required"], token["secret"]) == (False, True)


def test_the_delivery_log_is_narrowed_and_paged(api: APIClient) -> None:
    one, other = made.channel(), made.channel("ntfy")
    for n in range(5):
        outbox.put(f"k{n}", made.content(alert_id=n, subject=f"s{n}"), one.pk)
    outbox.put("x", made.content(alert_id=3, subject="x"), other.pk)
    Notification.objects.filter(key="k4").update(state="sent")

    def subjects(query: str) -> list[str]:
        answer = api.get(f"/api/v1/deliveries/?{query}")
        assert answer.status_code == 200, answer.content
        return [each["subject"] for each in answer.json()["deliveries"]]

    assert subjects("") == ["x", "s4", "s3", "s2", "s1", "s0"]
    assert subjects("alert=3") == ["x", "s3"]
    assert subjects("kind=ntfy") == subjects(f"channel={other.pk}") == ["x"]
    assert subjects("state=sent") == ["s4"]
    assert subjects("to=2000-01-01") == subjects("from=2100-01-01") == []
    page = api.get("/api/v1/deliveries/?limit=2").json()
    assert page["more"]
    assert subjects(f"before={page['deliveries'][-1]['id']}&limit=2") == ["s3", "s2"]
    assert not api.get("/api/v1/deliveries/?limit=6").json()["more"]
    for wrong in ("kind=pigeon", "state=lost", "page=2", "limit=0", "alert=x"):
        assert api.get(f"/api/v1/deliveries/?{wrong}").status_code == 400, wrong


def test_each_attempt_is_in_the_log(api: APIClient) -> None:
    channel = made.channel()
    outbox.put("k", made.content(), channel.pk)
    told = Notification.objects.get()
    for answer in ("first", "second"):
        Delivery.objects.create(
            notification=told, at=clock.now(), took_ms=3, outcome="failed", status=500,
            answer=answer,
        )  # fmt: skip
    one = api.get(f"/api/v1/deliveries/{told.pk}/").json()
    assert [each["answer"] for each in one["tries"]] == ["second", "first"]
    assert (one["delivery"]["last"]["answer"], one["text"]) == ("second", made.content().sentence)
    assert api.get("/api/v1/deliveries/999999/").status_code == 404


def test_what_one_was_told_oneself_is_seen_as_long_as_one_may() -> None:
    vera = User.objects.create_user("vera")
    client = APIClient()
    client.force_authenticate(vera)
    near, far = (Site.objects.create(slug=slug, name=slug) for slug in ("near", "far"))
    channel = made.channel(owner=vera)

    def told(key: str, site: Site | None, what: str = "fired") -> Notification:
        content = made.content(site_id=site and site.pk, subject=key, what=what)
        outbox.put(key, content, channel.pk, user_id=vera.pk)
        return Notification.objects.get(key=key)

    rows = [told("near", near), told("far", far), told("no site", None, "mentioned")]
    rows += [told("test", None, "test"), told("digest", None, "digest")]
    rows += [told("wide digest", None, "digest"), told("old digest", None, "digest")]
    shared = made.channel()
    for site in (near, far):
        outbox.put(f"shared {site.slug}", made.content(site_id=site.pk), shared.pk)
    occasion = Occasion.objects.create(key="o", alert_id=1, content={}, due_at=clock.now())
    for key, site in (("digest", near), ("wide digest", near), ("wide digest", far)):
        Decision.objects.create(occasion=occasion, alert_id=1, site=site, user=vera, key=key)

    def seen() -> set[str]:
        found = client.get("/api/v1/deliveries/").json()["deliveries"]
        keys = Notification.objects.filter(pk__in=[each["id"] for each in found])
        return set(keys.values_list("key", flat=True))

    assert len(seen()) == 9
    may(vera, (Role.VIEWER, near))
    assert seen() == {"near", "test", "digest", "shared near"}
    assert client.get(f"/api/v1/deliveries/{rows[1].pk}/").status_code == 404
    assert [in_sight.may_be_told(each) for each in rows] == [
        True, False, False, True, True, False, False,
    ]  # fmt: skip
    vera.is_active = False
    vera.save()
    near_one, shared_one = (Notification.objects.get(key=key) for key in ("near", "shared far"))
    assert (in_sight.may_be_told(near_one), in_sight.may_be_told(shared_one)) == (False, True)


def subscription(browser: Browser, **more: Any) -> dict[str, Any]:
    facts = browser.facts()
    keys = {"p256dh": facts["p256dh"], "auth": facts["auth"]}
    return {"endpoint": facts["endpoint"], "expirationTime": None, "keys": keys, **more}


def test_a_browser_subscribes_once(api: APIClient) -> None:
    assert len(api.get("/api/v1/web-push/").json()["key"]) == 87
    browser = Browser()
    first = api.post("/api/v1/web-push/", subscription(browser, name="Firefox"))
    Channel.objects.update(enabled=False)  # as after it was gone
    second = api.post("/api/v1/web-push/", subscription(browser, name="Firefox"))
    assert (first.status_code, second.status_code) == (201, 200)
    assert (second.json()["id"], second.json()["enabled"]) == (first.json()["id"], True)
    assert second.json()["server"] == "push.example"
    another = subscription(Browser(), name="Firefox", endpoint="https://push.example/2")
    assert api.post("/api/v1/web-push/", another).json()["name"] == "Firefox 2"
    other = signed_in("ben")
    assert other.post("/api/v1/web-push/", subscription(browser)).status_code == 201
    assert other.get(CHANNELS).json()["channels"][0]["name"] == "A browser"
    broken = subscription(browser, endpoint="http://push.example/")
    assert api.post("/api/v1/web-push/", broken).json() == {"endpoint": ["Write https://…."]}
    assert api.post("/api/v1/web-push/", subscription(browser, keys={})).status_code == 400
