"""Which devices and series a rule is for, with patterns in which only a star is special."""

from __future__ import annotations

import pytest

from alerts.models import AlertRule
from alerts.targets import devices_of, series_of, written_as
from devices.models import Device, Site
from telemetry.models import Series

pytestmark = pytest.mark.django_db


@pytest.fixture
def plant() -> Site:
    plant = Site.objects.create(slug="plant", name="Plant")
    for uid, kind, tags, site in (
        ("cold-1", "freezer", ["cold"], plant),
        ("cold-2", "freezer", ["cold", "new"], None),
        ("coldX1", "freezer", [], None),
        ("pump-1", "pump", ["new"], plant),
    ):
        device = Device.objects.create(uid=uid, name=uid, kind=kind, tags=tags, site=site)
        for metric in ("temperature", "temp.core", "tempXcore"):
            Series.objects.create(device=device, metric=metric)
    off = Device.objects.create(uid="cold-9", name="off", kind="freezer", enabled=False)
    Series.objects.create(device=off, metric="temperature")
    return plant


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ({}, {"cold-1", "cold-2", "coldX1", "pump-1"}),
        ({"kind": "freezer"}, {"cold-1", "cold-2", "coldX1"}),
        ({"kind": "freezer", "tag": "new"}, {"cold-2"}),
        ({"uid_pattern": "cold-*"}, {"cold-1", "cold-2"}),
        ({"uid_pattern": "*1"}, {"cold-1", "coldX1", "pump-1"}),
        ({"uid_pattern": "cold"}, set()),
        ({"uid_pattern": "c.ld-1*"}, set()),
    ],
)
def test_all_that_is_named_has_to_fit(plant: Site, named: dict[str, str], found: set[str]):
    rule = AlertRule(**named)
    assert {device.uid for device in devices_of(rule)} == found
    assert not series_of(rule).exists()
    rule.metric = "temperature"
    assert {one.device.uid for one in series_of(rule).select_related("device")} == found


def test_a_site_a_device_and_a_pattern_of_metrics(plant: Site):
    assert {device.uid for device in devices_of(AlertRule(site=plant))} == {"cold-1", "pump-1"}
    one = Device.objects.get(uid="pump-1")
    metrics = series_of(AlertRule(device=one, metric="temp.*")).values_list("metric", flat=True)
    assert set(metrics) == {"temp.core"}  # a point is a point
    assert series_of(AlertRule(device=one, metric="*")).count() == 3
    assert not series_of(AlertRule(site=plant, device=Device.objects.get(uid="cold-2"))).exists()


@pytest.mark.parametrize(
    "pattern",
    ["*", "a*", "*a", "*a*", "a*a", "*a*b*", "**b", "*ab*ab", "aab*", "", "aba", "a.*", "*ba*aba"],
)
def test_the_engine_reads_a_pattern_as_the_database_does(pattern: str):
    uids = ["a", "b", "ab", "aab", "aba", "abab", "abaaba", "a.b"]
    Device.objects.bulk_create(Device(uid=uid, name=uid) for uid in uids)
    fits = written_as(pattern)
    found = devices_of(AlertRule(uid_pattern=pattern))
    assert {uid for uid in uids if fits(uid)} == {device.uid for device in found}


def test_many_stars_take_no_longer_than_few():
    """Tried in every way, this takes longer than the test may: 10^11 of them."""
    uid, pattern = "a" * 64, "*a" * 20 + "*b"
    Device.objects.create(uid=uid, name=uid)
    assert not written_as(pattern)(uid)
    assert written_as(pattern)(f"{uid}b")
    assert not devices_of(AlertRule(uid_pattern=pattern)).exists()
