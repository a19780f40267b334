"""Two sites, and somebody who may see one of them: what the tests of scopes share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from access.models import Grant
from access.roles import Role
from alerts.models import Alert, AlertEvent, AlertRule, RuleChange, Silence
from bridge.models import Candidate, DecodeRule, IgnoredMessages, TopicFilter
from dashboard.models import CardTemplate, SavedView
from derived.models import DerivedInput, DerivedSeries
from devices.models import Device, DeviceAlias, Presence, Site
from devices.provisioning_key import ProvisioningKey
from notifications.models import (
    Channel,
    Decision,
    Delivery,
    Notification,
    Occasion,
    Policy,
    PolicyStep,
    Rota,
    RotaMember,
    Team,
    Wording,
)
from shiftlog.models import Entry, Former, Reaction
from telemetry.correction import Correction
from telemetry.models import QuarantinedMessage, ReadingImport, RetentionRule, Series
from tests.granted import may

SECRET = "NOT4YOU"  # in everything a viewer of the other site must not read
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
        ProvisioningKey.objects.create(site=self.site, key=SECRET, digest="")
        self.device = Device.objects.create(
            uid="far-1", name=f"{SECRET} device", site=self.site, tags=["secret"],
            metadata={"thresholds": {f"{SECRET}.metric": [{"value": 1}]}},
        )  # fmt: skip
        Device.objects.create(uid="far-2", name=f"{SECRET} removed", site=self.site, removed_at=now)
        Presence.objects.create(device=self.device, last_seen_at=now)
        DeviceAlias.objects.create(device=self.device, alias=f"{SECRET}-alias")
        self.series = Series.objects.create(device=self.device, metric=f"{SECRET}.metric")
        self.correction = Correction.objects.create(
            series=self.series, action="delete", starts_at=now, ends_at=now, reason=SECRET,
            by_name=SECRET, made_at=now, removed=1, written=0, removed_readings=f'[[1,"{SECRET}"]]',
        )  # fmt: skip
        self.retention = RetentionRule.objects.create(device=self.device, raw_days=36_000)
        self.imported = ReadingImport.objects.create(digest=SECRET, name=SECRET, error=SECRET)
        self.derived = DerivedSeries.objects.create(
            series=Series.objects.create(
                id=HIDDEN_ID, device=self.device, metric=f"{SECRET}.twice"
            ),
            formula=f"{SECRET} * 2", at=SECRET,
        )  # fmt: skip
        DerivedInput.objects.create(
            derived=self.derived, name=SECRET, series=self.series, was=SECRET, hold=180
        )
        self.alert_rule = AlertRule.objects.create(
            id=HIDDEN_ID, name=SECRET, site=self.site, condition={}, enabled=True
        )
        RuleChange.objects.create(rule=self.alert_rule, name=SECRET, after={"name": SECRET})
        self.alert = Alert.objects.create(
            id=HIDDEN_ID, rule=self.alert_rule, rule_name=SECRET, severity="critical",
            site=self.site, device=self.device, device_name=SECRET, uid="far-1",
            series=self.series, metric=SECRET, sentence=SECRET, started_at=now, fired_at=now,
        )  # fmt: skip
        AlertEvent.objects.create(
            alert=self.alert, kind="commented", at=now, detail={"text": SECRET}
        )
        self.silence = Silence.objects.create(site=self.site, starts_at=now, reason=SECRET)
        self._told(now)
        self.view = SavedView.objects.create(name=SECRET, path=f"/?search={SECRET}")
        self.card = CardTemplate.objects.create(kind=SECRET, main=SECRET)
        self.entry = Entry.objects.create(
            id=HIDDEN_ID, kind="said", site=self.site, device=self.device, uid="far-1",
            device_name=SECRET, author_name=SECRET, text=SECRET, view=f"/{SECRET}/", place=1,
            version=1, unnumbered=False, starts_at=now, tags=[SECRET],
        )  # fmt: skip
        Former.objects.create(entry=self.entry, text=SECRET, until=now)
        Reaction.objects.create(entry=self.entry, user=self.person, word="+1")
        self.message = self._quarantined("far-1", "malformed_json")
        self.stranger = self._quarantined("nobody-1", "unknown_device")

    def rows(self) -> list[Any]:
        """All of it as it is stored."""
        return [
            *Site.objects.filter(slug="far").values(),
            *Device.with_removed.filter(uid__startswith="far-").order_by("id").values(),
            *Series.objects.filter(device__uid="far-1").order_by("id").values(),
            *DerivedSeries.objects.order_by("id").values(),
            *Correction.objects.order_by("id").values(),
            *RetentionRule.objects.order_by("id").values(),
            *DerivedInput.objects.order_by("id").values(),
            *QuarantinedMessage.objects.order_by("id").values(),
            *DecodeRule.objects.order_by("id").values(),
            *TopicFilter.objects.order_by("id").values(),
            *Candidate.objects.order_by("id").values(),
            *DeviceAlias.objects.order_by("id").values(),
            *AlertRule.objects.order_by("id").values(),
            *RuleChange.objects.order_by("id").values(),
            *Alert.objects.order_by("id").values(),
            *AlertEvent.objects.order_by("id").values(),
            *Silence.objects.order_by("id").values(),
            *SavedView.objects.order_by("id").values(),
            *CardTemplate.objects.order_by("id").values(),
            *Entry.objects.order_by("id").values(),
            *Reaction.objects.order_by("id").values(),
            *Team.objects.order_by("id").values(),
            *Rota.objects.order_by("id").values(),
            *self.rota.substitutions.order_by("id").values(),
            *Policy.objects.order_by("id").values(),
            *PolicyStep.objects.order_by("id").values(),
            *Wording.objects.order_by("id").values(),
            *Channel.objects.order_by("id").values(),
            *Notification.objects.order_by("id").values(),
            *Grant.objects.filter(user=self.person).values(),
        ]

    def _told(self, now: Any) -> None:
        """Who is told, which stands at no site, and what was told of the alert."""
        user = may(User.objects.create_user(f"{SECRET}-olga"), (Role.OPERATOR, self.site))
        self.person = user
        self.channel = Channel.objects.create(name=SECRET, kind="webhook")
        self.team = Team.objects.create(name=SECRET)
        self.team.members.add(user)
        self.rota = Rota.objects.create(
            name=SECRET, zone="UTC", starts_on=now.date(), starts_at=now.time(), shift_hours=24
        )
        RotaMember.objects.create(rota=self.rota, position=0, user=user)
        self.substitution = self.rota.substitutions.create(
            starts_at=now, ends_at=now + timedelta(days=1), user=user
        )
        self.policy = Policy.objects.create(name=SECRET, site=self.site)
        step = PolicyStep.objects.create(policy=self.policy, number=0, minutes=5)
        step.users.add(user)
        Wording.objects.create(what="fired", subject=SECRET, text=SECRET)
        content = {"sentence": SECRET, "severity": "critical"}
        occasion = Occasion.objects.create(
            key=SECRET, what="fired", alert_id=self.alert.pk, site=self.site, content=content,
            due_at=now,
        )  # fmt: skip
        Decision.objects.create(
            occasion=occasion, alert_id=self.alert.pk, site=self.site, who=SECRET, why="now",
            key=SECRET, policy_name=SECRET,
        )  # fmt: skip
        self.told = Notification.objects.create(
            key=SECRET, channel=self.channel, channel_name=SECRET, kind="webhook", site=self.site,
            alert_id=self.alert.pk, severity="critical", content=content, due_at=now, try_at=now,
        )  # fmt: skip
        Delivery.objects.create(
            notification=self.told, at=now, took_ms=1, outcome="refused", answer=SECRET
        )

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
def viewer(db: None) -> User:
    """Sees and administers the site "near" and nothing else."""
    near = Site.objects.create(slug="near", name="Near")
    Device.objects.create(uid="near-1", name="near-1", site=near)
    vera = User.objects.create_user("vera", password="a-long-password-1")
    return may(vera, (Role.ADMINISTRATOR, near))
