"""What is over is kept for two years, and no longer; what stands is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alerts import keeping
from alerts.models import Alert, AlertEvent, Silence, TargetState
from alerts.tests.made import make_alert
from devices import clock

pytestmark = pytest.mark.django_db


def test_what_was_over_long_ago_goes_with_its_history(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keeping, "AT_ONCE", 2)
    now = clock.now()
    old = now - keeping.KEPT - timedelta(days=1)
    cause = make_alert("gateway-1", cleared_at=old)
    gone = [cause, *(make_alert(cleared_at=old, cause=cause) for _ in range(4))]
    for alert in gone:
        AlertEvent.objects.create(alert=alert, kind="fired", at=old)
    kept = [make_alert(started_at=old), make_alert(cleared_at=now - keeping.KEPT / 2)]
    held = make_alert(cleared_at=old)
    TargetState.objects.create(
        rule=held.rule, device=held.device, alert=held, revision=1, memory={}
    )
    for ends in (old, now, None):
        Silence.objects.create(starts_at=old - timedelta(days=1), ends_at=ends)
    while keeping.forget(now):
        pass
    assert set(Alert.objects.all()) == {*kept, held}
    assert not AlertEvent.objects.exists()
    assert Silence.objects.count() == 2
