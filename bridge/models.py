"""What the bridge keeps for itself, beside what was measured."""

from __future__ import annotations

from django.db import models

from access.scope import AtNoSite
from devices.line import Line
from devices.stamps import ChangedAt, CreatedAt


class ConventionState(models.Model):
    """One fact that a convention remembers between messages (bridge.decode.state.Facts)."""

    id = models.BigAutoField(primary_key=True)
    convention = models.CharField(max_length=40)
    scope = models.TextField()
    key = models.TextField()
    value = models.JSONField(null=True)  # NULL: forgotten
    updated_at = ChangedAt(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["convention", "scope", "key"], name="convention_state_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.convention} {self.scope} {self.key}"


class TopicFilter(AtNoSite):
    """A filter of MQTT topics that the bridge listens to beside those of its conventions."""

    filter = models.TextField(unique=True)
    created_at = CreatedAt()

    def __str__(self) -> str:
        return self.filter


class Candidate(AtNoSite):
    """A device that speaks and nobody has adopted: what is known of it, so that somebody can."""

    uid = models.CharField(max_length=64, unique=True)
    convention = models.CharField(max_length=40)
    topic = models.TextField()  # of its newest message
    gateway = models.CharField(max_length=64, blank=True)  # uid of who speaks for it
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)
    messages = models.BigIntegerField(default=0)
    kept = models.IntegerField(default=0)  # of its messages, in quarantine
    # By metric its newest value, with what was said of it: value, unit, kind, label, quantity,
    # precision; bounded by bridge.adoption.candidates.MAX_METRICS.
    metrics = models.JSONField(default=dict)
    described = models.JSONField(default=dict)  # as Device.metadata["described"]
    aliases = models.JSONField(default=list)  # uids that mean it as well
    sample = models.TextField(blank=True)  # its newest payload as text, cut
    online = models.BooleanField(null=True)  # what it said last of its connection
    ignored = models.BooleanField(default=False)  # for ever, somebody said
    reason = models.CharField(max_length=40, blank=True)  # why it was not adopted by itself

    def __str__(self) -> str:
        return f"{self.uid} {self.convention}"


class IgnoredMessages(AtNoSite):
    """How many messages were known noise, or read by nobody, by reason and subject."""

    id = models.BigAutoField(primary_key=True)
    reason = models.CharField(max_length=40)
    subject = models.TextField()  # a topic, for those nobody reads; "": any other
    messages = models.BigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "ignored messages"
        constraints = [
            models.UniqueConstraint(fields=["reason", "subject"], name="ignored_reason_subject")
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.subject}: {self.messages}"


class DecodeRule(AtNoSite):
    """A rule by a user: how messages of some topics are read (docs/rules.md)."""

    id = models.BigAutoField(primary_key=True)
    name = Line(max_length=100, unique=True)
    position = models.PositiveIntegerField()  # rules are asked in this order
    enabled = models.BooleanField(default=True)
    definition = models.JSONField()
    samples = models.JSONField(default=list)  # messages it is tested against
    created_at = CreatedAt()
    updated_at = ChangedAt()

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class PublishedTopic(AtNoSite):
    """A topic under which the broker keeps something of ours, so that it can be taken back."""

    topic = models.TextField(unique=True)
    component = models.TextField(blank=True)  # of a document for Home Assistant

    def __str__(self) -> str:
        return self.topic
