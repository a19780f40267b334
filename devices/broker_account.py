"""What the MQTT broker is to know of a device, and whether it does.

A row a uid, written by a trigger in the transaction of whatever changed the device, through REST,
the admin, SQL or a cascade (migration 0014); `bridge.accounts` delivers it. It says that there is
something to tell and not what: that is read when it is told, so two changes are told as one, and
none in the wrong order.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

if TYPE_CHECKING:
    from devices.models import Device

Standing = Literal["told", "waiting", "refused", "untold"]


class BrokerAccount(models.Model):
    """The broker's account of the device with this uid, which may be deleted by now."""

    uid = models.CharField(primary_key=True, max_length=64)
    wanted = models.BigIntegerField(db_default=1)  # counts the changes
    told = models.BigIntegerField(db_default=0)  # the change that the broker has
    since = models.DateTimeField(db_default=Now())  # of the oldest change that it has not
    due_at = models.DateTimeField(null=True, db_default=Now())  # null: there is nothing to tell
    failures = models.IntegerField(db_default=0)
    error = models.TextField(blank=True, db_default="")  # why the broker has not all that is wanted
    paused_until = models.DateTimeField(null=True)  # until then the broker keeps the device out,
    denied = ArrayField(models.TextField(), default=list, db_default=[])  # or from these topics

    class Meta:
        indexes = [
            models.Index("due_at", name="broker_due", condition=models.Q(due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return self.uid


PAUSE = timedelta(minutes=5)
# Never for longer, whatever became of the database's clock meanwhile.
KEPT_OUT = Q(paused_until__gt=Now(), paused_until__lte=Now() + PAUSE)
IS_KEPT_OUT = ExpressionWrapper(KEPT_OUT, output_field=BooleanField())  # to annotate a row with
PAUSED = "It sent far more than one device may, and is kept out for some minutes."


WAIT_SECONDS = 2.0  # of an answer, for the broker to know who was registered or given a token
LOOK_EVERY = 0.05  # seconds between two looks


def wait_until_told(uid: str) -> None:
    """So that who is answered may connect at once. Ends all the same after `WAIT_SECONDS`: the
    broker, or who tells it, is away. Not for the transaction that changed the device."""
    until = time.monotonic() + WAIT_SECONDS
    waiting = BrokerAccount.objects.filter(pk=uid, error="").exclude(told=F("wanted"))
    while settings.BROKER_CONTROL and time.monotonic() < until and waiting.exists():
        time.sleep(LOOK_EVERY)


def standing(device: Device) -> tuple[Standing, str]:
    """Whether the broker knows the device, and what is wrong."""
    row = BrokerAccount.objects.filter(pk=device.uid).annotate(kept_out=IS_KEPT_OUT).first()
    if row is None or not settings.BROKER_CONTROL:
        return "untold", ""
    if row.kept_out:
        topics = ", ".join(row.denied)
        said = (
            f"Topics that it sent far too much under are closed to it for some minutes: {topics}."
        )
        return "refused", said if topics else PAUSED
    if row.error:
        return "refused", row.error
    return ("told" if row.told == row.wanted else "waiting"), ""
