"""Of what one may not see nothing arrives live, whatever kind of message tells of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from access.scope import EVERYTHING, Scope
from dashboard.live import hub as hubs
from dashboard.live.events import EVENTS
from dashboard.live.hub import Hub
from dashboard.live.moves import MAX_MOVED, MOVED_FOR, Moves
from dashboard.tests.live_socket import Bridge, Socket, eventually, make_series
from devices.events import EVENTS_GROUP, device_event
from devices.models import Device, Site
from telemetry.live import contract

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "NOT4YOU"  # in each text that tells of the hidden site
HIDDEN_VALUE = 4711.5


class Sites:
    """One that the viewer sees and one that it does not, with a device and a series each."""

    def __init__(self) -> None:
        self.near, self.far = [Site.objects.create(slug=s, name=s) for s in ("near", "far")]
        self.seen, self.hidden = [make_series(1, uid=uid)[0] for uid in ("near-1", "far-1")]
        for uid, site in (("near-1", self.near), ("far-1", self.far)):
            Device.objects.filter(uid=uid).update(site=site)

    def events_of_the_hidden(self) -> dict[str, dict[str, Any]]:
        """A channel message of each kind of event, by name."""
        site, device = self.far.pk, self.hidden.device_id
        uid = f"far-1 {SECRET}"
        return {
            "device": device_event("changed", {"id": device, "uid": uid}, site),
            "presence": contract.event(
                "presence", site=site, uid=uid, device_id=device, connection="online", since=1
            ),
            "series": contract.event("series", site=site, uid=uid, series=[]),
            "quarantine": contract.event(
                "quarantine", site=site, uid=uid, topic=SECRET, reason="x", detail="", at=1
            ),
            "alert": contract.event("alert", site=site, alert={"id": 1, "sentence": SECRET}),
            "alert_rules": contract.event("alert_rules", site=site, told=SECRET),
            "silences": contract.event("silences", site=site, told=SECRET),
            "derived": contract.event("derived", site=site, told=SECRET),
            "log": contract.event("log", site=site, entry={"id": 1, "text": SECRET}),
            "corrections": contract.event("corrections", site=site, uid=uid),
            "retention": contract.event("retention", site=site, told=SECRET),
            "site": contract.event("site", site=site, told=SECRET),
            # What names no site is for those who see every one.
            "pipeline": contract.event("pipeline", worker=SECRET, at=1, counters={}),
            "rules": contract.event("rules", told=SECRET),
            "import": contract.event("import", id=1, state=SECRET),
            "notifications": contract.event("notifications", told=SECRET),
            "views": contract.event("views", told=SECRET),
            "cards": contract.event("cards", told=SECRET),
            "people": contract.event("people", site=site, told=SECRET),
            "account": contract.event("account", told=SECRET),
            "listening": contract.event("listening", told=SECRET),
            "quarantine_left": contract.event("quarantine_left", told=SECRET),
            "log_here": contract.event("log_here", told=SECRET),
            "log_read": contract.event("log_read", site=site, told=SECRET),
            "audit": contract.event("audit", told=SECRET),
            "inbox": contract.event("inbox", change="waiting", uids=[SECRET]),
        }


@pytest.fixture
def sites(transactional_db: None) -> Sites:
    return Sites()


@pytest.fixture
def sees(sites: Sites, monkeypatch: pytest.MonkeyPatch) -> dict[str, Scope]:
    """What who connects next may see, as `now`."""
    now = {"now": Scope(frozenset({sites.near.pk}))}
    monkeypatch.setattr(Scope, "of", classmethod(lambda _cls, _who: now["now"]))
    return now


async def tell_all(sites: Sites, bridge: Bridge) -> None:
    """Everything a bridge and a web process say of the hidden site, in each kind of message."""
    layer = get_channel_layer()
    told = sites.events_of_the_hidden()
    assert set(told) == EVENTS, "say above how the new kind tells of a hidden site"
    for message in told.values():
        await layer.group_send(EVENTS_GROUP, message)
    await layer.group_send(EVENTS_GROUP, {"type": "live.events", "events": [*told.values()]})
    hidden = sites.hidden
    await bridge.publish(hidden.device_id, {hidden.pk: [1, HIDDEN_VALUE]})
    group = contract.shard_group(hidden.device_id)
    await layer.group_send(group, contract.heard({hidden.device_id: 1_234}))
    await layer.group_send(EVENTS_GROUP, contract.refill("replay", [hidden.pk], 1, 2))


async def watch_everything(socket: Socket, sites: Sites) -> None:
    """Ask for all there is, the hidden as well."""
    await socket.say(op="follow")
    await socket.say(op="watch", events=["pipeline", "quarantine"])
    both = [sites.seen.pk, sites.hidden.pk]
    await socket.say(op="subscribe", id=1, series=both, since="5m", every=50)
    await socket.got("snapshot", id=1)


async def finish(sites: Sites, bridge: Bridge, socket: Socket) -> str:
    """All that the socket got, once what was said before must have come through: of each group
    the last message is one that it may see."""
    layer = get_channel_layer()
    seen = sites.seen
    last = contract.event("series", site=sites.near.pk, uid="near-1", series=[])
    odd = contract.event("series", site=sites.far.pk, uid=SECRET, series=[])
    await layer.group_send(EVENTS_GROUP, {"type": "live.events", "events": [odd, last]})
    await socket.got("series", uid="near-1")
    for group in contract.shard_groups():
        await layer.group_send(group, contract.heard({seen.device_id: 1}))
    await bridge.publish(seen.device_id, {seen.pk: [1, 1.0]})
    await eventually(lambda: socket.points(seen.pk))
    beats = len(socket.all("beat"))
    await socket.got("beat", beats + 2)
    return json.dumps(socket.seen)


async def test_nothing_of_a_hidden_site_arrives_in_any_kind_of_message(
    hub: Hub, cookie: str, sites: Sites, sees: dict[str, Scope], monkeypatch
):
    monkeypatch.setattr(hubs, "BEAT_EVERY", 0.05)
    monkeypatch.setattr(hubs, "SWEEP_EVERY", 0.05)
    bridge = Bridge()
    async with Socket(cookie) as narrow:
        await watch_everything(narrow, sites)
        sees["now"] = EVERYTHING
        async with Socket(cookie) as wide:
            await watch_everything(wide, sites)
            await eventually(
                lambda: {each.follows is None for each in hub.viewers} == {True, False}
            )
            await tell_all(sites, bridge)
            got = await finish(sites, bridge, narrow)
            # Otherwise this would also hold for messages that reach nobody.
            hidden = sites.hidden
            for name in EVENTS:
                await eventually(lambda name=name: SECRET in json.dumps(wide.all(name)))
            await eventually(lambda: wide.points(hidden.pk))
            await wide.got("refill")
            heard = str(hidden.device_id)
            await eventually(lambda: any(heard in beat["heard"] for beat in wide.all("beat")))
    assert SECRET not in got
    assert str(HIDDEN_VALUE) not in got
    assert not narrow.all("refill")
    assert not any(heard in beat["heard"] for beat in narrow.all("beat"))


async def test_a_device_that_moves_away_is_told_to_be_removed(
    hub: Hub, cookie: str, sites: Sites, sees: dict[str, Scope]
):
    async with Socket(cookie) as narrow:
        await watch_everything(narrow, sites)
        sees["now"] = EVERYTHING
        async with Socket(cookie) as wide:
            await watch_everything(wide, sites)
            await hub.linked()

            def move() -> None:
                device = Device.objects.get(uid="near-1")
                device.site, device.name = sites.far, SECRET
                device.save()

            await database_sync_to_async(move)()
            changed = await wide.got("device")
            assert (changed["change"], changed["device"]["site"]["slug"]) == ("changed", "far")
            removed = await narrow.got("device")
            device_id = str(sites.seen.device_id)
            assert not any(device_id in (each.follows or ()) for each in hub.viewers)
            # What it watches of the device must end too: it comes back, and asks anew.
            assert await eventually(lambda: narrow.closed) == 4012
            assert wide.closed is None
    gone = {"id": sites.seen.device_id, "uid": "near-1"}
    assert removed == {"op": "device", "change": "deleted", "device": gone}
    assert len(narrow.all("device")) == len(wide.all("device")) == 1


async def test_what_a_bridge_says_of_a_moved_device_before_it_knows_is_for_who_sees_where_it_stands(
    hub: Hub, cookie: str, sites: Sites, sees: dict[str, Scope]
):
    async with Socket(cookie) as left:
        await watch_everything(left, sites)
        sees["now"] = Scope(frozenset({sites.far.pk}))
        async with Socket(cookie) as reached:
            await watch_everything(reached, sites)
            await hub.linked()

            def move() -> None:
                device = Device.objects.get(uid="near-1")
                device.site = sites.far
                device.save()

            await database_sync_to_async(move)()
            await reached.got("device")
            late = contract.event(
                "quarantine", site=sites.near.pk, uid="near-1", topic=SECRET, reason="x", at=1
            )
            await get_channel_layer().group_send(EVENTS_GROUP, late)
            assert (await reached.got("quarantine"))["topic"] == SECRET
            assert await eventually(lambda: left.closed) == 4012
    assert SECRET not in json.dumps(left.seen)


def test_a_move_counts_until_every_bridge_knows_of_it() -> None:
    now = [0.0]
    moves = Moves(lambda: now[0])
    moves.note(device_event("changed", {"id": 1, "uid": "pump-1"}, 7, left=None))
    said = contract.event("presence", site=None, uid="pump-1")
    assert moves.site_of(said) == 7
    assert moves.site_of(contract.event("presence", site=3, uid="pump-2")) == 3
    now[0] = MOVED_FOR
    assert moves.site_of(said) is None
    for number in range(MAX_MOVED + 5):
        moves.note(device_event("changed", {"id": 1, "uid": f"pump-{number}"}, 7))
    assert len(moves._sites) == MAX_MOVED


async def test_the_devices_of_a_site_that_is_deleted_are_told_to_be_removed(
    hub: Hub, cookie: str, sites: Sites, sees: dict[str, Scope]
):
    async with Socket(cookie) as narrow:
        await watch_everything(narrow, sites)
        await hub.linked()
        await database_sync_to_async(sites.near.delete)()
        assert (await narrow.got("device"))["change"] == "deleted"
