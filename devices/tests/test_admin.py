"""The admin: the same rules as REST, tokens shown once, presence judged."""

import hashlib
import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from devices import bulk_delete
from devices.models import Device, Presence, Site

ADD = "/admin/devices/device/add/"
LIST = "/admin/devices/device/"


def form(**changes):
    base = {
        "uid": "a-1",
        "name": "A",
        "site": "",
        "kind": "",
        "tags": "",
        "enabled": "on",
        "expected_interval": "60",
        "location": "",
        "latitude": "",
        "longitude": "",
        "notes": "",
        "metadata": "{}",
    }
    return {**base, **changes}


def errors(response):
    return str(response.context["adminform"].form.errors)


def messages(response):
    return " ".join(str(message) for message in response.context["messages"])


def test_adding_a_device_shows_its_token_once(admin_client):
    response = admin_client.post(ADD, form(tags="Roof, roof ,b"), follow=True)
    token = re.search(r"pd_[\w-]+", messages(response)).group()
    device = Device.objects.get(uid="a-1")
    assert device.token_digest == hashlib.sha256(token.encode()).hexdigest()
    assert device.tags == ["roof", "b"]
    page = admin_client.get(reverse("admin:devices_device_change", args=[device.pk]))
    assert token not in page.content.decode()
    assert device.token_prefix in page.content.decode()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"uid": "a/b"}, "letter, a digit"),
        ({"metadata": "[1]"}, "JSON object"),
        ({"metadata": '{"a":"\\u0000"}'}, "NUL"),
        ({"tags": "x" * 33}, "32 characters"),
        ({"expected_interval": "0"}, "greater than or equal to 0.05"),
        ({"latitude": "91"}, "less than or equal to 90"),
    ],
)
def test_the_form_refuses_what_rest_refuses(admin_client, changes, sentence):
    assert sentence in errors(admin_client.post(ADD, form(**changes)))
    assert not Device.objects.exists()


def test_the_uid_cannot_change(admin_client):
    device = Device.objects.create(uid="a-1", name="A")
    url = reverse("admin:devices_device_change", args=[device.pk])
    series = {"series-TOTAL_FORMS": "0", "series-INITIAL_FORMS": "0"}
    response = admin_client.post(url, {**form(uid="b-2", name="B"), **series})
    assert response.status_code == 302
    device.refresh_from_db()
    assert (device.uid, device.name) == ("a-1", "B")


def test_the_list_shows_the_judged_presence(admin_client):
    old = timezone.now() - timedelta(hours=1)
    for uid in ("waits", "silent", "gone"):
        Device.objects.create(uid=uid, name=uid)
    Presence.objects.create(device=Device.objects.get(uid="silent"), last_seen_at=old)
    Presence.objects.create(
        device=Device.objects.get(uid="gone"), connection="offline", connection_since=old
    )
    page = admin_client.get(LIST).content.decode()
    for shown in ("– waiting", "○ silent", "✕ offline"):
        assert shown in page
    for query, count in {"unknown": 2, "offline": 1, "online": 0}.items():
        answer = admin_client.get(LIST, {"connection": query})
        assert answer.context["cl"].result_count == count, query


def test_the_list_costs_the_same_queries_for_many(admin_client, django_assert_max_num_queries):
    site = Site.objects.create(slug="s", name="S")
    Device.objects.bulk_create([Device(uid=f"d-{n}", name="d", site=site) for n in range(100)])
    Presence.objects.bulk_create([Presence(device=device) for device in Device.objects.all()])
    with django_assert_max_num_queries(12):
        assert admin_client.get(LIST).status_code == 200


def act(admin_client, action):
    selected = list(Device.objects.values_list("pk", flat=True))
    body = {"action": action, "_selected_action": selected}
    return admin_client.post(LIST, body, follow=True)


def test_disabling_and_enabling_leave_a_stamp_for_the_bridge(admin_client):
    Device.objects.create(uid="a", name="a")
    before = Device.objects.get().updated_at
    act(admin_client, "disable")
    assert not Device.objects.get().enabled
    assert Device.objects.get().updated_at > before
    act(admin_client, "enable")
    assert Device.objects.get().enabled


def test_rotating_shows_each_new_token(admin_client):
    Device.objects.create(uid="a", name="a")
    Device.objects.create(uid="b", name="b")
    shown = re.findall(r"pd_[\w-]+", messages(act(admin_client, "rotate_tokens")))
    digests = {hashlib.sha256(token.encode()).hexdigest() for token in shown}
    assert digests == set(Device.objects.values_list("token_digest", flat=True))
    assert len(digests) == 2


def test_rotating_too_many_changes_nothing(admin_client):
    Device.objects.bulk_create([Device(uid=f"d-{n}", name="d") for n in range(21)])
    assert "nothing was changed" in messages(act(admin_client, "rotate_tokens"))
    assert set(Device.objects.values_list("token_digest", flat=True)) == {""}


@pytest.mark.parametrize(
    "page", ["devices/site", "devices/device", "auth/user", "telemetry/series"]
)
def test_every_list_and_add_page_opens_and_searches(admin_client, page):
    assert admin_client.get(f"/admin/{page}/", {"q": "x"}).status_code == 200
    assert admin_client.get(f"/admin/{page}/add/").status_code == 200


def delete_all(client, path, **more):
    """Select the whole list, and confirm what the admin then asks: its form as it stands."""
    chosen = {"action": "delete_selected", "select_across": "1", "_selected_action": "1"}
    asked = client.post(path, chosen | {"index": "0"})
    page = asked.content.decode() if asked.status_code == 200 else ""
    names = re.findall(r'name="_selected_action" value="(\d+)"', page)
    if not names:
        return client.get(path), page
    sent = {"action": "delete_selected", "post": "yes", "_selected_action": names, **more}
    return client.post(path, sent, follow=True), page


@pytest.mark.django_db(transaction=True)
def test_more_than_a_thousand_selected_devices_are_deleted(admin_client):
    devices = Device.objects.bulk_create([Device(uid=f"d-{n}", name="d") for n in range(1_200)])
    Series = apps.get_model("telemetry", "Series")
    Series.objects.bulk_create([Series(device=each, metric="m") for each in devices])
    done, page = delete_all(admin_client, LIST)
    assert "1200 devices" in page
    assert "Successfully deleted 1200 devices" in messages(done)
    assert not Device.objects.exists()
    assert not Series.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_more_than_a_form_can_name_is_refused_with_the_limit(admin_client, monkeypatch):
    monkeypatch.setattr(bulk_delete, "MAX_DELETED", 3)
    Device.objects.bulk_create([Device(uid=f"d-{n}", name="d") for n in range(4)])
    answer, _ = delete_all(admin_client, LIST)
    assert "At most 3 at once; nothing was deleted" in messages(answer)
    assert Device.objects.count() == 4


def test_who_may_not_delete_devices_deletes_none(client, django_user_model, monkeypatch, db):
    monkeypatch.setattr(bulk_delete, "MAX_LISTED", 2)
    Device.objects.bulk_create([Device(uid=f"d-{n}", name="d") for n in range(4)])
    looker = django_user_model.objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_device"))
    client.force_login(looker)
    form = {"action": "delete_selected", "post": "yes", "_selected_action": ["1", "2", "3", "4"]}
    client.post(LIST, form)
    assert Device.objects.count() == 4


def shown(client, path):
    """The fields of a form as a browser would send them back."""
    [body] = [client.get(path).content.decode()]
    return re.search(r'name="seen" value="(\w+)"', body).group(1)


@pytest.mark.parametrize("what", ["device", "site"])
def test_a_form_does_not_write_over_what_another_saved_meanwhile(admin_client, what):
    site = Site.objects.create(slug="hall", name="Hall")
    device = Device.objects.create(uid="a-1", name="A")
    one = device if what == "device" else site
    path = reverse(f"admin:devices_{what}_change", args=[one.pk])
    given = {**form(), "slug": "hall", "zone": "UTC", "contact": "", "series-TOTAL_FORMS": "0"}
    given["series-INITIAL_FORMS"] = "0"
    seen = shown(admin_client, path)
    type(one).objects.filter(pk=one.pk).update(notes="Mind the step.")
    response = admin_client.post(path, {**given, "name": "Mine", "seen": seen})
    assert response.status_code == 200
    assert "Somebody changed this meanwhile" in errors(response)
    one.refresh_from_db()
    assert (one.notes, one.name != "Mine") == ("Mind the step.", True)
    seen = shown(admin_client, path)
    assert admin_client.post(path, {**given, "name": "Mine", "seen": seen}).status_code == 302
    one.refresh_from_db()
    assert one.name == "Mine"
