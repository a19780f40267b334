"""Two sites, and somebody who may see one of them: what the tests of scopes share."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from access.scope import Scope
from alerts.models import Alert, AlertEvent, AlertRule, Silence
from bridge.models import Candidate, DecodeRule, IgnoredMessages, TopicFilter
from devices.models import Device, DeviceAlias, Presence, Site
from telemetry.models import QuarantinedMessage, Series

SECRET = "SECRET"  # in everything a viewer of the other site must not read
HIDDEN_ID = 4_711  # of what a request names in its body


class Hidden:
    """A site with one of everything, out of the viewer's sight."""

    def __init__(self) -> None:
        now = timezone.now()
        IgnoredMessages.objects.create(
            reason="unread_topic", subject=SECRET, messages=1, first_at=now, last_at=now
        )
        self.rule = DecodeRule.objects.create(
            name=SECRET, position=0, definition={"topic": f"{SECRET}/{{device}}"}
        )
        self.filter = TopicFilter.objects.create(filter=f"{SECRET}/#")
        Candidate.objects.create(
            uid="nobody-1", convention="tasmota", topic=SECRET, first_at=now, last_at=now
        )
        self.site = Site.objects.create(slug="far", name=f"{SECRET} site")
        self.device = Device.objects.create(
            uid="far-1", name=f"{SECRET} device", site=self.site, tags=["secret"]
        )
        Presence.objects.create(device=self.device, last_seen_at=now)
        DeviceAlias.objects.create(device=self.device, alias=f"{SECRET}-alias")
        self.series = Series.objects.create(device=self.device, metric=f"{SECRET}.metric")
        self.alert_rule = AlertRule.objects.create(
            id=HIDDEN_ID, name=SECRET, site=self.site, condition={}, enabled=True
        )
        self.alert = Alert.objects.create(
            id=HIDDEN_ID, rule=self.alert_rule, rule_name=SECRET, severity="critical",
            site=self.site, device=self.device, device_name=SECRET, uid="far-1",
            series=self.series, metric=SECRET, sentence=SECRET, started_at=now, fired_at=now,
        )  # fmt: skip
        AlertEvent.objects.create(
            alert=self.alert, kind="commented", at=now, detail={"text": SECRET}
        )
        self.silence = Silence.objects.create(site=self.site, starts_at=now, reason=SECRET)
        self.message = self._quarantined("far-1", "malformed_json")
        self.stranger = self._quarantined("nobody-1", "unknown_device")

    def rows(self) -> list[Any]:
        """All of it as it is stored."""
        return [
            *Site.objects.filter(slug="far").values(),
            *Device.objects.filter(uid="far-1").values(),
            *Series.objects.filter(device__uid="far-1").values(),
            *QuarantinedMessage.objects.order_by("id").values(),
            *DecodeRule.objects.order_by("id").values(),
            *TopicFilter.objects.order_by("id").values(),
            *Candidate.objects.order_by("id").values(),
            *DeviceAlias.objects.order_by("id").values(),
            *AlertRule.objects.order_by("id").values(),
            *Alert.objects.order_by("id").values(),
            *AlertEvent.objects.order_by("id").values(),
            *Silence.objects.order_by("id").values(),
        ]

    @staticmethod
    def _quarantined(uid: str, reason: str) -> QuarantinedMessage:
        payload = f'{{"{SECRET}": 1}}'.encode()
        return QuarantinedMessage.objects.create(
            received_at=timezone.now(), topic=f"devices/{uid}/telemetry", uid=uid, reason=reason,
            detail=SECRET, payload=payload, payload_size=len(payload),
        )  # fmt: skip


@pytest.fixture
def hidden(db: None) -> Hidden:
    return Hidden()


@pytest.fixture
def viewer(db: None, monkeypatch: pytest.MonkeyPatch) -> User:
    """Sees the site "near" and nothing else."""
    near = Site.objects.create(slug="near", name="Near")
    Device.objects.create(uid="near-1", name="near-1", site=near)
    narrow = Scope(frozenset({near.pk}))
    # Where an account's role will say so one day, the test does today.
    monkeypatch.setattr(Scope, "of", classmethod(lambda _cls, _who: narrow))
    return User.objects.create_user("vera", password="a-long-password-1")
