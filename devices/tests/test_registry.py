"""The bridge knows a new device at once, a changed or deleted one soon, and cannot be made to
hammer the database."""

import time

import pytest
from django.db import OperationalError, connection

from devices import registry as module
from devices.models import Device
from devices.registry import NEGATIVE_FOR, OVERLAP, REFRESH_EVERY, RELOAD_EVERY, Registry

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return time.time()


def make(uid, **fields):
    return Device.objects.create(uid=uid, name=uid, **fields)


def copy_device(uid, count):
    """Have `count` devices like this one, in one statement: saving so many takes a while."""
    others = [f.column for f in Device._meta.concrete_fields if f.name not in ("id", "uid")]
    columns = ", ".join(f'"{name}"' for name in others)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO devices_device (uid, {columns}) SELECT 'd-' || n, {columns}"
            " FROM devices_device, generate_series(1, %s) n WHERE uid = %s",
            [count - 1, uid],
        )


def look_up(registry, uid):
    """As the committer does for what it does not know."""
    registry.ask([uid])
    return registry.known(uid)


@pytest.fixture
def registry(now):
    registry = Registry()
    registry.refresh(now)
    return registry


def test_knows_what_the_pipeline_needs(now):
    device = make("a", expected_interval=5.0, enabled=False)
    registry = Registry()
    registry.refresh(now)
    assert look_up(registry, "a") == (device.pk, False, 5.0, None, False)
    assert look_up(registry, "b") is None


def test_a_known_device_costs_no_query(registry, django_assert_num_queries, now):
    make("a")
    registry.refresh(now + REFRESH_EVERY)
    with django_assert_num_queries(0):
        for _ in range(1000):
            assert look_up(registry, "a") is not None


def test_a_device_registered_after_the_load_is_known_at_its_first_message(registry):
    device = make("new")
    assert look_up(registry, "new").id == device.pk


def test_an_unknown_uid_is_asked_for_once_while_it_is_believed(
    registry, now, django_assert_num_queries
):
    with django_assert_num_queries(1):
        for _ in range(100):
            assert look_up(registry, "ghost") is None
    make("ghost")
    Device.objects.filter(uid="ghost").update(updated_at="2001-01-01T00:00Z")  # no stamp to find
    registry._looked_at = now + NEGATIVE_FOR  # not due: only the belief runs out
    registry.refresh(now + NEGATIVE_FOR + 0.1)
    assert look_up(registry, "ghost") is not None


def test_a_change_is_taken_within_one_refresh(registry, now):
    device = make("a")
    assert look_up(registry, "a").enabled
    device.enabled = False
    device.save()
    registry.refresh(now + REFRESH_EVERY / 2)
    assert look_up(registry, "a").enabled, "not due yet"
    registry.refresh(now + REFRESH_EVERY)
    assert not look_up(registry, "a").enabled


def test_a_change_stamped_before_the_last_look_is_still_found(registry, now):
    make("slow")
    Device.objects.filter(uid="slow").update(
        updated_at=module.datetime.fromtimestamp(now - OVERLAP + 5, module.UTC)
    )
    make("other")
    registry.refresh(now + REFRESH_EVERY)
    assert "slow" in registry._known


def test_a_deleted_device_is_gone_within_one_refresh(registry, now):
    device = make("a")
    make("b")
    registry.refresh(now + REFRESH_EVERY)
    device.delete()
    make("c")  # the count alone stays the same
    registry.refresh(now + 2 * REFRESH_EVERY)
    assert look_up(registry, "a") is None
    assert look_up(registry, "b") is not None


def test_an_unstamped_change_is_found_by_the_reload(registry, now):
    make("a")
    registry.refresh(now + REFRESH_EVERY)
    Device.objects.update(enabled=False, updated_at="2001-01-01T00:00Z")
    registry.refresh(now + RELOAD_EVERY)
    assert not look_up(registry, "a").enabled


def test_a_clock_set_back_does_not_stop_the_refresh(registry, now):
    make("a")
    registry.refresh(now - 3600)
    assert "a" in registry._known


def test_a_flood_of_unknown_uids_costs_one_query_a_batch(
    registry, now, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(module, "MAX_NEGATIVE", 20)
    make("real")
    with django_assert_num_queries(1):
        registry.ask(["real", *(f"ghost-{n}" for n in range(1000))])
    assert registry.known("real") is not None
    assert registry.known("ghost-1") is None
    assert len(registry._unknown) == 20
    with django_assert_num_queries(0):
        registry.ask(f"ghost-{n}" for n in range(980, 1000))


def test_database_errors_reach_the_caller_and_keep_the_picture(registry, now, monkeypatch):
    make("a")
    registry.refresh(now + REFRESH_EVERY)

    def away(*args, **kwargs):
        raise OperationalError("away")

    monkeypatch.setattr(Device.with_removed, "order_by", away)
    with pytest.raises(OperationalError):
        registry.refresh(now + 2 * RELOAD_EVERY)
    assert look_up(registry, "a") is not None
    monkeypatch.undo()
    make("b")
    registry.refresh(now + 2 * RELOAD_EVERY)  # tried again at once, not an interval later
    assert "b" in registry._known


def test_20_000_devices_load_in_few_queries(now, django_assert_max_num_queries):
    make("d-0")
    copy_device("d-0", 20_000)
    registry = Registry()
    with django_assert_max_num_queries(4):
        registry.refresh(now)
    assert len(registry) == 20_000


@pytest.mark.parametrize("later", [REFRESH_EVERY, RELOAD_EVERY, NEGATIVE_FOR + 1])
def test_a_stranger_that_becomes_a_device_is_said_to_have_appeared(registry, now, later):
    assert look_up(registry, "late") is None
    make("late")
    make("never-asked-for")
    registry.refresh(now + later)
    assert look_up(registry, "late") is not None
    assert registry.appeared == {"late"}
