"""One line of the log, whoever wrote it, and what people did about it."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q

from access.scope import ScopedManager
from devices.line import Line
from devices.models import Device, Site
from devices.stamps import CreatedAt

MAX_TEXT = 10_000  # characters
MAX_VIEW = 2_000  # characters of an address path
MAX_TAGS = 16  # of one entry
MAX_TAG = 32  # characters
MAX_KEY = 200  # characters
MAX_NAME = 150  # characters, as of a user
MAX_WORD = 32  # characters of a reaction
# What a search looks into; the index has the same.
SEARCHED = SearchVector("text", "device_name", "uid", config="simple")


class Entry(models.Model):
    """What somebody said, or what the system noted. A note on charts is one with a start.

    It stands where it was written: what it is about may move or go, and the entry stays.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=20)  # a `Kind`
    site = models.ForeignKey(Site, null=True, on_delete=models.SET_NULL, related_name="+")
    device = models.ForeignKey(Device, null=True, on_delete=models.SET_NULL, related_name="+")
    uid = models.CharField(max_length=64, blank=True)  # readable when the device is gone
    device_name = models.CharField(max_length=120, blank=True)
    # The first entry of what is talked about; that one has none.
    thread = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="replies")
    author = models.ForeignKey(  # NULL: the system, or somebody who is gone
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    author_name = models.CharField(max_length=MAX_NAME, blank=True)
    client_id = models.UUIDField(null=True)  # the writer's own: what is sent twice is one entry
    key = models.CharField(max_length=MAX_KEY, null=True, unique=True)  # noqa: DJ001  of the system's
    text = models.TextField(max_length=MAX_TEXT)
    said = models.JSONField(null=True)  # of the system's: the text by `telemetry.series.said`
    starts_at = models.DateTimeField(null=True)  # what it is about, if that has a time
    ends_at = models.DateTimeField(null=True)  # NULL: an instant
    view = models.CharField(max_length=MAX_VIEW, blank=True)  # path of what its writer looked at
    tags = ArrayField(Line(max_length=MAX_TAG), size=MAX_TAGS, default=list, blank=True)
    pinned = models.BooleanField(default=False)
    created_at = CreatedAt()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)  # its text is kept, and not shown
    deleted_by = models.CharField(max_length=MAX_NAME, blank=True)
    facts = models.JSONField(default=dict)  # of the system's, for programs
    # Given by `shiftlog.numbering`, in the order in which what was committed became visible.
    place = models.BigIntegerField(default=0)  # when it was new; 0: not yet
    version = models.BigIntegerField(default=0)  # when it was changed last
    unnumbered = models.BooleanField(default=True)  # it was changed since

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["-place"]
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["author", "client_id"], name="one_entry_a_client_id")
        ]
        indexes = [
            models.Index(fields=["id"], name="entry_unnumbered", condition=Q(unnumbered=True)),
            models.Index(fields=["version"], name="entry_changed"),
            models.Index(fields=["site", "-place"], name="entry_of_site"),
            models.Index(fields=["device", "-place"], name="entry_of_device"),
            models.Index(fields=["uid", "-place"], name="entry_of_uid"),
            models.Index(fields=["created_at"], name="entry_by_time"),
            models.Index(
                fields=["starts_at", "device"],
                name="entry_instant",
                condition=Q(starts_at__isnull=False, ends_at__isnull=True),
            ),
            models.Index(
                fields=["ends_at", "starts_at"],
                name="entry_range",
                condition=Q(ends_at__isnull=False),
            ),
            models.Index(fields=["-place"], name="entry_pinned", condition=Q(pinned=True)),
            models.Index(fields=["-place"], name="entry_in_order"),
            GinIndex(fields=["tags"], name="entry_tags"),
            GinIndex(SEARCHED, name="entry_words"),
        ]

    def __str__(self) -> str:
        return self.text[:80]

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(site__in=sites)


class Former(models.Model):
    """What an entry said before it was edited."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="formers")
    text = models.TextField(max_length=MAX_TEXT)
    until = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.entry_id} until {self.until}"


class Reaction(models.Model):
    """A word, or a sign, that somebody put to an entry."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="reactions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    word = Line(max_length=MAX_WORD)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "user", "word"], name="one_reaction_a_word")
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.word}"


class Mention(models.Model):
    """Somebody is named in an entry. Who tells people of it (`notifications`) says when it did."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["entry", "user"], name="one_mention")]
        indexes = [
            models.Index(fields=["id"], name="mention_untold", condition=Q(told_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.user_id}"


class Counter(models.Model):
    """The last number that was given; one row. Who holds it is the only one that gives numbers."""

    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last)
