"""The registry of series follows what others delete."""

from __future__ import annotations

import pytest

from devices.models import Device
from telemetry import series_registry
from telemetry.models import Series
from telemetry.series_registry import SeriesRegistry
from telemetry.tests import written

pytestmark = pytest.mark.django_db


def test_a_deleted_series_is_forgotten_and_its_metric_becomes_a_new_one() -> None:
    old = written.series("t", uid="pump")
    kept = written.series("u", uid="pump")
    registry = SeriesRegistry()
    registry.load_all()
    registry.refresh(1000.0)
    Series.objects.filter(pk=old.pk).delete()
    registry.refresh(1000.0 + series_registry.REFRESH_EVERY)
    assert registry.of(old.device_id) == {"u": kept.pk}
    assert old.pk not in registry.device_of
    (made,) = registry.create({(old.device_id, "t"): "gauge"})
    assert made.id != old.pk
    assert registry.of(old.device_id) == {"t": made.id, "u": kept.pk}


def test_it_does_not_look_more_often_than_it_promises(django_assert_num_queries) -> None:
    registry = SeriesRegistry()
    with django_assert_num_queries(1):
        registry.refresh(1000.0)
        registry.refresh(1000.0 + series_registry.REFRESH_EVERY / 2)
    with django_assert_num_queries(1):
        registry.refresh(500.0)  # the clock was set back


def test_the_series_of_a_deleted_device_are_forgotten_too() -> None:
    series = written.series("t", uid="pump")
    registry = SeriesRegistry()
    registry.load_all()
    Device.objects.filter(uid="pump").delete()
    registry.refresh(1000.0)
    assert registry.device_of == {}
    assert registry.create({(series.device_id, "t"): "gauge"}) == []
