"""The past of presence on a database: what bridges note, what the engine notes, what REST tells."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from devices.models import Device, PresenceAway, PresenceFact, PresenceUnknown, Site
from devices.signals import presence_changed
from telemetry.moments import from_ms, from_us, to_ms
from telemetry.presence import keeping
from telemetry.presence.follower import Following
from telemetry.presence.listening import Worker, listened
from telemetry.storage import presence
from telemetry.storage.presence import Said
from telemetry.worker_counts import IngestWorker

pytestmark = pytest.mark.django_db

S, MINUTE, HOUR = 1_000, 60_000, 3_600_000  # ms
T = 1_790_000_000_000  # ms, when each of these stories begins


class World:
    """A clock, a bridge that listens, an engine or several, and devices that are heard each second
    as long as they speak."""

    def __init__(self) -> None:
        self.now = T
        self.count = 5 * HOUR  # ms, of the machine's counter
        self.connected_at: int | None = T
        self.engines: list[Following] = []
        self.speaking: set[int] = set()
        self.said: list[tuple[str, str, float]] = []
        presence_changed.connect(self._take)

    def _take(self, changes: list, **_kwargs: object) -> None:
        self.said += [
            (Device.objects.get(pk=each.device_id).uid, each.state, (to_ms(each.at) - T) / S)
            for each in changes
        ]

    def device(self, uid: str = "pump", **facts: object) -> Device:
        made = Device.objects.create(uid=uid, name=uid, **({"expected_interval": 1.0} | facts))
        Device.objects.filter(pk=made.pk).update(
            created_at=from_ms(self.now), updated_at=from_ms(self.now)
        )
        made.refresh_from_db()
        self.speaking.add(made.pk)
        return made

    def engine(self) -> Following:
        made = Following(lambda: self.now * 1_000, lambda: self.count * 1_000)
        self.engines.append(made)
        return made

    def run(self, seconds: float, step: float = 1.0) -> None:
        """Let this pass: a bridge that listens hears who speaks, engines that run do a step."""
        stop = self.now + round(seconds * S)
        while self.now < stop:
            self.now += round(step * S)
            self.count += round(step * S)
            if self.connected_at is not None:
                self.hear()
                self.tell_counters()
            for engine in self.engines:
                engine.step()

    def hear(self) -> None:
        us = self.now * 1_000
        presence.write_seen(dict.fromkeys(self.speaking, (us, us)), {})

    def tell_counters(self) -> None:
        assert self.connected_at is not None
        IngestWorker.objects.update_or_create(
            name="bridge-0",
            defaults={
                "started_at": from_ms(self.connected_at), "updated_at": from_ms(self.now),
                "counters": {"connected": 1, "connected_for_ms": self.now - self.connected_at},
            },
        )  # fmt: skip

    def say(
        self, device: Device, online: bool, at: int | None = None, by: str = "bridge-0"
    ) -> None:
        said = Said(online, (self.now if at is None else at) * 1_000, retained=False)
        with connection.cursor() as cursor:
            presence.set_connections(cursor, {device.pk: said}, by)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World()
    monkeypatch.setattr("devices.clock.measure", lambda: None)  # its clock is the world's
    monkeypatch.setattr("devices.clock.now", lambda: from_ms(made.now))
    yield made
    presence_changed.disconnect(made._take)


def told(api: APIClient, device: Device, start: int = T, stop: int | None = None) -> list:
    """State, and from when to when in seconds of the story."""
    query = f"from={start}" + ("" if stop is None else f"&to={stop}")
    answer = api.get(f"/api/v1/devices/{device.uid}/presence/?{query}")
    assert answer.status_code == 200, answer.content
    found = answer.json()["stretches"]
    assert all(a["to"] == b["from"] for a, b in pairwise(found))
    return [(each["state"], (each["from"] - T) / S, (each["to"] - T) / S) for each in found]


def test_what_a_device_did_is_told_and_said(world: World, api: APIClient) -> None:
    """Each second expected: late after 4 s, silent after 10 s."""
    device = world.device()
    world.engine()
    world.run(10)
    world.speaking.clear()
    world.run(20)
    world.speaking.add(device.pk)
    world.run(10)
    world.say(device, online=False)
    world.speaking.clear()
    world.run(60)
    world.say(device, online=True)
    world.speaking.add(device.pk)
    world.run(10)
    assert told(api, device) == [
        ("waiting", 0, 1), ("online", 1, 14), ("late", 14, 20), ("silent", 20, 31),
        ("online", 31, 40), ("offline", 40, 100), ("online", 100, 110),
    ]  # fmt: skip
    assert world.said == [
        ("pump", "silent", 20), ("pump", "back", 31), ("pump", "offline", 40), ("pump", "back", 100)
    ]  # fmt: skip


def test_two_engines_say_and_note_everything_once(world: World, api: APIClient) -> None:
    device = world.device()
    world.engine()
    world.engine()
    world.run(5)
    world.speaking.clear()
    world.run(30)
    assert world.said == [("pump", "silent", 15)]
    judged = PresenceFact.objects.filter(device=device, what="expected")
    assert judged.count() == 1
    assert PresenceAway.objects.get().state == "silent"
    assert told(api, device)[-1] == ("silent", 15, 35)


def test_an_engine_that_was_down_for_an_hour_misses_nothing(world: World, api: APIClient) -> None:
    """The bridge listened all the while, and was connected before."""
    pump, fan, steady = (
        world.device(uid, expected_interval=20) for uid in ("pump", "fan", "steady")
    )
    world.engine()
    world.run(20, step=20)
    world.engines.clear()
    world.run(600, step=20)
    world.speaking.remove(pump.pk)
    world.say(fan, online=False)
    world.speaking.remove(fan.pk)
    world.run(1200, step=40)
    world.speaking |= {pump.pk, fan.pk}
    world.run(1800, step=20)
    world.engine()
    world.run(20, step=20)
    assert told(api, pump) == [
        ("waiting", 0, 20), ("online", 20, 662), ("late", 662, 720), ("silent", 720, 1840),
        ("online", 1840, 3640),
    ]  # fmt: skip
    assert told(api, fan)[1:] == [
        ("online", 20, 620), ("offline", 620, 1840), ("online", 1840, 3640)
    ]  # fmt: skip
    assert told(api, steady)[1:] == [("online", 20, 3640)]
    assert world.said == [], "nobody is away now, and what was an hour ago is no news"


def test_while_no_pipeline_ran_nobody_is_silent(world: World, api: APIClient) -> None:
    """The machine was off: bridge, engine and all. Both begin anew, the bridge first."""
    pump = world.device()
    world.engine()
    world.run(20)
    world.engines.clear()
    world.connected_at = None
    world.run(3600, step=60)
    world.connected_at = world.now
    world.speaking.clear()
    world.run(3)
    world.engine()
    world.run(20)
    assert told(api, pump) == [
        ("waiting", 0, 1), ("online", 1, 20), ("unknown", 20, 3620), ("online", 3620, 3624),
        ("late", 3624, 3630), ("silent", 3630, 3643),
    ]  # fmt: skip
    assert world.said == [("pump", "silent", 3630)]


def test_a_bridge_that_is_away_is_no_silence_while_it_is(world: World, api: APIClient) -> None:
    pump = world.device()
    world.engine()
    world.run(20)
    world.connected_at = None
    world.run(100)
    assert told(api, pump)[-1] == ("unknown", 20, 120)
    assert world.said == []
    answer = api.get("/api/v1/devices/pump/presence/").json()
    assert answer["until"] == T + 20 * S


def test_without_an_engine_the_past_is_told_all_the_same(world: World, api: APIClient) -> None:
    pump = world.device()
    world.run(30)
    world.speaking.clear()
    world.run(30)
    assert told(api, pump) == [
        ("waiting", 0, 1), ("online", 1, 34), ("late", 34, 40), ("silent", 40, 60)
    ]  # fmt: skip


def test_a_status_message_that_comes_late_stands_where_it_was_said(
    world: World, api: APIClient
) -> None:
    """Another worker had spooled it; a later message was committed before."""
    device = world.device(expected_interval=600.0)
    world.engine()
    world.run(4, step=2)
    world.speaking.clear()
    world.say(device, online=True)
    world.run(100, step=2)
    world.say(device, online=True, by="bridge-1")
    world.run(2, step=2)
    world.say(device, online=False, at=T + 50 * S, by="bridge-2")
    assert told(api, device)[1:] == [
        ("online", 2, 50), ("offline", 50, 104), ("online", 104, 106)
    ]  # fmt: skip
    before = PresenceFact.objects.count()
    world.say(device, online=False, at=T + 50 * S, by="bridge-2")
    assert PresenceFact.objects.count() == before, "it came twice"


def test_an_interval_that_was_changed_judges_from_then_on(world: World, api: APIClient) -> None:
    device = world.device(expected_interval=600.0)
    world.engine()
    world.run(2, step=2)
    world.speaking.clear()
    world.run(100, step=2)
    Device.objects.filter(pk=device.pk).update(expected_interval=1.0, updated_at=from_ms(world.now))
    world.run(4, step=2)
    found = told(api, device)
    assert found[1:] == [("online", 2, 102), ("silent", 102, 106)]
    assert world.said == [("pump", "silent", 12)]


def test_a_disabled_and_a_removed_device_are_not_judged(world: World, api: APIClient) -> None:
    device = world.device()
    world.engine()
    world.run(10, step=2)
    world.speaking.clear()
    world.run(30, step=2)
    for change in ({"enabled": False}, {"enabled": True}, {"removed_at": from_ms(world.now)},
                   {"removed_at": None}):  # fmt: skip
        Device.with_removed.filter(pk=device.pk).update(updated_at=from_ms(world.now), **change)
        world.run(6, step=2)
    assert [state for state, *_ in told(api, device)] == [
        "waiting", "online", "late", "silent", "disabled", "online", "late", "disabled", "online",
        "late",
    ]  # fmt: skip
    assert world.said == [("pump", "silent", 20)]
    assert not PresenceAway.objects.exists()


def test_a_device_that_was_deleted_meanwhile_costs_no_other_its_word(world: World) -> None:
    pump, fan = world.device("pump"), world.device("fan")
    world.engine()
    world.run(10, step=2)
    world.speaking.clear()
    world.run(30, step=2)
    Device.with_removed.filter(pk=pump.pk).delete()
    world.speaking |= {pump.pk, fan.pk}  # the bridge does not know it yet
    world.run(4, step=2)
    assert [said for said in world.said if said[0] == "fan"] == [
        ("fan", "silent", 20),
        ("fan", "back", 42),
    ]
    assert set(PresenceFact.objects.values_list("device_id", flat=True)) == {fan.pk}


def test_a_clock_that_is_set_back_leaves_nothing_in_the_future(
    world: World, api: APIClient
) -> None:
    device = world.device()
    world.engine()
    world.run(100, step=2)
    world.say(device, online=False)
    world.speaking.clear()
    world.run(20, step=2)
    world.now -= 60 * S
    assert world.connected_at is not None
    world.connected_at -= 60 * S
    world.run(2, step=2)
    assert not PresenceFact.objects.filter(at__gt=from_ms(world.now)).exists()
    assert not PresenceUnknown.objects.filter(stop__gt=from_ms(world.now)).exists()
    world.run(20, step=2)
    assert told(api, device)[-1][0] == "offline"
    assert told(api, device)[-1][2] == (world.now - T) / S


def test_time_that_the_clock_leaves_out_is_nobodys_silence(world: World, api: APIClient) -> None:
    device = world.device()
    world.engine()
    world.run(20, step=2)
    world.now += HOUR  # what was connected goes on being so
    world.run(20, step=2)
    assert [state for state, *_ in told(api, device)] == ["waiting", "online", "unknown", "online"]
    assert world.said == []


def test_two_bridges_that_hear_a_device_again_note_it_once(world: World) -> None:
    device = world.device()
    world.hear()
    for at in (70, 69, 71):
        us = (T + at * S) * 1_000
        # Each has read when it was heard last before the others wrote.
        presence.note_absences([(device.pk, T * 1_000, us)])
    heard = PresenceFact.objects.filter(device=device, what="heard").exclude(after=None)
    assert [to_ms(each.at) for each in heard] == [T + 69 * S]


def test_what_was_heard_several_times_since_it_was_written_is_no_absence(world: World) -> None:
    """The database was away: what the spool kept comes at once, and is written once."""
    device = world.device()
    world.hear()
    first, newest = (T + 1 * S) * 1_000, (T + 60 * S) * 1_000
    presence.write_seen({device.pk: (newest, newest)}, {}, {device.pk: (first, first)})
    assert PresenceFact.objects.filter(device=device, after__isnull=False).count() == 0


def test_a_backlog_that_waited_for_us_ends_no_absence(world: World) -> None:
    device = world.device()
    for at in (0, 1):
        us = (T + at * S) * 1_000
        presence.write_seen({device.pk: (us, us)}, {})
    kept = ((T + HOUR) * 1_000, (T + 2 * S) * 1_000)  # received now, measured then
    presence.write_seen({device.pk: kept}, {})
    assert PresenceFact.objects.filter(device=device, after__isnull=False).count() == 0


def test_what_is_old_or_too_much_is_forgotten_and_said_to_be(world: World, api: APIClient) -> None:
    device = world.device()
    world.engine()
    world.run(2)
    world.say(device, online=True)
    for _ in range(5):
        world.run(20, step=20)
    world.speaking.clear()
    world.run(40, step=20)
    before = told(api, device)
    keeping.forget(T + 50 * S)
    assert told(api, device, T + 50 * S) == [
        (state, max(50, a), b) for state, a, b in before if b > 50
    ]
    assert told(api, device)[0] == ("unknown", 0, 50)
    keeping.forget(T, most=3)
    left = PresenceFact.objects.filter(device=device)
    assert left.count() <= 3 + 4
    assert told(api, device)[0][0] == "unknown"
    assert told(api, device)[-1] == before[-1]


@pytest.mark.parametrize(
    ("workers", "reached", "spans"),
    [
        ([Worker("a", T, T + 60 * S)], T + 60 * S, []),
        ([Worker("a", T + 30 * S, T + 60 * S)], T + 60 * S, [(T, T + 30 * S)]),
        ([Worker("a", T, T + 60 * S), Worker("b", T, T + 50 * S)], T + 50 * S, []),
        # The broker gave what b had to a, within half a minute.
        (
            [Worker("a", T, T + 90 * S), Worker("b", T, T + 20 * S)],
            T + 90 * S,
            [(T + 20 * S, T + 50 * S)],
        ),
        ([Worker("a", None, T + 60 * S)], T, []),
        (
            [Worker("http-1", T - HOUR, T + 60 * S), Worker("http-2", T + 50 * S, T + 60 * S)],
            T + 60 * S,
            [],
        ),
        ([Worker("http-2", T + 50 * S, T + 60 * S)], T + 60 * S, [(T, T + 50 * S)]),
        ([], T, []),
    ],
    ids=["steady", "came back", "one behind", "one replaced", "no broker", "over http",
         "over http anew", "nobody"],
)  # fmt: skip
def test_who_listened(workers: list[Worker], reached: int, spans: list) -> None:
    assert listened(workers, T, {}) == (reached, spans)


def test_several_devices_are_asked_for_at_once(world: World, api: APIClient) -> None:
    site = Site.objects.create(slug="hall", name="Hall")
    for uid in ("a", "b", "c"):
        world.device(uid, site=site if uid != "c" else None)
    world.run(10)
    answer = api.get(f"/api/v1/presence/?site=hall&from={T}").json()
    assert [each["device"] for each in answer["devices"]] == ["a", "b"]
    assert answer["devices"][0]["totals"] == {"waiting": S, "online": 9 * S}
    assert api.get(f"/api/v1/presence/?device=a,c&from={T}").json()["total"] == 2
    for wrong in ("most=5", "from=9&to=3", "device=a&colour=red"):
        assert api.get(f"/api/v1/presence/?{wrong}").status_code == 400
    assert api.get("/api/v1/devices/none/presence/").status_code == 404


def test_of_too_many_stretches_the_worst_are_told(world: World, api: APIClient) -> None:
    device = world.device()
    for n in range(40):
        at = (T + n * 30 * S) * 1_000
        presence.write_seen({device.pk: (at, at)}, {})
    world.now = T + 40 * 30 * S
    world.connected_at = T
    world.tell_counters()
    answer = api.get(f"/api/v1/devices/pump/presence/?from={T}&most=10").json()
    assert answer["reduced"] is True
    assert [each["state"] for each in answer["stretches"]] == ["silent"]
    assert answer["totals"]["late"] == 40 * 6 * S, "the sums are of all of them"


def test_a_registered_device_has_a_past_by_the_database_of_its_own(api: APIClient) -> None:
    """By the clocks there are: nobody listened before anything ran."""
    Device.objects.create(uid="new", name="New")
    found = api.get("/api/v1/devices/new/presence/").json()
    assert {each["state"] for each in found["stretches"]} <= {"unknown"}
    assert found["now"] <= to_ms(timezone.now()) + HOUR
    assert from_us(found["to"] * 1_000) >= from_ms(found["from"])
