"""The dead man's switch: it beats while all is well, and is silent otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from devices import clock
from notifications import heartbeat, outbox
from notifications.heartbeat import Heartbeat, troubles
from notifications.models import Notification
from notifications.tests import made
from notifications.tests.receiver import Receiver
from telemetry import follower_runs
from telemetry.followers import registered
from telemetry.models import FollowerRun, JobRun
from telemetry.worker_counts import IngestWorker
from telemetry.workers import worker_state

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(hours=1)


@pytest.fixture
def well(receiver: Receiver, settings: Any) -> Receiver:
    """All works, and the heartbeat goes to /beat."""
    settings.HEARTBEAT_URL = receiver.url("/beat")
    for follower in registered():
        follower_runs.worked(follower.name)
    worker_state.write_counters("bridge-0", clock.now(), {})
    return receiver


def begun() -> Heartbeat:
    """Past its first step, in which it lets the others begin."""
    beating = Heartbeat()
    assert beating.step() == heartbeat.RETRY
    return beating


def test_it_beats_while_all_is_well(well: Receiver, settings: Any) -> None:
    beating = begun()
    assert beating.step() == settings.HEARTBEAT_SECONDS
    assert beating.step() == settings.HEARTBEAT_SECONDS
    assert len(well.at("/beat")) == 2


def aged(table: type[Any], field: str, **which: Any) -> None:
    table.objects.filter(**which).update(**{field: clock.now() - LONG_AGO})


def test_it_is_silent_while_something_does_not_work(
    well: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    beating = begun()
    aged(FollowerRun, "worked_at", name="notifications")
    assert beating.step() == heartbeat.RETRY
    assert beating.step() == heartbeat.RETRY
    assert caplog.text.count("the follower notifications does not work") == 1
    follower_runs.worked("notifications")
    aged(IngestWorker, "updated_at", name="bridge-0")
    assert troubles() == ["the bridge bridge-0 has said nothing for 3600 s"]
    worker_state.forget("bridge-0")  # it was retired
    worker_state.write_counters("http-1", clock.now(), {})
    aged(IngestWorker, "updated_at", name="http-1")
    JobRun.objects.create(name="pack", succeeded_at=clock.now() - LONG_AGO)
    JobRun.objects.create(name="tend", failed_at=clock.now())
    assert troubles() == ["maintenance has done nothing for 3600 s"]
    JobRun.objects.create(name="roll_up", succeeded_at=clock.now())
    assert troubles() == []
    JobRun.objects.all().delete()
    with connection.cursor() as cursor:
        waiting = "INSERT INTO commit_log (series, spans, committed_at) VALUES ('', '{}', %s)"
        cursor.execute(waiting, [clock.now() - LONG_AGO])
        assert troubles() == ["maintenance has done nothing for 3600 s"]  # nor ever has
        cursor.execute("DELETE FROM commit_log")
    assert troubles() == []
    assert well.at("/beat") == []
    beating.step()
    assert len(well.at("/beat")) == 1


def test_it_is_silent_while_nothing_is_sent_that_could_be(well: Receiver) -> None:
    dead, well_channel = made.channel(failures=1), made.channel()
    outbox.put("k", made.content(), dead.pk)
    outbox.put("k", made.content(), well_channel.pk)
    assert troubles() == []
    Notification.objects.update(try_at=clock.now() - LONG_AGO)
    assert troubles() == ["1 notifications wait though they could be sent"]


def test_one_that_is_not_taken_is_tried_again_soon(well: Receiver) -> None:
    well.answer("/beat", 500)
    beating = begun()
    assert beating.step() == heartbeat.RETRY
    del well.answers["/beat"]
    assert beating.step() > heartbeat.RETRY


def test_without_an_address_nobody_is_told(settings: Any) -> None:
    settings.HEARTBEAT_URL = ""
    assert begun().step() == heartbeat.IDLE
