"""Every committed change of a device or series reaches a listener on the real channel layer."""

import asyncio
import contextlib
import uuid

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.contrib.auth import get_user_model
from django.db import connections
from django.test import Client
from rest_framework.test import APIClient

from devices.events import EVENTS_GROUP, announce
from devices.models import Device, Presence, Site
from telemetry.models import Series

pytestmark = pytest.mark.django_db(transaction=True)

DEVICES = "/api/v1/devices/"
DEADLINE = 60  # seconds a sent message may take


@contextlib.asynccontextmanager
async def listening(passed_over=("log", "audit")):
    """Yields a function that returns the next event."""
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(EVENTS_GROUP, channel)
    # Redis has confirmed nothing yet; a message of our own that comes back proves it listens.
    beat = uuid.uuid4().hex
    queue: asyncio.Queue = asyncio.Queue()

    async def pump():
        while True:
            message = await layer.receive(channel)
            for each in message.get("events", [message]):
                await queue.put(each)

    task = asyncio.create_task(pump())

    async def following():
        async with asyncio.timeout(DEADLINE):
            # What somebody did is in both logs as well, which have tests of their own.
            while (message := await queue.get()).get("event") in passed_over:
                pass
            return message

    try:
        await layer.group_send(EVENTS_GROUP, {"type": "live.marker", "beat": beat})
        assert (await following())["beat"] == beat
        yield following
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await layer.flush()
        # The thread that ran the queries keeps its connection; the test database could not go.
        await sync_to_async(connections.close_all)()


def operator_client():
    client = APIClient()
    client.force_authenticate(get_user_model().objects.create_user("operator"))
    return client


def admin_client():
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root"))
    return client


def quiet(following):
    """Nothing else was sent: a message sent now is the next to arrive."""

    async def check():
        await sync_to_async(announce)({"type": "live.marker", "beat": "end"})
        assert (await following())["type"] == "live.marker"

    return check()


async def test_rest_create_change_and_delete_are_announced():
    api = await sync_to_async(operator_client)()
    site = await Site.objects.acreate(slug="roof", name="Roof")
    async with listening() as following:
        body = {"uid": "a", "name": "A", "site": "roof", "tags": ["t"]}
        made = (await sync_to_async(api.post)(DEVICES, body)).json()
        assert await following() == {
            "type": "live.event",
            "event": "device",
            "site": site.pk,
            "left": None,
            "change": "created",
            "device": {
                "id": made["id"],
                "uid": "a",
                "name": "A",
                "site": {"slug": "roof", "name": "Roof"},
                "kind": "",
                "tags": ["t"],
                "enabled": True,
                "expected_interval": 60.0,
                "location": "",
                "position": None,
                "presence": made["presence"],
                "thresholds": {},
            },
        }
        await sync_to_async(api.patch)(f"{DEVICES}a/", {"name": "B"})
        event = await following()
        assert (event["change"], event["device"]["name"]) == ("changed", "B")
        site_id = site.pk
        await sync_to_async(site.delete)()
        event = await following()
        assert (event["change"], event["device"]["site"], event["site"]) == ("changed", None, None)
        assert event["left"] == site_id, "who sees only that site is told that the device is gone"
        assert (await following())["event"] == "site"
        await sync_to_async(api.delete)(f"{DEVICES}a/")
        event = await following()
        assert (event["change"], event["device"]) == (
            "deleted",
            {"id": made["id"], "uid": "a", "kept": False},
        )
        await quiet(following)


async def test_a_refused_array_announces_nothing_and_an_accepted_one_each_device():
    api = await sync_to_async(operator_client)()
    rows = [{"uid": f"d-{n}"} for n in range(20)]
    async with listening() as following:
        refused = await sync_to_async(api.post)(DEVICES, [*rows, {"uid": "!"}])
        assert refused.status_code == 400
        await sync_to_async(api.post)(DEVICES, rows)
        heard = [await following() for _ in rows]
        assert [event["device"]["uid"] for event in heard] == [row["uid"] for row in rows]
        assert {event["change"] for event in heard} == {"created"}
        await quiet(following)


async def test_admin_changes_are_announced():
    client = await sync_to_async(admin_client)()
    device = await Device.objects.acreate(uid="a", name="A")
    await Presence.objects.acreate(device=device, connection="online")
    async with listening() as following:
        body = {"action": "disable", "_selected_action": [device.pk]}
        await sync_to_async(client.post)("/admin/devices/device/", body)
        event = await following()
        assert (event["change"], event["device"]["enabled"]) == ("changed", False)
        assert event["device"]["presence"]["connection"] == "online"
        body = {"action": "delete_selected", "_selected_action": [device.pk], "post": "yes"}
        await sync_to_async(client.post)("/admin/devices/device/", body)
        assert (await following())["change"] == "deleted"
        await quiet(following)


async def test_a_renamed_site_announces_its_devices():
    api = await sync_to_async(operator_client)()
    site = await Site.objects.acreate(slug="s", name="Old")
    for n in range(3):
        await Device.objects.acreate(uid=f"d-{n}", name="d", site=site)
    await Device.objects.acreate(uid="elsewhere", name="e")
    async with listening() as following:
        await sync_to_async(api.patch)("/api/v1/sites/s/", {"name": "New"})
        told = {"type": "live.event", "event": "site", "site": site.pk, "slug": "s"}
        assert await following() == {**told, "change": "changed", "name": "New"}
        heard = [await following() for _ in range(3)]
        assert [event["device"]["uid"] for event in heard] == ["d-0", "d-1", "d-2"]
        assert {event["device"]["site"]["name"] for event in heard} == {"New"}
        await quiet(following)


async def test_a_site_is_announced_when_it_is_made_and_when_it_goes():
    api = await sync_to_async(operator_client)()
    async with listening() as following:
        body = {"slug": "s", "name": "S", "contact": "Ana", "email": "ana@example.com"}
        made = await sync_to_async(api.post)("/api/v1/sites/", {**body, "phone": "+49 1"})
        assert made.json()["contact"] == "Ana"
        event = await following()
        assert (event["event"], event["change"], event["slug"]) == ("site", "created", "s")
        device = await Device.objects.acreate(
            uid="a", name="A", site_id=event["site"], latitude=1.5, longitude=-2
        )
        assert (await following())["device"]["position"] == [1.5, -2]
        refused = await sync_to_async(api.patch)("/api/v1/sites/s/", {"email": "nobody"})
        assert refused.status_code == 400
        await sync_to_async(api.delete)("/api/v1/sites/s/")
        moved, gone = await following(), await following()
        assert (moved["device"]["id"], moved["device"]["site"]) == (device.pk, None)
        assert (gone["event"], gone["change"], gone["site"]) == ("site", "deleted", event["site"])
        await quiet(following)


async def test_series_are_announced_by_device():
    api = await sync_to_async(operator_client)()
    site = await Site.objects.acreate(slug="s", name="S")
    await Device.objects.acreate(uid="a", name="A", site=site)
    async with listening() as following:
        rows = [{"device": "a", "metric": name} for name in ("x", "y")]
        made = (await sync_to_async(api.post)("/api/v1/series/", rows)).json()
        event = await following()
        assert (event["event"], event["uid"], event["site"]) == ("series", "a", site.pk)
        assert event["series"] == [
            {
                "id": row["id"],
                "metric": row["metric"],
                "unit": "",
                "kind": "gauge",
                "precision": None,
                "label": "",
                "quantity": "",
            }
            for row in made
        ]
        url = f"/api/v1/series/{made[0]['id']}/"
        await sync_to_async(api.patch)(url, {"unit": "K", "precision": 2})
        event = await following()
        assert (event["series"][0]["unit"], event["series"][0]["precision"]) == ("K", 2)
        await sync_to_async(api.delete)(url)
        event = await following()
        assert (event["series"], event["deleted"]) == ([], [made[0]["id"]])
        await quiet(following)


async def test_a_deleted_device_is_two_events_however_many_series_it_had():
    """Its series leave subscriptions, then it leaves the pages."""
    device = await Device.objects.acreate(uid="a", name="A")
    ids = [(await Series.objects.acreate(device=device, metric=f"m{n}")).pk for n in range(3)]
    async with listening() as following:
        await sync_to_async(device.delete)()
        told = await following()
        assert (told["event"], told["uid"], told["series"]) == ("series", "a", [])
        assert told["deleted"] == ids
        assert (await following())["change"] == "deleted"
        await quiet(following)


def test_a_channel_layer_that_is_away_does_not_undo_the_change(settings, caplog):
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "config.channel_layer.RedisChannelLayer",
            "CONFIG": {"url": "redis://127.0.0.1:1/0"},
        }
    }
    response = operator_client().post(DEVICES, {"uid": "a"})
    assert response.status_code == 201
    assert Device.objects.filter(uid="a").exists()
    assert "not announced" in caplog.text


async def test_an_entry_of_the_log_is_announced_with_its_number_and_where_it_stands():
    api = await sync_to_async(operator_client)()
    site = await Site.objects.acreate(slug="roof", name="Roof")
    async with listening(passed_over=("audit",)) as following:
        body = {"text": "x" * 5_000, "site": "roof", "client_id": str(uuid.uuid4())}
        made = (await sync_to_async(api.post)("/api/v1/log/", body)).json()["entry"]
        message = await following()
        assert (message["event"], message["site"]) == ("log", site.pk)
        entry = message["entry"]
        made.pop("mine")  # one text for everybody
        assert entry == {**made, "text": "x" * 4_000, "cut": True}
        await sync_to_async(api.post)(f"/api/v1/log/{made['id']}/pin/", {})
        entry = (await following())["entry"]
        assert (entry["pinned"], entry["version"]) == (True, made["version"] + 1)
        await quiet(following)
