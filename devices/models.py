"""Who may send: sites, the devices on them, and what is known of each device's connection."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from access.scope import M, ScopedManager, ScopedQuerySet
from devices.api_token_name import ApiTokenName  # noqa: F401 (a model of this app)
from devices.broker_account import BrokerAccount  # noqa: F401 (a model of this app)
from devices.line import Line, Prose
from devices.mqtt_filters import MAX_FILTER_LENGTH, MAX_FILTERS
from devices.presence_fact import (  # noqa: F401 (models of this app)
    PresenceAway,
    PresenceFact,
    PresenceKnown,
    PresenceUnknown,
)
from devices.provisioning_key import ProvisioningKey  # noqa: F401 (a model of this app)
from devices.stamps import ChangedAt, CreatedAt
from devices.token_holder import TokenHolder

UID_PATTERN = r"[A-Za-z0-9_-]{1,64}"  # the wire format's device id: safe in a topic and in a URL
MAX_TAGS = 32  # tags of one device
MAX_TAG_LENGTH = 32  # characters
DEFAULT_EXPECTED_INTERVAL = 60.0  # seconds between two messages of a device that does not say
MIN_EXPECTED_INTERVAL = 0.05  # seconds
MAX_EXPECTED_INTERVAL = 31 * 86_400.0  # seconds


class Site(models.Model):
    """A place devices stand at; operators filter by it."""

    slug = models.SlugField(max_length=64, unique=True)
    name = Line(max_length=120)
    notes = Prose(blank=True, max_length=10_000)
    zone = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="The time zone its clocks show: Europe/Berlin. Empty: each viewer's own.",
    )
    address = Line(max_length=300, blank=True, default="", db_default="")
    contact = Line(
        max_length=120, blank=True, default="", db_default="", help_text="Who is called there."
    )
    phone = Line(max_length=40, blank=True, default="", db_default="")
    email = models.EmailField(blank=True, default="", db_default="")
    created_at = CreatedAt()
    updated_at = ChangedAt()

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.zone and self.zone not in zoneinfo.available_timezones():
            raise ValidationError({"zone": f"{self.zone!r} is no time zone: Europe/Berlin is."})

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(pk__in=sites)


class NotRemoved(ScopedManager[M]):
    """Without what is removed."""

    path: ClassVar[str] = "removed_at"  # to the field that says so

    def get_queryset(self) -> ScopedQuerySet[M]:
        return super().get_queryset().filter(**{self.path: None})


class OfDevices(NotRemoved[M]):
    """Without what belongs to a removed device."""

    path = "device__removed_at"


class Device(TokenHolder):
    """One thing that sends readings, known on the wire by its `uid`."""

    uid = models.CharField(
        max_length=64,
        unique=True,
        validators=[
            RegexValidator(
                rf"\A{UID_PATTERN}\Z",
                "A uid has 1 to 64 characters, each a letter, a digit, '_' or '-'.",
            )
        ],
        help_text="The id in its topics: devices/{uid}/telemetry. Letters, digits, '_' and '-'.",
    )
    name = Line(max_length=120)
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.SET_NULL, related_name="devices"
    )
    kind = Line(max_length=64, blank=True, help_text="What it is: freezer, motor, power-meter …")
    tags = ArrayField(Line(max_length=MAX_TAG_LENGTH), size=MAX_TAGS, default=list, blank=True)
    enabled = models.BooleanField(
        default=True, help_text="Messages of a disabled device are quarantined."
    )
    expected_interval = models.FloatField(
        default=DEFAULT_EXPECTED_INTERVAL,
        validators=[
            MinValueValidator(MIN_EXPECTED_INTERVAL),
            MaxValueValidator(MAX_EXPECTED_INTERVAL),
        ],
        help_text="Seconds between two of its messages; presence is judged against it.",
    )
    convention = models.CharField(
        max_length=40,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="The dialect it was adopted from; empty: it was registered.",
    )
    location = Line(max_length=200, blank=True, help_text="In words: Roof, north.")
    latitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    notes = Prose(blank=True, max_length=10_000)
    metadata = models.JSONField(default=dict, blank=True)
    mqtt_filters = ArrayField(
        models.CharField(max_length=MAX_FILTER_LENGTH),
        size=MAX_FILTERS,
        default=list,
        db_default=[],
        blank=True,
        help_text="Topics it may use beside its own: tele/plug/#, devices/child-1/#.",
    )
    # A removed device is as if it were deleted, until it is restored or deleted in earnest
    # (devices/removal.py). Nothing of it changes meanwhile, and its uid stays taken.
    removed_at = models.DateTimeField(null=True, editable=False, db_index=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+",
        editable=False,
    )  # fmt: skip
    created_at = CreatedAt()
    # Indexed: the bridge's registry asks each few seconds what has changed since it last looked.
    updated_at = ChangedAt(db_index=True)

    left: int | None = None  # the site it stood at before it is saved; never stored

    # First, and so the default: a check for a uid that is taken must see every row.
    with_removed: ClassVar[ScopedManager[Self]] = ScopedManager()
    objects: ClassVar[ScopedManager[Self]] = NotRemoved()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name or self.uid

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(site__in=sites)

    @classmethod
    def taken(cls, uids: Iterable[str]) -> set[str]:
        """Those of the uids that a device has, at whichever site: uids are one name space."""
        return set(cls.with_removed.filter(uid__in=list(uids)).values_list("uid", flat=True))

    @classmethod
    def removed(cls, uids: Iterable[str]) -> set[str]:
        """Those of the uids that a removed device has."""
        rows = cls.with_removed.filter(uid__in=list(uids), removed_at__isnull=False)
        return set(rows.values_list("uid", flat=True))


class DeviceAlias(models.Model):
    """Another uid that means the device: what it was called before, or is by another dialect. A
    device of that uid comes first."""

    alias = models.CharField(
        max_length=64, unique=True, validators=[RegexValidator(rf"\A{UID_PATTERN}\Z")]
    )
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="aliases")
    created_at = CreatedAt()

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["alias"]
        verbose_name_plural = "device aliases"

    def __str__(self) -> str:
        return self.alias

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(device__site__in=sites)


class Presence(models.Model):
    """What the wire said of a device's connection, and when it last spoke. Written by the bridge.

    The shown state (online, late, silent, offline) follows from this row, the device's
    `expected_interval` and the present time; see `devices.presence`.
    """

    class Connection(models.TextChoices):
        UNKNOWN = "unknown"  # it has never used its status topic
        ONLINE = "online"
        OFFLINE = "offline"

    device = models.OneToOneField(
        Device, primary_key=True, on_delete=models.CASCADE, related_name="presence"
    )
    connection = models.CharField(
        max_length=8, choices=Connection.choices, default=Connection.UNKNOWN
    )
    connection_since = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True, editable=False)  # when a status message came last
    # The worker that was told, for whose messages the order counts and not the clock.
    told_by = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    last_seen_at = models.DateTimeField(null=True)  # receive time of its newest telemetry
    # ms by which its clock is ahead of ours; behind, or how long it holds readings back: negative.
    clock_lead = models.BigIntegerField(null=True)
    last_lead = models.BigIntegerField(null=True)  # what its newest message alone says of that
    clock_replaced_at = models.DateTimeField(null=True)  # last time its timestamp was implausible

    def __str__(self) -> str:
        return f"{self.device_id} {self.connection}"
